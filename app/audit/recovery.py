"""The way back for a log that cannot meet what it once signed: it goes on under a new name, and says what it lost.

The first entry under the new name holds the old checkpoint, so that whoever keeps that one finds out what became of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.audit.checkpoint import Checkpoint
from app.audit.checkpoint_rows import Recovery
from app.audit.checkpoints import Checkpoints
from app.audit.outside import Judged, Verdict, contradiction
from app.audit.signed_note import Note, NoteInvalid

RECOVER, CONFIRM = "recover", "confirm"
"""Types of entries: the log goes on under a new name; the operator takes the log as it is."""
_TRIES = 20
"""How many stored checkpoints are looked at for one that a witness has cosigned and that still fits."""


class RecoveryRefused(Exception):
    """The log may not or need not be recovered; the message says why."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a recovery would say: the checkpoint that cannot be met, the log as it is, and what both agree on."""

    origin: str
    old: Checkpoint
    note: str
    others: tuple[str, ...]
    """Notes of further checkpoints that cannot be met."""
    size: int
    root: bytes
    agreed: int
    """So many of the first entries are what a witness once cosigned; of those after them nothing outside is known."""

    @property
    def missing(self) -> tuple[int, int] | None:
        """First and last number of the entries that are certainly gone."""
        return (self.size, self.old.size - 1) if self.size < self.old.size else None

    def details(self, authority: str) -> dict[str, Any]:
        """What the entry says of it; nothing personal."""
        missing = {"first": self.missing[0], "last": self.missing[1]} if self.missing else None
        return {
            "agreedSize": self.agreed,
            "authority": authority,
            "missing": missing,
            "oldCheckpoint": self.note,
            "oldOrigin": self.old.origin,
            "oldSize": self.old.size,
            "origin": self.origin,
            "otherCheckpoints": list(self.others),
            "root": self.root.hex(),
            "size": self.size,
        }

    def recovery(self) -> Recovery:
        """What is stored beside the entry, which is the next."""
        return Recovery(self.size + 1, self.origin, self.old.origin, self.old.size)


async def plan(judged: Sequence[Judged], checkpoints: Checkpoints, origin: str) -> Plan:
    """How the log would go on under a new name; RecoveryRefused if nothing contradicts it or the name is taken."""
    recoveries = await checkpoints.rows.recoveries()
    if origin in {checkpoints.keys.origin, *(name for each in recoveries for name in (each.origin, each.old_origin))}:
        raise RecoveryRefused(f"'{origin}' is a name that this log has had; give it a new one")
    against = {
        str(each.held.note): each.held.checkpoint
        for each in judged
        if each.verdict is Verdict.CONTRADICTS and each.held.checkpoint is not None
    }
    if not against:
        raise RecoveryRefused("no checkpoint that anybody holds contradicts the log")
    if any(each.origin != checkpoints.keys.origin for each in against.values()):
        raise RecoveryRefused("a checkpoint of another log is among those held; compare says which")
    note, *others = sorted(against, key=lambda each: against[each].size, reverse=True)
    size, root = await checkpoints.tree.head()
    agreed = await _agreed(checkpoints, min(size, against[note].size))
    return Plan(origin, against[note], note, tuple(others), size, root, agreed)


async def _agreed(checkpoints: Checkpoints, most: int) -> int:
    """The largest stored checkpoint up to a size that a witness has cosigned and the log still begins with; else 0."""
    keys, below = checkpoints.keys, most + 1
    for _ in range(_TRIES):
        stored = await checkpoints.rows.cosigned_below(keys.origin, below)
        if stored is None:
            break
        below = stored.checkpoint.size
        lines = await checkpoints.rows.cosignatures(keys.origin, below)
        try:
            checkpoint, note = keys.read(str(Note.of(stored.note).with_(lines)))
            is_cosigned = checkpoint == stored.checkpoint and bool(keys.cosigned(note))
        except NoteInvalid:
            is_cosigned = False
        if is_cosigned and await contradiction(checkpoints.tree, stored.checkpoint) is None:
            return below
    return 0
