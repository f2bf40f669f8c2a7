"""The outcome of an appointment: recorded in national codes, corrected with its past, passed on as fact."""

import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from tests import world
from tests.routers.cast import (
    ADAM,
    CARE,
    CARLA,
    CLINICAL,
    COURT,
    FULL,
    HANA,
    OLGA,
    RESTRICTED,
    RORY,
    SUBJECT,
    SYNC,
    TARA,
    THEO,
    WORK,
    told,
)
from tests.world import NOW, Service

pytestmark = pytest.mark.asyncio
AT = "/v1/referrals/{}/appointments/{}/attendance"
PAST, NEXT = AT.format("referral-full", "past-full"), AT.format("referral-full", "next-full")
HELD = AT.format("referral-full", "appointment-full")


async def more(service: Service, *codes: str | None) -> None:
    """One that is over and has no outcome yet, one of tomorrow noon, and further ones with these codes, a day apart."""
    of_referral = world.referral(FULL, id="referral-full")
    rows = [
        world.appointment(FULL, of_referral, id="past-full", starts_at=NOW - timedelta(hours=2), attendance_code=None),
        world.appointment(FULL, of_referral, id="next-full", starts_at=NOW + timedelta(days=2), attendance_code=None),
    ]
    rows += [
        world.appointment(
            FULL, of_referral, id=f"more-{place}", starts_at=NOW - timedelta(days=6 - place), attendance_code=code
        )
        for place, code in enumerate(codes)
    ]
    await world.put(service.url, rows)


async def puts(
    service: Service, path: str, body: Any, who: Any = THEO, purpose: str = CARE, tag: str | None = "*"
) -> Any:
    headers = {} if tag is None else {"If-Match": tag}
    return await service.request("PUT", path, *who, purpose, json=body, headers=headers)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared_changing(
    cast_template: Path, tmp_path_factory: pytest.TempPathFactory, key_file: Path
) -> AsyncIterator[Service]:
    """One application for what is refused, and changes nothing."""
    path = tmp_path_factory.mktemp("attendance") / "cast.db"
    shutil.copy(cast_template, path)
    async with world.serving_at_rest(f"sqlite:///{path}", key_file) as running:
        await more(running)
        yield running


async def test_an_outcome_is_recorded_corrected_and_its_past_kept(service_on_both: Service) -> None:
    service = service_on_both
    await more(service)
    read = await service.get(PAST, *THEO, CARE)
    assert (read.json()["attendanceCode"], read.json()["outcome"]) == (None, "not recorded yet")
    first = await puts(service, PAST, {"attendanceCode": "3"}, tag=read.headers["etag"])
    assert first.status_code == 200, first.text
    assert first.json().keys() == {"id", "version", "signals", "moved"}
    assert first.headers["etag"] == f'"{first.json()["version"]}"'
    stale = await puts(service, PAST, {"attendanceCode": "6"}, tag=read.headers["etag"])
    assert (stale.status_code, told(stale)["code"]) == (412, "precondition-failed")
    second = await puts(service, PAST, {"attendanceCode": "6"}, tag=first.headers["etag"])
    assert second.status_code == 200
    now = (await service.get(PAST, *THEO, CARE)).json()
    assert (now["attendanceCode"], now["outcome"]) == ("6", "arrived late but seen")
    assert [(one["attendanceCode"], one["outcome"]) for one in now["corrected"]] == [("3", "did not attend")]
    changes = [entry for entry in await service.entries() if entry["type"] == "change"]
    assert [entry["clauses"] for entry in changes] == [["B1"], ["B1"]]
    assert all(entry["subject"] for entry in changes)
    assert changes[0]["details"] == {"change": "recorded", "table": "appointment", "subjects": ["attendance"]}


async def test_who_cancelled_and_how_late_is_fact_for_the_offender_manager(service_alone: Service) -> None:
    await more(service_alone)
    said = {"attendanceCode": "2", "cancelledAt": (NOW - timedelta(hours=5)).isoformat()}
    assert (await puts(service_alone, PAST, said, ADAM)).status_code == 200
    answer = await service_alone.get(f"/v1/people/{FULL}/attendance", *OLGA, WORK)
    (row,) = [one for one in answer.json()["data"]["appointments"] if one["id"] == "past-full"]
    assert (row["attendanceCode"], row["outcome"]) == ("2", "cancelled by the person")
    assert (row["shortNotice"], row["noticeHours"]) == ("Y", 3)
    assert not {"acceptable", "judgement", "complied", "recordedBy"} & row.keys()
    taken_back = await puts(service_alone, PAST, {"attendanceCode": None}, ADAM)
    assert taken_back.status_code == 200
    again = (await service_alone.get(PAST, *OLGA, WORK)).json()
    assert (again["attendanceCode"], again["cancelledAt"], again["noticeHours"]) == (None, None, None)
    assert again["outcome"] == "not recorded yet"


async def test_the_service_cancels_what_is_to_come(service_alone: Service) -> None:
    await more(service_alone)
    answer = await puts(service_alone, NEXT, {"attendanceCode": "4"}, CARLA)
    assert answer.status_code == 200
    row = (await service_alone.get(NEXT, *CARLA, CARE)).json()
    assert (row["outcome"], row["shortNotice"], row["noticeHours"]) == ("cancelled by the service", None, 47)


