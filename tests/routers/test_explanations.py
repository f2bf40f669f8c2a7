"""Why each category is open or not: to the caller about themselves, and to oversight about anybody at any moment."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

import app.tables as t
from app.services import shapes
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
    PROBATION,
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
        pytest.param({"at": "2026-03-01T00:00:00"}, 400, "at", id="one's own past without an offset"),
        pytest.param({"forPurpose": "curiosity"}, 400, "forPurpose", id="no purpose of anybody"),
        pytest.param({"system": "probation-system"}, 400, "forPurpose", id="a system without a purpose"),
        pytest.param({"system": " ", "forPurpose": SYNC}, 400, "system", id="no system"),
        pytest.param({"staff": "olga", "system": "x", "forPurpose": WORK}, 400, "system", id="two whose access it is"),
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


async def test_a_purpose_that_is_not_the_roles_is_explained_as_one_that_opens_nothing(service: Service) -> None:
    body = (await explained(service, OLGA, WORK, FULL, purpose=SYNC)).json()
    assert (body["purpose"], body["open"], len(body["withheld"])) == (SYNC, [], len(CATEGORIES))
    assert {each["code"] for each in body["withheld"]} == {"no-clause", "prohibited"}
    assert by_category(body)["attendance"]["explanation"].startswith(
        "Attendance is withheld: no clause lets this role do this for this purpose. "
    )
    (entry,) = await service.entries()
    assert (entry["purpose"], entry["details"]) == (WORK, {"explained": {"purpose": SYNC}})


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


async def test_a_systems_access_is_explained_as_it_was(service_on_both: Service) -> None:
    """The withdrawal reached the feed as well: the case-management system knew of attendance under H3 until then."""
    service = service_on_both
    withdrawal = (
        update(t.Consent)
        .where(t.Consent.id == "consent-attendance")
        .values(withdrawn_at=NOW - HOUR, recorded_at=NOW - HOUR)
    )
    await world.execute(service.url, [(withdrawal, None)])
    asked = {"system": "probation-system", "forPurpose": SYNC}
    past = {"at": (NOW - 2 * HOUR).isoformat()}
    answers = [await explained(service, ALMA, OVERSIGHT, FULL, **asked, **then) for then in (past, {})]
    for answer in answers:
        shapes.Access.model_validate_json(answer.content)
    before, after = (answer.json() for answer in answers)
    assert {each["category"]: each["clauses"] for each in before["open"]} == {
        "identity": ["H3"], "referral": ["H3"], "attendance": ["H3"]
    }  # fmt: skip
    assert (before["about"]["system"], before["about"]["role"]) == ("probation-system", "case-management-system")
    assert "staff" not in before["about"]
    assert ({"employed", "supervised"} <= {*after["facts"]}, after["open"]) == (True, [])
    assert [each["fact"] for each in by_category(after)["attendance"]["missing"]] == ["mhtr", "consent:attendance"]
    explained_as = (await service.entries())[0]["details"]["explained"]
    assert (explained_as["system"], explained_as["purpose"]) == ("probation-system", SYNC)


@pytest.mark.parametrize(
    ("system", "at"),
    [
        pytest.param("nobodys-system", None, id="none of that id"),
        pytest.param("oversight-console", None, id="one that speaks for others alone"),
        pytest.param("probation-system", LONG_AGO - HOUR, id="before it was registered"),
    ],
)
async def test_no_such_system_then_is_a_clear_problem(service: Service, system: str, at: Any) -> None:
    moment = {"at": at.isoformat()} if at else {}
    answer = await explained(service, ALMA, OVERSIGHT, FULL, system=system, forPurpose=SYNC, **moment)
    problem = told(answer)
    assert (answer.status_code, problem["code"], problem["field"]) == (422, "system-unknown-then", "system")
    assert (await service.entries())[-1]["reason"] == "system-unknown-then"


async def test_oversight_that_names_nobody_is_told_of_itself_then(service: Service) -> None:
    body = (await explained(service, CARA, OVERSIGHT, FULL, at=(NOW - 2 * HOUR).isoformat())).json()
    assert (body["about"]["staff"], body["purpose"]) == ("cara", OVERSIGHT)
    assert {each["category"]: each["clauses"] for each in body["open"]} == {"identity": ["G8"], "consent": ["G2"]}
    other = (await explained(service, CARA, OVERSIGHT, FULL, forPurpose=CARE)).json()
    assert (other["about"]["staff"], other["purpose"], other["open"]) == ("cara", CARE, [])


@pytest.mark.parametrize("asked", [{"at": (NOW - HOUR).isoformat()}, {"forPurpose": WORK}], ids=["at", "forPurpose"])
async def test_the_past_needs_oversight_and_tells_nobody_else_who_is_there(service: Service, asked: Any) -> None:
    known = await explained(service, OLGA, WORK, FULL, **asked)
    assert (known.status_code, told(known)["code"]) == (403, "withheld")
    hidden = [await explained(service, OLGA, WORK, crn, **asked) for crn in (NOBODY, EXCLUDED, RESTRICTED)]
    assert {answer.status_code for answer in hidden} == {404}
    assert len({answer.content for answer in hidden}) == 1
    system = await explained(service, PROBATION, SYNC, BARE, **asked)
    assert system.content == hidden[0].content
    assert {(entry["outcome"], str(entry["released"])) for entry in await service.entries()} == {("refused", "{}")}


@pytest.mark.parametrize(
    ("at", "agrees", "is_trained"),
    [
        pytest.param("2025-10-26T01:30:00+01:00", True, True, id="the first half past one"),
        pytest.param("2025-10-26T01:30:00+00:00", False, True, id="the second half past one"),
        pytest.param("2025-10-26T23:59:59.999999Z", False, True, id="the end of a day of 25 hours"),
        pytest.param("2025-10-27T00:00:00Z", False, False, id="the next day"),
    ],
)
async def test_the_night_in_which_the_clock_goes_back_has_each_hour_once(
    service_alone: Service, at: str, agrees: bool, is_trained: bool
) -> None:
    """Withdrawn at two in summer time, which is one in winter time; trained to the end of that day."""
    back = datetime(2025, 10, 26, 1, tzinfo=UTC)
    consent = update(t.Consent).where(t.Consent.id == "consent-attendance")
    training = update(t.Training).where(t.Training.staff_id == "staff-olga", t.Training.course == "information-sharing")
    changes = [
        consent.values(valid_from=LONG_AGO),
        consent.values(withdrawn_at=back, recorded_at=back),
        training.values(completed_on=date(2025, 1, 1), expires_on=date(2025, 10, 27)),
    ]
    await world.execute(service_alone.url, [(each, None) for each in changes])
    body = (await about(service_alone, FULL, "olga", WORK, at=at)).json()
    facts = {*body["facts"]}
    assert ("consent:attendance" in facts, "training:information-sharing" in facts) == (agrees, is_trained)


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
