"""`openmind audit confirm` and `recover`: what an operator decides about a log that may not be what it was."""

from pathlib import Path
from typing import Annotated

import typer

from app.audit.checkpoint import Checkpoint
from app.audit.checkpoints import Checkpoints
from app.audit.entry import event_id
from app.audit.log_keys import LogKeyUnusable, read_key_file
from app.audit.outside import Judged, LogContradicted, Verdict, judge
from app.audit.recovery import Plan, RecoveryRefused, plan
from app.audit.signed_note import Algorithm, Signer
from app.audit.start import check_name, check_start, compare
from app.audit.witnesses import Held
from app.cli.checkpoints import now, opened, run, say
from app.cli.environment import check_authority, say_error, settings
from app.config import Settings
from app.gate import open_gate_as_found
from app.gate.recovering import confirm as append_confirmation
from app.gate.recovering import recover as append_recovery

Authority = Annotated[str, typer.Option(help="the reference of the decision; it stays in the log and names nobody")]


def confirm(authority: Authority) -> None:
    """Take the log as it is where the state file is lost and no witness answers, so that the service can start.

    An entry says so, and a new checkpoint of it goes into the state file. Refused where somebody holds another log.
    Exit code: 0 confirmed, or nothing had to be; 1 refused; 2 it could not be done.
    """
    check_authority(authority)
    say(run(_confirm(settings(), authority)))


def recover(
    origin: Annotated[str, typer.Option(help="the log's new name")],
    key: Annotated[Path, typer.Option(help="its new key: openmind audit key FILE --name ORIGIN", dir_okay=False)],
    authority: Authority,
    checkpoint: Annotated[
        list[Path] | None, typer.Option(help="a further checkpoint that somebody kept; may be repeated", dir_okay=False)
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="do it; without this nothing is changed")] = False,  # noqa: FBT002  # typer's form of a flag
) -> None:
    """Go on with a log that cannot meet what it once signed: under a new name, with an entry that says what was lost.

    For a restored backup or two databases that both went on; docs/restore-the-log.md goes through it. The settings are
    still those of the old name. Shows what would be said, and goes no further without --yes. Exit code: 0 done, or
    could be done; 1 refused; 2 it could not be done.
    """
    check_authority(authority)
    try:
        signer = read_key_file(key)
    except LogKeyUnusable as fault:
        say_error(str(fault))
        raise typer.Exit(2) from None
    if signer.name != origin or signer.algorithm is not Algorithm.ED25519:
        say_error(
            f"'{key}' is not a log's key of the name '{origin}': openmind audit key FILE --name '{origin}' makes one"
        )
        raise typer.Exit(2)
    known = settings()
    if not yes:
        planned = run(_planned(known, origin, checkpoint or []))
        say(*_said(planned), "nothing was changed: --yes does it")
        return
    say(*run(_recover(known, signer, checkpoint or [], authority)))


async def _confirm(known: Settings, authority: str) -> str:
    async with open_gate_as_found(known) as (gate, database):
        checkpoints = Checkpoints.of(known, database, now)
        try:
            await check_name(checkpoints)
            judged = await compare(known, checkpoints)
            size, root = await checkpoints.tree.head()
            against = [each.message for each in judged if each.verdict is Verdict.CONTRADICTS]
            if against:
                raise RecoveryRefused(f"{'; '.join(against)}: that takes `openmind audit recover`")
            if _may_start(judged, size, len(known.witnesses)):
                return "nothing has to be confirmed: the service may start"
            receipt = await append_confirmation(gate, known.clock(), size, root, authority, event_id())
            note = await checkpoints.make()
            await checkpoints.keep(Checkpoint.of(note.text), note)
            return f"confirmed with {size} entries; receipt {receipt}"
        finally:
            await checkpoints.close()


def _may_start(judged: list[Judged], size: int, witnesses: int) -> bool:
    try:
        check_start(judged, size, witnesses=witnesses)
    except LogContradicted:
        return False
    return True


async def _planned(known: Settings, origin: str, files: list[Path]) -> Plan:
    async with opened(known) as checkpoints:
        return await _plan(known, checkpoints, origin, files)


async def _plan(known: Settings, checkpoints: Checkpoints, origin: str, files: list[Path]) -> Plan:
    given = [Held(f"'{file}'", *checkpoints.keys.read(file.read_bytes())) for file in files]
    judged = await compare(known, checkpoints)
    judged += await judge(given, checkpoints.keys, checkpoints.rows, checkpoints.tree)
    return await plan(judged, checkpoints, origin)


async def _recover(known: Settings, signer: Signer, files: list[Path], authority: str) -> list[str]:
    """The entry, then the first checkpoint under the new name; run again, what is missing of it is done."""
    async with open_gate_as_found(known) as (gate, database):
        old = Checkpoints.of(known, database, now)
        try:
            recoveries = await old.rows.recoveries()
            lines = ["it was recovered before; what was missing is done"]
            if not recoveries or recoveries[-1].origin != signer.name:
                planned = await _plan(known, old, signer.name, files)
                receipt = await append_recovery(gate, old.rows, known.clock(), planned, authority, event_id())
                lines = [*_said(planned), f"done; receipt {receipt}"]
                recoveries = await old.rows.recoveries()
            new = Checkpoints(old.rows, old.tree, old.keys.renamed(signer), old.kept, now)
            note = await new.make()
            await new.keep(Checkpoint.of(note.text), note)
            return [*lines, *_next(signer, old, recoveries[-1].old_size)]
        finally:
            await old.close()


def _said(planned: Plan) -> list[str]:
    lines = [f"'{planned.old.origin}' signed {planned.old.size} entries; the log has {planned.size}"]
    if planned.missing:
        lines.append(f"gone for certain: entries {planned.missing[0]} to {planned.missing[1]}")
    lines.append(f"what a witness has cosigned and the log still begins with: the first {planned.agreed} entries")
    return [*lines, f"from entry {planned.size} on the log is '{planned.origin}'"]


def _next(signer: Signer, old: Checkpoints, old_size: int) -> list[str]:
    retired = ", ".join(f'{{"key": "{each.verifier}", "from_size": {old_size + 1}}}' for each in old.keys.signers)
    return [
        "set before the service starts:",
        f"  OPENMIND_LOG_ORIGIN='{signer.name}'",
        "  OPENMIND_LOG_KEY_FILES to the new key alone",
        f"  OPENMIND_LOG_RETIRED_KEYS='[{retired}]', after what it names already",
        f"give the witnesses '{signer.name}' with its key: {signer.verifier}",
    ]