@pytest.mark.parametrize(
    ("path", "body", "code", "field"),
    [
        (NEXT, {"attendanceCode": "5"}, "appointment-not-begun", "attendanceCode"),
        (NEXT, {"attendanceCode": "3"}, "appointment-not-begun", "attendanceCode"),
        (NEXT, {"attendanceCode": "2", "cancelledAt": "2026-03-12T09:30:00Z"}, "cancellation-in-future", "cancelledAt"),
        (PAST, {"attendanceCode": "2"}, "cancelled-after-start", "cancelledAt"),
        (PAST, {"attendanceCode": "5", "cancelledAt": "2026-03-09T09:30:00Z"}, "cancellation-unfit", "cancelledAt"),
        (PAST, {"attendanceCode": "1"}, "body-invalid", "attendanceCode"),
        (PAST, {"attendanceCode": 5}, "body-invalid", "attendanceCode"),
        (PAST, {}, "body-invalid", "attendanceCode"),
        (PAST, {"attendanceCode": "2", "cancelledAt": "2026-03-09T09:30:00"}, "body-invalid", "cancelledAt"),
        (PAST, {"attendanceCode": "3", "acceptable": False}, "body-invalid", "acceptable"),
    ],
)
async def test_what_cannot_have_happened(shared_changing: Service, path: str, body: Any, code: str, field: str) -> None:
    answer = await puts(shared_changing, path, body)
    assert (answer.status_code, told(answer)["code"], told(answer)["field"]) == (422, code, field)
    assert (await shared_changing.get(path, *THEO, CARE)).json()["attendanceCode"] is None


async def test_without_a_version_nothing_is_changed(shared_changing: Service) -> None:
    answer = await puts(shared_changing, PAST, {"attendanceCode": "5"}, tag=None)
    assert (answer.status_code, told(answer)["code"]) == (428, "precondition-required")


@pytest.mark.parametrize(
    ("who", "purpose", "path"),
    [
        pytest.param(OLGA, WORK, HELD, id="the offender manager reads, and records nothing"),
        pytest.param(TARA, CARE, HELD, id="a therapist who does not treat"),
        pytest.param(HANA, CARE, HELD, id="the health trainer"),
        pytest.param(CLINICAL, SYNC, HELD, id="a system sends batches"),
        pytest.param(CARLA, CARE, AT.format(f"referral-{RESTRICTED}", f"appointment-{RESTRICTED}"), id="restricted"),
        pytest.param(CARLA, CARE, AT.format("referral-elsewhere", "appointment-elsewhere"), id="another service"),
        pytest.param(CARLA, CARE, AT.format(f"referral-{COURT}", "appointment-full"), id="of another referral"),
        pytest.param(CARLA, CARE, AT.format("referral-full", "no-such"), id="that is not there"),
        pytest.param(CARLA, CARE, AT.format("no-such", "appointment-full"), id="of a referral that is not there"),
    ],
)
@pytest.mark.parametrize("tag", [None, '"1"'], ids=["without If-Match", "with If-Match"])
async def test_out_of_reach_is_like_nothing(
    service: Service, who: Any, purpose: str, path: str, tag: str | None
) -> None:
    answer = await puts(service, path, {"attendanceCode": "3"}, who, purpose, tag)
    nothing = await puts(service, AT.format("nothing", "nothing"), {"attendanceCode": "3"}, who, purpose, tag)
    assert (answer.status_code, answer.content) == (nothing.status_code, nothing.content)
    assert answer.status_code == 404
    assert "etag" not in answer.headers
    assert [entry["outcome"] for entry in await service.entries()] == ["refused", "refused"]


async def test_reads_out_of_reach_are_like_nothing(service: Service) -> None:
    for who, purpose, path in (
        (OLGA, WORK, AT.format(f"referral-{RESTRICTED}", f"appointment-{RESTRICTED}")),
        (THEO, CARE, AT.format("referral-full", f"appointment-{COURT}")),
        (TARA, CARE, HELD),
    ):
        answer = await service.get(path, *who, purpose)
        nothing = await service.get(AT.format("nothing", "nothing"), *who, purpose)
        assert (answer.status_code, answer.content) == (404, nothing.content)


async def test_the_person_is_given_what_was_corrected(service_alone: Service) -> None:
    assert (await puts(service_alone, HELD, {"attendanceCode": "7"})).status_code == 200
    given = await service_alone.get(f"/v1/people/{FULL}/attendance", *RORY, SUBJECT)
    earlier = [one for one in given.json()["data"]["correctedOutcomes"] if one["appointmentId"] == "appointment-full"]
    assert [one["attendanceCode"] for one in earlier] == ["3", "5"]
    for who, purpose in ((THEO, CARE), (OLGA, WORK)):
        answer = await service_alone.get(f"/v1/people/{FULL}/attendance", *who, purpose)
        assert "correctedOutcomes" not in answer.json()["data"]


async def test_a_newer_state_from_either_side_stands(service_on_both: Service) -> None:
    """The clinical system's clock may be ahead: what is recorded here is still the newest, until it sends another."""
    ahead = "UPDATE appointment SET source_version = '2099-01-01T00:00:00.000000Z' WHERE id = 'appointment-full'"
    await world.execute(service_on_both.url, [(text(ahead), None)])
    answer = await puts(service_on_both, HELD, {"attendanceCode": "6"})
    assert answer.json()["version"] == "2099-01-01T00:00:00.000001Z"


async def test_a_signal_is_told_with_what_gave_it(service_alone: Service) -> None:
    await more(service_alone, "3", "4", None)
    answer = await puts(service_alone, PAST, {"attendanceCode": "7"})
    assert answer.json()["signals"] == ["two-missed"]
    answer = await puts(service_alone, PAST, {"attendanceCode": "6"})
    assert answer.json()["signals"] == []
