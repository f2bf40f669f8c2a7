"""What has to be announced reaches its receivers: signed, in order, at least once, and with nothing personal in it."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from standardwebhooks.webhooks import Webhook

import app.tables as t
from app.config import Settings
from app.identity import write_private_key
from app.services import webhooks
from app.services.webhooks import Webhooks, wait_after
from app.vocabulary import Category, Role
from tests import world
from tests.gate.house import asks, fetched, gate_over, put
from tests.services.receiving import SECRET, Receiver, receiving
from tests.world import NOW, log_settings, settings_for

CRN = "X000001"
IDENTITY = Category.IDENTITY


@pytest.fixture(autouse=True)
def secret_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUARDIAN_SECRET", SECRET)


def to(receiver: Receiver | str, **values: Any) -> dict[str, Any]:
    """A receiver's part of the settings."""
    url = receiver if isinstance(receiver, str) else receiver.at()
    about = {"name": "guardian", "party": "health", "url": url, "secret_variable": "GUARDIAN_SECRET"}
    return about | values


def configured(url: str, *receivers: dict[str, Any]) -> Settings:
    return settings_for(url, Path("unused.pem"), webhooks=list(receivers))


def announcement(number: int, party: str = "health", **values: Any) -> t.Announcement:
    about = {"kind": "emergency-grant-opened", "grant_id": f"grant-{number}", "created_at": NOW}
    return t.Announcement(
        number=number, id=f"message-{number}", event_id=f"event-{number}", party=party, **about | values
    )


@asynccontextmanager
async def delivering(url: str, *receivers: dict[str, Any], **how: Any) -> AsyncIterator[Webhooks]:
    """A process that delivers, impatiently."""
    how.setdefault("wait", lambda _: timedelta(0))
    async with gate_over(url) as gate:
        hooks = Webhooks(configured(url, *receivers), gate, **how)
        hooks.poll_seconds = 0.01
        async with hooks.delivering():
            yield hooks


async def rows(url: str, columns: str) -> list[Any]:
    return [
        tuple(row) for row in await fetched(url, f"SELECT {columns} FROM webhook_delivery ORDER BY receiver, number")
    ]


async def until(url: str, columns: str, expected: list[Any]) -> None:
    """Wait for what is stored; fails with what is stored instead."""
    found: list[Any] = []
    for _ in range(500):
        found = await rows(url, columns)
        if found == expected:
            return
        await asyncio.sleep(0.01)
    assert found == expected


async def test_a_receiver_that_fails_first_is_told_again_until_it_has_it(database_url: str) -> None:
    await put(database_url, announcement(1))
    async with receiving(503, 302, 404) as receiver, delivering(database_url, to(receiver)):
        got = await receiver.until(4)
        await until(database_url, "number, attempts, last_error", [(1, 4, None)])
    assert [each.path for each in got] == ["/told"] * 4  # the redirect was not followed
    assert {each.headers["webhook-id"] for each in got} == {"message-1"}
    assert len({each.body for each in got}) == 1
    ((delivered, dead, claimed),) = await rows(database_url, "delivered_at, dead_at, claimed_until")
    assert (dead, claimed) == (None, None)
    ((at,),) = await fetched(database_url, "SELECT delivered_at FROM announcement")
    assert at == delivered is not None


async def test_what_is_sent_is_signed_and_holds_ids_alone(sqlite_url: str) -> None:
    await put(sqlite_url, announcement(1))
    async with receiving() as receiver, delivering(sqlite_url, to(receiver)):
        (got,) = await receiver.until(1)
    assert got.told == {
        "type": "emergency-grant-opened",
        "timestamp": "2026-03-10T09:30:00.000000Z",
        "data": {"eventId": "event-1", "grantId": "grant-1", "party": "health"},
    }
    assert got.is_signed()
    assert got.headers["content-type"] == "application/json"
    sent_at = datetime.fromtimestamp(int(got.headers["webhook-timestamp"]), UTC)
    assert abs(sent_at - datetime.now(UTC)) < timedelta(minutes=1)  # though the service's clock says 2026-03-10
    Webhook(SECRET).verify(got.body, got.headers)
    got.body += b" "
    assert not got.is_signed()


