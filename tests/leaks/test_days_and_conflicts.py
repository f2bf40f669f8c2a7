"""8, 10 and 11: where a day ends, which of two consents holds, and that nothing added removes a prohibition."""

from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from app.vocabulary import Role
from tests import world
from tests.routers.cast import (
    CARE,
    EMERGENCY,
    EXCLUDED,
    FULL,
    OLGA,
    PETRA,
    PROTECT,
    RESTRICTED,
    THEO,
    WORK,
    everybody,
    told,
)
from tests.world import Service, consent, person, serving, staff, supervision

CRN = "X300001"
SUMMER = datetime(2026, 6, 30, 22, 59, 0, tzinfo=UTC)
AFTER = datetime(2026, 6, 30, 23, 0, 0, tzinfo=UTC)
WINTER = datetime(2026, 1, 31, 23, 59, 0, tzinfo=UTC)
FEBRUARY = datetime(2026, 2, 1, 0, 0, 0, tzinfo=UTC)


def _ending(last: date, consent_until: datetime) -> list[Any]:
    begun = datetime(2025, 1, 1, tzinfo=UTC)
    trained = world.training("olga", "information-sharing", expires_on=date(2027, 1, 1))
    return [
        *world.clients(),
        *staff("olga", Role.OFFENDER_MANAGER, "")[:1],
        trained,
        person(CRN),
        world.caseload(CRN, "olga", valid_from=begun),
        supervision(CRN, start_date=begun.date(), end_date=last),
        world.referral(CRN, received_on=begun.date()),
        *consent(CRN, "attendance", valid_from=begun, valid_until=consent_until),
        *consent(CRN, "progress", valid_from=begun),
    ]


@pytest.mark.parametrize(
    ("now", "last", "status"),
    [
        pytest.param(SUMMER, date(2026, 6, 30), 200, id="at 23:59 in London, in summer"),
        pytest.param(AFTER, date(2026, 6, 30), 403, id="over at midnight in London, in summer"),
        pytest.param(WINTER, date(2026, 1, 31), 200, id="at 23:59 in London, in winter"),
        pytest.param(FEBRUARY, date(2026, 1, 31), 403, id="over at midnight in London, in winter"),
    ],
)
async def test_what_ends_on_a_day_holds_to_the_end_of_it(
    database_url: str, key_file: Path, now: datetime, last: date, status: int
) -> None:
    until = AFTER if now in (SUMMER, AFTER) else FEBRUARY
    await world.put(database_url, _ending(last, until))
    async with serving(database_url, key_file, clock_start=now) as service:
        by_consent = await service.get(f"/v1/people/{CRN}/attendance", *OLGA, WORK)
        by_sentence = await service.get(f"/v1/people/{CRN}/progress", *OLGA, WORK)
    assert (by_consent.status_code, by_sentence.status_code) == (status, status)


YES = {"id": "yes", "decision": "permit"}
NO = {"id": "no", "decision": "refuse"}


def _days(number: int) -> datetime:
    return world.NOW - timedelta(days=number)


CONFLICTS = [
    pytest.param([YES, NO], 403, id="a refusal beats a permission"),
    pytest.param([YES | {"valid_from": _days(2)}, NO | {"valid_from": _days(9)}], 403, id="an older refusal too"),
    pytest.param([YES, NO | {"valid_until": _days(1)}], 200, id="not once it has ended"),
    pytest.param([YES, NO | {"valid_from": _days(-1)}], 200, id="not before it begins"),
    pytest.param([YES, NO | {"withdrawn_at": _days(1)}], 200, id="not once it is withdrawn"),
    pytest.param([NO, YES | {"supersedes_id": "no"}], 200, id="not once a permission supersedes it"),
    pytest.param([NO, YES | {"supersedes_id": "no", "capacity": False}], 403, id="which has to be effective"),
    pytest.param([NO, YES | {"supersedes_id": "no", "withdrawn_at": _days(1)}], 403,
                 id="a permission that is withdrawn permits nothing, whatever it superseded"),
    pytest.param([YES, NO | {"capacity": False}], 403, id="a refusal needs no capacity"),
    pytest.param([YES, NO | {"scope": "progress"}], 200, id="of another scope it says nothing"),
    pytest.param([YES, YES | {"id": "twice"}, NO], 403, id="two permissions do not outvote it"),
]  # fmt: skip


