"""Staff standing: who is employed where, in what role and with what training; kept by each party's lead for its own.

A probation lead keeps justice staff (I1), a clinical lead health staff (I2), and neither their own record. A change
holds from the next request on: standing is read with each question, and no token carries it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta

from app.gate import Act, Gate, Unacceptable
from app.records import past, standing
from app.records.facts import COURSES
from app.records.predicates import LONDON
from app.records.rows import Found
from app.records.writing import own_record, record_id
from app.services.answers import Answer, document, page
from app.services.cursors import decode, encode
from app.services.register import StaffRegister, in_order, shown, works
from app.vocabulary import SYSTEM_ROLES, Fact, Party, Question, Role, parties_of

COLUMNS = {
    "name": "name",
    "role": "role",
    "service": "service_id",
    "team": "team",
    "manager": "manager",
    "employedFrom": "employed_from",
    "employedUntil": "employed_until",
}
"""What can be changed of a member of staff, and the columns where it stands."""
OPERATORS = "open-mind"


def version_of(member: Mapping[str, Any]) -> str:
    """The entity tag of a member's record: when it was last changed."""
    return f'"{member["recorded_at"]:%Y%m%dT%H%M%S.%fZ}"'


class StaffService:
    """The register of staff and their training; every method leaves an entry."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._register = StaffRegister(gate)

    async def page(self, question: Question, filters: Mapping[str, str], *, employed: bool | None,
                   at: datetime | None, cursor: str | None, size: int) -> Answer:  # fmt: skip
        """The caller's party's staff by username, without the caller; `at`, as the register stood at that moment.

        CursorInvalid for a cursor from elsewhere.
        """
        bound = {**filters, "employed": employed} | ({"at": at} if at else {})
        after = decode(cursor, (str,), "staff", bound)[0] if cursor else None
        columns = {COLUMNS[name]: value for name, value in filters.items()}
        async with self._gate.act(question) as act:
            found = await standing.members(
                self._gate.records, _about(question, at or question.at), columns,
                employed=employed, is_past=at is not None, after=after, size=size,
            )  # fmt: skip
            following = encode((found[size - 1]["username"],), "staff", bound) if len(found) > size else None
            act.answer = page([document(shown(member)) for member in found[:size]], following, size)
        return Answer(act.answer, act.receipt)

    async def one(self, question: Question, username: str, at: datetime | None, known_at: datetime | None
                  ) -> tuple[Answer, str | None]:  # fmt: skip
        """One member with their training; as of `at`, by what was known at `known_at`; and the entity tag of now."""
        async with self._gate.act(question) as act:
            member = await self._register.kept(act, question, username)
            moment, by = at or question.at, known_at or question.at
            states = past.known(await self._states(act, "staff", username=member["username"]), by)
            if not states:
                raise Unacceptable("staff-not-found")
            trainings = past.known(await self._states(act, "training", staff_id=member["id"]), by)
            role = await self._role_at(act, member, moment, by)
            then = {**states[-1], **role}
            act.answer = document(
                {**shown(then), **_standing(then, trainings, moment, by, is_past=bool(at or known_at))}
            )
        return Answer(act.answer, act.receipt), None if at or known_at else version_of(member)

    async def _states(self, act: Act, table: str, **equal: Any) -> list[Found]:
        return await past.versions(self._gate.records, act.permit, table, **equal)

    async def _role_at(self, act: Act, member: Mapping[str, Any], at: datetime, by: datetime) -> Mapping[str, Any]:
        """Role, team, service and manager have no period of their own: they are what was recorded at that moment."""
        states = await self._states(act, "staff", username=member["username"])
        then = past.known(states, min(at, by)) or states[:1]
        return {name: then[-1][name] for name in ("name", "role", "service_id", "team", "manager")}

    async def create(self, question: Question, given: Mapping[str, Any]) -> Answer:
        """Put somebody on the register; Unacceptable for a name that is taken, or what does not fit together."""
        username = given["username"].lower()
        async with self._gate.act(question) as act:
            if username == question.caller.staff:
                raise Unacceptable("own-record")
            if await self._register.found(act, username) is not None:
                raise Unacceptable("staff-exists", field="username")
            changed = await self._checked(act, question, username, given)
            in_order(changed["employed_from"], changed.get("employed_until"), "employedUntil")
            identity = record_id("staff", OPERATORS, username)
            row = {"id": identity, "username": username, "party": question.caller.party.value, **changed}
            row["recorded_at"] = question.at
            act.changes.append(self._gate.writer.insert("staff", row))
            act.details |= {"change": "created", "table": "staff", "member": username, "role": changed["role"]}
            act.answer = document({"username": username, "version": version_of(row)})
        return Answer(act.answer, act.receipt)

    async def change(self, question: Question, username: str, given: Mapping[str, Any], tag: str | None) -> Answer:
        """Change some of a member's record, if `tag` (If-Match) is its version; `revoked` holds at once."""
        async with self._gate.act(question) as act:
            member = await self._register.kept(act, question, username)
            check_version(member, tag)
            changed = await self._checked(act, question, member["username"], given)
            if "revoked" in given:
                changed["revoked_at"] = (member["revoked_at"] or question.at) if given["revoked"] else None
            after = {**member, **changed}
            in_order(after["employed_from"], after["employed_until"], "employedUntil")
            recorded_at = max(question.at, member["recorded_at"] + timedelta(microseconds=1))
            seen = {"id": member["id"], "recorded_at": member["recorded_at"]}
            act.changes.append(self._gate.writer.update("staff", seen, {**changed, "recorded_at": recorded_at}))
            act.details |= {"change": "changed", "table": "staff", "member": member["username"]}
            act.details |= {"fields": sorted(given), **({"role": given["role"]} if "role" in given else {})}
            act.answer = document({"username": member["username"], "version": version_of({"recorded_at": recorded_at})})
        return Answer(act.answer, act.receipt)

    async def _checked(self, act: Act, question: Question, username: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """The columns for what was given; Unacceptable for what cannot stand there."""
        changed = {COLUMNS[name]: value for name, value in given.items() if name in COLUMNS}
        party = question.caller.party
        if "role" in changed:
            _check_role(Role(changed["role"]), party)
        if "service_id" in changed:
            changed["service_id"] = await self._register.check_service(act, party, changed["service_id"])
        if "manager" in changed:
            changed["manager"] = await self._register.check_manager(act, question, changed["manager"], username)
        return changed

    async def train(self, question: Question, username: str, given: Mapping[str, Any]) -> Answer:
        """Record a completed course; the agreement says for how many months it counts."""
        async with self._gate.act(question) as act:
            member = await self._register.kept(act, question, username)
            completed, course = given["completedOn"], given["course"]
            if completed > question.at.astimezone(LONDON).date():
                raise Unacceptable("date-in-future", field="completedOn")
            same = {"staff_id": member["id"], "course": course, "completed_on": completed}
            if await self._recorded(act, same):
                raise Unacceptable("training-recorded", field="completedOn")
            expires = completed + relativedelta(months=_months(act, COURSES[course]))
            identity = own_record(question.at)["id"]
            row = {"id": identity, **same, "expires_on": expires, "recorded_at": question.at}
            act.changes.append(self._gate.writer.unchanged("training", same, []))
            act.changes.append(self._gate.writer.insert("training", row))
            act.details |= {"change": "created", "table": "training", "member": member["username"], "course": course}
            act.answer = document({"id": identity, "course": course, "completedOn": completed, "expiresOn": expires})
        return Answer(act.answer, act.receipt)

    async def _recorded(self, act: Act, same: Mapping[str, Any]) -> bool:
        states = await self._states(act, "training", **same)
        return any(state[past.SUPERSEDED] is None for state in states)


def _about(question: Question, at: datetime) -> dict[str, Any]:
    day = at.astimezone(LONDON).date()
    return standing.window(question.caller.party.value, question.caller.staff or "", at, day, at)


def _standing(
    member: Mapping[str, Any], trainings: list[Found], at: datetime, known_at: datetime, *, is_past: bool
) -> dict[str, Any]:
    """Training, and which of the facts about the member held."""
    day = at.astimezone(LONDON).date()
    courses = sorted(trainings, key=lambda one: (one["course"], one["completed_on"]))
    holding = {one["course"] for one in courses if one["completed_on"] <= day < one["expires_on"]}
    facts = [Fact.EMPLOYED] if works(member, at) else []
    facts += [fact for course, fact in COURSES.items() if course in holding]
    moments = {"at": at, "knownAt": known_at} if is_past else {}
    named = ("id", "course", "completed_on", "expires_on")
    return {
        "trainings": [dict(zip(("id", "course", "completedOn", "expiresOn"), (one[n] for n in named), strict=True))
                      for one in courses if not is_past or one["completed_on"] <= day],
        "facts": [fact.value for fact in facts],
        **moments,
    }  # fmt: skip


def _months(act: Act, fact: Fact) -> int:
    """For how long the agreement in force lets a course count; it has to say so for every course, or is not loaded."""
    months = act.agreement.agreement.facts[fact].valid_months
    if months is None:
        raise LookupError(f"the agreement does not say how long '{fact}' is valid")
    return months


def _check_role(role: Role, party: Party) -> None:
    if role in SYSTEM_ROLES or party not in parties_of(role):
        raise Unacceptable("role-not-at-party", field="role")


def check_version(member: Mapping[str, Any], tag: str | None) -> None:
    """Unacceptable unless `tag` (If-Match) names the version that stands."""
    if tag is None:
        raise Unacceptable("precondition-required", field="If-Match")
    if tag != "*" and version_of(member) not in (each.strip() for each in tag.split(",")):
        raise Unacceptable("precondition-failed", field="If-Match")
