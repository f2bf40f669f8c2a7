"""Makes checkpoints while the service runs and has them cosigned; processes that share a log share the work.

It never stops the service from answering: what fails is said in the service's own log and tried again. One thing does
stop it, which is proof that the log is not what it was.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from app.audit.checkpoint_rows import StoredCheckpoint
from app.audit.checkpoints import Checkpoints
from app.audit.outside import LogContradicted, Verdict, judge
from app.audit.signed_note import Note, NoteInvalid, Signature
from app.audit.witnesses import WitnessClient, WitnessDisagrees, WitnessRefused, WitnessUnreachable, open_witnesses
from app.config import Environment, Settings
from app.gate import DatabaseUnavailable, Gate

log = logging.getLogger("openmind")
ROUND_SECONDS = 15.0
APART = timedelta(seconds=40)
"""Between two checkpoints at least, of all processes together: with a round after it, less than a minute at most."""
OTHERS = timedelta(seconds=10)
"""So long the process that made a checkpoint has to have it cosigned, before any other does."""
COSIGN_SECONDS = 30.0
LAST_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class _Patience:
    """How long a witness is waited for: so many seconds, and no longer than until something happens."""

    seconds: float
    ends: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait(self, cosigning: Coroutine[None, None, tuple[Signature, ...]]) -> tuple[Signature, ...]:
        """What comes of it; WitnessUnreachable where it takes longer."""
        trying, ending = asyncio.create_task(cosigning), asyncio.create_task(self.ends.wait())
        try:
            await asyncio.wait((trying, ending), timeout=self.seconds, return_when=asyncio.FIRST_COMPLETED)
            if trying.done():
                return trying.result()
            raise WitnessUnreachable("it takes too long")
        finally:
            trying.cancel()
            ending.cancel()


class Checkpointing:
    """The rounds of one process."""

    def __init__(
        self,
        settings: Settings,
        gate: Gate,
        checkpoints: Checkpoints,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings, self._gate, self._checkpoints, self._now = settings, gate, checkpoints, now
        self._made: int | None = None
        self._stopping = asyncio.Event()
        self._troubles: dict[str, str] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Rounds in the background, and a last checkpoint when the service stops."""
        if not self._settings.witnesses and self._settings.environment is Environment.PRODUCTION:
            log.warning("no witness is configured: nobody outside can prove what the log was; docs/checkpoints.md")
        async with open_witnesses(self._settings) as witnesses:
            rounds = asyncio.create_task(self._go_on(witnesses))
            try:
                yield
            finally:
                self._stopping.set()
                await rounds
                await self._safely(self._last(witnesses))

    async def round(self, witnesses: Sequence[WitnessClient]) -> None:
        """Make a checkpoint if one is due, have the newest cosigned by whoever has not yet, and keep it outside."""
        await self._signed_and_cosigned(witnesses)
        await self._kept()

    async def _signed_and_cosigned(self, witnesses: Sequence[WitnessClient]) -> None:
        newest = await self._checkpoints.newest()
        size, _ = await self._checkpoints.tree.head()
        if newest is None or (newest.checkpoint.size != size and not self._is_younger(newest, APART)):
            await self._make()
            newest = await self._checkpoints.newest()
        if newest is None or (newest.checkpoint.size != self._made and self._is_younger(newest, OTHERS)):
            return
        await self._cosigned(newest, witnesses, _Patience(COSIGN_SECONDS, self._stopping))

    async def _go_on(self, witnesses: Sequence[WitnessClient]) -> None:
        while not self._stopping.is_set():
            await self._safely(self.round(witnesses))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), ROUND_SECONDS)

    async def _last(self, witnesses: Sequence[WitnessClient]) -> None:
        await self._make()
        newest = await self._checkpoints.newest()
        if newest is not None:
            await self._cosigned(newest, witnesses, _Patience(LAST_SECONDS))
        await self._kept()

    async def _make(self) -> None:
        before = await self._checkpoints.newest()
        await self._checkpoints.make()
        newest = await self._checkpoints.newest()
        if newest != before and newest is not None:
            self._made = newest.checkpoint.size

    async def _cosigned(
        self, newest: StoredCheckpoint, witnesses: Sequence[WitnessClient], patience: "_Patience"
    ) -> None:
        cosigning = (self._by(witness, newest, patience) for witness in witnesses)
        for fault in await asyncio.gather(*cosigning, return_exceptions=True):
            if fault is not None:
                raise fault

    async def _by(self, witness: WitnessClient, newest: StoredCheckpoint, patience: "_Patience") -> None:
        """One witness: one that fails keeps no other waiting."""
        checkpoint = newest.checkpoint
        last = await self._checkpoints.rows.cosigned_size(checkpoint.origin, witness.verifier)
        old = last[0] if last else 0
        if old == checkpoint.size:
            return
        try:
            note = Note.of(newest.note)
            lines = await patience.wait(witness.cosign(checkpoint, note, old, self._checkpoints.prove))
            await self._checkpoints.cosign(checkpoint.size, lines)
        except WitnessDisagrees as fault:
            self._say(f"witness '{witness.name}'", f"it does not cosign: {fault}")
            await self._look_into(witness)
        except (WitnessUnreachable, WitnessRefused) as fault:
            self._say(f"witness '{witness.name}'", f"it does not cosign: {fault}")
        except NoteInvalid as fault:  # of what is stored
            self._say(f"witness '{witness.name}'", f"nothing can be cosigned: {fault}")
        else:
            if self._troubles.pop(f"witness '{witness.name}'", None):
                log.warning("witness '%s' cosigns again", witness.name)

    async def _kept(self) -> None:
        try:
            await self._checkpoints.keep_newest()
        except (OSError, NoteInvalid) as fault:
            self._say("the state file", f"the last checkpoint cannot be kept ({type(fault).__name__})")
        else:
            self._troubles.pop("the state file", None)

    async def _look_into(self, witness: WitnessClient) -> None:
        """Only what our own key has signed is believed: a witness alone cannot stop the service."""
        checkpoints = self._checkpoints
        held = [await witness.latest(checkpoints.keys)]
        for each in await judge(held, checkpoints.keys, checkpoints.rows, checkpoints.tree):
            if each.verdict is Verdict.CONTRADICTS:
                self._gate.log.refuse(each.message)

    def _is_younger(self, stored: StoredCheckpoint, age: timedelta) -> bool:
        """A checkpoint of the future is not: some clock was wrong."""
        return timedelta(0) <= self._now() - datetime.fromisoformat(stored.made_at) < age

    def _say(self, who: str, trouble: str) -> None:
        """Once for each trouble, and not in every round."""
        if self._troubles.get(who) != trouble:
            self._troubles[who] = trouble
            log.error("%s: %s", who, trouble)

    async def _safely(self, work: Awaitable[None]) -> None:
        try:
            await work
        except LogContradicted as fault:
            self._gate.log.refuse(str(fault))
        except (DatabaseUnavailable, TimeoutError):
            log.warning("checkpoints: the database does not answer")
        except Exception as fault:  # whatever it was: the next round may do better, and requests go on
            log.error("checkpoints: %s", type(fault).__name__)