@pytest.mark.parametrize(("consents", "status"), CONFLICTS)
async def test_of_two_consents(sqlite_url: str, key_file: Path, consents: list[dict[str, Any]], status: int) -> None:
    rows = [*everybody(), person(CRN), world.caseload(CRN, "olga"), supervision(CRN), world.referral(CRN)]
    await world.put(sqlite_url, rows + _recorded(consents, CRN))
    async with serving(sqlite_url, key_file) as service:
        answer = await service.get(f"/v1/people/{CRN}/attendance", *OLGA, WORK)
    assert answer.status_code == status
    if status == 403:
        (missing,) = told(answer)["withheld"]
        assert "consent:attendance" in [each["fact"] for each in missing["missing"]]


def _recorded(consents: Any, crn: str) -> list[Any]:
    about = [{"scope": "attendance"} | values | {"id": f"{values['id']}-{crn}"} for values in consents]
    named = [v | ({"supersedes_id": f"{v['supersedes_id']}-{crn}"} if "supersedes_id" in v else {}) for v in about]
    return [row for values in named for row in consent(crn, values.pop("scope"), "justice", **values)]


async def test_the_order_of_the_records_changes_nothing(sqlite_url: str, key_file: Path) -> None:
    orders = list(permutations([YES, NO | {"valid_from": _days(9)}, YES | {"id": "again", "valid_from": _days(1)}]))
    crns = [f"X30001{number}" for number in range(len(orders))]
    rows = [*everybody()]
    for crn, order in zip(crns, orders, strict=True):
        rows += [person(crn), world.caseload(crn, "olga"), supervision(crn), *_recorded(order, crn)]
    await world.put(sqlite_url, rows)
    async with serving(sqlite_url, key_file) as service:
        answers = [await service.get(f"/v1/people/{crn}/attendance", *OLGA, WORK) for crn in crns]
    assert len({answer.text for answer in answers}) == 1
    assert {answer.status_code for answer in answers} == {403}


@pytest.mark.parametrize("who", [OLGA, THEO], ids=["an offender manager", "a therapist"])
async def test_nothing_that_is_added_lifts_an_exclusion(service_alone: Service, who: Any) -> None:
    order = supervision(EXCLUDED)
    referral = world.referral(EXCLUDED)
    await world.put(service_alone.url, [
        order, world.requirement(EXCLUDED, order), referral, world.treating(EXCLUDED, "theo", referral),
        *(row for scope in ("attendance", "progress", "scores", "offence", "meeting")
          for row in consent(EXCLUDED, scope)),
        world.grant(EXCLUDED, who[1]), *world.limit(EXCLUDED, "restriction", who[1]), world.subject_request(EXCLUDED),
    ])  # fmt: skip
    for purpose in (WORK, PROTECT, EMERGENCY) if who is OLGA else (CARE, EMERGENCY):
        answer = await service_alone.get(f"/v1/people/{EXCLUDED}", *who, purpose)
        assert (answer.status_code, told(answer)["code"]) == (404, "not-found")
        listed = await service_alone.get("/v1/people", *who, purpose)
        assert EXCLUDED not in listed.text


async def test_of_two_restrictions_the_stricter_holds(service_alone: Service) -> None:
    await world.put(service_alone.url, world.limit(RESTRICTED, "restriction", "olga", "petra"))
    for who in (OLGA, PETRA):
        answer = await service_alone.get(f"/v1/people/{RESTRICTED}", *who, WORK)
        assert answer.status_code == 404


@pytest.mark.parametrize(
    ("role", "username", "party"),
    [
        pytest.param(Role.CLINICAL_LEAD, "theo", "health", id="a therapist as a clinical lead"),
        pytest.param(Role.RECORDS_OFFICER, "theo", "health", id="a therapist as a records officer"),
        pytest.param(Role.CALDICOTT_GUARDIAN, "cara", "justice", id="a guardian of the other party"),
    ],
)
async def test_a_role_is_what_the_register_says_and_not_the_token(
    service_alone: Service, role: Role, username: str, party: str
) -> None:
    purpose = {Role.CLINICAL_LEAD: CARE, Role.RECORDS_OFFICER: "subject-access"}.get(role, "oversight")
    token = service_alone.token(role, username, party=party)
    headers = {"Authorization": f"Bearer {token}", "Purpose-Of-Use": purpose}
    answer = await service_alone.http.get(f"/v1/people/{FULL}", headers=headers)
    assert (answer.status_code, told(answer)["code"]) == (404, "not-found")
