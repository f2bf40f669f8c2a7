"""Authorisation to receive criminal-justice data: a probation lead grants it to named health staff and revokes it (A3).

Who may revoke an authorisation may see which there are: the agreement gives nobody else a right to read them.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta

from app.gate import Act, Gate, Unacceptable
from app.records import rows, standing
from app.records.predicates import LONDON
from app.records.writing import own_record
from app.services.answers import Answer, document, page
from app.services.consents import begins
from app.services.cursors import decode, encode
from app.services.register import StaffRegister
from app.vocabulary import Party, Question, Register

KIND = "criminal-justice"
RELEASED = {Register.AUTHORISATION.value: ["*"]}


class AuthorisationService:
    """Grants, revocations and the list of them; every method leaves an entry."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._register = StaffRegister(gate)

    async def page(self, question: Question, username: str | None, *, live: bool | None, at: datetime | None,
                   cursor: str | None, size: int) -> Answer:  # fmt: skip
        """Authorisations by id, for those who may revoke them; `live` is meant of the moment `at`, or of now.

        CursorInvalid for a cursor from elsewhere.
        """
        bound = {"username": username, "live": live} | ({"at": at} if at else {})
        after = decode(cursor, (str,), "authorisations", bound)[0] if cursor else None
        async with self._gate.act(question) as act:
            found = await standing.authorisations(
                self._gate.records, at or question.at, username, live=live, after=after, size=size
            )
            following = encode((found[size - 1]["id"],), "authorisations", bound) if len(found) > size else None
            act.released = RELEASED
            act.answer = page([document(_shown(one)) for one in found[:size]], following, size)
        return Answer(act.answer, act.receipt)

    async def grant(self, question: Question, username: str, given: Mapping[str, Any]) -> Answer:
        """Authorise somebody from now, or a later moment, until an end.

        Unacceptable to oneself, to staff of another party, from a moment that is past, for longer than until the
        agreement's next review would come round, or over another that is live at that time.
        """
        async with self._gate.act(question) as act:
            if username.lower() == question.caller.staff:
                raise Unacceptable("authorisation-to-oneself", field="username")
            start, end = begins(given.get("validFrom"), question.at), given["validUntil"]
            _check_period(act, question.at, start, end)
            member = await self._register.colleague(
                act, username, "username", party=Party.HEALTH, at=max(start, question.at)
            )
            lead = await self._register.found(act, question.caller.staff or "")
            if lead is None:
                raise Unacceptable("staff-unknown")
            same = {"staff_id": member["id"], "kind": KIND}
            known = await rows.rows(self._gate.records, act.permit, "authorisation", **same)
            check_free(known, start, end)
            identity = own_record(question.at)["id"]
            row = {
                "id": identity,
                **same,
                "granted_by_id": lead["id"],
                "valid_from": start,
                "valid_until": end,
                "recorded_at": question.at,
            }
            act.changes.append(self._gate.writer.unchanged("authorisation", same, known))
            act.changes.append(self._gate.writer.insert("authorisation", row))
            act.details |= {"change": "granted", "table": "authorisation", "member": member["username"], "kind": KIND}
            act.answer = document({"id": identity, "kind": KIND, "validFrom": start, "validUntil": end})
        return Answer(act.answer, act.receipt)

    async def revoke(self, question: Question, identity: str) -> Answer:
        """End an authorisation now; the next request of whoever held it is decided without."""
        async with self._gate.act(question) as act:
            grant = await rows.one(self._gate.records, act.permit, "authorisation", identity)
            if grant is None:
                raise Unacceptable("authorisation-not-found")
            if grant["revoked_at"] is not None or grant["valid_until"] <= question.at:
                raise Unacceptable("authorisation-over")
            recorded_at = max(question.at, grant["recorded_at"] + timedelta(microseconds=1))
            seen = {"id": identity, "recorded_at": grant["recorded_at"]}
            changed = {"revoked_at": question.at, "recorded_at": recorded_at}
            act.changes.append(self._gate.writer.update("authorisation", seen, changed))
            holder = await rows.one(self._gate.records, act.permit, "staff", grant["staff_id"])
            act.details |= {"change": "revoked", "table": "authorisation", "kind": KIND}
            act.details |= {"member": holder["username"]} if holder else {}
            act.answer = document({"id": identity, "revokedAt": question.at})
        return Answer(act.answer, act.receipt)


def _check_period(act: Act, now: datetime, start: datetime, end: datetime) -> None:
    if start < now:
        raise Unacceptable("period-backdated", field="validFrom")
    if end <= start:
        raise Unacceptable("period-disordered", field="validUntil")
    months = act.agreement.agreement.review_months
    last_day = (end - timedelta(microseconds=1)).astimezone(LONDON).date()
    longest = start.astimezone(LONDON).date() + relativedelta(months=months)
    over = act.agreement.ends is not None and end > act.agreement.ends
    if last_day > longest or over:
        raise Unacceptable(
            "period-too-long",
            f"at most {months} months, after which the agreement itself is reviewed, and never beyond its end",
            "validUntil",
        )


def check_free(known: Iterable[rows.Found], start: datetime, end: datetime) -> None:
    """Unacceptable for a period in which one of these holds."""
    for other in known:
        if other["revoked_at"] is None and other["valid_from"] < end and start < other["valid_until"]:
            raise Unacceptable("period-overlaps", "they are authorised at that time already", "validFrom")


def _shown(grant: Mapping[str, Any]) -> dict[str, Any]:
    return rows.shown(grant, standing.AUTHORISED)
