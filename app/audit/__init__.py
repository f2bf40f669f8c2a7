"""The append-only log: entries, Merkle tree and writer; `verify` shares no code with any of them."""