async def test_in_the_order_of_the_log_whatever_fails(database_url: str) -> None:
    await put(database_url, *(announcement(number) for number in (1, 2, 3)))
    async with receiving(500, 500) as receiver, delivering(database_url, to(receiver)):
        got = await receiver.until(5)
    assert [each.headers["webhook-id"][-1] for each in got] == ["1", "1", "1", "2", "3"]


async def test_each_party_is_told_its_own(sqlite_url: str) -> None:
    await put(sqlite_url, announcement(1), announcement(2, "justice"), announcement(3))
    async with receiving() as health, receiving() as other, receiving() as justice:
        receivers = (to(health), to(other, name="second"), to(justice, name="probation", party="justice"))
        async with delivering(sqlite_url, *receivers):
            told = [
                [each.told["data"]["eventId"] for each in await one.until(n)] for one, n in ((health, 2), (other, 2))
            ]
            (of_justice,) = await justice.until(1)
            await asyncio.sleep(0.1)
    assert told == [["event-1", "event-3"]] * 2
    assert [each.told["data"]["eventId"] for each in justice.got] == ["event-2"]
    assert of_justice.told["data"]["party"] == "justice"


async def test_one_that_does_not_answer_keeps_nobody_else_waiting(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "ANSWER_SECONDS", 0.2)
    await put(sqlite_url, announcement(1))
    nobody = to("http://127.0.0.1:9/told", name="gone")
    async with receiving(None) as slow, receiving() as quick:
        receivers = (to(slow, name="slow"), to(quick, name="quick"), nobody)
        async with delivering(sqlite_url, *receivers, wait=wait_after):
            await quick.until(1)
            expected = [("gone", "no-connection"), ("quick", None), ("slow", "timeout")]
            await until(sqlite_url, "receiver, last_error", expected)


