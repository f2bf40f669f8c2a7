"""What was looked at under an emergency grant, from the log: the entries say it, nobody has to tell."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, literal_column

from app.audit.entry import timestamp
from app.audit.rows import ENTRY, Entries, Narrowing, Order, Whose
from app.db import Database, Warrant
from app.vocabulary import Action, Purpose

MOST = 500
"""Entries that are listed with one grant; a grant lasts an hour."""


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
        self._entries = Entries(database)

    async def between(
        self, permit: Warrant, staff: str, crn: str, since: datetime, until: datetime
    ) -> tuple[list[Use], bool]:
        """Every read from `since` until before `until`, refused ones included, oldest first; and whether there is more.

        What was erased by law is no longer found: its entry names nobody. UnpermittedRead as `Entries`.
        """
        values = {"staff": staff, "since": timestamp(since), "until": timestamp(until)}
        narrowing = Narrowing("grant", _reads, values)
        rows = await self._entries.read(permit, narrowing, MOST + 1, whose=Whose(crns=(crn,)), order=Order.OLDEST)
        return [_use(row.seq, json.loads(row.body)) for row in rows[:MOST]], len(rows) > MOST


def _reads(_dialect: str) -> Sequence[ColumnElement[bool]]:
    return (
        ENTRY.staff == bindparam("staff", type_=ENTRY.staff.type, required=True),
        ENTRY.purpose == literal_column(f"'{Purpose.EMERGENCY.value}'"),
        ENTRY.action == literal_column(f"'{Action.READ.value}'"),
        ENTRY.occurred_at >= bindparam("since", type_=ENTRY.occurred_at.type, required=True),
        ENTRY.occurred_at < bindparam("until", type_=ENTRY.occurred_at.type, required=True),
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
