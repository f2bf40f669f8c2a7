"""Lines that waited too long for a person: dropped by the operator, their sender told nothing, and taken anew (H7)."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.services.holding import HoldingService
from tests import world
from tests.sync.lines import activity, contact, patient, referral, someone, treated
from tests.sync.test_batches_in_any_order import HEALTH, JUSTICE, World, new_world
from tests.world import NOW, execute

pytestmark = pytest.mark.asyncio
CRN, SECRET = "X400001", "a word that stands in a line alone"
COUNTS = "accepted, unchanged, superseded, conflict, rejected, warned"
LATE = NOW + timedelta(days=181)


@pytest.fixture
async def made(database_url: str, key_file: Path) -> AsyncIterator[World]:
    """Whose clinical system has sent what belongs to somebody whom probation has not sent."""
    async with new_world(database_url, key_file) as found:
        await found.send(HEALTH, waiting_lines())
        await found.applying().catch_up()
        yield found


def waiting_lines() -> list[dict[str, Any]]:
    return [*treated("1", CRN), referral("R9", "P9"), referral("R2", "P1", SourceOfReferralIAPT=SECRET[:2])]


async def held(made: World) -> list[tuple[str, str, bool]]:
    """What each waits for, and whether it says anything."""
    (rows,) = await execute(made.url, [(text("SELECT waits_for, line FROM sync_held ORDER BY 1"), None)])
    return [(waits_for, bool(line)) for waits_for, line in rows]


async def told(made: World) -> list[Any]:
    (counts, bodies) = await execute(
        made.url,
        [
            (text(f"SELECT {COUNTS} FROM sync_batch ORDER BY number"), None),
            (text("SELECT batch, chunk, body FROM sync_result ORDER BY 1, 2, part"), None),
        ],
    )  # fmt: skip
    return [counts, bodies]


async def dropped(made: World, days: int = 180, at: Any = LATE) -> int:
    return await HoldingService(made.gate).drop(at, days, "IG-7", "r1")


async def test_what_has_waited_too_long_says_nothing_any_more(made: World) -> None:
    """Not a day too early; the entry says how many and by which authority, and the sender's answers stay."""
    before, answers, mark = await held(made), await told(made), len(await world.entries(made.url))
    assert len(before) > 4
    assert await dropped(made, at=NOW + timedelta(days=179)) == 0
    assert await held(made) == before
    assert len(await world.entries(made.url)) == mark
    assert await dropped(made) == len(before)
    assert await held(made) == [(waits_for, False) for waits_for, _ in before]
    (entry,) = (await world.entries(made.url))[mark:]
    assert (entry["type"], entry["reason"], entry["subject"]) == ("erase", "retention-over", None)
    assert entry["details"] == {"authority": "IG-7", "records": {"sync_held": len(before)}, "targets": []}
    assert await told(made) == answers
    assert await dropped(made) == 0


async def test_the_same_sent_again_is_no_news_and_no_entry(made: World) -> None:
    """As for somebody who is on file: the outcome, and how far the log is; and it waits again."""
    await dropped(made)
    before, mark = await held(made), len(await world.entries(made.url))
    await made.send(HEALTH, waiting_lines())
    received = len(await world.entries(made.url))
    await made.applying().catch_up()
    assert len(await world.entries(made.url)) == received == mark + 1
    assert await held(made) == [(waits_for, True) for waits_for, _ in before]
    (counts, _) = await told(made)
    assert (counts[1][0], counts[1][1], counts[1][4]) == (0, len(waiting_lines()), 0)


async def test_what_is_new_goes_on_from_what_was_dropped(made: World) -> None:
    """A contact of a referral that was dropped is judged by its day, as it would be for somebody on file."""
    await dropped(made)
    await made.send(HEALTH, [contact("C7", "R1", CareContTime="13:00:00"), activity("A7", "C7"),
                             contact("C8", "R1", CareContDate="2026-01-01")])  # fmt: skip
    await made.applying().catch_up()
    (counts, _) = await told(made)
    assert (counts[1][0], counts[1][4], counts[1][5]) == (2, 1, 0)


async def test_when_the_person_comes_what_was_dropped_stays_away_until_it_is_sent_again(made: World) -> None:
    """Then it is let in, an hour later: at once would tell its sender that it had waited."""
    await dropped(made)
    await made.send(JUSTICE, [someone(CRN)])
    await made.applying().catch_up()
    assert (await made.state(("referral",)))["referral"] == []
    await made.send(HEALTH, [*treated("1", CRN), patient("P1", CRN)])
    await made.applying().catch_up()
    ((due,),) = await execute(made.url, [(text("SELECT count(*) FROM sync_held WHERE due_at IS NOT NULL"), None)])
    assert due[0] > 0
    await execute(made.url, [(text("UPDATE sync_held SET due_at = NULL"), None)])
    await HoldingService(made.gate).retry(LATE, "r2")
    await made.applying().catch_up()
    assert len((await made.state(("referral",)))["referral"]) == 1
