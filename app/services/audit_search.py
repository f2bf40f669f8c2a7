"""What oversight asks of the log, and what an entry about the asking may say of it: nobody's identifier among it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.audit.conditions import Asked, Hidden
from app.audit.entry import timestamp
from app.audit.rows import Whose
from app.gate import Act, Gate
from app.gate.several import decide_about_each
from app.records import whose
from app.records.whose import Found, Grant, Named, Sought
from app.vocabulary import Purpose, Question

NOBODY = Whose()


@dataclass(frozen=True, slots=True)
class Search:
    """A period, what entries have to say (by the names of `app.audit.conditions.FILTERS`), and of whom they are."""

    since: datetime
    until: datetime
    filters: Mapping[str, str] = field(default_factory=dict)
    sought: Sought = field(default_factory=Sought)

    @classmethod
    def of(
        cls, since: datetime, until: datetime, filters: Mapping[str, str], people: Mapping[str, str | None]
    ) -> "Search":
        """Of what a request says: identifiers by their names, `consent` and `emergencyGrant` among them."""
        named = {name: value for name, value in people.items() if value is not None}
        consent, grant = named.pop("consent", None), named.pop("emergencyGrant", None)
        return cls(since, until, filters, Sought(named, consent, grant))

    def bound(self, **more: Any) -> dict[str, Any]:
        """What a cursor is bound to; of it the cursor holds a digest alone."""
        of = {"consent": self.sought.consent, "grant": self.sought.grant, **self.sought.identifiers}
        return {"since": timestamp(self.since), "until": timestamp(self.until), **self.filters, **of, **more}

    def told(self) -> dict[str, Any]:
        """For the entry: everything but whom it is about, which stands in the person's part."""
        by = [*self.sought.identifiers, *(["consent"] if self.sought.consent else [])]
        by += ["emergencyGrant"] if self.sought.grant else []
        return {
            "since": timestamp(self.since),
            "until": timestamp(self.until),
            **self.filters,
            **({"by": sorted(by)} if by else {}),
        }

    def asked(self, found: Found | None, hidden: Hidden | None = None) -> Asked:
        """As the log is asked; of everybody and nobody where no person is sought."""
        filters = dict(self.filters)
        if self.sought.consent:
            filters["consent"] = self.sought.consent
        used = _under(found.grant) if found is not None and found.grant is not None else {}
        if any(filters.get(name, value) != value for name, value in used.items()):
            return Asked(filters, NOBODY)
        filters |= used
        return Asked(filters, None if found is None else _of(found.people), hidden)


def _under(grant: Grant) -> dict[str, str]:
    """What everything that was asked under a grant has in common, besides whom it was about."""
    return {
        "staff": grant.staff,
        "purpose": Purpose.EMERGENCY.value,
        "decidedFrom": timestamp(grant.since),
        "decidedBefore": timestamp(grant.until),
    }


def _of(people: Sequence[Named]) -> Whose:
    """By id and by CRN: an entry of before they were on file names the CRN alone."""
    return Whose(tuple(each.person_id for each in people if each.person_id), tuple(each.crn for each in people))


class Sight:
    """What a caller may see of what they ask for."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def hidden(self, act: Act, question: Question) -> Hidden | None:
        """Whoever excludes the caller: nothing of theirs is seen, not even here (S3); None if nobody does."""
        people = await whose.excluding(self._gate.records, act.permit, question.caller, question.at)
        return Hidden(_of(people), question.caller.staff or "") if people else None

    async def asked(self, act: Act, question: Question, search: Search) -> Asked:
        """As the log is asked within an act, which is from here on about the people sought, each decided."""
        hidden = await self.hidden(act, question)
        if not search.sought:
            return search.asked(None, hidden)
        found = await whose.found(self._gate.records, act.permit, search.sought)
        if not found.people:
            return search.asked(found)
        seen = await decide_about_each(self._gate, act, question, [each.crn for each in found.people])
        return search.asked(Found([each for each in found.people if each.crn in seen], found.grant), hidden)
