"""Changes out (H6): a system is sent whom it may read now, and is told whom to drop until it has."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

import app.tables as t
from app.audit.entry import PersonPart, Record
from app.audit.submission import Change, LogUnavailable, Submission
from app.audit.verify import verify
from app.db import Address
from app.gate import feed_pages, feed_portions, feeding
from app.gate.feed_working import Working
from app.gate.matching import MATCHED
from app.main import NOBODY_THERE
from app.records import feed_keeping
from tests import world
from tests.cli.test_review_commands import ran, settings_of
from tests.policies.drafts import draft_text
from tests.postgres import wait_for
from tests.routers import consenting
from tests.routers.cast import (
    ALMA,
    CLINICAL,
    COURT,
    EXCLUDED,
    FULL,
    OLGA,
    OVERSIGHT,
    PROBATION,
    SYNC,
    WORK,
    everybody,
    told,
    treatment,
)
from tests.routers.feeding import FEED, acknowledge, appointment, dropped, feed, people, written
from tests.world import NOW, TODAY, Service, execute, serving

H3, H2 = {"identity", "referral", "attendance"}, {"identity", "contact", "referral"}
CRN = "X300001"


async def withdraw(service: Service, consent: str = "consent-attendance") -> None:
    assert (await consenting.withdraw(service, consent)).status_code == 200


async def kept(service: Service, model: Any) -> list[Any]:
    return (await execute(service.url, [(select(model.__table__), None)]))[0]


async def test_the_first_answer_has_everybody_whom_the_system_may_read(service_on_both: Service) -> None:
    service = service_on_both
    await service.marked()
    items, page = await feed(service, PROBATION)
    assert people(items) == {FULL: H3, COURT: H3}
    whole = (await service.get(f"/v1/people/{FULL}", *PROBATION, SYNC)).json()["categories"]
    assert items[0] == {
        "type": "person", "id": "1", "crn": FULL, "identifiers": [{"type": "CRN", "value": FULL}], "categories": whole,
    }  # fmt: skip
    assert [row["id"] for row in whole["referral"]["referrals"]] == ["referral-full"]  # and nobody's draft
    begun, worked_out, *sent, _ = await service.entries()
    assert [each["reason"] for each in (begun, worked_out)] == ["feed-worked-out"] * 2
    assert worked_out["details"] == {"queued": 2, "removals": 0}
    assert [(each["clauses"], {*each["released"]}) for each in sent] == [(["H3"], H3), (["H4"], H3)]
    assert await feed(service, PROBATION, page["next"]) == ([], page)
    health, _ = await feed(service, CLINICAL)
    assert people(health) == {FULL: H2, COURT: H2, EXCLUDED: H2}


async def test_a_withdrawal_between_two_polls_is_a_notice_until_it_is_acknowledged(service_on_both: Service) -> None:
    service = service_on_both
    _, page = await feed(service, PROBATION)
    await withdraw(service)
    await service.marked()
    items, after = await feed(service, PROBATION, page["next"])
    (notice,) = items
    assert (notice["type"], dropped(items)) == ("removal", [("CRN", FULL)])
    _, fallen, answered = await service.entries()
    assert (fallen["outcome"], fallen["reason"]) == ("refused", "no-longer-permitted")
    assert fallen["withheld"]["attendance"]["missing"] == ["consent:attendance", "mhtr"]
    assert (answered["details"], answered["subject"]) == ({"removals": [3]}, None)
    for cursor in (after["next"], page["next"]):  # a new cursor or an old one
        assert (await feed(service, PROBATION, cursor))[0] == items
    anew, _ = await feed(service, PROBATION)  # nor does starting again bring back what was withdrawn
    assert (people(anew), dropped(anew)) == ({COURT: H3}, [("CRN", FULL)])
    listed = (await service.get("/v1/sync/removals", *PROBATION, SYNC)).json()
    assert listed == {"data": items, "pagination": {"next": None, "pageSize": 50}}
    answers = [await acknowledge(service, PROBATION, notice["id"]) for _ in range(2)]
    assert [each.status_code for each in answers] == [200, 200]
    assert answers[0].json()["state"] == answers[1].json()["state"] == "acknowledged"
    assert (await feed(service, PROBATION, after["next"]))[0] == []
    assert FULL not in str([*await kept(service, t.FeedPerson), *await kept(service, t.FeedRemoval)])


async def test_whoever_comes_back_is_sent_whole_and_the_notice_is_void(service_alone: Service) -> None:
    service = service_alone
    _, page = await feed(service, PROBATION)
    await withdraw(service)
    items, page = await feed(service, PROBATION, page["next"])
    answer = await consenting.record(service, FULL)
    assert answer.status_code == 201, answer.text
    again, page = await feed(service, PROBATION, page["next"])
    assert (people(again), dropped(again)) == ({FULL: H3}, [])
    assert again[0]["categories"]["attendance"]["appointments"]
    assert (await feed(service, PROBATION, page["next"]))[0] == []
    late = await acknowledge(service, PROBATION, items[0]["id"])
    assert (late.status_code, late.json()["state"]) == (200, "void")
    assert people((await feed(service, PROBATION))[0]) == {FULL: H3, COURT: H3}


async def test_what_changes_is_sent_to_whoever_may_read_it_and_moves_nothing_else(service_on_both: Service) -> None:
    service = service_on_both
    _, justice = await feed(service, PROBATION)
    _, health = await feed(service, CLINICAL)
    await written(service, FULL, appointment(FULL, "referral-full", 45))
    items, after = await feed(service, PROBATION, justice["next"])
    assert people(items) == {FULL: H3}
    assert [each["minutes"] for each in items[0]["categories"]["attendance"]["appointments"]] == [50, 45]
    assert items[0]["id"] == "1"  # the same person
    assert (await feed(service, PROBATION, justice["next"]))[0] == items  # at least once
    assert await feed(service, CLINICAL, health["next"]) == ([], health)  # H2 opens no attendance
    notes = [row for row in treatment(FULL, "later", of_referral=t.Referral(id="referral-full"))
             if row.__tablename__ in ("session_note", "safety_record", "clinical_record", "outcome_score")]  # fmt: skip
    await written(service, FULL, *notes)
    assert await feed(service, PROBATION, after["next"]) == ([], after)
    assert await feed(service, CLINICAL, health["next"]) == ([], health)


async def test_pages_go_through_everybody_and_say_whether_there_is_more(service_alone: Service) -> None:
    seen, cursor, more = [], None, True
    while more:
        items, page = await feed(service_alone, CLINICAL, cursor, limit=1)
        seen += [each["crn"] for each in items]
        cursor, more = page["next"], page["more"]
    assert seen == [FULL, COURT, EXCLUDED]


async def test_a_consent_that_ends_on_a_day_holds_until_london_has_midnight(database_url: str, key_file: Path) -> None:
    until = datetime(2026, 6, 30, 23, tzinfo=UTC)  # summer time
    order = world.supervision(CRN, end_date=date(2026, 12, 31))
    agreed = world.consent(CRN, "attendance", valid_until=until)
    await world.put(database_url, [*everybody(), world.person(CRN), order, world.referral(CRN), *agreed])
    cursor = None
    for at, expected in (
        (until - timedelta(seconds=30), ({CRN: H3}, [])),
        (until - timedelta(seconds=20), ({}, [])),
        (until + timedelta(microseconds=1), ({}, [("CRN", CRN)])),
    ):
        async with serving(database_url, key_file, clock_start=at) as service:
            items, page = await feed(service, PROBATION, cursor)
            assert (people(items), dropped(items)) == expected
            cursor = page["next"]


async def test_what_begins_or_ends_within_a_minute_is_noticed_by_the_next_answer(
    database_url: str, key_file: Path
) -> None:
    """Nobody writes at that moment, and no round over everybody is due."""
    begins, ends = NOW + timedelta(seconds=20), NOW + timedelta(seconds=40)
    limits = world.limit(CRN, "restriction", "nobody.here", valid_from=begins, valid_until=ends)
    agreed = [*world.consent(CRN, "attendance"), *limits]
    await world.put(
        database_url, [*everybody(), world.person(CRN), world.supervision(CRN), world.referral(CRN), *agreed]
    )
    cursor = None
    for at, expected in (
        (NOW, ({CRN: H3}, [])),
        (begins - timedelta(seconds=1), ({}, [])),
        (begins, ({}, [("CRN", CRN)])),
        (ends, ({CRN: H3}, [])),
    ):
        async with serving(database_url, key_file, clock_start=at) as service:
            items, page = await feed(service, PROBATION, cursor)
            assert (people(items), dropped(items)) == expected, at
            cursor = page["next"]


async def test_a_system_whose_changes_stand_in_files_by_now_is_sent_everything_again(service_alone: Service) -> None:
    items, page = await feed(service_alone, CLINICAL)
    await execute(
        service_alone.url, [(text("UPDATE feed_receiver SET position = -1"), None)]
    )  # before the first there is
    again, after = await feed(service_alone, CLINICAL, page["next"])
    assert again == items
    assert await feed(service_alone, CLINICAL, after["next"]) == ([], after)


async def test_whoever_is_erased_while_they_are_found_is_not_put_back(
    database_url: str, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = world.supervision(CRN)
    agreed = world.consent(CRN, "attendance")
    await world.put(database_url, [*everybody(), world.person(CRN), order, world.referral(CRN), *agreed])
    looked, rounds = Working.look_at_all, 0

    async def overtaken(working: Any, *asked: Any) -> None:
        nonlocal rounds
        await looked(working, *asked)
        rounds += 1
        if rounds == 1:
            gate = working.gate
            changes = feed_keeping.erased(gate.records, world.person_id(CRN), NOW)
            entry = Record(kind="erase", occurred_at=NOW, caller=None, action="erase", resource="test",
                           outcome="permitted", request_id="r").sealed()  # fmt: skip
            gone = [text(f"DELETE FROM {table} WHERE person_id = '{world.person_id(CRN)}'")
                    for table in ("supervision", "referral")]  # fmt: skip
            await gate.log.append(Submission((entry,), tuple(Change(*each) for each in changes)))
            await execute(service.url, [(each, None) for each in gone])

    monkeypatch.setattr(Working, "look_at_all", overtaken)
    async with serving(database_url, key_file) as service:
        assert (await feed(service, PROBATION))[0] == []
        assert await kept(service, t.FeedPerson) == []


async def test_a_referral_closed_for_28_days_is_dropped_by_the_systems_own_ids(sqlite_url: str, key_file: Path) -> None:
    closed = world.referral(CRN, status="discharged", end_code="46", closed_on=TODAY)
    other = world.referral("X300002")
    local = [world.of(t.Patient, CRN, id=f"patient-{name}", source=source, source_id=name)
             for name, source in (("LP-7", "RT5"), ("LP-8", "RT5"), ("ELSE-1", "RX9"))]  # fmt: skip
    people_ = [world.person(CRN), world.person("X300002")]
    await world.put(sqlite_url, [*everybody(), *people_, closed, other, *local])
    async with serving(sqlite_url, key_file) as service:
        items, page = await feed(service, CLINICAL)
        assert [each["identifiers"] for each in items] == [
            [{"type": "LocalPatientId", "value": "LP-7"}, {"type": "LocalPatientId", "value": "LP-8"}],
            [{"type": "FeedId", "value": "2"}],
        ]
    async with serving(sqlite_url, key_file, clock_start=NOW + timedelta(days=28)) as service:
        items, page = await feed(service, CLINICAL, page["next"])
        assert dropped(items) == [("LocalPatientId", "LP-7"), ("LocalPatientId", "LP-8")]
        assert CRN not in str(items)
        await execute(service.url, [(text("UPDATE referral SET closed_on = '2026-02-01' WHERE person_id = "
                                          f"'{world.person_id('X300002')}'"), None)])  # fmt: skip
        stale, _ = await feed(
            service, CLINICAL, limit=1
        )  # nobody is sent who may be read no longer, even before a round
        assert people(stale) == {}
        assert dropped(stale)[2:] == [("FeedId", "2")]


async def test_whose_registration_it_turns_out_to_be_is_sent_with_its_id(service_alone: Service) -> None:
    await world.put(service_alone.url, [world.of(t.Patient, FULL, id="patient-1", source="RT5", source_id="LP-1")])
    await execute(service_alone.url, [(text("UPDATE patient SET person_id = NULL"), None)])
    _, page = await feed(service_alone, CLINICAL)
    linked = Change(f"UPDATE patient SET person_id = '{world.person_id(FULL)}' WHERE id = 'patient-1'")
    record = Record(kind=MATCHED, occurred_at=NOW, caller=None, action="link", resource="identity matching",
                    outcome="permitted", request_id="r")  # fmt: skip
    entry = record.sealed(PersonPart(world.person_id(FULL), FULL))
    await service_alone.app.state.services.gate.log.append(Submission((entry,), (linked,)))
    items, _ = await feed(service_alone, CLINICAL, page["next"])
    assert [each["identifiers"] for each in items] == [[{"type": "LocalPatientId", "value": "LP-1"}]]


async def test_a_record_that_is_restricted_is_dropped(service_alone: Service) -> None:
    _, page = await feed(service_alone, PROBATION)
    limited = {"type": "restriction", "message": "m", "startDateTime": "2026-03-01", "usernames": ["olga"]}
    path = f"/v1/people/{FULL}/limits/L1"
    answer = await service_alone.request("PUT", path, *PROBATION, SYNC, json=limited)
    assert answer.status_code == 200, answer.text
    items, _ = await feed(service_alone, PROBATION, page["next"])
    assert (people(items), dropped(items)) == ({}, [("CRN", FULL)])


async def test_a_system_of_another_service_drops_everybody_whom_it_may_read_no_longer(service_alone: Service) -> None:
    _, page = await feed(service_alone, CLINICAL)
    moved = text("UPDATE client SET service_id = 'another-service' WHERE id = 'clinical-records'")
    await execute(service_alone.url, [(moved, None)])
    items, _ = await feed(service_alone, CLINICAL, page["next"])
    assert set(people(items)).isdisjoint({FULL, COURT, EXCLUDED})
    assert dropped(items) == [("FeedId", "1"), ("FeedId", "2"), ("FeedId", "3")]
    await execute(service_alone.url, [(text("UPDATE client SET suspended_at = '2026-03-01T00:00:00.000000Z'"), None)])
    refused = await service_alone.get(FEED, *CLINICAL, SYNC)
    assert (refused.status_code, told(refused)["code"]) == (401, "session-revoked")


async def test_a_cursor_of_another_system_or_an_altered_one_is_refused(service_alone: Service) -> None:
    _, justice = await feed(service_alone, PROBATION)
    _, health = await feed(service_alone, CLINICAL)
    removals = await service_alone.get("/v1/referrals?pageSize=1", *OLGA, WORK)
    mine = justice["next"]
    altered = [mine[:place] + ("A" if mine[place] != "A" else "B") + mine[place + 1 :] for place in range(len(mine))]
    await service_alone.marked()
    for cursor in (health["next"], removals.json()["pagination"]["next"], "", "x", f"{mine}=", *altered):
        answer = await service_alone.get(FEED, *PROBATION, SYNC, params={"cursor": cursor})
        assert (answer.status_code, told(answer)["code"]) == (400, "cursor-invalid"), cursor
    entries = await service_alone.entries()
    assert {(each["outcome"], each["reason"]) for each in entries} == {("refused", "cursor-invalid")}
    assert len(entries) == len(altered) + 5


@pytest.mark.parametrize("asked", [{"limit": "0"}, {"limit": "1001"}, {"wait": "31"}, {"wait": "-1"}, {"limit": "two"}])
async def test_what_is_out_of_bounds_is_named(service_alone: Service, asked: dict[str, str]) -> None:
    answer = await service_alone.get(FEED, *PROBATION, SYNC, params=asked)
    assert (answer.status_code, told(answer)["code"], told(answer)["field"]) == (400, "parameter-invalid", *asked)


async def test_nobodys_notice_and_anothers_are_alike(service_alone: Service) -> None:
    _, page = await feed(service_alone, PROBATION)
    await feed(service_alone, CLINICAL)
    await withdraw(service_alone)
    ((notice,), _) = await feed(service_alone, PROBATION, page["next"])
    await service_alone.marked()
    refused = [await acknowledge(service_alone, CLINICAL, each) for each in (notice["id"], "999", "never")]
    assert [(each.status_code, told(each)["code"]) for each in refused] == [(404, "removal-unknown")] * 3
    assert [each["reason"] for each in await service_alone.entries()] == ["removal-unknown"] * 3
    assert len((await feed(service_alone, PROBATION, page["next"]))[0]) == 1


async def test_oversight_sees_who_has_not_dropped_whom_they_had_to(service_on_both: Service) -> None:
    _, page = await feed(service_on_both, PROBATION)
    await feed(service_on_both, CLINICAL)
    await withdraw(service_on_both)
    await feed(service_on_both, PROBATION, page["next"])
    answer = await service_on_both.get("/v1/sync/receivers", *ALMA, OVERSIGHT)
    rows = {each["client"]: each for each in answer.json()["data"]}
    assert {client: (each["people"], each["outstanding"]["count"]) for client, each in rows.items()} == {
        "clinical-records": (3, 0), "probation-system": (1, 1),
    }  # fmt: skip
    assert rows["probation-system"]["outstanding"]["oldestHours"] == 0
    assert FULL not in answer.text
    refused = await service_on_both.get("/v1/sync/receivers", *PROBATION, SYNC)
    assert (refused.status_code, told(refused)["code"]) == (403, "not-permitted-for-role")


async def test_an_agreement_that_ends_drops_everybody(cast_url: str, key_file: Path, tmp_path: Path) -> None:
    (tmp_path / "first.toml").write_text(
        draft_text(("in_force_from = 2012-11-01", "in_force_from = 2012-11-01\nlast_day = 2026-03-10"))
    )
    async with serving(cast_url, key_file, agreements_dir=tmp_path) as service:
        items, page = await feed(service, PROBATION)
        assert people(items) == {FULL: H3, COURT: H3}
    async with serving(cast_url, key_file, agreements_dir=tmp_path, clock_start=NOW + timedelta(days=1)) as service:
        items, _ = await feed(service, PROBATION, page["next"])
        assert (people(items), dropped(items)) == ({}, [("CRN", FULL), ("CRN", COURT)])
        assert (await acknowledge(service, PROBATION, items[0]["id"])).status_code == 200


def test_every_decision_behind_a_feed_is_made_again(cast_url: str, key_file: Path) -> None:
    async def read() -> None:
        async with serving(cast_url, key_file) as service:
            _, page = await feed(service, PROBATION)
            await feed(service, CLINICAL)
            await written(service, FULL, appointment(FULL, "referral-full", 45))
            await withdraw(service)
            ((notice,), _) = await feed(service, PROBATION, page["next"])
            await acknowledge(service, PROBATION, notice["id"])

    world.run(read())
    replayed = ran("audit", "replay", **settings_of(cast_url, key_file))
    assert (replayed.exit_code, replayed.stdout.partition(":")[0]) == (0, "clean"), replayed.stdout
    report = wait_for(lambda: verify(Address(cast_url)))
    assert (report.exit_code, report.findings) == (0, [])


async def test_what_was_lost_between_entry_and_answer_comes_again(
    service_alone: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, page = await feed(service_alone, PROBATION)
    await written(service_alone, FULL, appointment(FULL, "referral-full", 45))

    async def dies(*_: Any) -> None:
        raise LogUnavailable("the process died")

    services = service_alone.app.state.services
    monkeypatch.setattr(services.gate.log, "append", dies)  # before anything was written
    assert (await service_alone.get(FEED, *PROBATION, SYNC, params={"cursor": page["next"]})).status_code == 503
    monkeypatch.undo()
    monkeypatch.setattr("app.services.changes.work_out", apart)
    monkeypatch.setattr("app.services.changes.answer_page", dies)  # when it was worked out
    assert (await service_alone.get(FEED, *PROBATION, SYNC, params={"cursor": page["next"]})).status_code == 503
    monkeypatch.undo()
    monkeypatch.setattr("app.services.changes._page", lambda *_, **__: 1 / 0)  # when its entries were durable
    await service_alone.marked()
    assert (await service_alone.get(FEED, *PROBATION, SYNC, params={"cursor": page["next"]})).status_code == 500
    assert [each["outcome"] for each in await service_alone.entries()] == ["permitted"]
    monkeypatch.undo()
    items, _ = await feed(service_alone, PROBATION, page["next"])
    assert people(items) == {FULL: H3}


async def test_an_answer_waits_until_something_is_new(service_on_both: Service) -> None:
    service_on_both.app.state.services.changes.poll_seconds = 0.01
    _, page = await feed(service_on_both, PROBATION)
    async with asyncio.timeout(20):
        waiting = asyncio.create_task(feed(service_on_both, PROBATION, page["next"], wait=30))
        await written(service_on_both, COURT, appointment(COURT, "referral-X100002", 30))
        items, page = await waiting
    assert people(items) == {COURT: H3}


async def test_nobody_waits_for_a_system_that_has_gone(service_alone: Service) -> None:
    """What is new after that is neither sent nor taken for sent, and comes when the system asks again."""
    service, said = service_alone, list[Any]()
    service.app.state.services.changes.poll_seconds = 0.01
    _, page = await feed(service, PROBATION)
    headers = {"authorization": f"Bearer {service.token(*PROBATION)}", "purpose-of-use": SYNC}
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": FEED,
        "raw_path": FEED.encode(), "query_string": f"wait=30&cursor={page['next']}".encode(), "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1), "server": ("testserver", 80),
    }  # fmt: skip

    async def gone() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def sent(message: Any) -> None:
        said.append(message)

    await service.marked()
    async with asyncio.timeout(20):
        await service.app(scope, gone, sent)
    assert (said[0]["status"], said[-1].get("body", b"")) == (NOBODY_THERE, b"")
    assert await service.entries() == []
    await written(service, FULL, appointment(FULL, "referral-full", 45))
    items, _ = await feed(service, PROBATION, page["next"])
    assert people(items) == {FULL: H3}


async def test_a_person_changed_while_an_answer_is_made_is_never_sent_as_they_were(
    service_on_both: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The withdrawal, and another process that works it out, come between looking and the entry."""
    service, look = service_on_both, feed_pages._look
    rounds = 0

    async def overtaken(gate: Any, question: Any, agreement: Any, *asked: Any) -> Any:
        nonlocal rounds
        found = await look(gate, question, agreement, *asked)
        rounds += 1
        if rounds == 1:
            await withdraw(service)
            await feed_pages.work_out(gate, question, agreement)
        return found

    await feed(service, PROBATION)
    monkeypatch.setattr(feed_pages, "_look", overtaken)
    items, _ = await feed(service, PROBATION)
    assert (people(items), dropped(items), rounds) == ({COURT: H3}, [("CRN", FULL)], 2)


