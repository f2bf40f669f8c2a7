"""Proofs as files (C2SP tlog-proof): all that somebody offline needs to see that an entry is in the log."""

from app.audit.proofs import Inclusion
from app.audit.signed_note import Note, encoded

FIRST_LINE = "c2sp.org/tlog-proof@v1"


def proof_file(proof: Inclusion, leaf: bytes, checkpoint: Note) -> str:
    """The text: what the leaf says, as extra data that its hash vouches for; the proof; the checkpoint verbatim."""
    lines = [FIRST_LINE, f"extra {encoded(leaf)}", f"index {proof.number}", *map(encoded, proof.hashes)]
    return "\n".join([*lines, "", str(checkpoint)])
