"""What lapses soon: training and employment of the staff that the caller keeps, and authorisations they may revoke."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

from app.audit.submission import Receipt
from app.gate import Gate
from app.policies.agreement import midnight
from app.records import standing
from app.records.facts import COURSES
from app.records.predicates import LONDON
from app.services.answers import Answer, document, page
from app.services.authorisations import RELEASED
from app.services.cursors import decode, encode
from app.vocabulary import Fact, Question


class Lapse(NamedTuple):
    """One thing that lapses; in the order of the report."""

    on: date
    username: str
    fact: str
    more: Mapping[str, Any]

    @property
    def key(self) -> tuple[Any, ...]:
        """Where the list goes on after it."""
        return self.on, self.username, self.fact

    def document(self) -> bytes:
        """As the report shows it; `lapsesOn` is the first day on which it no longer holds."""
        return document({"username": self.username, "fact": self.fact, "lapsesOn": self.on, **self.more})


class LapsingService:
    """The report of the next days; each part of it is decided on and entered by itself."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def page(self, reading: Question, revoking: Question, days: int, cursor: str | None, size: int) -> Answer:
        """What lapses within so many days, soonest first; CursorInvalid for a cursor from elsewhere.

        `reading` asks for the register, `revoking` to revoke authorisations, for a role that some clause lets do so.
        """
        after = decode(cursor, (date, str, str), "lapsing", {"days": days}) if cursor else None
        today = reading.at.astimezone(LONDON).date()
        party, username = reading.caller.party.value, reading.caller.staff or ""
        last = today + timedelta(days=days)
        about = standing.window(party, username, reading.at, last, midnight(last + timedelta(days=1)))
        lapsing, receipts = await self._authorisations(revoking, about)
        async with self._gate.act(reading) as act:
            lapsing += await self._of_staff(about)
            following = sorted(each for each in lapsing if after is None or each.key > after)
            shown = following[:size]
            goes_on = encode(shown[-1].key, "lapsing", {"days": days}) if len(following) > size else None
            act.answer = page([each.document() for each in shown], goes_on, size)
        receipts += [act.receipt] if act.receipt else []
        return Answer(act.answer, receipts)

    async def _of_staff(self, about: Mapping[str, Any]) -> list[Lapse]:
        records = self._gate.records
        found = [
            Lapse(on, username, COURSES[course].value, {"name": name, "team": team, "manager": manager})
            for username, name, team, manager, course, on in await standing.lapsing_trainings(records, about)
        ]
        employed = Fact.EMPLOYED.value
        return found + [
            Lapse(last + timedelta(days=1), username, employed, {"name": name, "team": team, "manager": manager})
            for username, name, team, manager, last in await standing.lapsing_employments(records, about)
        ]

    async def _authorisations(self, question: Question, about: Mapping[str, Any]) -> tuple[list[Lapse], list[Receipt]]:
        caller, agreement = question.caller, self._gate.agreements.at(question.at)
        if not agreement.conditions(caller.role, caller.party, question.purpose, question.action, question.subjects[0]):
            return [], []
        async with self._gate.act(question) as act:
            act.released = RELEASED
            found = [
                Lapse(
                    end.astimezone(LONDON).date(),
                    username,
                    Fact.AUTHORISED_JUSTICE.value,
                    {"authorisationId": identity, "lapsesAt": end},
                )
                for username, identity, end in await standing.lapsing_authorisations(self._gate.records, about)
            ]
        return found, [act.receipt] if act.receipt else []
