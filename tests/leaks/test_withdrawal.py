"""2, 4 and 7: what was withdrawn or revoked is over at the next request, by an old cursor, an old ETag, any worker."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from tests import world
from tests.routers.cast import (
    CARE,
    COURT,
    EMERGENCY,
    FULL,
    HANA,
    OLGA,
    PROBATION,
    RORY,
    SUBJECT,
    SYNC,
    THEO,
    WORK,
    told,
)
from tests.world import NOW, Service, execute

BEFORE = (NOW - timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


async def change(service: Service, statement: str, **values: Any) -> None:
    await execute(service.url, [(text(statement), {"at": BEFORE} | values)])


async def test_a_withdrawn_consent_refuses_the_next_read(service_alone: Service) -> None:
    path = f"/v1/people/{FULL}/attendance"
    assert (await service_alone.get(path, *OLGA, WORK)).status_code == 200
    await change(service_alone, "UPDATE consent SET withdrawn_at = :at WHERE id = 'consent-attendance'")
    refused = await service_alone.get(path, *OLGA, WORK)
    assert (refused.status_code, told(refused)["withheld"][0]["code"]) == (403, "missing")
    whole = (await service_alone.get(f"/v1/people/{FULL}", *OLGA, WORK)).json()
    assert "attendance" not in whole["categories"]
    by_system = await service_alone.get(path, *PROBATION, SYNC)
    assert by_system.status_code == 404


async def test_an_old_cursor_does_not_outlive_a_withdrawal(service_alone: Service) -> None:
    page = (await service_alone.get("/v1/referrals?pageSize=2", *OLGA, WORK)).json()
    assert [row["id"] for row in page["data"]] == ["draft-full", "referral-X100002"]
    following = f"/v1/referrals?pageSize=2&cursor={page['pagination']['next']}"
    before = (await service_alone.get(following, *OLGA, WORK)).json()
    assert [row["id"] for row in before["data"]] == ["referral-full"]
    await change(service_alone, "UPDATE consent SET withdrawn_at = :at WHERE id = 'consent-attendance'")
    after = (await service_alone.get(following, *OLGA, WORK)).json()
    assert after == {"data": [], "pagination": {"next": None, "pageSize": 2}}


@pytest.mark.parametrize(
    ("who", "purpose", "crn", "statement"),
    [
        pytest.param(OLGA, WORK, FULL, "UPDATE allocation SET valid_until = :at WHERE kind = 'caseload'",
                     id="a caseload that was handed over"),
        pytest.param(THEO, EMERGENCY, COURT, "UPDATE emergency_grant SET revoked_at = :at", id="a revoked grant"),
        pytest.param(RORY, SUBJECT, FULL, "UPDATE subject_request SET closed_on = '2026-03-10'",
                     id="a request that was closed"),
        pytest.param(HANA, CARE, FULL, "UPDATE consent SET withdrawn_at = :at WHERE id = 'consent-health-trainer'",
                     id="consent to the health trainer"),
        pytest.param(THEO, CARE, FULL, "UPDATE training SET expires_on = '2026-03-10'", id="training that ran out"),
        pytest.param(THEO, CARE, FULL, "UPDATE staff SET employed_until = '2026-03-09'", id="an employment that ended"),
        pytest.param(OLGA, WORK, FULL, "INSERT INTO access_limit (id, recorded_at, source, source_id, source_version, "
                     "person_id, kind, message, valid_from) SELECT 'new', :at, 'TEST', 'new', '1', id, 'restriction', "
                     "'m', :at FROM person WHERE crn = 'X100001'", id="a record that was restricted"),
    ],
)  # fmt: skip
async def test_what_opened_a_record_ends_and_the_person_is_gone(
    service_alone: Service, who: Any, purpose: str, crn: str, statement: str
) -> None:
    assert (await service_alone.get(f"/v1/people/{crn}", *who, purpose)).status_code == 200
    await change(service_alone, statement)
    gone = await service_alone.get(f"/v1/people/{crn}", *who, purpose)
    assert (gone.status_code, told(gone)["code"]) == (404, "not-found")
    listed = await service_alone.get("/v1/people", *who, purpose)
    assert crn not in listed.text


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("UPDATE staff SET revoked_at = :at", id="a member of staff who was revoked"),
        pytest.param("UPDATE client SET suspended_at = :at", id="a client that was suspended"),
        pytest.param("INSERT INTO revoked_token (token, expires_at, revoked_at) "
                     "VALUES ('token-offender-manager-olga', '2099-01-01T00:00:00.000000Z', :at)",
                     id="a token that was revoked"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", [f"/v1/people/{FULL}", "/v1/people", "/v1/referrals", "/v1/referrals/referral-full"])
async def test_a_session_ends_at_the_next_request(service_alone: Service, path: str, statement: str) -> None:
    assert (await service_alone.get(path, *OLGA, WORK)).status_code == 200
    await change(service_alone, statement)
    answer = await service_alone.get(path, *OLGA, WORK)
    assert (answer.status_code, told(answer)["code"]) == (401, "session-revoked")
    assert FULL not in answer.text


async def test_another_worker_refuses_as_soon(cast_url: str, key_file: Any) -> None:
    path = f"/v1/people/{FULL}/progress"
    async with world.serving(cast_url, key_file) as one, world.serving(cast_url, key_file) as other:
        assert (await one.get(path, *OLGA, WORK)).status_code == 200
        assert (await other.get(path, *OLGA, WORK)).status_code == 200
        await change(one, "UPDATE consent SET withdrawn_at = :at WHERE scope = 'progress'")
        assert (await one.get(path, *OLGA, WORK)).status_code == 403
        assert (await other.get(path, *OLGA, WORK)).status_code == 403


async def test_no_conditional_request_answers_for_a_withdrawn_read(service_alone: Service) -> None:
    path = f"/v1/people/{FULL}/attendance"
    first = await service_alone.get(path, *OLGA, WORK)
    assert not {"etag", "last-modified"} & first.headers.keys()
    for headers in (
        {"If-None-Match": "*"},
        {"If-Modified-Since": "Mon, 01 Jan 2035 00:00:00 GMT"},
        {"Range": "bytes=0-10"},
        {"X-HTTP-Method-Override": "HEAD"},
    ):
        again = await service_alone.get(path, *OLGA, WORK, headers=headers)
        assert (again.status_code, again.content) == (200, first.content)
    await change(service_alone, "UPDATE consent SET withdrawn_at = :at WHERE scope = 'attendance'")
    for headers in ({"If-None-Match": "*"}, {"If-Match": "*"}, {"If-Modified-Since": "Mon, 01 Jan 2035 00:00:00 GMT"}):
        assert (await service_alone.get(path, *OLGA, WORK, headers=headers)).status_code == 403


async def test_a_withdrawal_is_at_once_on_both_databases(service_on_both: Service) -> None:
    path = f"/v1/people/{FULL}/attendance"
    assert (await service_on_both.get(path, *OLGA, WORK)).status_code == 200
    moment: Any = BEFORE if service_on_both.url.startswith("sqlite") else NOW - timedelta(seconds=1)
    await execute(service_on_both.url, [(text("UPDATE consent SET withdrawn_at = :at"), {"at": moment})])
    assert (await service_on_both.get(path, *OLGA, WORK)).status_code == 403
