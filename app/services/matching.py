"""Looks for the person of each registration: run for whatever has arrived or changed, as often as one likes.

What it ends with follows from the records that there are and from what somebody decided, and not from the order in
which they came: whatever a new record bears on is judged again, links that were concluded before among it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from app.audit.entry import event_id
from app.audit.submission import ChangeRefused
from app.gate import Gate
from app.gate.matching import Turn, matching
from app.pathway.matching import State
from app.services.neighbourhood import Neighbourhood, contested

Released = Callable[[Sequence[str]], Sequence[tuple[Any, ...]]]
"""From the ids of registrations to changes of the transaction in which they are linked."""
AT_ONCE = 200
ATTEMPTS = 5


def nothing(_: Sequence[str]) -> Sequence[tuple[Any, ...]]:
    """Where nothing is held."""
    return ()


@dataclass(slots=True)
class Matched:
    """What a run came to: ids of registrations."""

    linked: list[str] = field(default_factory=list)
    """That are somebody's now."""
    parted: list[str] = field(default_factory=list)
    """That are nobody's any more: what had come with them is set aside until they are somebody's again."""
    to_review: int = 0
    """Pairs that came onto the review list."""
    entries: int = 0
    """Of the log: one for each pair that stands otherwise."""

    def add(self, turns: Sequence[Turn]) -> None:
        """Count what was kept."""
        self.linked += [turn.registration.side.id for turn in turns if turn.links]
        self.parted += [turn.registration.side.id for turn in turns if turn.parts]
        self.to_review += sum(turn.verdict.state is State.POSSIBLE for turn in turns)
        self.entries += len(turns)


class MatchingService:
    """`match` after records have arrived; `people_of` before records of a registration are let in."""

    def __init__(self, gate: Gate, clock: Callable[[], datetime], released: Released = nothing) -> None:
        """`released` gives the changes by which what was held of registrations is let in, once they are somebody's."""
        self._gate, self._clock, self.released = gate, clock, released

    async def match(self, *, registrations: Iterable[str] = (), people: Iterable[str] = ()) -> Matched:
        """Judge these registrations and people, by their ids, and whatever they bear on.

        LogUnavailable or DatabaseUnavailable where the database goes away: what was kept until then stands, and the
        next run goes on from there.
        """
        done = Matched()
        for part in _parts(registrations):
            await self._match(part, [], done)
        for part in _parts(people):
            await self._match([], part, done)
        with matching(self._gate) as maker:
            left = await contested(maker)
        for part in _parts(left):
            await self._match(part, [], done)
        return done

    async def people_of(self, registrations: Iterable[str]) -> Mapping[str, str]:
        """By the id of each registration that is somebody's, their CRN."""
        found: dict[str, str] = {}
        with matching(self._gate) as maker:
            for part in _parts(registrations):
                found |= await maker.crns_of(part)
        return found

    async def _match(self, registrations: list[str], people: list[str], done: Matched) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            with matching(self._gate) as maker:
                turns = await Neighbourhood(maker).turns(registrations, people)
                if not turns:
                    return
                try:
                    linked = [turn.registration.side.id for turn in turns if turn.links]
                    await maker.keep(turns, self._clock(), event_id(), self.released(linked))
                except ChangeRefused:  # somebody else was here meanwhile: their end is where this begins again
                    if attempt == ATTEMPTS:
                        raise
                    continue
            done.add(turns)
            return


def _parts(ids: Iterable[str]) -> Iterator[list[str]]:
    """So many at a time, each once."""
    rest = iter(dict.fromkeys(ids))
    while part := list(islice(rest, AT_ONCE)):
        yield part
