"""What staff have time for: kept by the clinical lead for the staff of health services (I2), never their own.

The past stays: what is planned otherwise is so from today on, in Europe/London.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import combinations
from typing import Any

from app.gate import Act, Gate, Unacceptable
from app.pathway.working_time import Backdated, Stretch, replanned
from app.records import rows
from app.records.predicates import LONDON
from app.records.rows import Found
from app.records.writing import own_record
from app.services.answers import Answer, document
from app.services.entity_tags import check_tag
from app.services.register import StaffRegister, in_order
from app.services.staff import version_of
from app.vocabulary import Question

SESSION, LEAVE = "staff_session", "staff_leave"
COLUMNS = {
    "weekday": "weekday",
    "starts": "starts",
    "ends": "ends",
    "site": "site",
    "room": "room",
    "therapyKind": "therapy_kind",
}
"""What a session is, besides its days, and the columns where it stands."""
_DAYS = {SESSION: ("valid_from", "valid_until"), LEAVE: ("starts_on", "ends_on")}
Given = Mapping[str, Any]


class WorkingTimeService:
    """The share of a week that somebody works, their weekly sessions and their leave; every method leaves an entry."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._register = StaffRegister(gate)

    async def one(self, question: Question, username: str) -> tuple[Answer, str]:
        """What holds today or later of a member of the caller's own party, and the version that a change names."""
        async with self._gate.act(question) as act:
            member = await self._register.kept(act, question, username)
            today = question.at.astimezone(LONDON).date()
            sessions, leave = [await self._standing(act, table, member, today) for table in (SESSION, LEAVE)]
            act.answer = document(
                {
                    "username": member["username"],
                    "wte": member["wte"],
                    "sessions": [_session(row) for row in sessions],
                    "leave": [{"from": row["starts_on"], "until": row["ends_on"]} for row in leave],
                }
            )
        return Answer(act.answer, act.receipt), version_of(member)

    async def _standing(self, act: Act, table: str, member: Found, today: date) -> list[Found]:
        """What is not over, in order."""
        first, last = _DAYS[table]
        found = await rows.rows(self._gate.records, act.permit, table, staff_id=member["id"])
        still = [row for row in found if row[last] is None or row[last] >= today]
        return sorted(still, key=lambda row: (row.get("weekday", 0), row.get("starts"), row[first], row["id"]))

    async def plan(self, question: Question, username: str, given: Given, tag: str | None) -> Answer:
        """Make this what holds from today on, if `tag` (If-Match) is the version of the member's record.

        Unacceptable for what would change the past, overlaps, or is of somebody who works for no service.
        """
        async with self._gate.act(question) as act:
            member = await self._register.kept(act, question, username)
            check_tag(version_of(member), tag)
            if given["sessions"] and member["service_id"] is None:
                raise Unacceptable("staff-unsuitable", "they work for no service", "sessions")
            sessions, leave = _sessions(given["sessions"]), _leave(given["leave"])
            await self._replan(act, question, member, SESSION, sessions)
            await self._replan(act, question, member, LEAVE, leave)
            recorded_at = max(question.at, member["recorded_at"] + timedelta(microseconds=1))
            seen = {"id": member["id"], "recorded_at": member["recorded_at"]}
            changed = {"wte": given["wte"], "recorded_at": recorded_at}
            act.changes.append(self._gate.writer.update("staff", seen, changed))
            act.details |= {"change": "changed", "table": "staff", "member": member["username"]}
            act.details |= {"fields": ["leave", "sessions", "wte"]}
            version = version_of({"recorded_at": recorded_at})
            act.answer = document({"username": member["username"], "version": version})
        return Answer(act.answer, act.receipt)

    async def _replan(self, act: Act, question: Question, member: Found, table: str,
                      wanted: Sequence[Stretch]) -> None:  # fmt: skip
        first, last = _DAYS[table]
        field = "sessions" if table == SESSION else "leave"
        today, writer = question.at.astimezone(LONDON).date(), self._gate.writer
        standing = {row["id"]: row for row in await self._standing(act, table, member, today)}
        known = {identity: Stretch(_what(table, row), row[first], row[last]) for identity, row in standing.items()}
        try:
            plan = replanned(known, wanted, today, begin_before=table == LEAVE)
        except Backdated:
            raise Unacceptable("period-backdated", "what has been stays as it was", field) from None
        act.changes += [
            writer.update(table, _seen(standing[identity]), {last: day, "recorded_at": question.at})
            for identity, day in plan.moved.items()
        ]
        act.changes += [writer.delete(table, _seen(standing[identity])) for identity in plan.dropped]
        for stretch in plan.added:
            row = {"id": own_record(question.at)["id"], "recorded_at": question.at, "staff_id": member["id"]}
            row |= {first: stretch.first, last: stretch.last}
            if table == SESSION:
                row |= {"service_id": member["service_id"], **dict(zip(COLUMNS.values(), stretch.what, strict=False))}
            act.changes.append(writer.insert(table, row))


def _seen(row: Found) -> Found:
    return {"id": row["id"], "recorded_at": row["recorded_at"]}


def _what(table: str, row: Found) -> tuple[Any, ...]:
    if table == LEAVE:
        return (row["starts_on"],)
    return (*(row[name] for name in COLUMNS.values()), row["valid_from"])


def _session(row: Found) -> Found:
    days = {"from": row["valid_from"], "until": row["valid_until"]}
    times = {name: f"{row[name]:%H:%M}" for name in ("starts", "ends")}
    return {name: row[column] for name, column in COLUMNS.items()} | times | days


def _sessions(given: Sequence[Given]) -> list[Stretch]:
    """As stretches; Unacceptable for two that one person cannot hold."""
    for place, each in enumerate(given):
        in_order(each["first"], each["until"], f"sessions.{place}.until")
        if each["ends"] <= each["starts"]:
            raise Unacceptable("period-disordered", field=f"sessions.{place}.ends")
    found = [
        Stretch((*(each[name] for name in COLUMNS), each["first"]), each["first"], each["until"]) for each in given
    ]
    for (one, left), (other, right) in combinations(zip(found, given, strict=True), 2):
        at_once = left["weekday"] == right["weekday"] and left["starts"] < right["ends"]
        if at_once and right["starts"] < left["ends"] and one.overlaps(other):
            raise Unacceptable("period-overlaps", "nobody holds two sessions at once", "sessions")
    return found


def _leave(given: Sequence[Given]) -> list[Stretch]:
    for place, each in enumerate(given):
        in_order(each["first"], each["until"], f"leave.{place}.until")
    found = [Stretch((each["first"],), each["first"], each["until"]) for each in given]
    if any(one.overlaps(other) for one, other in combinations(found, 2)):
        raise Unacceptable("period-overlaps", "the same day twice", "leave")
    return found
