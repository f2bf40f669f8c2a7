"""Watching the log on both databases: what is raised and kept, once, by one process, and what it survives."""

import asyncio
import hmac
import json
import shutil
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

from app.audit.ddl import ERASURE_ROLE, SERVICE_ROLE
from app.audit.history import History, Unreadable
from app.audit.looks import Page
from app.audit.submission import LogUnavailable, Submission
from app.audit.verify import verify
from app.db import Address, UnpermittedRead, open_database
from app.gate.watching import DIGESTED, Raised, watching
from app.gate.watching import said_of as digested
from app.policies.review.replay import Replay
from app.services.watching import NotWatched, WatchService
from tests import world
from tests.audit.logs import Owner
from tests.gate.house import agreed, fetched
from tests.postgres import wait_for
from tests.services.watched import (
    LATER,
    MONDAY,
    OWN,
    SERVICE,
    STRANGER,
    Log,
    entry,
    kept,
    people,
    refusal,
    staff,
    stopped,
    watched,
    watchers,
    written,
)
from tests.world import entries, execute, subjects

CRNS = [f"X{number:06}" for number in range(1, 60)]
EVENING = MONDAY + timedelta(hours=11)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


async def house(url: str, *more: Any) -> None:
    """Staff, of whom nora is called like somebody on file, a few people, and what else is given."""
    await world.put(url, [*staff(nora=f"Nora Family{CRNS[2]}"), *people(*CRNS[:9]), *more])


async def everything(log: Log) -> None:
    """Something that each rule finds, and what none does."""
    await log.look("olga", CRNS[:9])
    await log.add(MONDAY + MINUTE, refusal("olga", CRNS[0], MONDAY))
    await log.add(MONDAY + 2 * MINUTE, entry("olga", CRNS[0], MONDAY, purpose="emergency", facts=STRANGER))
    await log.look("nora", CRNS[2:3], MONDAY + 3 * MINUTE, facts=SERVICE, purpose="direct-care")
    await log.add(MONDAY + 4 * MINUTE, entry("adam", CRNS[2], MONDAY, facts=SERVICE, purpose="direct-care"))
    await log.look("theo", CRNS[:4], EVENING, purpose="direct-care")
    await log.look("adam", CRNS * 4, MONDAY + DAY, purpose="direct-care")


def said(raised: list[Raised]) -> list[tuple[str, str]]:
    return [(each.alert.rule.value, each.alert.look.staff) for each in raised]


EXPECTED = [
    ("after-refusal", "olga"),
    ("namesake", "nora"),
    ("out-of-hours", "theo"),
    ("many-people", "adam"),
    ("never-followed", "olga"),
]


async def test_each_rule_raises_one_alert_and_watching_again_none(database_url: str) -> None:
    await house(database_url)
    async with written(database_url) as log:
        await everything(log)
        raised = await watched(log, LATER, people_alone=58)
        assert said(raised) == EXPECTED
        assert [each.staff_id for each in raised] == [f"staff-{name}" for _, name in EXPECTED]
        assert await watched(log, LATER, people_alone=58) == []
        found = await kept(database_url)
    assert [(each["rule"], each["staff"]) for each in found] == EXPECTED
    assert [each["crn"] for each in found] == [CRNS[0], CRNS[2], None, None, CRNS[0]]
    assert [json.loads(each["entries"]) for each in found[:3]] == [[9, 10], [11], [13, 14, 15, 16]]
    assert json.loads(found[3]["figures"])["people"] == 59
    assert {(each["party"], each["role"]) for each in found if each["staff"] == "adam"} == {
        ("health", "service-administrator")
    }
    report = wait_for(lambda: verify(Address(database_url)))
    assert (report.exit_code, report.failure) == (0, None), report.findings