async def test_after_so_many_attempts_it_is_given_up_and_the_next_one_goes(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    await put(database_url, announcement(1), announcement(2))
    async with receiving(500, 410) as receiver, delivering(database_url, to(receiver, attempts=2)) as hooks:
        got = await receiver.until(3)
        expected = [(2, "status-410", None), (1, None, None)]
        await until(database_url, "attempts, last_error, claimed_until", expected)
        (count,) = await hooks.counts()
        assert (count.delivered, count.waiting, count.dead) == (1, 0, 1)
        assert await hooks.revive("guardian")
        assert not await hooks.revive("guardian")
        await receiver.until(4)
        await until(database_url, "attempts, last_error, dead_at", [(1, None, None), (1, None, None)])
    assert [each.headers["webhook-id"] for each in got] == ["message-1", "message-1", "message-2", "message-1"]
    (said,) = [record for record in caplog.records if record.name == "openmind" and record.levelno >= logging.ERROR]
    assert said.getMessage() == "webhook receiver guardian: gave up on message-1 after 2 attempts: status-410"
    assert "none of your business" not in caplog.text
    assert SECRET not in caplog.text


async def test_a_restart_goes_on_where_it_was(database_url: str) -> None:
    """Attempts and the next of them stand in the database; what came meanwhile follows."""
    await put(database_url, announcement(1))
    now, hour = [datetime.now(UTC)], timedelta(hours=1)
    how: dict[str, Any] = {"now": lambda: now[0], "wait": lambda _: hour}
    columns = "attempts, last_error, claimed_until"
    async with receiving(500, 500) as receiver:
        async with delivering(database_url, to(receiver), **how):
            await until(database_url, columns, [(1, "status-500", None)])
        await world.put(database_url, [announcement(2)])
        async with delivering(database_url, to(receiver), **how):
            await until(database_url, columns, [(1, "status-500", None), (0, None, None)])
            await asyncio.sleep(0.1)
            assert len(receiver.got) == 1  # not before its time
            now[0] += hour
            await until(database_url, columns, [(2, "status-500", None), (0, None, None)])
        now[0] += hour
        async with delivering(database_url, to(receiver), **how):
            got = await receiver.until(4)
    assert [each.headers["webhook-id"][-1] for each in got] == ["1", "1", "1", "2"]


async def test_what_is_under_way_when_the_service_stops_is_made_again_at_once(database_url: str) -> None:
    await put(database_url, announcement(1))
    async with receiving(None) as receiver:
        async with delivering(database_url, to(receiver)):
            await receiver.until(1)
        assert await rows(database_url, "attempts, last_error, claimed_until") == [(1, "stopped", None)]
        async with delivering(database_url, to(receiver)):
            await receiver.until(2)
            await until(database_url, "attempts, last_error, claimed_until", [(2, None, None)])


async def test_a_process_that_died_in_an_attempt_is_followed_by_another(database_url: str) -> None:
    """Its claim holds for a minute; nobody else tries meanwhile, and then somebody does."""
    now = [datetime.now(UTC)]
    await put(database_url, announcement(1))
    async with receiving(None) as receiver:
        async with gate_over(database_url) as gate:
            hooks = Webhooks(configured(database_url, to(receiver)), gate, now=lambda: now[0])
            process = asyncio.create_task(hooks._serve(*hooks._receivers[0]))
            await receiver.until(1)
            process.cancel()
            with pytest.raises(asyncio.CancelledError):
                await process
            await hooks._outbox.close()
        async with delivering(database_url, to(receiver), now=lambda: now[0]):
            await asyncio.sleep(0.2)
            assert len(receiver.got) == 1
            now[0] += timedelta(seconds=61)
            await receiver.until(2)
            await until(database_url, "attempts, last_error, claimed_until", [(2, None, None)])


async def test_of_several_processes_one_delivers_each(database_url: str) -> None:
    await put(database_url, *(announcement(number) for number in range(1, 21)))
    async with receiving() as receiver:
        one, two, three = (delivering(database_url, to(receiver)) for _ in range(3))
        async with one, two, three:
            await receiver.until(20)
            await asyncio.sleep(0.2)
    assert [each.headers["webhook-id"] for each in receiver.got] == [f"message-{number}" for number in range(1, 21)]


async def test_nothing_but_the_configured_address_is_asked(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy that the environment names, and no place that an answer names."""
    async with receiving() as proxy, receiving(307) as receiver:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.at(""))
        await put(sqlite_url, announcement(1))
        async with delivering(sqlite_url, to(receiver)):
            await receiver.until(2)
    assert proxy.got == []
    assert {each.path for each in receiver.got} == {"/told"}


async def test_the_use_of_a_restricted_record_goes_the_same_way(sqlite_url: str) -> None:
    await put(sqlite_url, world.person(CRN), world.caseload(CRN, "olive"), world.limit(CRN, "restriction"))
    async with receiving() as justice, receiving() as health:
        receivers = to(justice, party="justice"), to(health, name="health")
        question = asks("olive", "public-protection", IDENTITY, crn=CRN)
        async with gate_over(sqlite_url) as gate, gate.ask(question):
            pass
        async with delivering(sqlite_url, *receivers):
            (got,) = await justice.until(1)
            await asyncio.sleep(0.1)
    assert health.got == []
    ((event,),) = await fetched(sqlite_url, "SELECT event_id FROM log_entry")
    assert (got.told["type"], got.told["data"]) == ("restricted-record-used", {"eventId": event, "party": "justice"})
    assert CRN not in got.body.decode()


async def test_a_database_that_is_gone_for_a_while_stops_nothing(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from app.gate import DatabaseUnavailable
    from app.records.deliveries import Outbox

    faults: list[Exception] = [DatabaseUnavailable("gone"), RuntimeError("X320741")]
    spread = Outbox.spread

    async def failing(self: Outbox, *about: Any) -> None:
        if faults:
            raise faults.pop(0)
        await spread(self, *about)

    monkeypatch.setattr(Outbox, "spread", failing)
    await put(sqlite_url, announcement(1))
    async with receiving() as receiver, delivering(sqlite_url, to(receiver)):
        await receiver.until(1)
    assert "the database does not answer" in caplog.text
    assert "RuntimeError" in caplog.text
    assert "X320741" not in caplog.text


async def test_the_whole_service_tells_both_guardians(database_url: str, tmp_path: Path) -> None:
    """From the POST to the receivers, as an operator would run it."""
    key = tmp_path / "key.pem"
    write_private_key(key)
    await put(database_url)
    async with receiving(500) as health, receiving() as justice:
        hooks = [to(health), to(justice, name="probation", party="justice")]
        async with world.serving(database_url, key, webhooks=hooks) as service:
            reason = "He said goodbye on the duty line and hung up."
            body = {"crn": CRN, "reason": reason, "feared": "suicide"}
            who = (Role.OFFENDER_MANAGER, "olive")
            answer = await service.request("POST", "/v1/emergency-grants", *who, "emergency", json=body)
            assert answer.status_code == 201
            *_, at_health = await health.until(2)
            (at_justice,) = await justice.until(1)
            (entry,) = await service.entries()
    for got, party in ((at_health, "health"), (at_justice, "justice")):
        ids = {"eventId": entry["eventId"], "grantId": answer.json()["id"], "party": party}
        assert (got.told["data"], got.is_signed()) == (ids, True)
        for secret in (CRN, "olive", "goodbye", "suicide"):
            assert secret not in got.body.decode()
            assert secret not in str(got.headers)
    assert at_health.headers["webhook-id"] != at_justice.headers["webhook-id"]


class TestWaiting:
    """Exponential, with jitter, to an hour."""

    def test_how_long(self) -> None:
        for attempts, least in ((1, 1), (2, 2), (5, 16), (12, 2048), (13, 3600), (100, 3600)):
            waits = {wait_after(attempts).total_seconds() for _ in range(50)}
            assert min(waits) >= min(least, 3600)
            assert max(waits) <= min(least + 1, 3600)
        assert len({wait_after(3) for _ in range(50)}) > 10

    def test_all_attempts_together_take_about_a_day(self) -> None:
        """A receiver that is down over night misses nothing."""
        total = sum((wait_after(attempts) for attempts in range(1, 30)), timedelta())
        assert timedelta(hours=12) < total < timedelta(hours=24)


class TestSettings:
    """A receiver that could leak, or could not be trusted, stops the start."""

    @pytest.mark.parametrize(
        "values",
        [
            pytest.param({"url": "http://guardian.example/told"}, id="no TLS"),
            pytest.param({"url": "ftp://guardian.example/told"}, id="no HTTP at all"),
            pytest.param({"url": "https://me:secret@guardian.example/"}, id="a password in the URL"),
            pytest.param({"party": "police"}, id="a party that signed nothing"),
            pytest.param({"name": "Guardian's own"}, id="a name that is none"),
            pytest.param({"secret_variable": None}, id="no secret"),
            pytest.param({"secret_file": "also.txt"}, id="two secrets"),
            pytest.param({"attempts": 0}, id="no attempt"),
            pytest.param({"verify": False}, id="a key that there is not"),
        ],
    )
    def test_what_is_refused(self, values: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            configured("sqlite:///none.db", to("https://guardian.example/told", **values))

    def test_two_of_one_name(self) -> None:
        with pytest.raises(ValidationError, match="one name"):
            configured("sqlite:///none.db", to("https://a.example/"), to("https://b.example/"))

    def test_without_tls_nowhere_but_in_a_demo_on_this_machine(self) -> None:
        local = to("http://127.0.0.1:8000/told")
        assert str(configured("sqlite:///none.db", local).webhooks[0].url) == local["url"]
        with pytest.raises(ValidationError, match="https"):
            Settings(
                database_url="sqlite:///none.db",
                issuer="https://a.test",
                signing_key_file="k.pem",
                webhooks=[local],
                **log_settings(),
            )

    @pytest.mark.parametrize(
        "kept",
        [
            pytest.param(None, id="none there"),
            pytest.param("whsec_not base64!", id="no base64"),
            pytest.param("whsec_c2hvcnQ=", id="too short to be one"),
            pytest.param("", id="empty"),
        ],
    )
    async def test_a_secret_that_is_none_stops_the_start_and_is_not_repeated(
        self, sqlite_url: str, kept: str | None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("GUARDIAN_SECRET")
        if kept is not None:
            monkeypatch.setenv("GUARDIAN_SECRET", kept)
        with pytest.raises(ValueError, match="'guardian'") as refused:
            async with delivering(sqlite_url, to("https://guardian.example/told")):
                pytest.fail("it was started")
        assert not kept or kept.removeprefix("whsec_") not in str(refused.value)

    def test_a_secret_from_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "secret").write_text(f"{SECRET}\n")
        values = {"secret_variable": None, "secret_file": tmp_path / "secret"}
        (receiver,) = configured("sqlite:///none.db", to("https://guardian.example/", **values)).webhooks
        assert receiver.secret() == b"a secret of thirty-two bytes ok!"
        assert "thirty" not in repr(receiver)
