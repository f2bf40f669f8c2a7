"""What was looked at under an emergency grant, from the log: the entries say it, nobody has to tell."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, Select, bindparam, literal_column, select

import app.audit.entry as entry
from app.db import Database, Prepared
from app.tables.log import LogEntry, LogSubject
from app.vocabulary import Action, Purpose

MOST = 500
"""Entries that are listed with one grant; a grant lasts an hour."""
_ENTRY: Any = LogEntry
_SUBJECT: Any = LogSubject


@dataclass(frozen=True, slots=True)
class Use:
    """One question that was asked under a grant: what was answered, by category, and under which clauses."""

    number: int
    at: str
    resource: str
    outcome: str
    released: Mapping[str, list[str]]
    withheld: list[str]
    clauses: list[str]


class Uses:
    """Reads the entries of one member of staff about one CRN, for the purpose of an emergency; it decides nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._prepared: Prepared | None = None

    async def between(self, staff: str, crn: str, since: datetime, until: datetime) -> tuple[list[Use], bool]:
        """Every read from `since` until before `until`, refused ones included, oldest first; and whether there is more.

        What was erased by law is no longer found: its entry names nobody.
        """
        self._prepared = self._prepared or self._database.prepare(_reads())
        values = {"staff": staff, "crn": crn, "since": entry.timestamp(since), "until": entry.timestamp(until)}
        rows = await self._database.fetch(self._prepared, values)
        return [_use(number, json.loads(body)) for number, body in rows[:MOST]], len(rows) > MOST


def _reads() -> Select[Any]:
    return (
        select(_ENTRY.seq, _ENTRY.body)
        .join(_SUBJECT, _SUBJECT.seq == _ENTRY.seq)
        .where(
            _SUBJECT.crn == bindparam("crn", type_=_SUBJECT.crn.type),
            _ENTRY.staff == bindparam("staff", type_=_ENTRY.staff.type),
            _ENTRY.purpose == literal_column(f"'{Purpose.EMERGENCY.value}'"),
            _ENTRY.action == literal_column(f"'{Action.READ.value}'"),
            _ENTRY.occurred_at >= bindparam("since", type_=_ENTRY.occurred_at.type),
            _ENTRY.occurred_at < bindparam("until", type_=_ENTRY.occurred_at.type),
        )
        .order_by(_ENTRY.seq)
        .limit(literal_column(str(MOST + 1), Integer()))
    )


def _use(number: int, body: Mapping[str, Any]) -> Use:
    return Use(
        number,
        body["occurredAt"],
        body["resource"],
        body["outcome"],
        body["released"],
        sorted(body["withheld"]),
        body["clauses"],
    )
