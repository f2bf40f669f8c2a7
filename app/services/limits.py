"""Limited access: exclusions and restrictions of a whole record, as the case-management system writes them (H8).

Who is kept out by one is told nothing of it, here or anywhere: `app.records.facts` feeds it into every decision about
the person, so that every record of theirs is limited with them.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from app.gate import Act, Gate, Unacceptable
from app.records import rows
from app.records.limits import Looked
from app.records.rows import Found
from app.records.writing import own_version, record_id
from app.services.answers import Answer, document
from app.vocabulary import Question

SOURCE = "probation"
"""Whose limits they are; an import of the same limit finds the same record."""
CONTENT = ("kind", "message", "valid_from", "valid_until")
UNKNOWN = {"userExcluded": True, "userRestricted": True, "exclusionMessage": None, "restrictionMessage": None}
"""What can't be determined is taken as limited; of somebody who is not on file nothing can be."""


class LimitService:
    """Limits written, read by their owner, and asked about for many people; every method leaves an entry."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def put(self, question: Question, source_id: str, given: Mapping[str, Any]) -> Answer:
        """Write a limit under its owner's id, whole: its kind, message, period and the names on its list."""
        names = sorted({name.lower() for name in given["usernames"]})
        async with self._gate.act(question) as act:
            identity = record_id("access_limit", SOURCE, source_id)
            row = {
                "kind": given["type"],
                "message": given["message"],
                "valid_from": given["startDateTime"],
                "valid_until": given.get("endDateTime"),
            }
            _check(row, names)
            before = await rows.one(self._gate.records, act.permit, "access_limit", identity)
            change = await self._write(act, question, identity, source_id, row, names, before)
            act.details |= {"change": change, "table": "access_limit", "kind": given["type"]}
            act.answer = document({"crn": act.standing.crn, "limitId": source_id, "id": identity, "change": change})
        return Answer(act.answer, act.receipt)

    async def _write(self, act: Act, question: Question, identity: str, source_id: str, row: Mapping[str, Any],
                     names: Sequence[str], before: Found | None) -> str:  # fmt: skip
        writer, person = self._gate.writer, act.standing.person_id
        if before is None:
            keys = {"id": identity, "source": SOURCE, "source_id": source_id, "person_id": person}
            act.changes.append(writer.insert("access_limit", {**keys, **row, **own_version(question.at)}))
            act.changes += [self._named(identity, name, question) for name in names]
            return "created"
        if before["person_id"] != person:
            raise Unacceptable("identifier-shared", field="limitId")
        listed = await rows.rows(self._gate.records, act.permit, "access_limit_name", limit_id=identity)
        standing = {one["username"] for one in listed}
        if standing == set(names) and all(before[name] == row[name] for name in CONTENT):
            return "unchanged"
        at = max(question.at, before["recorded_at"] + timedelta(microseconds=1))
        seen = {"id": identity, "source_version": before["source_version"], "recorded_at": before["recorded_at"]}
        act.changes.append(writer.update("access_limit", seen, {**row, **own_version(at)}))
        for name in sorted(standing - set(names)):
            act.changes.append(writer.delete("access_limit_name", {"limit_id": identity, "username": name}))
        act.changes += [self._named(identity, name, question) for name in names if name not in standing]
        return "changed"

    def _named(self, identity: str, name: str, question: Question) -> tuple[Any, ...]:
        row = {"limit_id": identity, "username": name, "recorded_at": question.at}
        return self._gate.writer.insert("access_limit_name", row)

    async def of_person(self, question: Question) -> Answer:
        """Every limit that its owner wrote about a person, ended ones too."""
        async with self._gate.act(question) as act:
            found = await rows.rows(
                self._gate.records, act.permit, "access_limit", person_id=act.standing.person_id, source=SOURCE
            )
            data = [await self._shown(act, one) for one in sorted(found, key=lambda one: one["source_id"])]
            act.answer = document({"crn": act.standing.crn, "data": data})
        return Answer(act.answer, act.receipt)

    async def _shown(self, act: Act, limit: Found) -> dict[str, Any]:
        listed = await rows.rows(self._gate.records, act.permit, "access_limit_name", limit_id=limit["id"])
        return {
            "limitId": limit["source_id"],
            "type": limit["kind"],
            "message": limit["message"],
            "startDateTime": limit["valid_from"],
            "endDateTime": limit["valid_until"],
            "usernames": sorted(one["username"] for one in listed),
            "recordedAt": limit["recorded_at"],
        }

    async def access(self, question: Question, crns: Sequence[str], user: str | None) -> Answer:
        """One result for each CRN, in their order: for a system of its `user`, for staff of themselves.

        AccessRefused `access-of-others` for a member of staff who names somebody else.
        """
        async with self._gate.ask_access(question, crns, user) as limited:
            for row, is_open in limited.open_rows():
                said = UNKNOWN if not is_open else _limits(row)
                limited.answers.append(document({"crn": row.crn, **said}))
        return Answer(b'{"access":[' + b",".join(limited.answers) + b"]}", limited.receipts)


def _limits(row: Looked) -> dict[str, Any]:
    return {
        "userExcluded": row.exclusion is not None,
        "userRestricted": row.restriction is not None,
        "exclusionMessage": row.exclusion,
        "restrictionMessage": row.restriction,
    }


def _check(row: Mapping[str, Any], names: Sequence[str]) -> None:
    """Unacceptable for a limit that would be stored and change nothing, or for a period that ends before it begins."""
    if row["valid_until"] is not None and row["valid_until"] < row["valid_from"]:
        raise Unacceptable("period-disordered", field="endDateTime")
    if row["kind"] == "exclusion" and not names:
        raise Unacceptable(
            "body-invalid", "an exclusion of nobody excludes nobody; name whom it keeps out", "usernames"
        )
