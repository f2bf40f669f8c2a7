"""Facts as they stood at a past moment: the very statement of today's, over the tables as they were known then.

Each table that feeds a fact is shadowed by a common table expression of its own name: what had been recorded
by that moment and had not been recorded otherwise yet. The predicates are not written a second time.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from app.db import Prepared
from app.records import facts
from app.records.predicates import AT, CLIENT, USERNAME, T
from app.records.reading import FEEDING, Records, Standing, consents_in, standing_of
from app.tables import HISTORIES
from app.vocabulary import Caller, Party, Role

KNOWN_THEN = "recorded_at <= {at} AND superseded_at > {at}"


class _PastWarrant:
    """Facts are computed from protected rows of any time, and no column of them leaves the statement."""

    def covers(self, tables: frozenset[str]) -> bool:
        """The tables that feed a fact, and their past states."""
        return tables <= FEEDING | {f"{table}_history" for table in FEEDING}


async def standing_at(records: Records, caller: Caller, at: datetime, *, crn: str) -> Standing:
    """The facts of (caller, person with this CRN) at a moment, as far as they were known then.

    The session is not looked at: a token of today says nothing of that moment.
    """
    statement = records.prepared(("as of", "crn"), lambda: standing_of("crn"), then=then(records))
    ((_, person_id, found, bits, consents),) = await records.database.fetch(
        statement, {**facts.parameters(caller, at), "crn": crn}, _PastWarrant()
    )
    named = consents_in(consents)
    return Standing(True, bits | facts.consents_relied_on(named), person_id, found, named)  # noqa: FBT003  # a field


async def caller_at(records: Records, username: str, at: datetime) -> Caller | None:
    """A member of staff with the role and party that they had at a moment; None for whom nobody knew then."""
    statement = records.prepared(("as of", "staff"), _member, then=then(records))
    found = await records.database.fetch(statement, {"username": username, "at": at}, _PastWarrant())
    return Caller(Party(found[0][0]), Role(found[0][1]), "", "", username) if found else None


async def system_at(records: Records, client: str, at: datetime) -> Caller | None:
    """A system that speaks for itself, as it was registered at a moment; None for one that nobody knew then."""
    statement = records.prepared(("as of", "client"), _system, then=then(records))
    found = await records.database.fetch(statement, {"client": client, "at": at}, _PastWarrant())
    return Caller(Party(found[0][0]), Role(found[0][1]), client, "") if found else None


def _member() -> Select[Any]:
    return select(T.Staff.party, T.Staff.role).where(T.Staff.username == USERNAME, T.Staff.recorded_at <= AT)


def _system() -> Select[Any]:
    known = T.Client.registered_at <= AT, T.Client.recorded_at <= AT
    return select(T.Client.party, T.Client.role).where(T.Client.id == CLIENT, T.Client.role.is_not(None), *known)


def then(records: Records) -> Callable[[Prepared], Prepared]:
    """Makes of a statement with a parameter `at` the same one over what was known at that moment."""
    return lambda statement: _shadowed(statement, records.database.dialect)


def _shadowed(statement: Prepared, dialect: str) -> Prepared:
    """The statement after a WITH that puts the past before each table; PostgreSQL's and SQLite's placeholders alike."""
    place = statement.names.index("at") + 1
    at = f"?{place}" if dialect == "sqlite" else f"${place}"
    here = "main." if dialect == "sqlite" else ""  # SQLite would take the bare name for the expression itself
    shadows = []
    for table, history in HISTORIES.items():
        columns = ", ".join(column.name for column in history.columns if column.name != "superseded_at")
        shadows.append(
            f"{table} AS NOT MATERIALIZED (SELECT {columns} FROM {here}{table} WHERE recorded_at <= {at} "  # noqa: S608  # names of our own tables
            f"UNION ALL SELECT {columns} FROM {history.name} WHERE {KNOWN_THEN.format(at=at)})"
        )
    past = frozenset(f"{table}_history" for table in statement.protected if table in HISTORIES)
    return replace(
        statement,
        sql=f"WITH {', '.join(shadows)} {statement.sql}",
        protected=statement.protected | past,
        together=None,
    )
