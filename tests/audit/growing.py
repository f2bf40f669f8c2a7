"""A log that exists in memory alone, and a witness over a folder: what the tests of witnessing stand on."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from app.audit.checkpoint import Checkpoint
from app.audit.log_keys import TrustedKey
from app.audit.merkle import leaf_hash, node_hash
from app.audit.proofs import Subtree, consistency, hashes, subtrees
from app.audit.signed_note import Algorithm, Note, Signer, encoded
from app.audit.witness import Witness

ORIGIN = "probation.example/open-mind"
LOG, NEW_KEY = Signer.new(ORIGIN), Signer.new(ORIGIN)
WITNESS = Signer.new("health.example/witness", Algorithm.COSIGNATURE)
NOON = 1_773_144_000


class Grown:
    """A tree of made-up leaves; another `name` gives other leaves from `same` on."""

    def __init__(self, name: str = "", same: int = 0, signers: Sequence[Signer] = (LOG,)) -> None:
        self.name, self.same, self.signers = name, same, tuple(signers)

    def node(self, subtree: Subtree) -> bytes:
        level, place = subtree
        if level:
            return node_hash(self.node((level - 1, 2 * place)), self.node((level - 1, 2 * place + 1)))
        return leaf_hash(f"{self.name if place >= self.same else ''}{place}".encode())

    def checkpoint(self, size: int) -> Checkpoint:
        (root,) = hashes([subtrees(0, size)], self.node)
        return Checkpoint(ORIGIN, size, root)

    def note(self, size: int) -> Note:
        return self.checkpoint(size).signed(self.signers)

    def proof(self, old: int, new: int) -> list[bytes]:
        return hashes(consistency(old, new), self.node)

    def request(self, old: int, size: int) -> bytes:
        """What is posted to a witness that has cosigned `old`."""
        return request(old, self.proof(old, size) if old <= size else [], str(self.note(size)))


def request(old: int | str, proof: Sequence[bytes], note: str) -> bytes:
    lines = "".join(f"{encoded(each)}\n" for each in proof)
    return f"old {old}\n{lines}\n{note}".encode()


def witness_in(folder: Path, *keys: TrustedKey, signer: Signer = WITNESS, now: int = NOON) -> Witness:
    """A witness of the one log; by default of its first key."""
    return Witness(signer, {ORIGIN: keys or (TrustedKey(LOG.verifier),)}, folder, lambda: now)


def kept_size(folder: Path) -> int | None:
    """The size in the witness's own file, read as anybody would."""
    file = folder / f"{sha256(ORIGIN.encode()).hexdigest()}.checkpoint"
    return int(file.read_text().split("\n")[1]) if file.exists() else None