async def test_an_alert_is_an_entry_and_is_told_to_both_parties_by_its_id(database_url: str) -> None:
    await house(database_url)
    async with written(database_url) as log:
        await everything(log)
        raised = await watched(log, LATER)
    said_of = {each["details"]["alert"]: (number, each) for number, each in enumerate(await entries(database_url))
               if each["type"] == "alert"}  # fmt: skip
    assert set(said_of) == {each.id for each in raised}
    parts = await subjects(database_url)
    salts = dict(await fetched(database_url, "SELECT seq, salt FROM log_subject"))
    names = ", ".join(DIGESTED)
    rows = {row[0]: dict(zip(DIGESTED, row, strict=True))
            for row in await fetched(database_url, f"SELECT {names} FROM access_alert")}  # fmt: skip
    for each in raised:
        number, said_there = said_of[each.id]
        look = each.alert.look if each.alert.once else None
        assert parts[number] == {"consents": [], "crn": look and look.crn, "personId": look and look.person}
        assert (said_there["caller"], said_there["announce"]) == (None, "caldicott-guardian")
        assert said_there["details"] == {"alert": each.id}
        digest = hmac.digest(bytes(salts[number]), digested(rows[each.id]), "sha256").hex()
        assert said_there["answerDigest"] == digest
        assert each.alert.look.staff not in json.dumps(said_there), "whoever reads the log may be the one it is about"
    replay, database = Replay(agreed()), open_database(Address(database_url), SERVICE_ROLE)
    first, last = min(number for number, _ in said_of.values()), max(number for number, _ in said_of.values())
    async for page in History(database).read(range(first, last + 1)):
        for logged in page:
            replay.add(logged)
    await database.close()
    assert (replay.report.exit_code, replay.report.not_decided) == (0, len(raised))
    told = await fetched(database_url, "SELECT kind, party, alert_id, grant_id FROM announcement ORDER BY number")
    assert told == [("access-alert", party, each.id, None) for each in raised for party in ("health", "justice")]
    events = await fetched(database_url, "SELECT id, event_id FROM access_alert")
    assert dict(events) == {identity: each["eventId"] for identity, (_, each) in said_of.items()}


async def test_pieces_watched_by_many_processes_raise_what_the_whole_does(sqlite_url: str, tmp_path: Any) -> None:
    await house(sqlite_url)
    whole = f"sqlite:///{tmp_path}/whole.db"
    shutil.copy(sqlite_url.removeprefix("sqlite:///"), whole.removeprefix("sqlite:///"))
    figures = {"people_alone": 58, "people_floor": 8}
    async with written(whole) as log:
        await everything(log)
        await watched(log, LATER, **figures)
    async with written(sqlite_url) as log, watchers(log, **figures) as first, watchers(log, **figures) as second:
        add, turns = log.add, [first, second, None, second]

        async def add_and_watch(at: datetime, *some: Any) -> int:
            for start in range(0, len(some), 7):
                await add(at, *some[start : start + 7])
                process = turns[len(log.moments) % 4]
                await (process.watch(stopped(at)) if process else watched(log, **figures))
            return 0

        log.add = add_and_watch  # type: ignore[method-assign]  # for this log alone
        await everything(log)
        await second.watch(stopped(LATER))
    ours, theirs = await kept(sqlite_url), await kept(whole)
    same = ("rule", "staff", "party", "role", "figures", "crn")
    assert [[each[name] for name in same] for each in ours] == [[each[name] for name in same] for each in theirs]
    assert len(theirs) == 5


async def test_one_process_watches_at_a_time(database_url: str) -> None:
    await house(database_url)
    async with written(database_url) as log, watchers(log) as one, watchers(log) as other:
        await everything(log)
        async with one._watched.claimed(timedelta(minutes=2)) as claim:
            assert claim is not None
            with pytest.raises(NotWatched, match="another process"):
                await other.watch(stopped(LATER))
        assert len((await other.watch(stopped(LATER))).raised) == 4


async def test_the_claim_of_a_process_that_died_runs_out(database_url: str) -> None:
    await house(database_url)
    async with written(database_url) as log, watchers(log) as one:
        await everything(log)
        for until, watches in ((timedelta(minutes=1), False), (timedelta(seconds=-1), True)):
            values = {"until": datetime.now(UTC) + until}
            claimed = text("UPDATE access_watch SET claimed_until = :until").bindparams(
                world_moment(database_url, values["until"])
            )
            await execute(database_url, [(claimed, None)])
            if watches:
                assert len((await one.watch(stopped(LATER))).raised) == 4
            else:
                with pytest.raises(NotWatched):
                    await one.watch(stopped(LATER))


