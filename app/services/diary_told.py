"""What the answers of the diary tell of a person's own: all that C4 says, and what C1 and C3 open besides."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.gate import Beside
from app.pathway.diary.clashes import Why
from app.pathway.diary.proposals import Reason, Slot
from app.pathway.diary.search import Visit
from app.pathway.diary.spans import moment
from app.pathway.working_days import LONDON
from app.records.rows import Found
from app.vocabulary import Category

CHECKED = (Category.OBLIGATIONS, Category.RISK, Category.SUPERVISION)
SEEN = (Category.OBLIGATIONS, Category.RISK, Category.CONTACT)
TOLD = {category.value: ["unsuitable"] for category in CHECKED}
"""What C4 tells of each, for the log."""
OF_OBLIGATIONS = [f"obligations.{name}" for name in ("kind", "startsAt", "endsAt", "place")]
OF_RISK = ["alerts.code", "conditions.kind"]


@dataclass(frozen=True, slots=True)
class Reached:
    """A referral that is in reach, what was decided about the diary of its person, and what may be seen of that."""

    referral: Found
    checked: Beside
    seen: Beside

    @property
    def sees(self) -> frozenset[Category]:
        """The justice party's categories that the caller may read."""
        return frozenset(each for each in (Category.OBLIGATIONS, Category.RISK) if self.seen.opens(each))

    def checks(self) -> None:
        """C4 told something, whatever it was."""
        self.checked.released = dict(TOLD)

    def proposes(self, sees: frozenset[Category]) -> None:
        """What may be seen besides was taken into account."""
        self.checks()
        if Category.OBLIGATIONS in sees:
            self.seen.released[Category.OBLIGATIONS.value] = list(OF_OBLIGATIONS)
        if self.seen.opens(Category.CONTACT):
            self.seen.released[Category.CONTACT.value] = ["person.interpreterLanguage"]


def as_slot(slot: Slot, needs_two: bool) -> dict[str, Any]:  # noqa: FBT001  # a fact about the person
    """A slot as answers show it, with its reasons."""
    starts, ends = (moment(edge) for edge in slot.span)
    said = [
        {"code": each.value, **(_visited(slot.visit) if each is Reason.SAME_BUILDING else {})} for each in slot.reasons
    ]
    return {
        "startsAt": starts,
        "endsAt": ends,
        "localStart": starts.astimezone(LONDON).strftime("%A %d %B %Y %H:%M"),
        "therapist": slot.therapist,
        "site": slot.place.id,
        "premises": slot.place.name,
        "room": slot.room.partition(":")[2],
        "alsoFree": list(slot.others) if needs_two else [],
        "reasons": said,
    }


def _visited(visit: Visit | None) -> dict[str, Any]:
    """The obligation that brings the person to the building."""
    if visit is None:
        return {}
    starts, ends = (moment(edge) for edge in visit.span)
    return {"kind": visit.kind, "startsAt": starts, "endsAt": ends, "place": visit.place}


def as_reason(why: Why) -> Mapping[str, Any]:
    """Why a time or a place is unsuitable, for who may see it."""
    return {"code": why.cause.value, **_visited(why.visit)}
