"""When what opens or closes a record ends: to its last moment and not beyond it, in days as London has them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests import world
from tests.routers.cast import (
    BARE,
    CARE,
    CARLA,
    EMERGENCY,
    FULL,
    OLGA,
    PETRA,
    PROBATION,
    SYNC,
    TARA,
    WORK,
)
from tests.world import Service

pytestmark = pytest.mark.asyncio
JUST_BEFORE = timedelta(seconds=30)
LONG = date(2028, 1, 1)
LIMIT = {"type": "exclusion", "message": "m", "startDateTime": "2026-03-10T09:00:00Z", "usernames": ["OLGA"]}
GRANT = {"crn": BARE, "reason": "He said goodbye now.", "feared": "suicide"}


def utc(year: int, month: int, day: int, hour: int = 0) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


def training(username: str, course: str, expires_on: date = LONG) -> Any:
    return world.training(username, course, expires_on)


TRAINED = [training(name, "information-sharing") for name in ("olga", "tara", "petra", "carla")]
WROTE = {
    "an authorisation": (
        ("POST", "/v1/staff/tara/authorisations", PETRA, WORK, {"validUntil": "2026-10-24"}),
        [training("tara", "criminal-justice-data"), world.referral(BARE, id="referral-bare")],
        (TARA, CARE, f"/v1/people/{BARE}/risk"), (200, 403), utc(2026, 10, 24, 23),
    ),
    "one that ends on the day on which the clocks go back": (
        ("POST", "/v1/staff/tara/authorisations", PETRA, WORK, {"validUntil": "2026-10-25"}),
        [training("tara", "criminal-justice-data"), world.referral(BARE, id="referral-bare")],
        (TARA, CARE, f"/v1/people/{BARE}/risk"), (200, 403), utc(2026, 10, 26, 0),
    ),
    "one that ends at a moment": (
        ("POST", "/v1/staff/tara/authorisations", PETRA, WORK, {"validUntil": "2026-04-01T12:00:00+01:00"}),
        [training("tara", "criminal-justice-data"), world.referral(BARE, id="referral-bare")],
        (TARA, CARE, f"/v1/people/{BARE}/risk"), (200, 403), utc(2026, 4, 1, 11),
    ),
    "an employment, as its lead ends it": (
        ("PATCH", "/v1/staff/olga", PETRA, WORK, {"employedUntil": "2026-07-01"}),
        [], (OLGA, WORK, f"/v1/people/{BARE}/identity"), (200, 404), utc(2026, 7, 1, 23),
    ),
    "a course, as its lead records it": (
        ("POST", "/v1/staff/tara/trainings", CARLA, CARE,
         {"course": "criminal-justice-data", "completedOn": "2024-04-01"}),
        [world.authorisation("tara", "petra", valid_until=utc(2027, 1, 1)), world.referral(BARE, id="referral-bare")],
        (TARA, CARE, f"/v1/people/{BARE}/risk"), (200, 403), utc(2026, 3, 31, 23),
    ),
    "an exclusion": (
        ("PUT", f"/v1/people/{BARE}/limits/L1", PROBATION, SYNC, LIMIT | {"endDateTime": "2026-03-28"}),
        [], (OLGA, WORK, f"/v1/people/{BARE}/identity"), (404, 200), utc(2026, 3, 29, 0),
    ),
    "an exclusion to the day on which the clocks go forward": (
        ("PUT", f"/v1/people/{BARE}/limits/L1", PROBATION, SYNC, LIMIT | {"endDateTime": "2026-03-29"}),
        [], (OLGA, WORK, f"/v1/people/{BARE}/identity"), (404, 200), utc(2026, 3, 29, 23),
    ),
    "a restriction that is to begin": (
        ("PUT", f"/v1/people/{BARE}/limits/L1", PROBATION, SYNC,
         LIMIT | {"type": "restriction", "startDateTime": "2026-10-26", "usernames": ["otto"]}),
        [], (OLGA, WORK, f"/v1/people/{BARE}/identity"), (200, 404), utc(2026, 10, 26, 0),
    ),
    "an objection": (
        ("POST", f"/v1/people/{FULL}/objections", OLGA, WORK, {"category": "scores", "validUntil": "2026-03-28"}),
        [], (OLGA, WORK, f"/v1/people/{FULL}/scores"), (403, 200), utc(2026, 3, 29, 0),
    ),
    "a consent that is to begin": (
        ("POST", f"/v1/people/{BARE}/consents", OLGA, WORK,
         {"scope": "attendance", "decision": "permit", "recipients": ["justice"], "givenHow": "three-way-meeting",
          "capacity": True, "wordingVersion": "1", "signedForm": "F1", "validFrom": "2026-03-30"}),
        [world.supervision(BARE, id="order-bare"), world.referral(BARE, id="referral-bare")],
        (OLGA, WORK, f"/v1/people/{BARE}/attendance"), (403, 200), utc(2026, 3, 29, 23),
    ),
    "an emergency grant": (
        ("POST", "/v1/emergency-grants", OLGA, EMERGENCY, GRANT),
        [], (OLGA, EMERGENCY, f"/v1/people/{BARE}/identity"), (200, 404), None,
    ),
    "an allocation that is handed over": (
        ("POST", "/v1/referrals/referral-full/allocation", CARLA, CARE, {"therapist": "tara", "from": "2026-10-25"}),
        [], (TARA, CARE, f"/v1/people/{FULL}/notes"), (403, 200), utc(2026, 10, 24, 23),
    ),
}  # fmt: skip


def to(service: Service, moment: datetime) -> None:
    """Let it be that moment."""
    service.settings.clock._shift = moment - datetime.now(UTC)


@pytest.mark.parametrize("what", WROTE)
async def test_it_holds_to_its_last_moment(service_alone: Service, what: str) -> None:
    (method, path, by, why, body), rows, (who, purpose, read), (before, after), ends = WROTE[what]
    await world.put(service_alone.url, [*TRAINED, *rows])
    headers = {"If-Match": "*"} if method == "PATCH" else {}
    wrote = await service_alone.request(method, path, *by, why, json=body, headers=headers)
    assert wrote.status_code in (200, 201), wrote.text
    ends = ends or datetime.fromisoformat(wrote.json()["expiresAt"])
    for moment, expected in ((ends - JUST_BEFORE, before), (ends, after)):
        to(service_alone, moment)
        answer = await service_alone.get(read, *who, purpose)
        assert answer.status_code == expected, (moment, answer.text)