def world_moment(url: str, moment: datetime) -> Any:
    """A moment as the database keeps it."""
    from sqlalchemy import bindparam

    from app.tables import Instant

    return bindparam("until", value=moment, type_=Instant())


async def test_whoever_watched_meanwhile_is_noticed_and_nothing_is_kept_twice(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process whose claim ran out, while it found out what another has raised already."""
    await house(database_url)
    async with written(database_url) as log, watchers(log) as slow:
        await everything(log)
        is_known = slow_down(log, monkeypatch)
        with pytest.raises(NotWatched, match="meanwhile"):
            await slow.watch(stopped(LATER))
        assert is_known["raised"] == 4
        assert len(await kept(database_url)) == 4
        assert (await slow.watch(stopped(LATER))).raised == []


def slow_down(log: Log, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Let another process watch everything while this one is about to keep what it found."""
    from app.gate.watching import Watchman

    raise_all, done = Watchman.raise_all, {"raised": 0}

    async def after_another(self: Watchman, *found: Any) -> Any:
        if not done["raised"]:
            done["raised"] = -1
            await execute(log.url, [(text("UPDATE access_watch SET claimed_until = NULL"), None)])
            done["raised"] = len(await watched(log, LATER))
        return await raise_all(self, *found)

    monkeypatch.setattr(Watchman, "raise_all", after_another)
    return done


async def test_without_its_entry_there_is_no_alert_and_it_is_raised_the_next_time(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house(database_url)
    async with written(database_url) as log, watchers(log) as service:
        await everything(log)
        append = log.log.append

        async def fail(_: Submission) -> None:
            raise LogUnavailable

        monkeypatch.setattr(log.log, "append", fail)
        with pytest.raises(LogUnavailable):
            await service.watch(stopped(LATER))
        assert await kept(database_url) == []
        monkeypatch.setattr(log.log, "append", append)
        assert len((await service.watch(stopped(LATER))).raised) == 4


async def test_a_log_that_ends_before_what_was_watched_is_not_watched(database_url: str) -> None:
    await house(database_url)
    async with written(database_url) as log:
        await log.look("olga", CRNS[:2])
        await execute(database_url, [(text("UPDATE access_watch SET position = 9"), None)])
        with pytest.raises(NotWatched, match="backup"):
            await watched(log)


async def test_what_follows_in_time_is_no_alert(database_url: str) -> None:
    """A referral to their service, an allocation to them; not to others, and not a draft."""
    since = MONDAY + timedelta(days=3)
    mine, draft = world.referral(CRNS[0], id="mine", received_on=since.date()), {"status": "draft", "received_on": None}
    theirs = world.referral(CRNS[1], id="theirs", service_id="another-service", received_on=since.date())
    rows = [
        mine,
        theirs,
        world.referral(CRNS[2], id="draft", **draft),
        world.caseload(CRNS[3], "olga", valid_from=since),
    ]
    await house(database_url, *rows, world.caseload(CRNS[4], "otto", valid_from=since))
    async with written(database_url) as log:
        await log.look("theo", CRNS[:3], facts=STRANGER, purpose="emergency")
        await log.look("olga", CRNS[3:5], facts=STRANGER, purpose="emergency")
        assert await watched(log, MONDAY + timedelta(days=28)) == []
        raised = await watched(log, MONDAY + timedelta(days=28, seconds=1))
    assert [(each.alert.look.staff, each.alert.look.crn) for each in raised] == [
        ("theo", CRNS[1]), ("theo", CRNS[2]), ("olga", CRNS[4])]  # fmt: skip


async def test_whoever_has_a_colleagues_name_is_found_on_file(database_url: str) -> None:
    """Once, whatever the capitals of the register; of themselves it is a namesake, and of their own people neither."""
    await world.put(database_url, [*staff(otto=f"Dr given{CRNS[5]} FAMILY{CRNS[5]}"), *people(*CRNS[:9])])
    async with written(database_url) as log:
        for name, facts in (("adam", SERVICE), ("adam", SERVICE), ("theo", OWN), ("otto", STRANGER)):
            await log.look(name, CRNS[5:6], facts=facts, purpose="direct-care")
        raised = await watched(log)
    assert said(raised) == [("colleague", "adam"), ("namesake", "otto")]
    assert {each.alert.look.crn for each in raised} == {CRNS[5]}


async def test_an_alert_survives_whoever_it_is_about(database_url: str) -> None:
    """The person and what was written of them go, the alert and its closing stay, and what waited is not judged."""
    from tests.services.test_erasure import Reason, eraser, held

    await house(database_url)
    async with written(database_url) as log:
        await log.add(MONDAY, refusal("olga", CRNS[3], MONDAY))
        await log.add(MONDAY, entry("olga", CRNS[3], MONDAY, purpose="emergency", facts=STRANGER))
        (raised,) = await watched(log)
    await world.put(database_url, world.alert_review(raised, "alma", "Her cousin.", CRNS[3]))
    async with eraser(database_url) as (service, _):
        await service.erase(MONDAY + DAY, CRNS[3], Reason.ERASURE_GRANTED, "IG-1", "request-1")
    assert await held(database_url, "nothing", CRNS[3]) == {}
    assert await fetched(database_url, "SELECT count(*) FROM access_alert_person") == [(0,)]
    assert await fetched(database_url, "SELECT note FROM access_alert_note") == []
    assert await fetched(database_url, "SELECT alert_id, outcome FROM access_alert_review") == [(raised.id, "concern")]
    async with written(database_url) as log:
        assert await watched(log, LATER) == []
    assert [(each["id"], each["crn"]) for each in await kept(database_url)] == [(raised.id, None)]
    ((memory,),) = await fetched(database_url, "SELECT memory FROM access_watch")
    assert json.loads(memory)["waiting"] == []
    assert (wait_for(lambda: verify(Address(database_url)))).exit_code == 0


CHANGES = (
    "UPDATE access_alert SET staff = 'otto'",
    "UPDATE access_alert_person SET crn = 'X999999'",
    "UPDATE access_alert_review SET outcome = 'justified'",
    "UPDATE access_alert_note SET note = 'x'",
    "DELETE FROM access_alert_review",
    "DELETE FROM access_alert",
)


async def test_not_even_the_owner_changes_what_was_raised(database_url: str) -> None:
    await house(database_url)
    async with written(database_url) as log:
        await log.add(MONDAY, refusal("olga", CRNS[3], MONDAY))
        await log.add(MONDAY, entry("olga", CRNS[3], MONDAY, purpose="emergency"))
        (raised,) = await watched(log)
    await world.put(database_url, world.alert_review(raised, "alma", "A note."))
    for statement in CHANGES:
        with pytest.raises(Exception, match="an alert stays as it is"):
            await execute(database_url, [(text(statement), None)])


async def test_the_roles_have_the_rights_that_they_need_and_no_more(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    rights = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")
    try:
        for table, of_service, of_eraser in (
            ("access_alert", {"SELECT", "INSERT"}, {"SELECT", "DELETE"}),
            ("access_alert_review", {"SELECT", "INSERT"}, {"SELECT", "DELETE"}),
            ("access_alert_person", {"SELECT", "INSERT"}, {"SELECT", "DELETE"}),
            ("access_alert_note", {"SELECT", "INSERT"}, {"SELECT", "DELETE"}),
            ("access_watch", {"SELECT", "UPDATE"}, set()),
        ):
            for role, expected in ((SERVICE_ROLE, of_service), (ERASURE_ROLE, of_eraser)):
                asked = "SELECT has_table_privilege($1, $2, $3)"
                held = {right for right in rights if await connection.fetchval(asked, role, table, right)}
                assert held == expected, (role, table)
    finally:
        await connection.close()


async def test_nothing_is_read_without_a_warrant(sqlite_url: str) -> None:
    await house(sqlite_url)
    async with written(sqlite_url) as log, watchers(log) as service:
        await log.look("olga", CRNS[:2])
        with watching(service._gate, service.looks) as watchman:
            assert len([page async for page in service.looks.read(watchman.permit, range(2))]) == 1
        with pytest.raises(UnpermittedRead):
            await watchman.look(0)
        await watchman.open_register()
        with pytest.raises(UnpermittedRead):
            await watchman.likeness(service.rules)


async def test_the_service_watches_by_itself_if_it_is_told_to(sqlite_url: str) -> None:
    await house(sqlite_url)
    async with written(sqlite_url) as log:
        await everything(log)
        async with watchers(log) as service:
            known = service._settings.model_copy(update={"watch_minutes": 1})
            alone, done = WatchService(known, service._gate, page=5), asyncio.Event()
            watch = alone.watch

            async def noted(clock: Any) -> Any:
                await watch(clock)
                done.set()

            alone.watch = noted  # type: ignore[method-assign, assignment]  # of this one alone
            async with asyncio.timeout(60), alone.watching():
                await done.wait()
    assert {each["rule"] for each in await kept(sqlite_url)} >= {"after-refusal", "namesake", "out-of-hours"}


async def test_a_fault_is_said_and_ends_no_watching(sqlite_url: str, caplog: pytest.LogCaptureFixture) -> None:
    await house(sqlite_url)
    async with written(sqlite_url) as log, watchers(log) as service:
        broke = asyncio.Event()

        async def broken(_: Any) -> Any:
            broke.set()
            raise RuntimeError(f"with {CRNS[0]}")

        known = service._settings.model_copy(update={"watch_minutes": 1})
        alone = WatchService(known, service._gate)
        alone.watch = broken  # type: ignore[method-assign, assignment]  # of this one alone
        async with asyncio.timeout(60), alone.watching():
            await broke.wait()
    assert [record.getMessage() for record in caplog.records if record.name == "openmind"] == [
        "watching the log: RuntimeError"
    ]


async def test_it_stops_at_an_entry_that_cannot_be_read_and_keeps_how_far_it_came(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house(sqlite_url)
    monkeypatch.setattr("app.services.watching.PAGES", 1)
    async with written(sqlite_url) as log:
        await everything(log)
        for sql in ("UPDATE log_entry SET body = '{}' WHERE seq = 12", "DELETE FROM log_entry WHERE seq = 12"):
            Owner(Address(sqlite_url)).tamper(sql)
            with pytest.raises(Unreadable) as stopped:
                await watched(log)
            assert stopped.value.seq == 12
    assert await fetched(sqlite_url, "SELECT position FROM access_watch") == [(12,)]
    assert [each["rule"] for each in await kept(sqlite_url)] == ["after-refusal", "namesake"]


async def test_a_service_that_stops_does_not_wait_for_the_end_of_the_log(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house(sqlite_url)
    async with written(sqlite_url) as log, watchers(log) as service:
        await everything(log)
        known = service._settings.model_copy(update={"watch_minutes": 1})
        alone, begun = WatchService(known, service._gate, page=1), asyncio.Event()

        async def without_end(*_: Any) -> Any:
            begun.set()
            while True:
                yield Page([], 0, "")
                await asyncio.sleep(0)

        monkeypatch.setattr(alone.looks, "read", without_end)
        monkeypatch.setattr("app.services.watching.Watching.see", lambda *_: [])
        async with asyncio.timeout(60):
            async with alone.watching():
                await begun.wait()
        monkeypatch.undo()
        assert len((await service.watch(stopped(LATER))).raised) == 4, "its claim was given back"


async def test_nothing_new_is_nothing_written(database_url: str) -> None:
    """An idle service leaves no entry, and remembers what it read."""
    await house(database_url)
    async with written(database_url) as log, watchers(log) as service:
        await log.look("olga", CRNS[:2])
        first = await service.watch(stopped(MONDAY))
        state = await fetched(database_url, "SELECT position, memory FROM access_watch")
        second = await service.watch(stopped(MONDAY + DAY))
        assert (first.entries, second.entries, first.raised, second.raised) == (2, 0, [], [])
        assert await fetched(database_url, "SELECT position, memory FROM access_watch") == state
        assert len(await entries(database_url)) == 2
