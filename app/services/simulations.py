"""Past decisions made again under a draft: over HTTP for oversight (G1), and from the operator's terminal."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from app.audit.history import PAGE, History, Unreadable
from app.gate import Gate, Unacceptable
from app.policies import AgreementInvalid, AgreementVersions, CompiledAgreement, compile_agreement
from app.policies.agreement import midnight
from app.policies.load import read_agreement
from app.policies.review.simulation import Simulated, Simulation
from app.services.answers import Answer, document
from app.vocabulary import Question

MOST_ENTRIES = 100_000
"""Of one request; the operator's command has no such limit."""
MOST_NUMBERS = 1_000
"""Entry numbers in one list of an answer."""
SLICE = 256
"""Entries between which others are served."""


@dataclass(frozen=True, slots=True)
class Period:
    """From a moment on, and before another; None for as far as the log goes."""

    since: datetime
    until: datetime | None = None

    @classmethod
    def of(cls, since: date | datetime, until: date | datetime | None = None) -> "Period":
        """Days begin and end in Europe/London, and `until` is the last of them; Unacceptable if it ends first."""
        first = since if isinstance(since, datetime) else midnight(since)
        last = until if isinstance(until, datetime) or until is None else midnight(until + timedelta(days=1))
        if last is not None and last <= first:
            raise Unacceptable("period-invalid", "`until` is not after `since`", "until")
        return cls(first, last)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a simulation, and of which entries."""

    numbers: range
    result: Simulated

    def as_data(self, most: int | None = None) -> dict[str, Any]:
        """As `--json` and the answer give it."""
        return {"first": self.numbers.start, "last": self.numbers.stop - 1, **self.result.as_data(most)}


async def simulate(
    history: History,
    new: CompiledAgreement,
    versions: AgreementVersions,
    period: Period,
    *,
    most: int | None = None,
    page: int = PAGE,
    told: Callable[[int, int], None] = lambda _done, _all: None,
) -> Outcome:
    """Every decision of a period made again; Unacceptable for a period without one, or with more entries than `most`.

    DatabaseUnavailable if the log cannot be read. `told` hears how many entries are done, and of how many.
    """
    numbers = await history.between(period.since, period.until)
    if not numbers:
        raise Unacceptable("simulation-empty", await _nothing(history), "since")
    if most is not None and len(numbers) > most:
        raise Unacceptable("simulation-too-large", f"{len(numbers)} entries, and {most} at most", "since")
    simulation = Simulation(new, versions)
    try:
        async for entries in history.read(numbers, page):
            simulation.add(entries)
            told(simulation.result.entries, len(numbers))
            await asyncio.sleep(0)  # SQLite answers at once, and others wait too
    except Unreadable as fault:
        raise Unacceptable("log-unreadable", str(fault), "since") from fault
    if not simulation.result.decisions:
        raise Unacceptable("simulation-empty", f"none of {len(numbers)} entries holds a decision", "since")
    return Outcome(numbers, simulation.result)


async def _nothing(history: History) -> str:
    whole = await history.between()
    return "nothing was recorded in this period" if whole else "the log is empty"


class SimulationService:
    """Simulations over HTTP, one at a time in a process."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._busy = asyncio.Lock()

    async def simulate(
        self, question: Question, text: str, since: date | datetime, until: date | datetime | None
    ) -> Answer:
        """How a period would have been decided under a draft's text; nothing of it is about a person.

        Unacceptable for a faulty draft, and for what `simulate` refuses; AccessRefused by the gate.
        """
        async with self._gate.act(question) as act:
            if self._busy.locked():
                raise Unacceptable("simulation-busy")
            async with self._busy:
                period = Period.of(since, until)
                draft = _draft(text)
                versions = self._gate.agreements
                history = History(self._gate.records.database)
                outcome = await simulate(history, draft, versions, period, most=MOST_ENTRIES, page=SLICE)
            act.details |= {
                "draft": draft.digest,
                "entries": [outcome.numbers.start, outcome.numbers.stop - 1],
            }
            act.answer = document(
                {
                    "agreement": {"version": draft.version, "digest": draft.digest},
                    "since": period.since,
                    "until": period.until,
                    **outcome.as_data(MOST_NUMBERS),
                }
            )
        return Answer(act.answer, act.receipt)


def _draft(text: str) -> CompiledAgreement:
    try:
        return compile_agreement(read_agreement(text, "agreement"))
    except AgreementInvalid as fault:
        raise Unacceptable("agreement-invalid", str(fault), "agreement") from fault
