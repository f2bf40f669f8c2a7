"""People to read about, put in by the database itself: a million rows take seconds that way, and not hours.

Everybody has a sentence, a referral, a consent and an offender manager with 60 others; `appointments` each if asked,
more `consents`, and for one in twenty a restriction that names their offender manager or an exclusion that does not.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine

from app.db import Address, warranted
from app.vocabulary import Role
from tests.world import NOW, TODAY, TestWarrant, clients, put, staff

CASELOAD = 60
LEAD = "leonie"
MANAGER = "om0"
_LONG_AGO = "2025-02-03T09:30:00.000000Z"
_DAYS = {name: (TODAY + timedelta(days=days)).isoformat() for name, days in (("start", -60), ("end", 60), ("in", -40))}

NUMBERS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {last}) ",
    "postgresql": "WITH n(i) AS (SELECT generate_series(0, {last})) ",
}
NUMBER = {"sqlite": "printf('%06d', i)", "postgresql": "lpad(i::text, 6, '0')"}


def crn_of(number: int) -> str:
    """The CRN of a person by number."""
    return f"X{number:06}"


def fill(url: str, people: int, *, caseload: int = CASELOAD, appointments: int = 0, consents: int = 1,
         limits: bool = False) -> None:  # fmt: skip
    """So many people; those of the first offender manager are spread over the whole."""
    dialect = Address(url).dialect
    asyncio.run(put(url, [*clients(), *staff(LEAD, Role.PROBATION_LEAD)]))
    managers = max(1, -(-people // caseload))
    statements = [*_statements(dialect, people, managers, appointments), *_consents(dialect, people, consents)]
    run(url, [*statements, *(_limits(dialect, people, managers) if limits else ())])


def _statements(dialect: str, people: int, managers: int, appointments: int) -> Sequence[str]:
    number, numbers = NUMBER[dialect], NUMBERS[dialect]
    everybody = numbers.format(last=people - 1)
    crn = f"'X' || {number}"

    def keys(kind: str, record: str = number) -> str:
        return f"'{kind}' || {record}, '{_LONG_AGO}', 'BENCH', '{kind}' || {record}, '1'"

    def insert(table: str, columns: str, values: str, source: str = everybody) -> str:
        return f"INSERT INTO {table} ({columns}) {source}SELECT {values} FROM n"  # noqa: S608  # words of ours alone

    of_person = "id, recorded_at, source, source_id, source_version, person_id"
    whose = f"'p' || {number}"
    each = "i" if managers == 1 else f"i % {managers}"
    manager = "'staff-om0'" if managers == 1 else f"'staff-om' || ({each})"
    at = (NOW - timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    of_managers = numbers.format(last=managers - 1)
    statements = [
        insert("staff", "id, recorded_at, username, name, party, role, employed_from",
               f"'staff-om' || i, '{_LONG_AGO}', 'om' || i, 'Manager', 'justice', 'offender-manager', '2025-01-01'",
               of_managers),
        insert("training", "id, recorded_at, staff_id, course, completed_on, expires_on",
               f"'t' || i, '{_LONG_AGO}', 'staff-om' || i, 'information-sharing', '2025-09-01', '2026-09-01'",
               of_managers),
        insert("person", "id, recorded_at, crn, family_name, given_names, date_of_birth, sex, source_version",
               f"{whose}, '{_LONG_AGO}', {crn}, 'Family' || {number}, 'Given', '1980-01-01', 'male', '1'"),
        insert("supervision", f"{of_person}, sentence_type, start_date, end_date",
               f"{keys('s')}, {whose}, 'community-order', '{_DAYS['start']}', '{_DAYS['end']}'"),
        insert("referral", f"{of_person}, service_id, status, basis, source_of_referral, received_on",
               f"{keys('r')}, {whose}, 'open-mind-leicester', 'in-treatment', 'voluntary', 'E3', '{_DAYS['in']}'"),
        insert("consent", f"{of_person}, scope, decision, valid_from, given_how, capacity, wording_version, "
               "recorded_by, recorded_by_party",
               f"{keys('c')}, {whose}, 'attendance', 'permit', '{at}', 'in-writing', TRUE, '1', 'theo', 'health'"),
        insert("consent_recipient", "consent_id, party, recorded_at", f"'c' || {number}, 'justice', '{_LONG_AGO}'"),
        insert("allocation", f"{of_person}, staff_id, kind, valid_from",
               f"{keys('a')}, {whose}, {manager}, 'caseload', '{at}'"),
    ]  # fmt: skip
    for visit in range(appointments):
        starts = (NOW - timedelta(days=7 * (visit + 1))).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        statements.append(
            insert(
                "appointment",
                f"{of_person}, referral_id, starts_at, minutes, appointment_type, attendance_code",
                f"{keys(f'v{visit}-')}, {whose}, 'r' || {number}, '{starts}', 50, '02', '5'",
            )
        )
    return statements


_SCOPES = ("progress", "scores", "offence", "meeting")


def _consents(dialect: str, people: int, consents: int) -> Sequence[str]:
    """Further permissions of everybody, to each of which the justice party is a recipient."""
    number, everybody = NUMBER[dialect], NUMBERS[dialect].format(last=people - 1)
    at, statements = (NOW - timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%S.%fZ"), []
    for scope in _SCOPES[: consents - 1]:
        record = f"'{scope}-' || {number}"
        statements += [
            "INSERT INTO consent (id, recorded_at, source, source_id, source_version, person_id, scope, decision, "  # noqa: S608  # words of ours alone
            f"valid_from, given_how, capacity, wording_version, recorded_by, recorded_by_party) {everybody}"
            f"SELECT {record}, '{_LONG_AGO}', 'BENCH', {record}, '1', 'p' || {number}, '{scope}', 'permit', '{at}', "
            "'in-writing', TRUE, '1', 'theo', 'health' FROM n",
            f"INSERT INTO consent_recipient (consent_id, party, recorded_at) {everybody}"  # noqa: S608  # as above
            f"SELECT {record}, 'justice', '{_LONG_AGO}' FROM n",
        ]
    return statements


def _limits(dialect: str, people: int, managers: int) -> Sequence[str]:
    number, everybody = NUMBER[dialect], NUMBERS[dialect].format(last=people - 1)
    at = (NOW - timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    kind = "CASE WHEN i % 40 = 0 THEN 'restriction' ELSE 'exclusion' END"
    manager = "'om0'" if managers == 1 else f"'om' || (i % {managers})"
    name = f"CASE WHEN i % 40 = 0 THEN {manager} ELSE 'somebody.else' END"
    return [
        "INSERT INTO access_limit (id, recorded_at, source, source_id, source_version, person_id, kind, message, "  # noqa: S608  # words of ours alone
        f"valid_from) {everybody}SELECT 'l' || {number}, '{_LONG_AGO}', 'BENCH', 'l' || {number}, '1', "
        f"'p' || {number}, {kind}, 'Ask the probation lead.', '{at}' FROM n WHERE i % 20 = 0",
        f"INSERT INTO access_limit_name (limit_id, username, recorded_at) {everybody}"  # noqa: S608  # as above
        f"SELECT 'l' || {number}, {name}, '{_LONG_AGO}' FROM n WHERE i % 20 = 0",
    ]


def run(url: str, statements: Sequence[str]) -> None:
    """In one transaction, without foreign keys, which hold by construction; then with fresh statistics."""
    address = Address(url)
    with warranted(TestWarrant()):
        if address.dialect == "postgresql":
            asyncio.run(_run_postgres(address, statements))
            return
        engine = create_engine(address.engine_url)
        with engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))
        with engine.begin() as connection:
            connection.execute(text("ANALYZE"))
        engine.dispose()


async def _run_postgres(address: Address, statements: Sequence[str]) -> None:
    engine: Any = create_async_engine(address.engine_url)
    async with engine.begin() as connection:
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in statements:
            await connection.exec_driver_sql(statement)
    plain = engine.execution_options(isolation_level="AUTOCOMMIT")
    async with plain.connect() as connection:
        await connection.execute(text("VACUUM ANALYZE"))
    await engine.dispose()
