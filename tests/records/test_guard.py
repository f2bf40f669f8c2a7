"""The second line: a protected table selected without a live permit raises, whichever code does it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, func, select, text, union_all, update
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import Session, SQLModel

import app.tables as t
from app.db import PROTECTED, Address, UnpermittedRead, open_database, warranted
from app.records.permit import Opening, Permit, PersonPermit, issue
from app.records.reading import Records
from app.records.views import sections, tables_of
from app.tables import CATEGORY
from app.vocabulary import CATEGORIES, Caller, Category, Party, Register, Role
from tests import world
from tests.many import many

PROTECTED_TABLES = [table for table in SQLModel.metadata.sorted_tables if table.info.get(PROTECTED)]
OLIVE = Caller(Party.JUSTICE, Role.OFFENDER_MANAGER, "probation-system", "t1", "olive")
READS = [
    pytest.param(lambda table: select(table), id="Core"),
    pytest.param(lambda table: select(func.count()).select_from(table), id="a count"),
    pytest.param(lambda table: text(f"SELECT * FROM {table.name}"), id="text"),
    pytest.param(lambda table: text(f'select 1 from "{table.name}"'), id="text with a quoted name"),
    pytest.param(lambda table: select(select(table.c[0]).limit(1).scalar_subquery()), id="a subquery"),
    pytest.param(lambda table: union_all(select(table.c[0]), select(table.c[0])), id="a union"),
    pytest.param(lambda table: table.insert().from_select([table.c[0]], select(table.c[0])), id="INSERT from SELECT"),
    pytest.param(lambda table: update(table).values({table.c[0].name: "x"}).returning(table.c[0]), id="RETURNING"),
]


def permit(*categories: Category) -> PersonPermit:
    return issue("p", "X000001", OLIVE, world.NOW, {category: Opening("all") for category in categories})


@pytest.fixture
def engine(sqlite_url: str) -> Iterator[Engine]:
    opened = create_engine(sqlite_url)
    yield opened
    opened.dispose()


@pytest.mark.parametrize("read", READS)
@many("table", PROTECTED_TABLES, ids=lambda table: table.name)
def test_an_engine_refuses_a_protected_table(engine: Engine, table: Any, read: Any) -> None:
    with engine.connect() as connection, pytest.raises(UnpermittedRead, match=table.name):
        connection.execute(read(table))


@many("model", t.RECORDS, ids=lambda model: model.__name__)
def test_a_session_refuses_a_protected_model(engine: Engine, model: Any) -> None:
    if not model.__table__.info.get(PROTECTED):
        return
    with Session(engine) as session, pytest.raises(UnpermittedRead):
        session.get(model, "x")


async def test_an_async_engine_refuses_too(postgres_url: str) -> None:
    engine = create_async_engine(Address(postgres_url).engine_url)
    async with engine.connect() as connection:
        with pytest.raises(UnpermittedRead):
            await connection.execute(select(t.Person))
    await engine.dispose()


@many("table", PROTECTED_TABLES, ids=lambda table: table.name)
async def test_the_driver_path_refuses_a_protected_table(sqlite_url: str, table: Any) -> None:
    database = open_database(Address(sqlite_url))
    with pytest.raises(UnpermittedRead, match=table.name):
        await database.fetch(database.prepare(select(table)), {})
    await database.close()


async def test_a_permit_opens_its_own_tables_alone(sqlite_url: str) -> None:
    database = open_database(Address(sqlite_url))
    attendance = permit(Category.ATTENDANCE)
    assert await database.fetch(database.prepare(select(t.Appointment)), {}, attendance) == []
    with pytest.raises(UnpermittedRead, match="session_note"):
        await database.fetch(database.prepare(select(t.SessionNote)), {}, attendance)
    await database.close()


async def test_a_closed_permit_opens_nothing(sqlite_url: str) -> None:
    records = Records(open_database(Address(sqlite_url)))
    used = permit(Category.ATTENDANCE)
    used.close()
    with pytest.raises(UnpermittedRead):
        await records.read(used, Category.ATTENDANCE)
    await records.database.close()


@many("category", CATEGORIES)
async def test_a_category_is_read_with_its_own_columns_alone(database_url: str, category: Category) -> None:
    """Whatever is in the statement belongs to the category, and an empty record has an empty list for each section."""
    records = Records(open_database(Address(database_url)))
    assert all(rows == [] for rows in (await records.read(permit(category), category)).values())
    for section in sections(category):
        assert {column.info[CATEGORY] for column in section.columns} == {category}
    await records.database.close()


def test_only_the_gate_makes_a_permit() -> None:
    with pytest.raises(TypeError, match="only the gate"):
        Permit(tables=frozenset({"person"}), seal=object())


def test_what_is_not_protected_is_read_freely(engine: Engine) -> None:
    with engine.connect() as connection:
        assert connection.execute(select(t.Client)).all() == []


def test_a_warrant_ends_with_its_block(engine: Engine) -> None:
    with warranted(world.TestWarrant()), engine.connect() as connection:
        assert connection.execute(select(t.Person)).all() == []
    with engine.connect() as connection, pytest.raises(UnpermittedRead):
        connection.execute(select(t.Person))


class TestTags:
    """Every protected field has exactly one category, and inherited ones take that of their own table."""

    def test_every_protected_field_has_one(self) -> None:
        assert len(PROTECTED_TABLES) > 30
        assert t.untagged() == []
        for table in PROTECTED_TABLES:
            for column in table.columns:
                assert isinstance(column.info[CATEGORY], (Category, Register)), column

    def test_a_key_belongs_to_the_category_of_its_table(self) -> None:
        assert t.SessionNote.__table__.c.id.info[CATEGORY] is Category.NOTES
        assert t.Supervision.__table__.c.id.info[CATEGORY] is Category.SUPERVISION
        assert t.Appointment.__table__.c.referral_id.info[CATEGORY] is Category.ATTENDANCE

    def test_a_field_without_one_is_found(self) -> None:
        class Untagged(SQLModel, table=True):
            __tablename__ = "untagged_for_a_test"
            __table_args__ = {"info": {PROTECTED: True}}  # SQLAlchemy's form

            id: str = t.kept(Category.NOTES, primary_key=True)
            diagnosis: str

        try:
            assert t.untagged() == ["untagged_for_a_test.diagnosis"]
        finally:
            SQLModel.metadata.remove(Untagged.__table__)

    def test_no_table_is_in_two_opposite_categories(self) -> None:
        clinical = tables_of(Category.CLINICAL) | tables_of(Category.NOTES) | tables_of(Category.SAFETY)
        justice = tables_of(Category.RISK) | tables_of(Category.OFFENCE) | tables_of(Category.SUPERVISION)
        assert not clinical & justice


async def test_the_past_of_what_feeds_a_fact_is_kept(database_url: str) -> None:
    given = world.consent("X000001", "attendance")
    await world.put(database_url, [*world.clients(), world.person("X000001"), *given])
    consent, history = t.Consent.__table__, t.HISTORIES["consent"]
    later = world.NOW + timedelta(days=1)
    change = update(consent).values(withdrawn_at=world.NOW, recorded_at=later)
    _, (kept,) = await world.execute(database_url, [(change, None), (select(history), None)])
    kept = dict(zip([column.name for column in history.columns], kept, strict=True))
    assert (kept["withdrawn_at"], kept["superseded_at"], kept["scope"]) == (None, later, "attendance")
