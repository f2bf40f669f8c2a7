"""The register of staff as its keepers see it: who is on it, at which party, and what each of them may not do."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from app.gate import Act, Gate, Unacceptable
from app.records import rows
from app.records.predicates import LONDON
from app.vocabulary import Party, Question, Role

MEMBER = ("username", "name", "role", "team", "manager", "employed_from", "employed_until", "revoked_at")


def shown(member: Mapping[str, Any]) -> dict[str, Any]:
    """A member of staff as answers show them."""
    answer = rows.shown(member, MEMBER)
    return {"username": answer.pop("username"), "service": member["service_id"], **answer}


def works(member: Mapping[str, Any], at: datetime) -> bool:
    """Whether they are employed at a moment and not revoked."""
    day, until, revoked = at.astimezone(LONDON).date(), member["employed_until"], member["revoked_at"]
    return member["employed_from"] <= day and (until is None or day <= until) and (revoked is None or revoked > at)


class StaffRegister:
    """Looks up members of staff for an act that has been decided on."""

    def __init__(self, gate: Gate) -> None:
        self._records = gate.records

    async def found(self, act: Act, username: str) -> rows.Found | None:
        """Whoever has this username, in any case of its letters."""
        named = await rows.rows(self._records, act.permit, "staff", username=username.lower())
        return next(iter(named), None)

    async def kept(self, act: Act, question: Question, username: str) -> rows.Found:
        """A member of the caller's own party who is not the caller (I1, I2).

        Unacceptable: `own-record`, or `staff-not-found` for anybody who is not on file there.
        """
        if username.lower() == question.caller.staff:
            raise Unacceptable("own-record")
        member = await self.found(act, username)
        if member is None or member["party"] != question.caller.party.value:
            raise Unacceptable("staff-not-found")
        return member

    async def colleague(self, act: Act, username: str, field: str, *, party: Party, role: Role | None = None,
                        service: str | None = None, at: datetime) -> rows.Found:  # fmt: skip
        """Somebody who works at a party at a moment, in a role and for a service where these are named.

        Unacceptable: `staff-unknown` without anybody of that name there, `staff-unsuitable` for somebody else.
        """
        member = await self.found(act, username)
        if member is None or member["party"] != party.value:
            raise Unacceptable("staff-unknown", field=field)
        if not works(member, at):
            raise Unacceptable("staff-unsuitable", "they do not work there at that time", field)
        if role is not None and member["role"] != role.value:
            raise Unacceptable("staff-unsuitable", f"they are not employed as {role.value}", field)
        if service is not None and member["service_id"] != service:
            raise Unacceptable("staff-unsuitable", "they work for another service", field)
        return member

    async def check_manager(self, act: Act, question: Question, username: str | None, of: str) -> str | None:
        """A manager is another member of staff of the same party."""
        if username is None:
            return None
        if username.lower() == of:
            raise Unacceptable("staff-unsuitable", "nobody is their own manager", "manager")
        member = await self.found(act, username)
        if member is None or member["party"] != question.caller.party.value:
            raise Unacceptable("staff-unknown", field="manager")
        return str(member["username"])

    async def check_service(self, act: Act, party: Party, service: str | None) -> str | None:
        """A service that is registered; staff of the other party work for none."""
        if service is None:
            return None
        if party is not Party.HEALTH or await rows.one(self._records, act.permit, "therapy_service", service) is None:
            raise Unacceptable("service-unknown", field="service")
        return service


def in_order(start: date, end: date | None, field: str) -> None:
    """Unacceptable for a period that ends before it begins."""
    if end is not None and end < start:
        raise Unacceptable("period-disordered", field=field)
