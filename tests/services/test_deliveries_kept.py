"""What a receiver has taken is let go of in time, and nothing that anybody still has to be told."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

import app.tables as t
from app.records.deliveries import Outbox
from app.services import webhooks
from app.services.webhooks import Webhooks, wait_after
from tests import world
from tests.gate.house import gate_over, put
from tests.services.receiving import SECRET, receiving
from tests.services.test_webhooks import announcement, configured, delivering, rows, to, until
from tests.world import execute, settings_for

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
AGES = "number, delivered_at IS NOT NULL, dead_at IS NOT NULL"
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def secret_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUARDIAN_SECRET", SECRET)


def delivery(receiver: str, number: int, **values: Any) -> t.WebhookDelivery:
    return t.WebhookDelivery(receiver=receiver, number=number, attempts=1, next_attempt_at=NOW, **values)


async def announced(url: str) -> list[int]:
    found = (await execute(url, [(select(t.Announcement.number).order_by(t.Announcement.number), None)]))[0]
    return [number for (number,) in found]


async def test_what_was_taken_goes_and_what_waits_or_was_given_up_stays(database_url: str) -> None:
    old, new = NOW - 31 * DAY, NOW - 29 * DAY
    told = [announcement(number, delivered_at=old) for number in range(1, 7)]
    nobodys = announcement(7, "justice")  # nobody is configured for it, so that nobody was told
    given = [
        *(delivery("guardian", number, delivered_at=old) for number in (1, 2, 3)),
        delivery("guardian", 4, delivered_at=new),
        *(delivery("other", number, delivered_at=old) for number in (1, 3, 5)),
        delivery("other", 2, dead_at=old),
        delivery("other", 4),
        delivery("other", 6, delivered_at=old),
    ]
    await world.put(database_url, [*told, nobodys, *given])
    async with gate_over(database_url) as gate:
        outbox = Outbox(settings_for(database_url, Path("unused.pem")), gate.records.database)
        while await outbox.clean_up(NOW - 30 * DAY):
            pass
        assert not await outbox.clean_up(NOW - 30 * DAY)
        await outbox.close()
    assert await rows(database_url, f"receiver, {AGES}") == [
        ("guardian", 4, True, False), ("other", 2, False, True), ("other", 4, False, False), ("other", 6, True, False),
    ]  # fmt: skip
    assert await announced(database_url) == [2, 4, 6, 7]


async def test_nobody_is_told_again_what_went(database_url: str) -> None:
    """A receiver goes on from the last that it was given, however long ago that was."""
    past = datetime.now(UTC) - 400 * DAY
    async with receiving(200) as receiver:
        told = [announcement(number, delivered_at=past) for number in (1, 2)]
        await put(database_url, told, [delivery("guardian", number, delivered_at=past) for number in (1, 2)])
        async with delivering(database_url, to(receiver)):
            await until(database_url, "number", [(2,)])
            await world.put(database_url, [announcement(3)])
            assert [each.told["data"]["grantId"] for each in await receiver.until(1)] == ["grant-3"]
    assert 1 not in await announced(database_url)


@pytest.mark.parametrize("status", [500, None], ids=["answers 500", "hangs"])
async def test_a_receiver_that_fails_for_a_day_is_told_afterwards(
    sqlite_url: str, status: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thirty attempts in 19 hours, then it is given up, there to be seen; the next one goes, and nothing is lost."""
    if status is None:
        monkeypatch.setattr(webhooks, "ANSWER_SECONDS", 0.02)
    now = NOW
    await put(sqlite_url, announcement(1), announcement(2))
    async with receiving(*[status] * 80) as receiver, gate_over(sqlite_url) as gate:
        hooks = Webhooks(configured(sqlite_url, to(receiver)), gate, now=lambda: now, wait=wait_after)
        ((guardian, signing),) = hooks._receivers
        async with hooks._line_to(guardian, signing) as send:
            while now < NOW + DAY:
                await hooks._deliver_next(guardian, send)
                due = await hooks._outbox.due("guardian", "health")
                now = max(now, due.next_attempt_at) if due else NOW + DAY
            (count,) = await hooks.counts()
            assert (count.delivered, count.waiting, count.dead) == (0, 1, 1)
            tried = len(receiver.got)
            assert 30 < tried < 80
            receiver.statuses[:] = [200]
            monkeypatch.setattr(webhooks, "ANSWER_SECONDS", 15.0)
            assert await hooks.revive("guardian")
            while await hooks._deliver_next(guardian, send):
                pass
            now += DAY
            while await hooks._deliver_next(guardian, send):
                pass
        await hooks._outbox.close()
    assert await rows(sqlite_url, AGES) == [(1, True, False), (2, True, False)]
    told = [each.headers["webhook-id"] for each in receiver.got[tried:]]
    assert told == ["message-1", "message-2"]
