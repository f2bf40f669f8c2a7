"""What a system is told of changes in its feed: ids of its own alone, and only of whom it may read when it is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text, update

import app.tables as t
from app.config import Settings
from app.gate import Gate, open_gate
from app.services.webhooks import Webhooks
from tests import world
from tests.cli.test_review_commands import ran, settings_of
from tests.routers.cast import COURT, EXCLUDED, FULL, key_file
from tests.services.receiving import SECRET, Receiver, receiving
from tests.world import NOW, settings_for

__all__ = ["key_file"]


@pytest.fixture(autouse=True)
def secret_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEED_SECRET", SECRET)


def to(receiver: Receiver, client: str = "probation-system", party: str = "justice", **values: Any) -> dict[str, Any]:
    about = {"name": f"{client}-events", "client": client, "party": party, "url": receiver.at()}
    return about | {"secret_variable": "FEED_SECRET"} | values


@asynccontextmanager
async def telling(url: str, key: Path, *receivers: dict[str, Any]) -> AsyncIterator[tuple[Settings, Gate]]:
    settings = settings_for(url, key, webhooks=list(receivers))
    async with open_gate(settings) as (gate, _):
        hooks = Webhooks(settings, gate, wait=lambda _: timedelta(0))
        hooks.poll_seconds = 0.01
        async with hooks.delivering():
            yield settings, gate


def identifiers(told: Any) -> list[tuple[str, str]]:
    return [(each["type"], each["value"]) for each in told["personReference"]["identifiers"]]


async def withdraw(url: str) -> None:
    change = update(t.Consent).where(t.Consent.id == "consent-attendance").values(withdrawn_at=NOW - timedelta(days=1))
    await world.execute(url, [(change, None)])


async def test_a_system_is_told_of_whom_it_may_read_and_of_whom_it_has_to_drop(
    cast_on_both: str, key_file: Path
) -> None:
    async with receiving() as receiver, telling(cast_on_both, key_file, to(receiver)):
        first, second = await receiver.until(2)
        await withdraw(cast_on_both)
        given = update(t.FeedPerson).values(given=1, identifiers='[{"type":"CRN","value":"X100001"}]')
        again = update(t.FeedReceiver).values(basis="another", version=t.FeedReceiver.version + 1)  # a round begins
        await world.execute(cast_on_both, [(given.where(t.FeedPerson.crn == FULL), None), (again, None)])
        *_, third = await receiver.until(3)
    assert all(each.is_signed() for each in receiver.got)
    told = first.told
    assert told == {
        "eventType": "open-mind.person.changed", "version": 1, "occurredAt": told["occurredAt"],
        "detailUrl": "https://open-mind.test/v1/sync/changes",
        "additionalInformation": {"eventId": first.headers["webhook-id"]},
        "personReference": {"identifiers": [{"type": "CRN", "value": FULL}]},
    }  # fmt: skip
    assert identifiers(second.told) == [("CRN", COURT)]
    assert (third.told["eventType"], identifiers(third.told)) == ("open-mind.person.removed", [("CRN", FULL)])
    assert third.told["additionalInformation"]["removalId"] == "3"
    entries = await world.entries(cast_on_both)
    sent = {each["details"]["event"]: each for each in entries if "event" in (each["details"] or {})}
    assert list(sent) == [each.headers["webhook-id"] for each in receiver.got]
    one = sent[first.headers["webhook-id"]]
    assert (one["clauses"], one["released"]) == (["H3"], {"identity": ["person.crn"]})
    replayed = await asyncio.to_thread(ran, "audit", "replay", **settings_of(cast_on_both, key_file))
    assert (replayed.exit_code, replayed.stdout.partition(":")[0]) == (0, "clean"), replayed.stdout


async def test_what_was_closed_since_it_happened_is_not_told(cast_url: str, key_file: Path) -> None:
    async with receiving(*[503] * 3) as receiver, telling(cast_url, key_file, to(receiver)):
        await receiver.until(1)
        await withdraw(cast_url)
        before = len(receiver.got)
        *_, last = await receiver.until(before + 3)
    later = [identifiers(each.told) for each in receiver.got[before + 1 :]]
    assert [("CRN", FULL)] not in later
    assert identifiers(last.told) == [("CRN", COURT)]


async def test_a_clinical_system_is_told_by_its_own_ids_alone(cast_url: str, key_file: Path) -> None:
    await world.put(cast_url, [world.of(t.Patient, FULL, id="patient-1", source="RT5", source_id="LP-1")])
    async with receiving() as receiver, telling(cast_url, key_file, to(receiver, "clinical-records", "health")):
        got = await receiver.until(3)
    assert [identifiers(each.told) for each in got] == [
        [("LocalPatientId", "LP-1")],
        [("FeedId", "2")],
        [("FeedId", "3")],
    ]
    assert not any(crn in str(each.body) for each in got for crn in (FULL, COURT, EXCLUDED))


@pytest.mark.parametrize(
    ("client", "party", "change"),
    [
        pytest.param("probation-system", "health", None, id="of the other party"),
        pytest.param("never-was", "justice", None, id="that is not registered"),
        pytest.param("probation-system", "justice", "UPDATE client SET suspended_at = registered_at", id="suspended"),
    ],
)
async def test_a_system_that_could_not_ask_is_told_nothing_and_leaves_no_entry(
    cast_url: str,
    key_file: Path,
    client: str,
    party: str,
    change: str | None,  # a fixture
) -> None:
    await world.execute(cast_url, [(text(change), None)] if change else [])
    async with receiving() as receiver, receiving() as other:
        others = to(other, "clinical-records", "health") if change is None else None
        async with telling(cast_url, key_file, to(receiver, client, party), *([others] if others else [])):
            await other.until(3 if others else 0)
    assert receiver.got == []
    assert [each for each in await world.entries(cast_url) if each["outcome"] == "refused"] == []
