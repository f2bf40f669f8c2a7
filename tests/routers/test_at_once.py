"""Two who record the same at once: both have looked and found nothing in the way, and the database lets one in."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from tests import world
from tests.gate.house import fetched
from tests.routers.cast import (
    BARE,
    CARE,
    CARLA,
    COURT,
    FULL,
    OLGA,
    PETRA,
    PROBATION,
    RORY,
    SUBJECT,
    SYNC,
    THEO,
    WORK,
    told,
)
from tests.routers.consenting import GIVEN
from tests.world import Service


@dataclass(frozen=True)
class Pair:
    """Two requests of one caller, and the rows of which one may come to be."""

    who: Any
    purpose: str
    path: str
    bodies: Sequence[Any]
    rows: str
    method: str = "POST"
    before: Sequence[Any] = field(default_factory=tuple)
    """Bodies that are sent before, one after the other."""


OBJECTING = f"/v1/people/{FULL}/objections"
MANAGER = f"/v1/people/{FULL}/offender-manager"
PAIRS = {
    "subject access requests": Pair(
        RORY, SUBJECT, f"/v1/people/{BARE}/subject-requests",
        [{"receivedOn": "2026-03-09", "reference": name} for name in ("SAR-1", "SAR-2")],
        "subject_request WHERE reference LIKE 'SAR-%'",
    ),
    "objections for good": Pair(
        THEO, CARE, OBJECTING, [{"category": "scores"}] * 2, "objection WHERE category = 'scores'"
    ),
    "objections for a time": Pair(
        THEO, CARE, OBJECTING, [{"category": "notes", "validUntil": day} for day in ("2026-04-01", "2026-05-01")],
        "objection WHERE category = 'notes'",
    ),
    "consents": Pair(
        OLGA, WORK, f"/v1/people/{BARE}/consents", [GIVEN] * 2, f"consent WHERE person_id = '{world.person_id(BARE)}'"
    ),
    "authorisations": Pair(
        PETRA, WORK, "/v1/staff/tara/authorisations", [{"validUntil": "2026-09-30"}, {"validUntil": "2026-10-31"}],
        "authorisation WHERE staff_id = 'staff-tara'",
    ),
    "trainings": Pair(
        PETRA, WORK, "/v1/staff/olga/trainings", [{"course": "information-sharing", "completedOn": "2026-03-02"}] * 2,
        "training WHERE completed_on = '2026-03-02'",
    ),
    "therapists": Pair(
        CARLA, CARE, f"/v1/referrals/referral-{COURT}/allocation", [{"therapist": "theo"}, {"therapist": "tara"}],
        f"allocation WHERE referral_id = 'referral-{COURT}'",
    ),
    "offender managers": Pair(
        PROBATION, SYNC, MANAGER, [{"username": "otto"}, {"username": "olga"}],
        f"allocation WHERE kind = 'caseload' AND valid_until IS NULL AND person_id = '{world.person_id(FULL)}'",
        method="PUT", before=[{"username": None}],
    ),
    "limits": Pair(
        PROBATION, SYNC, f"/v1/people/{BARE}/limits/LM1",
        [{"type": "exclusion", "message": "m", "startDateTime": "2026-03-01", "usernames": [name]}
         for name in ("otto", "olga")],
        f"access_limit WHERE person_id = '{world.person_id(BARE)}'", method="PUT",
    ),
}  # fmt: skip


def meet(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the next two acts neither is written before both have been decided on."""
    gate, both, left = service.app.state.services.gate, asyncio.Barrier(2), [1, 2]
    append = type(gate).append_acts

    async def together(acts: Any) -> Any:
        if left:
            left.pop()
            async with asyncio.timeout(30):  # where one does not come the other is not to wait for good
                await both.wait()
        return await append(gate, acts)

    monkeypatch.setattr(gate, "append_acts", together)


async def test_of_two_at_once_one_comes_to_be(service_on_both: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind, pair in PAIRS.items():

        async def send(body: Any, pair: Pair = pair) -> Any:
            return await service_on_both.request(pair.method, pair.path, *pair.who, pair.purpose, json=body)

        for body in pair.before:
            assert (await send(body)).status_code == 200
        await service_on_both.marked()
        meet(service_on_both, monkeypatch)
        first, second = sorted(await asyncio.gather(*map(send, pair.bodies)), key=lambda answer: answer.status_code)
        assert first.status_code in (200, 201), kind
        assert (second.status_code, told(second)["code"]) == (409, "changed-meanwhile"), kind
        assert await fetched(service_on_both.url, f"SELECT count(*) FROM {pair.rows}") == [(1,)], kind
        said = sorted((entry["outcome"], entry["reason"]) for entry in await service_on_both.entries())
        assert [outcome for outcome, _ in said] == ["permitted", "refused"], kind
        assert said[1][1] == "changed-meanwhile", kind


async def test_on_two_workers_at_once(cast_url: str, key_file: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second worker decides, and only then does the first one write."""
    pair = PAIRS["subject access requests"]
    async with world.serving(cast_url, key_file) as one, world.serving(cast_url, key_file) as other:

        async def send(worker: Service, body: Any) -> Any:
            return await worker.request("POST", pair.path, *pair.who, pair.purpose, json=body)

        gate = other.app.state.services.gate
        append = type(gate).append_acts

        async def later(acts: Any) -> Any:
            monkeypatch.undo()
            assert (await send(one, pair.bodies[0])).status_code == 201
            return await append(gate, acts)

        monkeypatch.setattr(gate, "append_acts", later)
        answer = await send(other, pair.bodies[1])
        assert (answer.status_code, told(answer)["code"]) == (409, "changed-meanwhile")
        assert told(await send(other, pair.bodies[1]))["code"] == "subject-request-open"


async def test_the_database_refuses_the_second_whoever_writes_it(database_url: str) -> None:
    """Whatever way somebody found past the gate: one open request, and one objection for good to a category."""
    request, objection = world.subject_request(FULL, closed_on=None), world.objection(FULL, "notes")
    await world.put(database_url, [world.person(FULL), request, objection])
    for second in (world.subject_request(FULL), world.objection(FULL, "notes")):
        with pytest.raises(IntegrityError):
            await world.put(database_url, [second])
    await world.put(database_url, [
        world.subject_request(FULL, closed_on=world.TODAY),
        world.objection(FULL, "notes", valid_until=world.NOW),
        world.objection(FULL, "notes", withdrawn_at=world.NOW),
        world.objection(FULL, "scores"),
    ])  # fmt: skip
