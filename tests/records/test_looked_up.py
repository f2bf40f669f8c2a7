"""What is asked of many people at once is looked up by an index for each of them, however many others there are."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import SQLModel

from app.db import joined, prepare
from app.db.postgres import open_postgres
from app.records import batch_statements, diary, facts, feed_people, free_time, matching, reports, submitted, writing
from app.records.many_rows import update_many
from app.records.reading import SENT, section_of_many
from app.vocabulary import Caller, Category, Party, Role
from tests.world import NOW

WANTED = {
    "id": "new", "person_id": "p7", "staff_id": "s7", "second_staff_id": "s8", "room_id": "r7", "starts_at": NOW,
    "ends_at": NOW + timedelta(minutes=50),
}  # fmt: skip
MANY = "FROM generate_series(1, 3000) i"
SYSTEM = Caller(Party.JUSTICE, Role.CASE_MANAGEMENT_SYSTEM, "probation-system", "token")
PERSON, SEEN = SQLModel.metadata.tables["person"], ["id", "postcode"]
ROWS = (
    "INSERT INTO person (id, recorded_at, crn, family_name, given_names, date_of_birth, sex, source_version) SELECT "
    f"'p' || i, '2025-01-01', 'X' || lpad(i::text, 6, '0'), 'F', 'G', '1980-01-01', 'male', '1' {MANY}",
    "INSERT INTO feed_person (receiver, person_id, crn, member, number, opened, given, identifiers, recorded_at) "
    f"SELECT 'probation-system', 'p' || i, 'X' || lpad(i::text, 6, '0'), i, i, '', 0, '[]', '2025-01-01' {MANY}",
    "INSERT INTO sync_held (record_id, record_table, source_version, waits_for, line, batch, chunk, number, "
    f"recorded_at) SELECT 'h' || i, 'supervision', '1', 'person:q' || i, '{{}}', 1, 1, i, '2025-01-01' {MANY}",
    "INSERT INTO appointment (id, recorded_at, source, source_id, source_version, person_id, referral_id, starts_at, "
    "minutes, appointment_type) SELECT 'a' || i, '2025-01-01', 'TEST', i, '1', 'p' || i % 500, 'r' || i % 500, "
    f"timestamptz '2026-03-10' + make_interval(hours => i - 1500), 50, '02' {MANY}",
    "INSERT INTO appointment_booking (id, recorded_at, source, source_id, source_version, person_id, referral_id, "
    "staff_id, room_id, starts_at, ends_at, booked_by) SELECT id, recorded_at, source, source_id, '1', person_id, "
    "referral_id, 's' || source_id, 'room', starts_at, starts_at + interval '50 minutes', 's' FROM appointment",
    "INSERT INTO allocation (id, recorded_at, source, source_id, source_version, person_id, referral_id, staff_id, "
    f"kind, valid_from) SELECT 'l' || i, '2025-01-01', 'TEST', i, '1', 'p' || i, 'r' || i, 's' || i, 'treating', "
    f"'2025-01-01' {MANY}",
    f"INSERT INTO merged_person (person_id, with_id, recorded_at) SELECT 'p' || i, 'p' || i + 1, '2025-01-01' {MANY}",
)
DIARY = {"appointment", "appointment_booking", "allocation"}


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for each in plan.get("Plans", ()):
        yield from nodes(each)


@pytest.mark.parametrize(
    ("statement", "tables"),
    [
        pytest.param(batch_statements.there("person"), {"person", "sync_held"}, id="what waited for people"),
        pytest.param(feed_people._people("postgresql"), {"person", "feed_person"}, id="whose records changed"),
        pytest.param(section_of_many(Category.IDENTITY, 0, "all", SENT), {"person"}, id="what they are sent"),
        pytest.param(writing._update("person", SEEN, ["sex"]), {"person"}, id="a row that has to be as it was seen"),
        pytest.param(update_many("person", SEEN, ["sex"]), {"person"}, id="rows that have to be as they were seen"),
        pytest.param(matching._having("person", "crn", "postgresql"), {"person"}, id="who has an identifier"),
        pytest.param(submitted._same(PERSON, ("id", "sex", "postcode")), {"person"}, id="a row that is sent again"),
        pytest.param(diary._own(), DIARY | {"merged_person"}, id="when somebody is in therapy, under any CRN"),
        pytest.param(free_time.still_free(WANTED), DIARY | {"merged_person"}, id="whether it is free what is booked"),
    ],
)
async def test_no_table_is_read_whole_for_a_few(postgres_url: str, statement: Any, tables: set[str]) -> None:
    keys = json.dumps([f"p{number}" for number in range(1, 501)])
    values = {"ids": keys, "persons": keys, "crns": keys, "now": NOW, **facts.parameters(SYSTEM, NOW)}
    values |= {"id": "p7", "sex": "male", "postcode": None, "sought": keys, "seen_postcode": None}
    values |= {"seen_id": joined(["p7", "p8"]), "new_sex": joined(["male", "female"])}
    values |= WANTED | {"person": "p7", "earliest": diary.earliest(NOW), "apart": "", "begun": NOW}
    values |= {"until": NOW + timedelta(days=7)}
    prepared = prepare(statement, "postgresql")
    connection = await open_postgres(postgres_url)
    try:
        await connection.execute("SET session_replication_role = replica")  # rows alone, without what they belong to
        for rows in ROWS:
            await connection.execute(rows)
        arguments = prepared.arguments({name: values[name] for name in prepared.names})
        said = await connection.fetchval(f"EXPLAIN (FORMAT JSON) {prepared.sql}", *arguments)
    finally:
        await connection.close()
    found = [each for each in nodes(json.loads(said)[0]["Plan"]) if each.get("Relation Name") in tables]
    assert {each["Relation Name"] for each in found} == tables
    scans = [each for each in found if each["Node Type"] != "ModifyTable"]
    assert [each for each in scans if not ({"Index Cond", "Recheck Cond"} & set(each))] == []


async def test_a_report_on_sqlite_sorts_nothing_of_those_who_stand_alone(sqlite_url: str) -> None:
    """It counts them in the order of an index that has all that is counted, and joins what it has by an index."""
    prepared = prepare(reports._alike(0, "sqlite"), "sqlite")
    values = {"first": date(2026, 1, 1), "last": date(2026, 3, 31)}
    arguments = prepared.arguments({name: values[name] for name in prepared.names if name in values})
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as connection:
        plan = [said for *_, said in connection.execute(f"EXPLAIN QUERY PLAN {prepared.sql}", arguments)]
    for grouped in ("contacts", "problem", "scores"):
        (joined,) = (each for each in plan if each.endswith("LEFT-JOIN") and f" {grouped} " in each)
        assert joined.startswith(f"SEARCH {grouped} USING"), joined
        assert "referral_id=?" in joined
    for table in ("appointment", "outcome_score"):
        first, *_ = (place for place, each in enumerate(plan) if f"SEARCH {table} USING" in each)
        assert f"USING COVERING INDEX ix_{table}_counted" in plan[first]
        assert "TEMP B-TREE" not in plan[first + 1]