async def test_what_another_process_worked_out_meanwhile_is_not_lost(
    service_alone: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newer state comes, and its change was passed by: what was read before it must not be kept as the newest."""
    _, page = await feed(service_alone, PROBATION)
    await written(service_alone, FULL, appointment(FULL, "referral-full", 45))
    answer = feed_pages.answer_page
    monkeypatch.setattr("app.services.changes.work_out", apart)

    async def overtaken(gate: Any, question: Any, agreement: Any, *asked: Any) -> Any:
        await written(service_alone, FULL, appointment(FULL, "referral-full", 46, "3"))
        await feed_pages.work_out(gate, question, agreement)
        return await answer(gate, question, agreement, *asked)

    monkeypatch.setattr("app.services.changes.answer_page", overtaken)
    items, _ = await feed(service_alone, PROBATION, page["next"])
    assert [each["minutes"] for each in items[0]["categories"]["attendance"]["appointments"]] == [50, 46]


async def apart(gate: Any, question: Any, agreement: Any, **_: Any) -> Any:
    """Work out alone, as for a system that is told of it: what comes of it is answered by another transaction."""
    return await feeding.work_out(gate, question, agreement)


async def test_an_answer_that_is_overtaken_as_it_is_worked_out_is_made_again(
    service_on_both: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two processes that work for one system the slower one wrote nothing: neither an entry nor what it read."""
    service, answered, rounds = service_on_both, feed_portions._answered, 0
    _, page = await feed(service, PROBATION)
    await written(service, FULL, appointment(FULL, "referral-full", 45))

    async def overtaken(working: Any, *asked: Any) -> Any:
        nonlocal rounds
        found = await answered(working, *asked)
        rounds += 1
        if rounds == 1:
            await written(service, FULL, appointment(FULL, "referral-full", 46, "3"))
            await written(service, COURT, appointment(COURT, "referral-X100002", 30))
            await service.marked()
            await feeding.work_out(working.gate, working.question, working.agreement)
        return found

    monkeypatch.setattr(feed_portions, "_answered", overtaken)
    items, _ = await feed(service, PROBATION, page["next"])
    minutes = {each["crn"]: [one["minutes"] for one in each["categories"]["attendance"]["appointments"]]
               for each in items}  # fmt: skip
    assert minutes == {FULL: [50, 46], COURT: [50, 30]}
    other, *sent = await service.entries()
    assert other["reason"] == "feed-worked-out"
    assert [each["outcome"] for each in sent] == ["permitted", "permitted"]


async def test_whoever_another_process_put_into_the_feed_meanwhile_is_answered_as_well(
    service_alone: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waited when it was asked, and somebody did when it was answered: the cursor must not pass them by."""
    service, is_waiting, rounds = service_alone, feeding.is_waiting, 0
    _, page = await feed(service, PROBATION)
    await written(service, FULL, appointment(FULL, "referral-full", 45))

    async def overtaken(gate: Any, question: Any, after: int) -> bool:
        nonlocal rounds
        found = await is_waiting(gate, question, after)
        rounds += 1
        if rounds == 1:
            agreement = await gate.check_purpose(question)
            await feeding.work_out(gate, question, agreement)
            await written(service, COURT, appointment(COURT, "referral-X100002", 30))
        return found

    monkeypatch.setattr(feeding, "is_waiting", overtaken)
    items, page = await feed(service, PROBATION, page["next"])
    assert set(people(items)) >= {FULL}
    rest, _ = await feed(service, PROBATION, page["next"])
    assert people(items) | people(rest) == {FULL: H3, COURT: H3}


async def test_what_comes_into_the_feed_is_answered_by_the_transaction_that_works_it_out(
    service_on_both: Service,
) -> None:
    service = service_on_both
    _, page = await feed(service, PROBATION)
    await withdraw(service)
    items, page = await feed(service, PROBATION, page["next"])
    await written(service, COURT, appointment(COURT, "referral-X100002", 30))
    await service.marked()
    again, after = await feed(service, PROBATION, page["next"])
    assert (people(again), dropped(again)) == ({COURT: H3}, dropped(items))  # an open notice stands in it as well
    worked_out, sent, notices = await service.entries()
    assert worked_out["details"] == {"queued": 1, "removals": 0}
    assert ({*sent["released"]}, notices["details"]) == (H3, {"removals": [3]})
    assert await feed(service, PROBATION, after["next"]) == (items, after)


@pytest.mark.usefixtures("one_by_one")
async def test_nothing_is_lost_or_out_of_order_while_many_write_and_two_read(postgres_url: str, key_file: Path) -> None:
    """Each reader sees the minutes of each person go up, and ends where the writers did."""
    crns = [f"X30010{number}" for number in range(6)]
    await world.put(postgres_url, [*everybody(), *supervised(crns)])
    async with serving(postgres_url, key_file) as one, serving(postgres_url, key_file) as other:
        writing = asyncio.gather(*(_written_one_by_one(one, crn) for crn in crns))
        seen = await asyncio.gather(*(_read_until_it_is_over(each, writing) for each in (one, other)))
        await writing
    for minutes in seen:
        assert {crn: last[-1] for crn, last in minutes.items()} == dict.fromkeys(crns, ROUNDS)
        assert all(last == sorted(last) for last in minutes.values())


async def test_who_reads_from_an_older_place_takes_no_change_from_whoever_is_further(
    service_on_both: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two readers of one system's feed: what the one is sent as it was written meanwhile is news to the other."""
    service, look = service_on_both, feed_pages._look
    _, start = await feed(service, PROBATION)
    await written(service, FULL, appointment(FULL, "referral-full", 30, "030"))
    (they,), further = await feed(service, PROBATION, start["next"])
    assert minutes_of(they) == [50, 30]

    async def meanwhile(*asked: Any) -> Any:
        monkeypatch.setattr(feed_pages, "_look", look)
        await written(service, FULL, appointment(FULL, "referral-full", 45, "045"))
        return await look(*asked)

    monkeypatch.setattr(feed_pages, "_look", meanwhile)
    for after in (start, further):
        (they,), _ = await feed(service, PROBATION, after["next"])
        assert minutes_of(they) == [50, 45]


def supervised(crns: Sequence[str]) -> list[Any]:
    """People whose treatment is required, and whose attendance their probation system may read."""
    orders = [world.supervision(crn) for crn in crns]
    musts = [world.requirement(crn, order) for crn, order in zip(crns, orders, strict=True)]
    return [*map(world.person, crns), *orders, *musts, *(world.referral(crn, id=f"feed-{crn}") for crn in crns)]


ROUNDS = 12


async def _written_one_by_one(service: Service, crn: str) -> None:
    for minutes in range(1, ROUNDS + 1):
        await written(service, crn, appointment(crn, f"feed-{crn}", minutes, f"{minutes:03}"))


async def _read_until_it_is_over(service: Service, writing: Any) -> dict[str, list[int]]:
    seen: dict[str, list[int]] = {}
    cursor, is_over = None, False
    while not is_over:
        is_over = writing.done()
        items, page = await feed(service, PROBATION, cursor, limit=4, wait=int(is_over))  # the other may be at it
        for each in items:
            for met in each["categories"]["attendance"]["appointments"]:
                seen.setdefault(each["crn"], []).append(met["minutes"])
        cursor, is_over = page["next"], is_over and not items and not page["more"]
    return seen


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if nobody's changes went into a transaction with another's."""
    monkeypatch.setattr(feed_portions, "PORTION", 1)


@pytest.mark.usefixtures("one_by_one")
async def test_an_answer_in_portions_has_everybody_once_and_in_order(service_on_both: Service) -> None:
    service = service_on_both
    _, page = await feed(service, PROBATION)
    await written(service, COURT, appointment(COURT, "referral-X100002", 30))
    await written(service, FULL, appointment(FULL, "referral-full", 45))
    await service.marked()
    items, after = await feed(service, PROBATION, page["next"])
    assert [each["crn"] for each in items] == [COURT, FULL]
    worked_out, court, further, full = await service.entries()
    assert [each["details"] for each in (worked_out, further)] == [{"queued": 1, "removals": 0}] * 2
    assert ({*court["released"]}, {*full["released"]}) == (H3, H3)
    assert await feed(service, PROBATION, after["next"]) == ([], after)
    assert (await feed(service, PROBATION, page["next"]))[0] == items


@pytest.mark.usefixtures("one_by_one")
async def test_an_answer_in_portions_is_no_longer_than_was_asked(sqlite_url: str, key_file: Path) -> None:
    crns = ["X300103", "X300101", "X300102"]
    await world.put(sqlite_url, [*everybody(), *supervised(crns)])
    async with serving(sqlite_url, key_file) as service:
        _, page = await feed(service, PROBATION)
        for crn in crns:
            await written(service, crn, appointment(crn, f"feed-{crn}", 30))
        first, page = await feed(service, PROBATION, page["next"], limit=2)
        rest, _ = await feed(service, PROBATION, page["next"], limit=2)
    assert [[each["crn"] for each in items] for items in (first, rest)] == [crns[:2], crns[2:]]
    assert page["more"]


@pytest.mark.usefixtures("one_by_one")
async def test_whoever_falls_out_in_a_later_portion_is_dropped_by_the_next_answer(service_alone: Service) -> None:
    """And whoever comes back as well: nobody stands in an answer together with a notice about them."""
    service, cursor = service_alone, None
    rounds: list[tuple[str, list[Any]]] = [
        ("NULL", [({FULL: H3, COURT: H3}, [])]),
        ("'2026-03-01'", [({FULL: H3}, []), ({}, [("CRN", COURT)])]),
        ("NULL", [({FULL: H3}, [("CRN", COURT)]), ({COURT: H3}, [])]),
    ]
    for minutes, (ended, expected) in enumerate(rounds, start=30):
        await execute(service.url, [(text(f"UPDATE requirement SET terminated_on = {ended}"), None)])
        await written(service, FULL, appointment(FULL, "referral-full", minutes, str(minutes)))
        await written(service, COURT, appointment(COURT, "referral-X100002", minutes, str(minutes)))
        for each in expected:
            items, page = await feed(service, PROBATION, cursor)
            assert (people(items), dropped(items)) == each
            cursor = page["next"]


@pytest.mark.usefixtures("one_by_one")
async def test_whoever_changes_again_while_a_portion_is_written_comes_again_with_the_next_answer(
    service_on_both: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, following, rounds = service_on_both, feed_portions._following, 0
    _, page = await feed(service, PROBATION)
    await written(service, FULL, appointment(FULL, "referral-full", 45))
    await written(service, COURT, appointment(COURT, "referral-X100002", 30))

    async def overtaken(*asked: Any) -> Any:
        nonlocal rounds
        rounds += 1
        if rounds == 1:
            await written(service, FULL, appointment(FULL, "referral-full", 46, "3"))
        return await following(*asked)

    monkeypatch.setattr(feed_portions, "_following", overtaken)
    items, page = await feed(service, PROBATION, page["next"])
    assert ([each["crn"] for each in items], page["more"]) == ([FULL, COURT], True)
    again, _ = await feed(service, PROBATION, page["next"])
    assert [(each["crn"], minutes_of(each)) for each in again] == [(FULL, [50, 46])]


@pytest.mark.usefixtures("one_by_one")
async def test_a_portion_that_is_overtaken_comes_with_the_next_answer(
    service_on_both: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was durable before it is answered, and of it there is neither an entry nor what was read."""
    service, receipts, seen = service_on_both, feed_portions._receipts, 0
    _, page = await feed(service, PROBATION)
    await written(service, FULL, appointment(FULL, "referral-full", 45))
    await written(service, COURT, appointment(COURT, "referral-X100002", 30))

    async def overtaken(portion: Any) -> Any:
        nonlocal seen
        working = portion.working
        if working.ahead is not None and not seen:
            seen += 1
            await written(service, COURT, appointment(COURT, "referral-X100002", 31, "3"))
            await feeding.work_out(working.gate, working.question, working.agreement)
        return await receipts(portion)

    monkeypatch.setattr(feed_portions, "_receipts", overtaken)
    items, page = await feed(service, PROBATION, page["next"])
    assert ([each["crn"] for each in items], page["more"], seen) == ([FULL], True, 1)
    rest, after = await feed(service, PROBATION, page["next"])
    assert [(each["crn"], minutes_of(each)) for each in rest] == [(COURT, [50, 31])]
    assert await feed(service, PROBATION, after["next"]) == ([], after)


@pytest.mark.usefixtures("one_by_one")
async def test_what_was_read_ahead_of_a_portion_that_is_overtaken_is_neither_answered_nor_lost(
    database_url: str, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one after it is read or being read by then: all come again, each once and in order."""
    crns = ["X300103", "X300101", "X300102", "X300104"]
    await world.put(database_url, [*everybody(), *supervised(crns)])
    receipts, seen = feed_portions._receipts, 0

    async def overtaken(portion: Any) -> Any:
        nonlocal seen
        if portion.working.ahead is not None and not seen:
            seen += 1
            touched = feed_keeping.touched(portion.working.gate.records, portion.working.question.caller.client)
            change = Record(kind="change", occurred_at=NOW, caller=None, action="write", resource="r",
                            outcome="permitted", request_id="r")  # fmt: skip
            await portion.working.gate.log.append(Submission((change.sealed(),), (Change(*touched),)))
        return await receipts(portion)

    async with serving(database_url, key_file) as service:
        _, page = await feed(service, PROBATION)
        for crn in crns:
            await written(service, crn, appointment(crn, f"feed-{crn}", 30))
        await service.marked()
        monkeypatch.setattr(feed_portions, "_receipts", overtaken)
        first, page = await feed(service, PROBATION, page["next"])
        rest, page = await feed(service, PROBATION, page["next"])
        sent = [each for each in await service.entries() if each["type"] == "access" and each["released"]]
        assert (await feed(service, PROBATION, page["next"]))[0] == []
    assert [[each["crn"] for each in items] for items in (first, rest)] == [crns[:1], crns[1:]]
    assert len(sent) == len(crns)


def minutes_of(person: Any) -> list[int]:
    return [each["minutes"] for each in person["categories"]["attendance"]["appointments"]]
