"""Caseload against capacity, for each therapist and for the service; and how far training covers each team.

Whose time it is follows from I1 and I2: the caller's own party's staff, never the caller. Caseloads are those that the
caller could allocate (B5), of people whose referral they may read: each of them has an entry.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from app.audit.submission import Receipt
from app.gate import CASELOADS, Act, Gate, Unacceptable
from app.pathway.capacity import Capacity
from app.pathway.reports import Beside, percent
from app.pathway.working_time import Leave, Session, held
from app.policies.agreement import midnight
from app.records import coverage, standing, working_time
from app.records.coverage import Colleague, Trained
from app.records.predicates import LONDON
from app.services.answers import Answer, document
from app.services.register import StaffRegister
from app.vocabulary import Question, Role

AHEAD = 4
"""Weeks of which it is said how many sessions are held, without those that fall out by leave."""
PAGE = 500
_DAY = timedelta(days=1)
Planned = tuple[Sequence[Session], Sequence[Leave]]
STATES = ("valid", "lapsing", "lapsed", "never")
SEES_PEOPLE = (Role.THERAPIST, Role.CLINICAL_LEAD)


class CapacityService:
    """Reports on staff; every method leaves its entries."""

    def __init__(self, gate: Gate, given: Beside) -> None:
        self._gate = gate
        self._register = StaffRegister(gate)
        self._assumed = given.capacity

    async def capacity(self, reading: Question, allocating: Question) -> Answer:
        """Of the caller's own service: `reading` asks for its staff, `allocating` for whose referrals are whose."""
        today = reading.at.astimezone(LONDON).date()
        async with self._gate.act(reading) as act:
            service = await self._service(act, reading)
            treated, receipts = await self._caseloads(allocating)
            records, last = self._gate.records, today + AHEAD * 7 * _DAY - _DAY
            colleagues = await coverage.colleagues(records, _about(reading, today), service)
            sessions = await working_time.sessions(records, service, today, last)
            leave = await working_time.leave(records, service, today, last)
            act.answer = document(self._report(service, today, colleagues, (sessions, leave), treated))
        return Answer(act.answer, [*receipts, *([act.receipt] if act.receipt else [])])

    async def _service(self, act: Act, question: Question) -> str:
        member = await self._register.found(act, question.caller.staff or "")
        if member is None or member["service_id"] is None:
            raise Unacceptable("staff-unsuitable", "you work for no service")
        return str(member["service_id"])

    async def _caseloads(self, question: Question) -> tuple[Counter[str], list[Receipt]]:
        """By username how many open referrals they treat, of those that are open to the caller."""
        found: Counter[str] = Counter()
        receipts: list[Receipt] = []
        after: tuple[Any, ...] | None = None
        while True:
            async with self._gate.ask_many(question, CASELOADS, {"open": True}, after, PAGE) as listed:
                found.update(row.fields["therapist"] for row in listed.rows)
                listed.answers.extend(document({"crn": row.crn, **row.fields}) for row in listed.rows)
            receipts += listed.receipts
            if not listed.has_more:
                return found, receipts
            after = listed.rows[-1].key

    def _report(
        self, service: str, today: date, colleagues: Iterable[Colleague], planned: Planned, treated: Counter[str]
    ) -> dict[str, Any]:
        assumed, (sessions, leave) = self._assumed, planned
        weekly = Counter(each.staff for each in sessions if _goes_on(each, today))
        ahead = Counter(each.staff for _, each in held(sessions, leave, today, today + AHEAD * 7 * _DAY - _DAY))
        lines = [
            {"username": each.username, "name": each.name, "role": each.role, "wte": each.wte,
             **_load(assumed, weekly[each.username], ahead[each.username], treated[each.username])}
            for each in colleagues
            if each.role in SEES_PEOPLE or weekly[each.username] or treated[each.username]
        ]  # fmt: skip
        names = [line["username"] for line in lines]
        sums = [sum(found[name] for name in names) for found in (weekly, ahead, treated)]
        wte = round(sum(line["wte"] or 0 for line in lines), 2)
        return {
            "service": service,
            "asOf": today,
            "weeksAhead": AHEAD,
            "assumptions": {
                "placesASession": assumed.places_a_session,
                "weeksBetweenAppointments": assumed.weeks_between_appointments,
                "source": assumed.source,
            },
            "therapists": lines,
            "total": {"wte": wte, **_load(assumed, *sums)},
        }

    async def training(self, question: Question, course: str, days: int, role: str | None) -> Answer:
        """Of a course: whose counts, whose lapses within so many days, whose has lapsed, and who never had it."""
        today = question.at.astimezone(LONDON).date()
        async with self._gate.act(question) as act:
            found = await coverage.trained(self._gate.records, _about(question, today), course)
            staff = [(each, _state(each, today, days)) for each in found if role in (None, each.role)]
            teams = sorted({each.team for each, _ in staff}, key=lambda team: (team is None, team))
            act.answer = document(
                {
                    "course": course,
                    "asOf": today,
                    "lapsingWithinDays": days,
                    "total": _covered(state for _, state in staff),
                    "teams": [
                        {"team": team, **_covered(state for each, state in staff if each.team == team)}
                        for team in teams
                    ],
                    "staff": [
                        {"username": each.username, "name": each.name, "role": each.role, "team": each.team,
                         "state": state, "lapsesOn": each.expires_on}
                        for each, state in staff
                    ],
                }
            )  # fmt: skip
        return Answer(act.answer, act.receipt)


def _about(question: Question, today: date) -> dict[str, Any]:
    party, username = question.caller.party.value, question.caller.staff or ""
    return standing.window(party, username, question.at, today, midnight(today))


def _goes_on(session: Session, today: date) -> bool:
    """Whether it is one of this week's: begun, and not over."""
    return session.first <= today and (session.until is None or today <= session.until)


def _load(assumed: Capacity, weekly: int, ahead: int, caseload: int) -> dict[str, Any]:
    """Sessions a week, how many are held in the weeks ahead, whom they can carry and whom they do."""
    capacity = assumed.caseload(weekly)
    full = percent(caseload, capacity)
    return {
        "sessionsAWeek": weekly,
        "sessionsAhead": ahead,
        "capacity": capacity,
        "capacityAhead": assumed.caseload(ahead / AHEAD),
        "caseload": caseload,
        "free": capacity - caseload,
        "percentFull": None if full is None else int(full),
    }


def _state(member: Trained, today: date, days: int) -> str:
    if member.expires_on is None:
        return "never"
    if member.expires_on <= today:
        return "lapsed"
    return "lapsing" if member.expires_on <= today + days * _DAY else "valid"


def _covered(states: Iterable[str]) -> dict[str, Any]:
    counts = Counter(states)
    share = percent(counts["valid"] + counts["lapsing"], counts.total())
    return {"members": counts.total(), **{state: counts[state] for state in STATES},
            "percentTrained": None if share is None else int(share)}  # fmt: skip
