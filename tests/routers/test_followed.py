"""What follows for a referral from its appointments: offered where one is booked, assessed where one was attended."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests import world
from tests.routers.booking import WEDNESDAY, at, begun, books
from tests.routers.cast import ADAM, CARE, CARLA, FULL, THEO, told
from tests.world import NOW, TODAY, Service

pytestmark = pytest.mark.asyncio
WAITING, PATH = "referral-waiting", "/v1/referrals/referral-waiting"


async def of_status(service: Service, status: str, *appointments: tuple[str, str | None]) -> Service:
    """A further referral of the cast's person, with contacts of these types and outcomes, on the days until today."""
    referral = world.referral(FULL, id=WAITING, status=status, suitability="suitable")
    contacts = [
        world.appointment(
            FULL, referral, id=f"contact-{place}", appointment_type=kind, attendance_code=code,
            starts_at=NOW - timedelta(days=len(appointments) - place),
        )
        for place, (kind, code) in enumerate(appointments)
    ]  # fmt: skip
    return await begun(service, referral, *contacts)


async def records(service: Service, contact: str, code: str | None, who: Any = ADAM) -> httpx.Response:
    path, body = f"{PATH}/appointments/{contact}/attendance", {"attendanceCode": code}
    answer = await service.request("PUT", path, *who, CARE, json=body, headers={"If-Match": "*"})
    assert answer.status_code == 200, answer.text
    return answer


async def newest(service: Service) -> dict[str, Any]:
    return dict((await service.get(f"{PATH}/history", *CARLA, CARE)).json()["data"][-1])


async def test_who_waits_is_offered_what_is_booked(service_on_both: Service) -> None:
    service = await of_status(service_on_both, "waiting")
    tag = (await service.get(PATH, *CARLA, CARE)).headers["etag"]
    booked = await books(service, ADAM, at(WEDNESDAY, "09:00"), WAITING, therapist="theo", appointmentType="01")
    assert (booked.status_code, booked.json()["moved"]) == (201, "offered")
    move = await newest(service)
    assert (move["from"], move["to"], move["occurredOn"]) == ("waiting", "offered", str(TODAY))
    assert (move["clinical"]["by"], move["clinical"]["reason"]) == ("adam", "appointment-booked")
    (change,) = (entry for entry in await service.entries() if entry["type"] == "change")
    assert change["details"] == {
        "change": "booked", "table": "appointment", "subjects": ["attendance", "referral"], "moved": "offered",
    }  # fmt: skip
    stale = await service.request(
        "POST", f"{PATH}/moves", *CARLA, CARE, json={"to": "assessed"}, headers={"If-Match": tag}
    )
    assert stale.status_code == 412  # the referral is another than the one that was read
    second = await books(service, ADAM, at(WEDNESDAY, "11:00"), WAITING, therapist="theo")
    assert (second.status_code, second.json()["moved"]) == (201, None)


@pytest.mark.parametrize(
    ("code", "status"), [pytest.param(None, "offered", id="ahead"), pytest.param("4", "waiting", id="cancelled")]
)
async def test_who_is_found_suitable_was_offered_what_was_booked_before(
    service_on_both: Service, code: str | None, status: str
) -> None:
    service = await of_status(service_on_both, "triaged", ("01", "5"))
    booked = (await books(service, ADAM, at(WEDNESDAY, "09:00"), WAITING, therapist="theo")).json()
    assert booked["moved"] is None
    if code:
        await records(service, booked["id"], code)
    tag = {"If-Match": (await service.get(PATH, *CARLA, CARE)).headers["etag"]}
    decided = {"outcome": "suitable"}
    answer = await service.request("POST", f"{PATH}/decision", *CARLA, CARE, json=decided, headers=tag)
    read = await service.get(PATH, *CARLA, CARE)
    assert (answer.status_code, answer.json()["version"]) == (200, read.headers["etag"])
    assert (read.json()["status"], read.json()["suitability"]) == (status, "suitable")
    moves = (await service.get(f"{PATH}/history", *CARLA, CARE)).json()["data"]
    here = [(each["from"], each["to"], each["clinical"]["reason"]) for each in moves if each["recordedHere"]]
    assert here == [("triaged", "waiting", None), ("waiting", "offered", "appointment-booked")][: 1 + (code is None)]


async def test_a_booking_that_is_refused_offers_nothing(service_alone: Service) -> None:
    service = await of_status(service_alone, "waiting")
    assert (await books(service, ADAM, at(WEDNESDAY, "17:00"), WAITING, therapist="theo")).status_code == 409
    assert (await service.get(PATH, *CARLA, CARE)).json()["status"] == "waiting"


async def test_who_came_to_their_assessment_is_assessed_until_that_is_corrected(service_on_both: Service) -> None:
    service = await of_status(service_on_both, "offered", ("01", None))
    assert (await records(service, "contact-0", "6")).json()["moved"] == "assessed"
    move = await newest(service)
    assert (move["to"], move["occurredOn"]) == ("assessed", str(TODAY - timedelta(days=1)))
    assert move["clinical"]["reason"] == "assessment-attended"
    assert (await records(service, "contact-0", "5")).json()["moved"] is None
    assert (await records(service, "contact-0", "3")).json()["moved"] == "offered"
    assert (await newest(service))["clinical"]["reason"] == "attendance-corrected"
    refused = await service.request(
        "POST", f"{PATH}/discharge", *CARLA, CARE, json={"endCode": "11"}, headers={"If-Match": "*"}
    )
    assert (told(refused)["code"], told(refused)["possible"]) == ("end-code-unfitting", ["50"])  # never assessed


@pytest.mark.parametrize(
    ("status", "contacts", "code"),
    [
        pytest.param("offered", [("01", None)], "3", id="a missed assessment leaves what to do to people"),
        pytest.param("offered", [("01", None)], "7", id="too late to be seen is not seen"),
        pytest.param("offered", [("04", None)], "5", id="a review is no assessment"),
        pytest.param("offered", [("02", None)], "5", id="treatment begins with its step, its kind and a therapist"),
        pytest.param("waiting", [("01", None)], "5", id="nobody is assessed who was offered nothing"),
        pytest.param("assessed", [("01", None)], "3", id="who was assessed otherwise stays so"),
        pytest.param("assessed", [("03", "5"), ("01", "5")], "3", id="another assessment was attended"),
        pytest.param("in-treatment", [("01", "5")], "3", id="in treatment nothing is taken back"),
    ],
)
async def test_nothing_else_follows(service_alone: Service, status: str, contacts: Any, code: str) -> None:
    service = await of_status(service_alone, status, *contacts)
    assert (await records(service, f"contact-{len(contacts) - 1}", code, THEO)).json()["moved"] is None
    assert (await service.get(PATH, *CARLA, CARE)).json()["status"] == status


async def test_of_first_bookings_at_once_one_is_the_offer_and_both_are_made(service_on_both: Service) -> None:
    service = await of_status(service_on_both, "waiting")
    times = [(at(WEDNESDAY, clock), room) for clock, room in (("09:00", "Room 1"), ("10:00", "Room 2"))]
    answers = await asyncio.gather(
        *(books(service, ADAM, starts, WAITING, therapist="theo", room=room) for starts, room in times)
    )
    assert [each.status_code for each in answers] == [201, 201]
    assert sorted(str(each.json()["moved"]) for each in answers) == ["None", "offered"]
    data = (await service.get(f"{PATH}/history", *CARLA, CARE)).json()["data"]
    assert [each["to"] for each in data if each["recordedHere"]] == ["offered"]
