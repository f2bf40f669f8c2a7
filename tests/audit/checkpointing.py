"""A log's checkpoints, signed by a key of the test's own and kept in memory."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.audit.checkpoint import Checkpoint
from app.audit.signed_note import Note, Signer
from app.audit.tree import LogTree
from app.db import Database

ORIGIN = "open-mind.test/audit"


class KeptCheckpoints:
    """As the service keeps them: the newest, and the first that covers a size."""

    def __init__(self, database: Database) -> None:
        self.signer = Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"\7" * 32))
        self._tree = LogTree(database)
        self.notes: list[Note] = []

    async def make(self) -> Note:
        """One over the log as it is now."""
        return self.sign(Checkpoint(ORIGIN, *await self._tree.head()))

    def sign(self, checkpoint: Checkpoint) -> Note:
        """One over whatever is given."""
        self.notes.append(checkpoint.signed([self.signer]))
        return self.notes[-1]

    async def latest(self) -> Note | None:
        return self.notes[-1] if self.notes else None

    async def covering(self, size: int) -> Note | None:
        return next((note for note in self.notes if Checkpoint.of(note.text).size >= size), None)
