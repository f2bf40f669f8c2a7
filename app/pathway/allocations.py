"""Who has a person or a referral: one after another, each from a start until the next; the newest word holds.

What is said here is said of a moment: whoever is named has them from then on. What another system says of an allocation
has a start, and may have an end, and a moment at which it was said; such words arrive in any order.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Self

CASELOAD, TREATING = "caseload", "treating"


@dataclass(frozen=True, slots=True)
class Allocation:
    """One allocation; the names are those of its columns."""

    id: str
    kind: str
    staff_id: str
    valid_from: datetime
    valid_until: datetime | None
    recorded_at: datetime
    """When what stands of it was said."""
    ended_here_at: datetime | None = None
    begun_here: bool = False

    @classmethod
    def of(cls, row: Mapping[str, Any], own: str) -> Self:
        """From a row; `own` is the source of what was begun here."""
        columns = {each.name: row[each.name] for each in fields(cls) if each.name != "begun_here"}
        return cls(**columns, begun_here=row["source"] == own)

    @property
    def never_was(self) -> bool:
        """Whether it ended before it began to hold."""
        return self.valid_until is not None and self.valid_until <= self.valid_from

    def runs_beyond(self, moment: datetime) -> bool:
        """Whether it holds at that moment or later."""
        return not self.never_was and (self.valid_until is None or self.valid_until > moment)

    def excludes(self, other: Self) -> bool:
        """Whether the two do not hold at once; of therapists another system may name several of one referral."""
        return self.kind == CASELOAD or self.begun_here or other.begun_here

    def comes_after(self, other: Self) -> bool:
        """Whether it takes over from the other, where they exclude each other.

        The one that starts later does. But whoever is named here has them from that moment on, whatever an older word
        says of a start before it.
        """
        if self.begun_here != other.begun_here:
            here, there = (self, other) if self.begun_here else (other, self)
            is_older = there.recorded_at < here.recorded_at and there.valid_from <= here.recorded_at
            if is_older and here.valid_until is None:
                return self.begun_here
        return (self.valid_from, self.recorded_at, self.id) > (other.valid_from, other.recorded_at, other.id)


def placed(new: Allocation, known: Sequence[Allocation]) -> tuple[Allocation, list[Allocation]]:
    """What another system says of an allocation among those that there are: as it holds, and whom it ends, with when.

    `known` may hold an earlier state of the new one. Neither ends later than it was said to.
    """
    others = [each for each in known if each.id != new.id and not each.never_was]
    placed = replace(new, ended_here_at=None)
    for each in known:
        if each.id == new.id and _stays_ended(each, new):
            placed = replace(placed, ended_here_at=each.ended_here_at)
            placed = _ending(placed, new.valid_from if each.never_was else each.valid_until)
    for each in others:
        if each.excludes(new) and each.comes_after(new):
            placed = _ending(placed, each.valid_from)
        elif _was_ended_after(each, new):
            placed = _ending(placed, each.valid_until)
    return placed, [*_ended_by(placed, others), *_ended_with(new, others)]


def _ending(one: Allocation, moment: datetime | None) -> Allocation:
    """The same, over at that moment if it is not before."""
    if moment is None or (one.valid_until is not None and one.valid_until <= moment):
        return one
    return replace(one, valid_until=max(one.valid_from, moment))


def _stays_ended(before: Allocation, new: Allocation) -> bool:
    """What was ended here is not begun again by a newer word about it, unless that word names another allocation."""
    if before.ended_here_at is None or before.valid_until is None or before.staff_id != new.staff_id:
        return False
    return before.never_was or new.valid_from < before.valid_until


def _was_ended_after(other: Allocation, new: Allocation) -> bool:
    """Whether somebody said here, after the new one's word and start, that from some moment on it is no longer so."""
    said, until = other.ended_here_at, other.valid_until
    if said is None or until is None:
        return False
    return new.recorded_at < said and new.valid_from <= max(said, until)


def _ended_by(new: Allocation, others: Iterable[Allocation]) -> list[Allocation]:
    """Those that hold when the new one begins."""
    if new.never_was:
        return []
    before = (each for each in others if each.excludes(new) and not each.comes_after(new))
    return [_ending(each, new.valid_from) for each in before if each.runs_beyond(new.valid_from)]


def _ended_with(new: Allocation, others: Iterable[Allocation]) -> list[Allocation]:
    """What was begun here of the same member of staff ends with what the other system calls the same allocation."""
    end = new.valid_until
    if end is None:
        return []
    return [
        _ending(each, end)
        for each in others
        if each.begun_here and each.valid_until is None and each.staff_id == new.staff_id
        and new.recorded_at > each.recorded_at and new.valid_from < each.valid_from <= end
    ]  # fmt: skip
