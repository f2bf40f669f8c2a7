"""The log beside what others hold of it: is it behind a checkpoint that was once cosigned, or another log than that?

Nothing of the database alone can tell (a restored backup, a tail cut off whole, two databases that both went on).
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.audit.checkpoint import Checkpoint
from app.audit.checkpoint_rows import CheckpointRows, Recovery
from app.audit.kept import KeptNote
from app.audit.log_keys import LogKeys
from app.audit.proofs import subtrees
from app.audit.signed_note import NoteInvalid
from app.audit.submission import LogUnavailable
from app.audit.tree import LogTree, NotThere
from app.audit.witnesses import Held, WitnessClient

STATE_FILE = "the state file"
WAY_BACK = "`openmind audit compare` shows what is held, and docs/restore-the-log.md says the way back"


class LogContradicted(LogUnavailable):
    """The log is not what was signed before; nothing may be appended until an operator has seen to it."""


class Verdict(StrEnum):
    """What one holder's checkpoint says of the log."""

    FITS = "fits"
    NONE = "none"
    """Nothing is held yet."""
    SUPERSEDED = "superseded"
    """Of the name that the log had before a recovery which knew of it."""
    UNKNOWN = "unknown"
    """It could not be asked, or what it holds cannot be used."""
    CONTRADICTS = "contradicts"


@dataclass(frozen=True, slots=True)
class Judged:
    """One holder, with the verdict and the words for it."""

    held: Held
    verdict: Verdict
    message: str


async def ask_outside(keys: LogKeys, kept: KeptNote | None, witnesses: Sequence[WitnessClient]) -> list[Held]:
    """What the state file and every witness hold; the witnesses are asked at once."""
    held = [] if kept is None else [await asyncio.to_thread(_read, kept, keys)]
    return held + list(await asyncio.gather(*(witness.latest(keys) for witness in witnesses)))


def _read(kept: KeptNote, keys: LogKeys) -> Held:
    if not kept.path.parent.is_dir():
        return Held(STATE_FILE, fault=f"there is no folder '{kept.path.parent}'")
    try:
        written = kept.read()
        return Held(STATE_FILE) if written is None else Held(STATE_FILE, *keys.read(written))
    except (OSError, UnicodeError):
        return Held(STATE_FILE, fault="it cannot be read")
    except NoteInvalid as fault:
        return Held(STATE_FILE, fault=f"it holds no checkpoint of this log: {fault}")


async def contradiction(tree: LogTree, before: Checkpoint) -> str | None:
    """Why the log does not begin with what a checkpoint says of it; None if it does."""
    size, _ = await tree.head()
    if size < before.size:
        return f"the log has {size} entries, and {before.size} were signed before"
    try:
        (root,) = await tree.hashes([subtrees(0, before.size)])
    except NotThere:
        return f"the log has {size} entries by its head, and not all of the {before.size} that were signed before"
    return (
        None
        if root == before.root
        else f"the first {before.size} of the log's {size} entries are not those signed before"
    )


async def judge(held: Sequence[Held], keys: LogKeys, rows: CheckpointRows, tree: LogTree) -> list[Judged]:
    """Each holder's word about the log."""
    recoveries = await rows.recoveries()
    return [await _judged(each, keys, recoveries, tree) for each in held]


async def _judged(held: Held, keys: LogKeys, recoveries: Sequence[Recovery], tree: LogTree) -> Judged:
    if held.checkpoint is None:
        if held.fault is None:
            return Judged(held, Verdict.NONE, f"{held.where} holds none yet")
        return Judged(held, Verdict.UNKNOWN, f"{held.where}: {held.fault}")
    size = held.checkpoint.size
    if held.checkpoint.origin != keys.origin:
        return _former(held, held.checkpoint, recoveries)
    against = await contradiction(tree, held.checkpoint)
    if against is None:
        return Judged(held, Verdict.FITS, f"{held.where} holds {size} entries, with which the log begins")
    return Judged(held, Verdict.CONTRADICTS, f"{held.where} holds {size} entries: {against}")


def _former(held: Held, checkpoint: Checkpoint, recoveries: Sequence[Recovery]) -> Judged:
    known = [each.old_size for each in recoveries if each.old_origin == checkpoint.origin]
    said = f"{held.where} holds {checkpoint.size} entries of '{checkpoint.origin}'"
    if known and checkpoint.size <= max(known):
        return Judged(held, Verdict.SUPERSEDED, f"{said}, from which the log was recovered")
    more = f", of which the recovery knew {max(known)}" if known else ", which is another log"
    return Judged(held, Verdict.CONTRADICTS, said + more)
