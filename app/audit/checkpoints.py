"""The log's checkpoints: made, signed, stored, and handed out with every cosignature that is known.

A log never signs two that are inconsistent: before it signs, the tree has to prove that the log continues the last one.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Self

from app.audit.checkpoint import Checkpoint
from app.audit.checkpoint_rows import CheckpointRows, StoredCheckpoint
from app.audit.entry import timestamp
from app.audit.kept import KeptNote
from app.audit.log_keys import LogKeys, load_log_keys
from app.audit.merkle import EMPTY_ROOT
from app.audit.outside import WAY_BACK, LogContradicted, contradiction
from app.audit.proofs import ProofInvalid, check_consistency, consistency, subtrees
from app.audit.signed_note import MOST_SIGNATURES, Note, NoteInvalid, Signature
from app.audit.tree import LogTree, NotThere
from app.config import Settings
from app.db import Address, Database, open_writing

_END = 2**62


class CheckpointUnknown(LookupError):
    """There is no checkpoint of this size."""


class Checkpoints:
    """Every method raises DatabaseUnavailable if the database is gone; `close` gives its connection back."""

    def __init__(
        self, rows: CheckpointRows, tree: LogTree, keys: LogKeys, kept: KeptNote | None, now: Callable[[], datetime]
    ) -> None:
        self.rows, self.tree, self.keys, self.kept = rows, tree, keys, kept
        self._now = now
        self._signed: Checkpoint | None = None
        self._kept: Checkpoint | None = None

    @classmethod
    def of(cls, settings: Settings, database: Database, now: Callable[[], datetime]) -> Self:
        """Of the log that the settings name; LogKeyUnusable if its keys cannot be had."""
        address = Address(settings.database_url.get_secret_value())
        rows = CheckpointRows(database, open_writing(address, settings.database_role))
        return cls(rows, LogTree(database), load_log_keys(settings), kept_by(settings), now)

    async def latest(self) -> Note | None:
        """The newest; None before there is one."""
        stored = await self.newest()
        return await self._cosigned(stored) if stored else None

    async def covering(self, size: int) -> Note | None:
        """One of at least this size, the smallest that is cosigned if there is one; None if all are smaller."""
        stored = await self.rows.covering(self.keys.origin, size)
        return await self._cosigned(stored) if stored else None

    async def newest(self) -> StoredCheckpoint | None:
        """The newest as it was stored, without cosignatures."""
        return await self.rows.newest(self.keys.origin)

    async def make(self) -> Note:
        """One over the log as it is now, which is the newest again where nothing was appended since.

        LogContradicted if the log is not what was signed before: then nothing is signed.
        """
        before = await self.newest()
        size, root = await self.tree.head()
        held = (before.checkpoint if before else None, self._signed, await asyncio.to_thread(self._held))
        known = [each for each in held if each is not None]
        for each in dict.fromkeys(known or [Checkpoint(self.keys.origin, 0, EMPTY_ROOT)]):
            await self._check_continues(each, size, root)
        if before is None or before.checkpoint.size < size:
            before = await self._sign(size, root)
        return await self._cosigned(before)

    async def _sign(self, size: int, root: bytes) -> StoredCheckpoint:
        note = self.keys.sign(size, root)
        checkpoint = Checkpoint(self.keys.origin, size, root)
        made_at = max(timestamp(self._now()), await self.tree.last_recorded_at())  # a demo's clock may be ahead of ours
        made = StoredCheckpoint(checkpoint, made_at, str(note))
        is_first = await self.rows.add(made)
        self._signed = checkpoint
        return made if is_first else await self._at(size)

    async def cosign(self, size: int, lines: Sequence[Signature]) -> Note:
        """Add cosignatures under the checkpoint of a size; its note with all of them.

        CheckpointUnknown if there is none; NoteInvalid if one does not fit, or none is by a witness of ours.
        """
        stored = await self._at(size)
        cosignatures = self.keys.cosigned(Note(Note.of(stored.note).text, tuple(lines)))
        if not cosignatures:
            raise NoteInvalid("none of these is a cosignature by a witness that is known here")
        for each in cosignatures:
            await self.rows.cosign(stored.checkpoint, each)
        return await self._cosigned(stored)

    async def prove(self, old: int, new: int) -> list[bytes]:
        """The proof that the tree of `new` entries begins with that of `old`; NotThere if the log is shorter."""
        return await asyncio.shield(self.tree.hashes(consistency(old, new)))  # who asks may give up, the read may not

    async def keep_newest(self) -> None:
        """Keep the newest that one of our witnesses has cosigned, whichever machine's process had that done.

        Without witnesses, the newest that was signed. OSError if it cannot be kept, NoteInvalid for what is none.
        """
        if self.kept is None:
            return
        is_alone = not self.keys.witnesses
        stored = await (self.newest() if is_alone else self.rows.cosigned_below(self.keys.origin, _END))
        if stored is None or stored.checkpoint == self._kept:
            return
        checkpoint, note = self.keys.read(str(await self._cosigned(stored)))
        if checkpoint == stored.checkpoint and (is_alone or self.keys.cosigned(note)):
            await self.keep(checkpoint, note)
            self._kept = checkpoint

    async def keep(self, checkpoint: Checkpoint, note: Note) -> None:
        """Keep a checkpoint outside of the database, unless a later one of the log is; OSError if it cannot be."""
        if self.kept is not None:
            await asyncio.to_thread(self._keep, self.kept, checkpoint, note)

    def _keep(self, kept: KeptNote, checkpoint: Checkpoint, note: Note) -> None:
        with kept.locked():
            known = self._held()
            if known is None or known.size <= checkpoint.size:
                kept.replace(str(note))

    def _held(self) -> Checkpoint | None:
        """What is kept outside under our name; None where nothing usable is, which the next start looks into."""
        try:
            written = self.kept.read() if self.kept else None
            checkpoint = self.keys.read(written)[0] if written is not None else None
        except (OSError, UnicodeError, NoteInvalid):
            return None
        return checkpoint if checkpoint and checkpoint.origin == self.keys.origin else None

    async def close(self) -> None:
        """Give the connection back."""
        await self.rows.close()

    async def _check_continues(self, known: Checkpoint, size: int, root: bytes) -> None:
        """By a proof, so that both roots come from the same hashes of the tree."""
        try:
            if known.size <= size:
                whole, *proof = await self.tree.hashes([subtrees(0, size), *consistency(known.size, size)])
                check_consistency(known.size, size, known.root, whole, proof)
                if whole == root:
                    return
        except (ProofInvalid, NotThere):
            pass
        why = await contradiction(self.tree, known) or f"the head's root is not that of the log's {size} entries"
        raise LogContradicted(f"no checkpoint is signed: {why}; {WAY_BACK}")

    async def _at(self, size: int) -> StoredCheckpoint:
        stored = await self.rows.at(self.keys.origin, size)
        if stored is None:
            raise CheckpointUnknown(size)
        return stored

    async def _cosigned(self, stored: StoredCheckpoint) -> Note:
        note = Note.of(stored.note)
        lines = await self.rows.cosignatures(stored.checkpoint.origin, stored.checkpoint.size)
        return note.with_(lines[: MOST_SIGNATURES - len(note.signatures)])


def kept_by(settings: Settings) -> KeptNote | None:
    """Where the settings say that the last cosigned checkpoint is kept, if they do."""
    return None if settings.log_state_file is None else KeptNote(settings.log_state_file)
