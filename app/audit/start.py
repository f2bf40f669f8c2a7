"""Whether the log may be appended to at all: asked once when it is opened, of its own names and of those outside."""

from collections.abc import Sequence

from app.audit.checkpoints import Checkpoints
from app.audit.outside import STATE_FILE, WAY_BACK, Judged, LogContradicted, Verdict, ask_outside, judge
from app.audit.witnesses import open_witnesses
from app.config import Settings
from app.db import Database


async def check_log(settings: Settings, database: Database) -> None:
    """LogContradicted if the log is not what was signed before, or nobody can say; LogKeyUnusable for its keys."""
    checkpoints = Checkpoints.of(settings, database, settings.clock)
    try:
        await check_name(checkpoints)
        judged = await compare(settings, checkpoints)
        size, _ = await checkpoints.tree.head()
        check_start(judged, size, witnesses=len(settings.witnesses))
    finally:
        await checkpoints.close()


async def compare(settings: Settings, checkpoints: Checkpoints) -> list[Judged]:
    """What the state file and every witness say of the log as it is."""
    async with open_witnesses(settings) as witnesses:
        held = await ask_outside(checkpoints.keys, checkpoints.kept, witnesses)
    return await judge(held, checkpoints.keys, checkpoints.rows, checkpoints.tree)


async def check_name(checkpoints: Checkpoints) -> None:
    """LogContradicted if the log goes by another name than the settings say."""
    recoveries = await checkpoints.rows.recoveries()
    name = recoveries[-1].origin if recoveries else await checkpoints.rows.origin()
    said = checkpoints.keys.origin
    if name is not None and name != said:
        raise LogContradicted(f"the log's name is '{name}', and OPENMIND_LOG_ORIGIN says '{said}'; set it to '{name}'")


def check_start(judged: Sequence[Judged], size: int, *, witnesses: int) -> None:
    """LogContradicted unless a log of this size may go on, by what its holders say of it.

    The state file is enough where no witness answers, and one witness where there is no state file.
    """
    against = [each.message for each in judged if each.verdict is Verdict.CONTRADICTS]
    against += [each.message for each in judged if each.held.where == STATE_FILE and each.verdict is Verdict.UNKNOWN]
    if against:
        raise LogContradicted(f"{'; '.join(against)}. Nothing is appended; {WAY_BACK}")
    if not witnesses or size == 0 or any(each.verdict is Verdict.FITS for each in judged):
        return
    unknown = [each.message for each in judged if each.verdict is Verdict.UNKNOWN]
    if unknown:
        raise LogContradicted(
            f"the log has {size} entries, and nobody outside says whether that is all of it: {'; '.join(unknown)}. "
            "Start when a witness answers, or take the log as it is by `openmind audit confirm`"
        )
