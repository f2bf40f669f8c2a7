"""Many small worlds in one database: every case has people, staff and a token of its own, and none knows of another.

A case speaks of `X000001` and, where there has to be somebody else, of `X000002`; of staff by their usernames; of a
client by its id where it says otherwise of it than `world.clients`.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import String, bindparam, case, literal_column, select
from sqlmodel import SQLModel

import app.tables as t
from app.db import Address, open_database
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
class Found:
    """What was found of a case: its facts by single read, by list and one by one, and the ids of its consents."""

    is_live: bool
    single: set[str]
    listed: set[str]
    one_by_one: set[str] | None
    cited: tuple[str, str]
    relied_on: str
    """The ids of the consents that hold, as lists have them."""

    def differs(self, each: Case) -> bool:
        """Whether it is anything else than what the case says."""
        ways = [found for found in (self.single, self.listed, self.one_by_one) if found is not None]
        return (
            any(found != each.expected for found in ways)
            or each.is_live not in (None, self.is_live)
            or each.cited not in (None, self.cited)
            or self.relied_on != self.cited[0]
        )


def _in_a_list(*conditions: Any) -> Any:
    somebody = facts.PERSON.crn == bindparam("crn", type_=String())
    told = facts.facts_of(facts.PERSON), facts.relied_on(facts.PERSON)
    return select(*told, *conditions).select_from(t.Person.__table__).where(somebody)  # type: ignore[attr-defined]  # SQLModel adds it


def _one_by_one() -> list[Any]:
    return [case((facts.holds(fact, facts.PERSON), literal_column("1")), else_=facts.ZERO) for fact in FACTS]


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

    async def wrong(self, url: str) -> dict[str, tuple[Found, Case]]:
        """Put everything into this database and ask; what is found otherwise than its case says."""
        await self.put(url)
        return {each.says: (found, each) async for found, each in self.differing(url)}

    async def put(self, url: str) -> None:
        """Put everything on file into this database."""
        await world.execute(url, self._rows())

    async def differing(self, url: str) -> AsyncIterator[tuple[Found, Case]]:
        """Ask for each case in turn; those that are found otherwise."""
        database = open_database(Address(url))
        records = Records(database)
        try:
            # PostgreSQL would plan each of forty conditions anew for each case
            lists = database.prepare(_in_a_list(*(_one_by_one() if database.dialect == "sqlite" else ())))
            for number, each in enumerate(self.cases):
                found = await self._of(number, records, lists)
                if found.differs(each):
                    yield found, each
        finally:
            await database.close()

    async def _of(self, number: int, records: Records, lists: Any) -> Found:
        each, crn = self.cases[number], _crn(number, CRN)
        caller = _renamed(each, number)
        single = await records.standing(caller, each.at, crn=crn)
        asked = {**facts.parameters(caller, each.at), "crn": crn}
        ((listed, relied_on, *conditions),) = await records.database.fetch(lists, asked, TestWarrant())
        return Found(
            single.session_is_live,
            _words(single.facts),
            _words(listed),
            {fact.value for fact, holds in zip(FACTS, conditions, strict=True) if holds} if conditions else None,
            (_ids(single.consents, number), _ids(single.against, number)),
            _ids(consents_in(relied_on), number),
        )


def _words(bits: int) -> set[str]:
    return {fact.value for fact in names_of(bits)}


def _ids(named: Iterable[tuple[str, str]], number: int) -> str:
    return " ".join(identity.removesuffix(f"-{number}") for _, identity in named)


def _crn(number: int, crn: str) -> str:
    return f"X{number:05}{crn[-1]}"


def _moved(row: SQLModel, number: int) -> dict[str, Any]:
    """The values of a row in the world of this number."""
    values = row.model_dump()
    for name, value in values.items():
        if value in _CRNS:
            values[name] = person_id(_crn(number, _CRNS[value]))
        elif name == "crn":
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
