"""Break-glass: opening a grant for an hour, and the review that none of them escapes."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from app.audit.grants import Uses
from app.gate import Act, Announcing, Gate, Unacceptable
from app.pathway.working_days import overdue_if_before, review_due
from app.records import grants
from app.services.answers import Answer, document, page
from app.services.cursors import decode, decode_moment, encode
from app.services.meanwhile import looked_again
from app.services.texts import seen
from app.vocabulary import Caller, Party, Question, Role

LASTS = timedelta(minutes=60)
REASON_LEAST = 20
OPENED = "emergency-grant-opened"
WORDS = ("feared", "note", "reason")
TOLD = (Party.HEALTH, Party.JUSTICE)
"""F3 names the office and no party; and what a grant opens belongs to both (S3: the record's owner is told)."""


@dataclass(frozen=True, slots=True)
class Emergency:
    """Why somebody's record has to be opened now, and what is feared."""

    reason: str
    feared: str


@dataclass(frozen=True, slots=True)
class Review:
    """What a guardian concludes: a word of `app.services.shapes_grants.Outcome`, and why."""

    outcome: str
    note: str


class GrantService:
    """Emergency grants; every method leaves an entry, and raises AccessRefused or Unacceptable with its entry made."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._uses = Uses(gate.records.database)

    async def open(self, question: Question, emergency: Emergency) -> tuple[Answer, bool]:
        """The grant, and whether it is new: one that is live already is answered as it stands, and never extended."""
        return await looked_again(lambda: self._open(question, emergency))

    async def _open(self, question: Question, emergency: Emergency) -> tuple[Answer, bool]:
        records, at = self._gate.records, question.at
        async with self._gate.act(question, alone=True) as act:
            _check(emergency)
            staff, crn = await self._id_of(question.caller), question.crn or ""
            grant = await grants.live(records, act.permit, staff, crn, at)
            is_new = grant is None
            if grant is None:
                row = _row(staff, crn, at, emergency)
                grant = row
                act.changes.append(grants.opening(records, row))
                act.details = {"change": "opened", "table": "emergency_grant"}
                act.announcing = Announcing(OPENED, Role.CALDICOTT_GUARDIAN.value, TOLD, {"grant_id": row["id"]})
            else:
                act.details = {"change": "none", "table": "emergency_grant"}
            act.answer = document(
                {
                    "id": grant["id"],
                    "crn": crn,
                    "grantedAt": grant["granted_at"],
                    "expiresAt": grant["expires_at"],
                    "reviewDueAt": review_due(grant["granted_at"]).astimezone(UTC),
                }
            )
        return _answered(act), is_new

    async def page(self, question: Question, filters: Mapping[str, str], cursor: str | None, size: int) -> Answer:
        """The review list, newest first and without texts: `state`, `crn` and `staff` (a username) narrow it."""
        at = question.at
        asked = _filters(filters, at) | ({"after": _after(cursor, filters)} if cursor else {})
        async with self._gate.act(question) as act:
            found = await grants.page(self._gate.records, act.permit, question.caller, at, asked, size)
            rows, last = found[:size], found[size - 1] if len(found) > size else None
            following = encode((last["granted_at"].isoformat(), last["id"]), "grants", filters) if last else None
            act.details = {"listed": "emergency_grant", "shown": len(rows)}
            act.answer = page([document(_shown(row, at)) for row in rows], following, size)
        return _answered(act)

    async def one(self, question: Question, identity: str) -> Answer:
        """One grant: its reason, what was feared, and everything that was looked at under it."""
        async with self._gate.act(question) as act:
            grant = await self._found(act, question, identity)
            ends = min(moment for moment in (grant["expires_at"], grant["revoked_at"]) if moment)
            uses, has_more = await self._uses.between(
                act.permit, grant["staff"]["username"], grant["crn"], grant["granted_at"], ends
            )
            texts = _texts(grant, question.caller.party)
            act.details = {"read": "emergency_grant", "uses": len(uses)}
            act.released = {question.subjects[0].value: ["crn", "lookedAt", *(each for each in WORDS if texts[each])]}
            act.answer = document(
                {
                    **_shown(grant, question.at),
                    **texts,
                    "lookedAt": [asdict(use) for use in uses],
                    "lookedAtMore": has_more,
                }
            )
        return _answered(act)

    async def review(self, question: Question, identity: str, review: Review) -> Answer:
        """Close a grant, once, by a guardian who neither used it nor manages whoever did."""
        at = question.at
        async with self._gate.act(question) as act:
            grant = await self._found(act, question, identity)
            reviewer = await self._id_of(question.caller)
            await self._check_reviewer(grant, reviewer, question.caller)
            if grant["reviewed_at"] is not None:
                raise Unacceptable("already-reviewed")
            if not seen(review.note):
                raise Unacceptable("text-insufficient", "say why", "note")
            changed = {
                "reviewed_by_id": reviewer,
                "reviewed_at": at,
                "outcome": review.outcome,
                "review_note": review.note.strip(),
                "recorded_at": at,
            }
            waiting = {"id": identity, "reviewed_at": None}
            act.changes.append(self._gate.writer.update("emergency_grant", waiting, changed))
            act.details = {"change": "reviewed", "table": "emergency_grant", "outcome": review.outcome}
            act.answer = document({"id": identity, "state": "reviewed", "outcome": review.outcome, "reviewedAt": at})
        return _answered(act)

    async def _found(self, act: Act, question: Question, identity: str) -> dict[str, Any]:
        grant = await grants.one(self._gate.records, act.permit, identity)
        if grant is None or not await self._gate.decide_about(act, question, grant["crn"]):
            raise Unacceptable("grant-unknown")
        return grant

    async def _check_reviewer(self, grant: Mapping[str, Any], reviewer: str, caller: Caller) -> None:
        """Whoever managed the user at any time since the grant is their manager: a move does not make one impartial."""
        if reviewer == grant["staff"]["id"]:
            raise Unacceptable("reviewer-is-user", field="Authorization")
        if caller.staff in await grants.managers(self._gate.records, grant["staff"]["id"], grant["granted_at"]):
            raise Unacceptable("reviewer-is-manager", field="Authorization")
        if _is_withheld(grant["staff"], caller.party):
            raise Unacceptable("reason-withheld", field="Authorization")

    async def _id_of(self, caller: Caller) -> str:
        identity = await grants.staff_id(self._gate.records, caller.staff or "")
        if identity is None:
            raise RuntimeError("a caller was let in whom nobody employs")
        return identity


def _row(staff: str, crn: str, at: datetime, emergency: Emergency) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "recorded_at": at,
        "staff_id": staff,
        "crn": crn,
        "reason": emergency.reason.strip(),
        "feared": emergency.feared.strip(),
        "granted_at": at,
        "expires_at": at + LASTS,
    }


def _check(emergency: Emergency) -> None:
    """As many characters as F3 asks for, of those that show; whether they are words is for the review to say."""
    if len(seen(emergency.reason)) < REASON_LEAST:
        raise Unacceptable("text-insufficient", f"say why in {REASON_LEAST} characters or more", "reason")
    if not seen(emergency.feared):
        raise Unacceptable("text-insufficient", "say what is feared", "feared")


def _filters(filters: Mapping[str, str], at: datetime) -> dict[str, Mapping[str, Any]]:
    asked: dict[str, Mapping[str, Any]] = {}
    if "state" in filters:
        asked[filters["state"]] = {"used_before": overdue_if_before(at)} if filters["state"] == "overdue" else {}
    if "crn" in filters:
        asked["crn"] = {"crn": filters["crn"]}
    if "staff" in filters:
        asked["staff"] = {"of_staff": filters["staff"].lower()}
    return asked


def _after(cursor: str, filters: Mapping[str, str]) -> Mapping[str, Any]:
    moment, identity = decode(cursor, (str, str), "grants", filters)
    return {"last_at": decode_moment(moment), "last_id": identity}


def _shown(grant: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """A grant without its texts: identifiers and times alone, which is what the log may show too (G1)."""
    due = review_due(grant["granted_at"]).astimezone(UTC)
    is_reviewed = grant["reviewed_at"] is not None
    ends = min(moment for moment in (grant["expires_at"], grant["revoked_at"]) if moment)
    return {
        "id": grant["id"],
        "crn": grant["crn"],
        "staff": _person(grant["staff"]),
        "grantedAt": grant["granted_at"],
        "expiresAt": grant["expires_at"],
        "revokedAt": grant["revoked_at"],
        "live": at < ends,
        "state": "reviewed" if is_reviewed else "open",
        "dueAt": due,
        "overdue": not is_reviewed and due <= at,
        "reviewedAt": grant["reviewed_at"],
        "reviewedBy": _person(grant["reviewed_by"]) if grant["reviewed_by"] else None,
        "outcome": grant["outcome"],
    }


def _person(staff: Mapping[str, Any]) -> dict[str, Any]:
    return {name: staff[name] for name in ("username", "name", "party", "role")}


def _texts(grant: Mapping[str, Any], party: Party) -> dict[str, Any]:
    """What was written, but for what P3 keeps from the justice party: clinicians write of what they know."""
    of_user, of_reviewer = _is_withheld(grant["staff"], party), _is_withheld(grant["reviewed_by"], party)
    closed = {"reason": of_user, "feared": of_user, "note": of_reviewer}
    texts = {"reason": grant["reason"], "feared": grant["feared"], "note": grant["review_note"]}
    return {
        **{name: None if closed[name] else text for name, text in texts.items()},
        "withheld": [{"field": name, "clauses": ["P3"]} for name in texts if closed[name]],
    }


def _is_withheld(writer: Mapping[str, Any] | None, party: Party) -> bool:
    """Free text by health staff can say what is clinical, which nobody of the justice party ever sees."""
    return writer is not None and party is not Party.HEALTH and writer["party"] == Party.HEALTH.value


def _answered(act: Act) -> Answer:
    if act.answer is None or act.receipt is None:
        raise RuntimeError("an answer left the gate without its entry")
    return Answer(act.answer, act.receipt)
