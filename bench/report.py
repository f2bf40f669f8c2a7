"""A report over a million contacts: of everybody who was referred in a year, for a lead and as it is published.

Ten contacts for each referral, some cancelled or missed; half of the referrals are closed; PHQ-9 and GAD-7 at every
other contact; sources and steps of more than one kind.
"""

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path

from app.audit.ddl import SERVICE_ROLE
from app.gate import open_gate
from app.pathway.reports import beside
from app.services.report_shapes import Form
from app.services.reports import ReportService, Wanted, register_for
from app.vocabulary import Action, Caller, Party, Purpose, Question, Role
from bench.filling import LEAD, NUMBER, NUMBERS, fill, run
from bench.places import Places
from bench.rows import Row
from bench.sizes import Sizes
from tests.world import NOW, put, settings_for, staff

VISITS = 10
A_MILLION_IN_FIVE_SECONDS = 1e6 / 5
COMMISSIONER = "colin"
_BEGINS = datetime(2025, 11, 1, 9, tzinfo=UTC)


def measure(places: Places, dialect: str, sizes: Sizes) -> Row:
    """Contacts a second beside what a million in five seconds takes."""
    url, referrals = places.new(dialect), sizes.past // VISITS
    fill(url, referrals)
    asyncio.run(put(url, staff(COMMISSIONER, Role.COMMISSIONER)))
    run(url, _statements(dialect, referrals))
    ours, published = asyncio.run(_reported(url, referrals, sizes.past_rounds))
    places.drop(url)
    middle = sorted(ours)[len(ours) // 2]
    extra = {
        "contacts": referrals * VISITS,
        "seconds": round(middle, 2),
        "published_seconds": round(sorted(published)[len(published) // 2], 2),
    }
    speeds = [referrals * VISITS / each for each in ours]
    return Row(
        f"report_million_{dialect}", "contacts/s", speeds, [A_MILLION_IN_FIVE_SECONDS] * len(ours), 1, extra=extra
    )


async def _reported(url: str, referrals: int, rounds: int) -> tuple[list[float], list[float]]:
    """The seconds of each report, through the gate and with its entry; RuntimeError if it counts other people."""
    settings = settings_for(url, Path("unused.pem"), database_role=SERVICE_ROLE)
    lead = Caller(Party.JUSTICE, Role.PROBATION_LEAD, "probation-system", "token", LEAD)
    buyer = Caller(Party.COMMISSIONER, Role.COMMISSIONER, "oversight-console", "token", COMMISSIONER)
    taken: tuple[list[float], list[float]] = ([], [])
    async with open_gate(settings) as (gate, _):
        service = ReportService(gate, beside())
        for _ in range(rounds):
            for caller, kept in zip((lead, buyer), taken, strict=True):
                started = time.perf_counter()
                answer = await service.pathway(_asks(caller), Wanted(), Form.JSON)
                kept.append(time.perf_counter() - started)
                if f'"referred":{{"value":{referrals},'.encode() not in answer.body:
                    raise RuntimeError("the report is about others than were referred")
    return taken


def _asks(caller: Caller) -> Question:
    subjects = (register_for(caller.party),)
    return Question(caller, Purpose.SERVICE_EVALUATION, Action.READ, subjects, NOW, "/v1/reports/pathway", "request")


def _statements(dialect: str, referrals: int) -> list[str]:
    number, numbers = NUMBER[dialect], NUMBERS[dialect].format(last=referrals - 1)
    keys = "recorded_at, source, source_id, source_version, person_id, referral_id"
    day, at = _moments(dialect)

    def insert(table: str, kind: str, columns: str, values: str) -> str:
        identity = f"'{kind}' || {number}"
        return (
            f"INSERT INTO {table} (id, {keys}, {columns}) {numbers}SELECT {identity}, "  # noqa: S608  # words of ours alone
            f"'{_BEGINS:%Y-%m-%dT%H:%M:%S.%fZ}', 'BENCH', {identity}, '1', 'p' || {number}, 'r' || {number}, "
            f"{values} FROM n"
        )

    made = [
        f"UPDATE referral SET received_on = {day}, source_of_referral = CASE WHEN i.n % 7 = 0 THEN 'A1' ELSE 'E3' END, "  # noqa: S608  # as above
        "status = CASE WHEN i.n % 2 = 0 THEN 'discharged' ELSE 'in-treatment' END, "
        "end_code = CASE WHEN i.n % 2 = 0 THEN '46' END, "
        "closed_on = CASE WHEN i.n % 2 = 0 THEN DATE '2026-12-01' END "
        "FROM (SELECT id, CAST(substr(id, 2) AS integer) AS n FROM referral) AS i WHERE i.id = referral.id",
        insert("clinical_record", "cl", "step, written_on", "2 + i % 3, '2026-01-05'"),
    ]
    if dialect == "sqlite":
        made[0] = made[0].replace("DATE '2026-12-01'", "'2026-12-01'")
    for visit in range(VISITS):
        kind = "01" if visit == 0 else "02"
        code = f"CASE (i + {visit}) % 6 WHEN 0 THEN '3' WHEN 1 THEN '4' ELSE '5' END"
        moment = at.format(visit=visit)
        made.append(
            insert("appointment", f"v{visit}-", "starts_at, minutes, appointment_type, attendance_code",
                   f"{moment}, 50, '{kind}', {code}")
        )  # fmt: skip
        for tool, score in (("720433000", 27), ("445455005", 21)):
            if visit % 2 == 0:
                made.append(
                    insert("outcome_score", f"m{visit}-{tool}-", "tool, tool_code, total, completed_at",
                           f"'{tool}', '{tool}', (i * {visit + 3}) % {score}, {moment}")
                )  # fmt: skip
    return made


def _moments(dialect: str) -> tuple[str, str]:
    """The day of receipt, and the moment of a visit, of the referral `n` or `i`."""
    if dialect == "sqlite":
        day = "date('2025-11-01', '+' || (i.n % 360) || ' days')"
        at = "strftime('%Y-%m-%dT%H:%M:%S.000000Z', '2025-11-08 10:00', '+' || (i % 360 + 7 * {visit}) || ' days')"
        return day, at
    at = "TIMESTAMPTZ '2025-11-08 10:00Z' + (i % 360 + 7 * {visit}) * INTERVAL '1 day'"
    return "DATE '2025-11-01' + i.n % 360", at
