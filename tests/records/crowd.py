"""Many small worlds in one database: every case has people, staff and a token of its own, and none knows of another.

A case speaks of `X000001` and, where there has to be somebody else, of `X000002`; of staff by their usernames; of a
client by its id where it says otherwise of it than `world.clients`.
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import String, bindparam, case, literal_column, select
from sqlmodel import SQLModel

import app.tables as t
from app.db import Address, Database, open_database
from app.records import facts
from app.records.reading import Records, consents_in
from app.records.writing import person_id
from app.vocabulary import FACTS, Caller, Party, Role, names_of
from tests import world
from tests.gate.house import flat
from tests.world import NOW, TestWarrant

CRN, OTHER = "X000001", "X000002"
DAY, MOMENT = timedelta(days=1), timedelta(microseconds=1)
OLIVE = Caller(Party.JUSTICE, Role.OFFENDER_MANAGER, "probation-system", "t1", "olive")
THEO = Caller(Party.HEALTH, Role.THERAPIST, "clinical-records", "t2", "theo")
RORY = Caller(Party.HEALTH, Role.RECORDS_OFFICER, "clinical-records", "t3", "rory")
PROBATION = Caller(Party.JUSTICE, Role.CASE_MANAGEMENT_SYSTEM, "probation-system", "t4")
CLINICAL = Caller(Party.HEALTH, Role.CLINICAL_SYSTEM, "clinical-records", "t5")
_PEOPLE = [world.person(crn) for crn in (CRN, OTHER)]
_CRNS = {person_id(crn): crn for crn in (CRN, OTHER)}
_IDS = {"id", "source_id", "staff_id", "granted_by_id", "supervision_id", "referral_id", "consent_id", "limit_id"}
_OWN = {*_IDS, "supersedes_id", "username", "token"}


def olive(*courses: str, **values: Any) -> list[SQLModel]:
    """The offender manager who asks."""
    return world.staff("olive", Role.OFFENDER_MANAGER, *courses, **values)


def theo(*courses: str, **values: Any) -> list[SQLModel]:
    """The therapist who asks."""
    return world.staff("theo", Role.THERAPIST, *courses, **values)


@dataclass(frozen=True)
class Case:
    """A caller, what is on file, and the facts that follow; of what is None, nothing is said."""

    says: str
    caller: Caller
    rows: Sequence[Any]
    expected: set[str]
    at: datetime = NOW
    is_live: bool | None = None
    """Whether the caller's session is."""
    cited: tuple[str, str] | None = None
    """The ids of the consents that hold and of those that decide against, each separated by spaces."""


@dataclass(frozen=True)
class Otherwise:
    """A case of which something else was found, and by which way of asking."""

    says: str
    way: str
    found: Any
    expected: Any


def _of_somebody(*columns: Any) -> Any:
    somebody = facts.PERSON.crn == bindparam("crn", type_=String())
    return select(*columns).select_from(t.Person.__table__).where(somebody)  # type: ignore[attr-defined]  # SQLModel adds it


def _in_a_list() -> Any:
    return _of_somebody(facts.facts_of(facts.PERSON), facts.relied_on(facts.PERSON))


def _one_by_one() -> Any:
    one = literal_column("1")
    return _of_somebody(*(case((facts.holds(fact, facts.PERSON), one), else_=facts.ZERO) for fact in FACTS))


class Crowd:
    """The cases, each under a number of its own."""

    def __init__(self, cases: Iterable[Case]) -> None:
        self.cases = list(cases)
        assert len({each.says for each in self.cases}) == len(self.cases)

    def _rows(self) -> list[tuple[Any, list[dict[str, Any]]]]:
        """Everything on file, a table at a time: what is referred to comes first."""
        by_table: dict[Any, list[dict[str, Any]]] = {}
        for row in world.clients():
            by_table.setdefault(row.__tablename__, []).append(row.model_dump())
        for number, each in enumerate(self.cases):
            for row in flat([*_PEOPLE, *each.rows]):
                by_table.setdefault(row.__tablename__, []).append(_moved(row, number))
        tables = [table for table in SQLModel.metadata.sorted_tables if table.name in by_table]
        return [(table.insert(), by_table[table.name]) for table in tables]

    async def wrong(self, url: str) -> list[Otherwise]:
        """Put everything into this database and ask; what is found otherwise than its case says."""
        await self.put(url)
        return [each async for each in self.differing(url)]

    async def put(self, url: str) -> None:
        """Put everything on file into this database."""
        await world.execute(url, self._rows())

    async def differing(self, url: str) -> AsyncIterator[Otherwise]:
        """Ask for each case by a single read, in a list, and for each fact as a condition, one after the other."""
        database = open_database(Address(url))
        records, consents = Records(database), []
        try:
            for each, caller, crn in self._asking():
                found = await records.standing(caller, each.at, crn=crn)
                cited = _ids(found.consents), _ids(found.against)
                got = _words(found.facts), found.session_is_live, cited
                is_live = found.session_is_live if each.is_live is None else each.is_live
                meant = each.expected, is_live, cited if each.cited is None else each.cited
                consents.append(found.consents)
                if got != meant:
                    yield Otherwise(each.says, "by a single read", got, meant)
            lists = database.prepare(_in_a_list())
            for number, (each, caller, crn) in enumerate(self._asking()):
                ((bits, relied_on),) = await self._fetch(database, lists, caller, each, crn)
                if (_words(bits), consents_in(relied_on)) != (each.expected, consents[number]):
                    yield Otherwise(each.says, "in a list", _words(bits), each.expected)
            if database.dialect == "sqlite":  # PostgreSQL would plan each of forty conditions anew for each case
                conditions = database.prepare(_one_by_one())
                for each, caller, crn in self._asking():
                    (row,) = await self._fetch(database, conditions, caller, each, crn)
                    holding = {fact.value for fact, holds in zip(FACTS, row, strict=True) if holds}
                    if holding != each.expected:
                        yield Otherwise(each.says, "as a condition", holding, each.expected)
        finally:
            await database.close()

    def _asking(self) -> Iterator[tuple[Case, Caller, str]]:
        return ((each, _renamed(each, number), _crn(number, CRN)) for number, each in enumerate(self.cases))

    async def _fetch(self, database: Database, statement: Any, caller: Caller, each: Case, crn: str) -> list[Any]:
        return await database.fetch(statement, {**facts.parameters(caller, each.at), "crn": crn}, TestWarrant())


def _words(bits: int) -> set[str]:
    return {fact.value for fact in names_of(bits)}


def _ids(named: Iterable[tuple[str, str]]) -> str:
    """As the case has them, before each got the number of its world."""
    return " ".join(identity.rpartition("-")[0] for _, identity in named)


def _crn(number: int, crn: str) -> str:
    return f"X{number:05}{crn[-1]}"


def _moved(row: SQLModel, number: int) -> dict[str, Any]:
    """The values of a row in the world of this number."""
    values = row.model_dump()
    for name, value in values.items():
        if value in _CRNS:
            values[name] = person_id(_crn(number, _CRNS[value]))
        elif name in ("crn", "other_crn"):
            values[name] = _crn(number, value)
        elif name in _OWN and value is not None:
            values[name] = f"{value}-{number}"
    return values


def _renamed(each: Case, number: int) -> Caller:
    caller = each.caller
    clients = {row.id for row in flat(each.rows) if isinstance(row, t.Client)}
    return replace(
        caller,
        token=f"{caller.token}-{number}",
        staff=caller.staff and f"{caller.staff}-{number}",
        client=f"{caller.client}-{number}" if caller.client in clients else caller.client,
    )
