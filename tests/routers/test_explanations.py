"""Why each category is open or not: to the caller about themselves, and to oversight about anybody at any moment."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

import app.tables as t
from app.vocabulary import CATEGORIES
from tests import world
from tests.routers.cast import (
    ALMA,
    BARE,
    CARA,
    CARE,
    COURT,
    EMERGENCY,
    EXCLUDED,
    FULL,
    NOBODY,
    OLGA,
    OVERSIGHT,
    PROTECT,
    RESTRICTED,
    SYNC,
    THEO,
    WORK,
    told,
)
from tests.world import LONG_AGO, NOW, Service

HOUR = timedelta(hours=1)
TOTALS = "The person agrees that your organisation knows the totals of their outcome measures."


async def explained(service: Service, who: Any, purpose: str, crn: str, /, **parameters: str) -> Any:
    return await service.get(f"/v1/people/{crn}/access", *who, purpose, params=parameters)


async def about(service: Service, crn: str, staff: str, purpose: str, who: Any = ALMA, /, **parameters: str) -> Any:
    return await explained(service, who, OVERSIGHT, crn, staff=staff, forPurpose=purpose, **parameters)


def by_category(body: Any) -> dict[str, Any]:
    return {each["category"]: each for each in [*body["open"], *body["withheld"]]}


# --- about oneself --------------------------------------------------------------------------------------------------


async def test_each_category_says_why_or_why_not_in_words_and_as_data(service: Service) -> None:
    body = (await explained(service, OLGA, WORK, COURT)).json()
    said = by_category(body)
    assert said.keys() == {category.value for category in CATEGORIES}
    attendance = said["attendance"]
    assert attendance["clauses"] == ["D2"]
    assert attendance["explanation"].startswith("Attendance is open. It holds: Therapy appointments")
    assert "Clause D2: Where a court has required treatment" in attendance["explanation"]
    scores = said["scores"]
    assert (scores["code"], scores["clauses"]) == ("missing", ["D4"])
    assert scores["missing"] == [
        {
            "fact": "consent:scores",
            "text": TOTALS,
        }
    ]
    assert scores["explanation"] == (
        f"Scores is withheld. Clause D4: {scores['text']} What is missing: {TOTALS} "
        "What would open it: Ask the person whether they agree, and record what "
        "they say (E3); a no is as good an answer. Ask: the person."
    )
    assert said["notes"]["code"] == "prohibited"
    assert said["notes"]["explanation"].startswith(
        "Notes is withheld: it is forbidden, whatever else holds. Clause P3: "
    )
    assert said["safety-alert"]["explanation"].startswith("Safety alert is withheld: no clause lets this role")
    (entry,) = await service.entries()
    assert (entry["type"], entry["released"], entry["details"]) == ("explanation", {}, None)


async def test_another_purpose_of_the_role_is_explained_and_the_entry_says_which(service: Service) -> None:
    body = (await explained(service, OLGA, WORK, FULL, purpose=EMERGENCY)).json()
    assert (body["purpose"], body["open"]) == (EMERGENCY, [])
    attendance = by_category(body)["attendance"]
    assert [each["fact"] for each in attendance["missing"]] == ["break-glass"]
    assert by_category(body)["scores"]["code"] == "no-clause"
    (entry,) = await service.entries()
    assert (entry["purpose"], entry["details"]) == (WORK, {"explained": {"purpose": EMERGENCY}})
    assert (await explained(service, OLGA, WORK, FULL, purpose="THREAT")).json()["purpose"] == PROTECT


async def test_one_category_alone_is_told_as_among_all(service: Service) -> None:
    """What may be told hangs on what else is open; leaving the rest out changes nothing of it."""
    whole = by_category((await explained(service, OLGA, WORK, COURT)).json())
    for category in ("attendance", "scores"):
        body = (await explained(service, OLGA, WORK, COURT, category=category)).json()
        assert [*body["open"], *body["withheld"]] == [whole[category]]


@pytest.mark.parametrize("parameters", [{}, {"purpose": EMERGENCY}, {"category": "risk"}])
async def test_nobody_learns_from_it_that_a_person_is_on_file(service: Service, parameters: Any) -> None:
    """S5: excluded, not on the caseload and not on file look the same, whichever purpose is to be explained."""
    answers = [await explained(service, who, purpose, crn, **parameters) for who, purpose, crn in (
        (OLGA, WORK, NOBODY), (OLGA, WORK, EXCLUDED), (OLGA, WORK, "X100006"), (OLGA, WORK, RESTRICTED))]  # fmt: skip
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


async def test_a_fact_that_may_not_be_told_stays_untold_under_another_purpose_as_well(service: Service) -> None:
    answer = await explained(service, THEO, CARE, FULL, purpose=EMERGENCY)
    assert "restricted" not in answer.text
    assert "exclu" not in answer.text
    mine = by_category((await explained(service, OLGA, WORK, FULL, purpose=PROTECT)).json())
    assert mine["attendance"]["code"] == "no-clause"


@pytest.mark.parametrize(
    ("parameters", "status", "field"),
    [
        pytest.param({"purpose": "curiosity"}, 400, "purpose", id="no purpose"),
        pytest.param({"category": "horoscope"}, 400, "category", id="no category"),
        pytest.param({"at": "2026-03-01T00:00:00Z"}, 400, "at", id="the past is for oversight"),
        pytest.param({"forPurpose": WORK}, 400, "forPurpose", id="whose purpose"),
        pytest.param({"staff": "olga"}, 400, "forPurpose", id="staff without a purpose"),
        pytest.param({"staff": " ", "forPurpose": WORK}, 400, "staff", id="no username"),
        pytest.param({"staff": "olga", "forPurpose": WORK, "purpose": WORK}, 400, "purpose", id="two purposes"),
        pytest.param({"staff": "olga", "forPurpose": WORK, "at": "2026-03-01T00:00:00"}, 400, "at", id="no offset"),
        pytest.param({"staff": "olga", "forPurpose": WORK, "at": "2027-03-01T00:00:00Z"}, 400, "at", id="the future"),
        pytest.param({"staff": "olga", "forPurpose": WORK, "at": "0001-01-01T00:00:00Z"}, 400, "at", id="no such year"),
        pytest.param({"staff": "olga", "forPurpose": WORK, "at": "yesterday"}, 400, "at", id="no moment"),
    ],
)
async def test_what_cannot_be_asked_is_named(service: Service, parameters: Any, status: int, field: str) -> None:
    answer = await explained(service, OLGA, WORK, FULL, **parameters)
    assert (answer.status_code, told(answer)["field"]) == (status, field)


async def test_a_purpose_that_is_not_the_roles_is_not_explained(service: Service) -> None:
    answer = await explained(service, OLGA, WORK, FULL, purpose=SYNC)
    assert (answer.status_code, told(answer)["code"]) == (403, "purpose-not-for-role")
    (entry,) = await service.entries()
    assert (entry["outcome"], entry["purpose"]) == ("refused", SYNC)


# --- oversight ------------------------------------------------------------------------------------------------------


async def test_oversight_is_told_of_anybody_with_every_fact(service: Service) -> None:
    """An exclusion is never named to whom it excludes; whoever answers for the agreement has to see it (G1)."""
    body = (await about(service, EXCLUDED, "olga", WORK)).json()
    assert body["about"] == {
        "staff": "olga",
        "role": "offender-manager",
        "party": "justice",
        "at": body["about"]["at"],
    }
    assert {"employed", "caseload", "excluded"} <= {*body["facts"]}
    assert body["open"] == []
    contact = by_category(body)["contact"]
    assert [each["fact"] for each in contact["missing"]] == ["excluded"]
    assert "Standing condition S3: An exclusion denies everything" in contact["explanation"]
    assert f"Family{EXCLUDED}" not in str(body)
    (entry,) = await service.entries()
    assert (entry["clauses"], entry["released"], entry["outcome"]) == (["G1"], {"audit-log": ["*"]}, "permitted")
    assert entry["details"]["explained"]["staff"] == "olga"
    assert entry["caller"]["staff"] == "alma"


async def test_oversight_of_what_is_open(service: Service) -> None:
    for who in (ALMA, CARA):
        body = (await about(service, FULL, "theo", CARE, who)).json()
        assert by_category(body)["notes"]["clauses"] == ["B1"]
        assert (await about(service, BARE, "THEO", CARE, who)).json()["open"] == []


async def test_the_past_is_explained_by_what_was_known_then(service_on_both: Service) -> None:
    """The consent was withdrawn an hour ago: two hours ago attendance was open under D1, and now it is not."""
    service = service_on_both
    withdrawal = (
        update(t.Consent)
        .where(t.Consent.id == "consent-attendance")
        .values(withdrawn_at=NOW - HOUR, recorded_at=NOW - HOUR)
    )
    await world.execute(service.url, [(withdrawal, None)])
    before = (await about(service, FULL, "olga", WORK, at=(NOW - 2 * HOUR).isoformat())).json()
    after = (await about(service, FULL, "olga", WORK)).json()
    assert by_category(before)["attendance"]["clauses"] == ["D1"]
    assert "consent:attendance" in before["facts"]
    withheld = by_category(after)["attendance"]
    assert (withheld["code"], "consent:attendance" in after["facts"]) == ("missing", False)
    assert before["about"]["at"] == (NOW - 2 * HOUR).isoformat().replace("+00:00", "Z")


async def test_a_role_that_was_another_then_is_explained_as_it_was(service_alone: Service) -> None:
    change = update(t.Staff).where(t.Staff.username == "olga").values(role="probation-lead", recorded_at=NOW - HOUR)
    await world.execute(service_alone.url, [(change, None)])
    before = (await about(service_alone, FULL, "olga", WORK, at=(NOW - 2 * HOUR).isoformat())).json()
    after = (await about(service_alone, FULL, "olga", WORK)).json()
    assert (before["about"]["role"], after["about"]["role"]) == ("offender-manager", "probation-lead")
    assert by_category(after)["identity"]["clauses"] == ["A2"]


@pytest.mark.parametrize("at", [None, LONG_AGO - HOUR], ids=["now", "before they came"])
async def test_nobody_of_that_name_then_is_a_clear_problem(service: Service, at: Any) -> None:
    moment = {"at": at.isoformat()} if at else {}
    answer = await about(service, FULL, "olga" if at else "nobody", WORK, **moment)
    problem = told(answer)
    assert (answer.status_code, problem["code"], problem["field"]) == (422, "staff-unknown-then", "staff")
    (entry,) = await service.entries()
    assert (entry["outcome"], entry["reason"]) == ("refused", "staff-unknown-then")


@pytest.mark.parametrize("crn", [FULL, NOBODY])
async def test_only_oversight_asks_about_others(service: Service, crn: str) -> None:
    answer = await explained(service, OLGA, WORK, crn, staff="theo", forPurpose=CARE)
    assert (answer.status_code, told(answer)["code"]) == ((403, "withheld") if crn == FULL else (404, "not-found"))
    (entry,) = await service.entries()
    assert (entry["outcome"], entry["released"]) == ("refused", {})


async def test_oversight_of_nobody_finds_nobody(service: Service) -> None:
    assert (await about(service, NOBODY, "olga", WORK)).status_code == 404
