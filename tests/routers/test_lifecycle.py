"""The life of a referral by request: drafted, sent, triaged, decided on, moved, discharged; each with its entry."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

import app.tables as t
from app.pathway.lifecycle import possible
from tests import world
from tests.routers.cast import (
    ADAM,
    BARE,
    CARE,
    CARLA,
    CLINICAL,
    COURT,
    ELSEWHERE,
    EVALUATION,
    EXCLUDED,
    FULL,
    NOBODY,
    OLGA,
    OTTO,
    RESTRICTED,
    RORY,
    SUBJECT,
    TARA,
    THEO,
    WORK,
    told,
)
from tests.routers.feeding import feed, people
from tests.world import TODAY, Service

pytestmark = pytest.mark.asyncio(loop_scope="session")
REFERRALS = "/v1/referrals"
NEWCOMER, AGAIN = "X100008", "X100009"


def newcomers() -> list[Any]:
    """Two on olga's caseload of whom the health party has never heard, both on licence, one with a condition of it."""
    rows: list[Any] = []
    for crn in (NEWCOMER, AGAIN):
        licence = world.supervision(crn, id=f"licence-{crn}", sentence_type="post-custody-licence")
        rows += [world.person(crn), world.caseload(crn, "olga"), licence]
    activity = world.requirement(NEWCOMER, licence, requirement_type="rehabilitation-activity", days=20)
    activity.supervision_id = f"licence-{NEWCOMER}"
    condition = {"kind": "licence-condition", "description": "to be treated", "start_date": TODAY}
    return [*rows, activity, world.of(t.LicenceCondition, NEWCOMER, **condition)]


@pytest_asyncio.fixture(scope="module", loop_scope="session", params=["sqlite", "postgresql"])
async def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, cast_template: Path,
                  key_file: Path) -> AsyncIterator[Service]:  # fmt: skip
    """One application for the whole file, on each database; a test makes the referrals that it moves."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("lifecycle") / "cast.db"
        shutil.copy(cast_template, path)
        url, copied = f"sqlite:///{path}", None
    else:
        server, name = request.getfixturevalue("postgres_server"), request.getfixturevalue("cast_in_postgres")
        copied = server.copied(name)
        url = server.url(copied.__enter__())
    await world.put(url, newcomers())
    async with world.serving_at_rest(url, key_file, training_url="https://learning.test/awareness") as service:
        yield service
    if copied is not None:
        copied.__exit__(None, None, None)


async def sent(
    service: Service, path: str, body: Any, who: Any = CARLA, purpose: str = CARE, tag: str | None = "*"
) -> Any:
    headers = {} if tag is None else {"If-Match": tag}
    return await service.request("POST", path, *who, purpose, json=body, headers=headers)


async def refers(running: Service, crn: str = FULL, /, who: Any = OLGA, **body: Any) -> Any:
    given = {"crn": crn, "basis": "voluntary", "reason": "he does not sleep", "service": world.SERVICE} | body
    return await running.request("POST", REFERRALS, *who, WORK if who in (OLGA, OTTO) else CARE, json=given)


async def made(running: Service, crn: str = FULL, /, **body: Any) -> str:
    answer = await refers(running, crn, **body)
    assert answer.status_code == 201, answer.text
    identity: str = answer.json()["id"]
    return f"{REFERRALS}/{identity}"


async def status_of(service: Service, path: str) -> str:
    status: str = (await service.get(path, *CARLA, CARE)).json()["status"]
    return status


async def test_a_referral_goes_all_the_way(running: Service) -> None:
    path = await made(running)
    seen = await running.get(path, *CARLA, CARE)
    assert seen.json() | {"id": ""} == {
        "id": "", "crn": FULL, "serviceId": world.SERVICE, "status": "received", "basis": "voluntary",
        "sourceOfReferral": "E3", "referredBy": "olga", "reason": "he does not sleep", "receivedOn": f"{TODAY}",
        "suitability": None, "endCode": None, "closedOn": None, "commissioner": None, "withdrawnAt": None,
        "earlierReferralId": None, "mergedInto": None,
    }  # fmt: skip
    tag = seen.headers["etag"]
    triage = {"measures": [{"tool": "PHQ-9", "total": 14}, {"tool": "GAD-7", "total": 9}],
              "problem": {"scheme": "icd-10", "code": "F32.1", "description": "a depressive episode"}}  # fmt: skip
    answer = await sent(running, f"{path}/triage", triage, tag=tag)
    assert answer.status_code == 200, answer.text
    tag = answer.json()["version"]
    found = (await running.get(f"{path}/triage", *CARLA, CARE)).json()
    assert (found["clinical"]["recommendation"], found["clinical"]["step"]) == ("suitable", 2)
    assert [each["rule"] for each in found["scores"]["reasons"]] == ["mild-to-moderate"]
    assert [each["total"] for each in found["scores"]["measures"]] == [14.0, 9.0]
    assert (found["safety"], found["withheld"]) == ({"signs": [], "reasons": []}, [])
    answer = await sent(running, f"{path}/decision", {"outcome": "suitable"}, tag=tag)
    assert answer.status_code == 200, answer.text
    for body in ({"to": "offered"}, {"to": "waiting", "reason": "first-appointment-missed"}, {"to": "offered"},
                 {"to": "assessed"}):  # fmt: skip
        tag = (await running.get(path, *CARLA, CARE)).headers["etag"]
        answer = await sent(running, f"{path}/moves", body, who=ADAM, tag=tag)
        assert answer.status_code == 200, answer.text
    treat = {"to": "in-treatment", "step": 3, "therapyType": "CBT"}
    refused = await sent(running, f"{path}/moves", treat)
    assert (refused.status_code, told(refused)["code"]) == (422, "treatment-incomplete")
    allocated = await sent(running, f"{path}/allocation", {"therapist": "theo"}, tag=None)
    assert allocated.status_code == 201, allocated.text
    answer = await sent(running, f"{path}/moves", treat, who=THEO)
    assert answer.status_code == 200, answer.text
    refused = await sent(running, f"{path}/discharge", {"endCode": "50"}, who=THEO)
    assert (refused.status_code, told(refused)["code"]) == (422, "end-code-unfitting")
    assert told(refused)["possible"] == ["46", "47", "48", "49", "96"]
    answer = await sent(running, f"{path}/discharge", {"endCode": "46"}, who=THEO)
    assert answer.status_code == 200, answer.text
    closed = (await running.get(path, *CARLA, CARE)).json()
    assert (closed["status"], closed["endCode"], closed["closedOn"]) == ("discharged", "46", f"{TODAY}")
    history = (await running.get(f"{path}/history", *CARLA, CARE)).json()
    assert [each["to"] for each in history["data"]] == [
        "received", "triaged", "waiting", "offered", "waiting", "offered", "assessed", "in-treatment", "discharged",
    ]  # fmt: skip
    assert [each.get("clinical", {}).get("by") for each in history["data"]] == [
        None, "carla", "carla", "adam", "adam", "adam", "adam", "theo", "theo",
    ]  # fmt: skip


async def test_a_draft_is_its_authors_until_it_is_sent(running: Service) -> None:
    path = await made(running, status="draft", reason=None)
    seen = await running.get(path, *OLGA, WORK)
    assert (seen.json()["status"], seen.json()["receivedOn"], seen.json()["reason"]) == ("draft", None, None)
    for who, purpose in ((CARLA, CARE), (THEO, CARE), (ADAM, CARE)):
        assert (await running.get(path, *who, purpose)).status_code == 404
        refused = await sent(running, f"{path}/submission", {}, who=who, purpose=purpose)
        assert (refused.status_code, told(refused)["code"]) == (404, "not-found")
    assert (await running.get(path, *OTTO, WORK)).status_code == 404
    for asked in (path, f"{REFERRALS}/never-was"):  # otto's training has lapsed: that is told of any id
        refused = await sent(running, f"{asked}/submission", {}, who=OTTO, purpose=WORK)
        assert (refused.status_code, told(refused)["code"]) == (403, "training-lapsed")
        assert told(refused)["renewAt"] == "https://learning.test/awareness"
    unsaid = await sent(running, f"{path}/submission", {}, who=OLGA, purpose=WORK)
    assert (unsaid.status_code, told(unsaid)["code"], told(unsaid)["field"]) == (422, "referral-incomplete", "reason")
    changed = await running.request("PATCH", path, *OLGA, WORK, json={"reason": "he does not eat"},
                                    headers={"If-Match": seen.headers["etag"]})  # fmt: skip
    assert changed.status_code == 200, changed.text
    late = await sent(running, f"{path}/submission", {}, who=OLGA, purpose=WORK, tag=seen.headers["etag"])
    assert (late.status_code, told(late)["code"]) == (412, "precondition-failed")
    answer = await sent(running, f"{path}/submission", {}, who=OLGA, purpose=WORK, tag=changed.json()["version"])
    assert answer.status_code == 200, answer.text
    whole = (await running.get(path, *CARLA, CARE)).json()
    assert (whole["status"], whole["reason"], whole["receivedOn"]) == ("received", "he does not eat", f"{TODAY}")
    for body in ({"reason": "and now?"}, {"step": 2}):
        refused = await running.request("PATCH", path, *OLGA, WORK, json=body, headers={"If-Match": "*"})
        assert refused.status_code == 404


async def test_a_draft_is_taken_back_by_its_author_and_is_nobodys_then(running: Service) -> None:
    path = await made(running, status="draft", reason="he does not wake")
    seen = await running.get(path, *OLGA, WORK)
    for who, purpose in ((CARLA, CARE), (THEO, CARE)):
        assert (await sent(running, f"{path}/withdrawal", {}, who=who, purpose=purpose)).status_code == 404
    stale = await sent(running, f"{path}/withdrawal", {}, who=OLGA, purpose=WORK, tag='"another"')
    assert (stale.status_code, told(stale)["code"]) == (412, "precondition-failed")
    done = await sent(running, f"{path}/withdrawal", {}, who=OLGA, purpose=WORK, tag=seen.headers["etag"])
    assert done.status_code == 200, done.text
    never = await running.get(f"{REFERRALS}/never-was", *OLGA, WORK)
    gone = await running.get(path, *OLGA, WORK)
    assert (gone.status_code, gone.content) == (404, never.content)
    listed = (await running.get(f"{REFERRALS}?pageSize=100", *OLGA, WORK)).json()["data"]
    assert path.rsplit("/", 1)[-1] not in [each["id"] for each in listed]
    for again in ("submission", "withdrawal"):
        assert (await sent(running, f"{path}/{again}", {}, who=OLGA, purpose=WORK)).status_code == 404


async def test_what_was_sent_is_closed_and_not_taken_back(running: Service) -> None:
    path = await made(running)
    assert (await sent(running, f"{path}/withdrawal", {}, who=OLGA, purpose=WORK)).status_code == 404
    refused = await sent(running, f"{path}/withdrawal", {})
    assert (refused.status_code, told(refused)["code"]) == (422, "move-not-possible")
    assert told(refused)["possible"] == ["triaged", "discharged"]


@pytest.mark.parametrize(
    ("crn", "basis", "status"),
    [
        pytest.param(COURT, "mental-health-treatment-requirement", 201, id="the requirement runs"),
        pytest.param(FULL, "mental-health-treatment-requirement", 422, id="another requirement runs"),
        pytest.param(COURT, "rehabilitation-activity-requirement", 422, id="no activity days"),
        pytest.param(FULL, "licence-condition", 422, id="no licence, though there is an exclusion zone"),
        pytest.param(FULL, "voluntary", 201, id="their own wish needs nothing else"),
        pytest.param(NEWCOMER, "rehabilitation-activity-requirement", 201, id="activity days"),
        pytest.param(NEWCOMER, "licence-condition", 201, id="a condition of a licence"),
        pytest.param(AGAIN, "licence-condition", 422, id="a licence without the condition"),
    ],
)
async def test_the_basis_has_to_run(running: Service, crn: str, basis: str, status: int) -> None:
    for kept in ("draft", "received"):
        answer = await refers(running, crn, basis=basis, status=kept)
        assert answer.status_code == status, answer.text
        if status == 422:
            assert (told(answer)["code"], told(answer)["field"]) == ("basis-not-running", "basis")


async def test_why_nobody_can_be_referred_is_said_to_whom_it_is_known(running: Service) -> None:
    """No sentence runs of BARE, who is on olga's caseload; otto has no awareness training, nor FULL on his caseload."""
    refused = await refers(running, BARE)
    (why,) = told(refused)["withheld"]
    assert (refused.status_code, [each["fact"] for each in why["missing"]]) == (403, ["supervised"])
    assert why["remedies"][0]["facts"] == ["supervised"]
    assert "renewAt" not in told(refused)
    lapsed = await refers(running, ELSEWHERE, who=OTTO)
    (why,) = told(lapsed)["withheld"]
    assert {each["fact"] for each in why["missing"]} == {"supervised", "training:mental-health-awareness"}
    assert told(lapsed)["renewAt"] == "https://learning.test/awareness"
    strange = [await refers(running, crn, who=who) for crn, who in ((FULL, OTTO), (NOBODY, OTTO), (NOBODY, OLGA),
                                                                  (RESTRICTED, OLGA), (EXCLUDED, OLGA))]  # fmt: skip
    assert {(answer.status_code, answer.content) for answer in strange} == {(404, strange[0].content)}


async def test_the_answer_tells_nothing_of_another_referral(running: Service) -> None:
    """D5: of COURT there is a referral, and its subject objects to olga reading it; a second one looks the same."""
    first, second = await refers(running, COURT), await refers(running, COURT)
    assert {key: type(value) for key, value in first.json().items()} == {"id": str, "version": str}
    assert (first.status_code, first.headers.keys(), len(first.content)) == (
        second.status_code, second.headers.keys(), len(second.content),
    )  # fmt: skip
    unread = await refers(running, FULL, who=OLGA, earlierReferralId="referral-full")
    never = await refers(running, FULL, who=OLGA, earlierReferralId="never-was")
    assert (unread.content, unread.status_code) == (never.content, 422)
    assert told(never)["code"] == "earlier-unknown"


async def test_health_names_who_referred_and_keeps_no_drafts(running: Service) -> None:
    unsaid = await refers(running, who=ADAM)
    assert (told(unsaid)["code"], told(unsaid)["field"]) == ("referral-incomplete", "sourceOfReferral")
    draft = await refers(running, who=ADAM, status="draft", sourceOfReferral="B1")
    assert told(draft)["code"] == "draft-not-possible"
    elsewhere = await refers(running, who=ADAM, service="another-service", sourceOfReferral="B1")
    assert told(elsewhere)["code"] == "service-unknown"
    answer = await refers(running, who=ADAM, sourceOfReferral="B1", basis="licence-condition")
    assert answer.status_code == 201, answer.text  # what runs is not theirs to be told
    whole = (await running.get(f"{REFERRALS}/{answer.json()['id']}", *ADAM, CARE)).json()
    assert (whole["sourceOfReferral"], whole["referredBy"], whole["status"]) == ("B1", None, "received")


async def test_somebody_who_comes_again_names_the_earlier_referral(running: Service) -> None:
    path = await made(running)
    earlier = path.rpartition("/")[2]
    still_open = await refers(running, earlierReferralId=earlier)
    assert told(still_open)["code"] == "earlier-unknown"
    assert (await sent(running, f"{path}/discharge", {"endCode": "50"})).status_code == 200
    again = await made(running, earlierReferralId=earlier)
    assert (await running.get(again, *CARLA, CARE)).json()["earlierReferralId"] == earlier
    back = await sent(running, f"{path}/moves", {"to": "offered"})
    assert (told(back)["code"], told(back)["possible"]) == ("move-not-possible", [])


async def test_an_illegal_move_says_what_is_possible(running: Service) -> None:
    path = await made(running)
    for address, body, field in (
        ("moves", {"to": "assessed"}, "to"),
        ("moves", {"to": "waiting", "reason": "place-withdrawn"}, "to"),
        ("decision", {"outcome": "suitable"}, "outcome"),
        ("submission", {}, None),
    ):
        refused = await sent(running, f"{path}/{address}", body)
        problem = told(refused)
        assert refused.status_code == 422, refused.text
        assert (problem["code"], problem["possible"]) == ("move-not-possible", list(possible("received")))
        assert field in (None, problem["field"])
        assert problem["remedy"]
    assert await status_of(running, path) == "received"
    assert (await running.get(f"{path}/history", *CARLA, CARE)).json()["data"][1:] == []


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"to": "offered", "on": f"{TODAY + timedelta(days=1)}"}, "move-misdated", "on"),
        ({"to": "offered", "on": f"{TODAY - timedelta(days=1)}"}, "move-misdated", "on"),
        ({"to": "offered", "reason": "place-withdrawn"}, "reason-unfitting", "reason"),
        ({"to": "offered", "step": 3}, "treatment-not-beginning", "step"),
        ({"to": "discharged"}, "body-invalid", "to"),
        ({"to": "offered", "status": "assessed"}, "body-invalid", "status"),
        ({"to": "offered", "note": "he rang"}, "body-invalid", "thirdParty"),
    ],
)
async def test_what_a_move_cannot_be(waiting: tuple[Service, str], body: Any, code: str, field: str) -> None:
    running, path = waiting
    refused = await sent(running, f"{path}/moves", body)
    assert (refused.status_code, told(refused)["code"], told(refused)["field"]) == (422, code, field)
    assert await status_of(running, path) == "waiting"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def waiting(running: Service) -> tuple[Service, str]:
    """A referral on the waiting list, for tests that leave it there."""
    path = await made(running)
    assert (await sent(running, f"{path}/triage", {})).status_code == 200
    assert (await sent(running, f"{path}/decision", {"outcome": "suitable"})).status_code == 200
    return running, path


async def test_a_change_names_the_version_and_a_stranger_is_told_of_none(waiting: tuple[Service, str]) -> None:
    running, path = waiting
    tag = (await running.get(path, *CARLA, CARE)).headers["etag"]
    for address, body in (("moves", {"to": "offered"}), ("discharge", {"endCode": "50"}), ("triage", {}),
                          ("decision", {"outcome": "suitable"}), ("merge", {"duplicate": "never-was"})):  # fmt: skip
        missing = await sent(running, f"{path}/{address}", body, tag=None)
        assert (missing.status_code, told(missing)["code"]) == (428, "precondition-required")
        other = await sent(running, f"{path}/{address}", body, tag='"another"')
        assert (other.status_code, told(other)["code"]) == (412, "precondition-failed")
        for given in (None, tag, "*"):  # whoever may not read it learns no version, nor that there is one
            unknown = await sent(running, f"{path}/{address}", body, who=OLGA, purpose=WORK, tag=given)
            nobody = await sent(running, f"{REFERRALS}/never-was/{address}", body, who=OLGA, purpose=WORK, tag=given)
            assert (unknown.status_code, unknown.content) == (404, nobody.content)
    assert await status_of(running, path) == "waiting"


async def test_the_tag_follows_what_is_shown(running: Service) -> None:
    path = await made(running)
    tags = [(await running.get(path, *who, CARE)).headers["etag"] for who in (CARLA, ADAM)]
    assert tags[0] == tags[1]
    changed = await running.request("PATCH", path, *CARLA, CARE, json={"problem": {"scheme": "icd-10", "code": "F32"}},
                                    headers={"If-Match": tags[0]})  # fmt: skip
    assert changed.status_code == 200, changed.text
    assert changed.json()["version"] == tags[0]  # the clinical record alone is another
    shown = await running.request("PATCH", path, *ADAM, CARE, json={"sourceOfReferral": "E2"},
                                  headers={"If-Match": tags[0]})  # fmt: skip
    assert shown.json()["version"] == (await running.get(path, *CARLA, CARE)).headers["etag"] != tags[0]
    withheld = await running.request("PATCH", path, *ADAM, CARE, json={"step": 2}, headers={"If-Match": "*"})
    assert withheld.status_code == 404  # B4 keeps no clinical record


async def test_of_two_moves_at_once_one_is_made(running: Service) -> None:
    path = await made(running)
    tag = (await running.get(path, *CARLA, CARE)).headers["etag"]
    bodies = [("triage", {}), ("discharge", {"endCode": "50"})] * 4
    answers = await asyncio.gather(*(sent(running, f"{path}/{each}", body, tag=tag) for each, body in bodies))
    codes = sorted(answer.status_code for answer in answers)
    assert codes[0] == 200
    assert set(codes[1:]) <= {409, 412, 422}
    assert len((await running.get(f"{path}/history", *CARLA, CARE)).json()["data"]) == 2


async def test_a_decision_against_the_recommendation_needs_a_note(running: Service) -> None:
    path = await made(running)
    found = {"measures": [{"tool": "PHQ-9", "total": 22}], "signs": ["risk-to-self", "psychosis"]}
    assert (await sent(running, f"{path}/triage", found)).status_code == 200
    refused = await sent(running, f"{path}/decision", {"outcome": "suitable"})
    assert (refused.status_code, told(refused)["code"], told(refused)["field"]) == (
        422, "overruling-unexplained", "note",
    )  # fmt: skip
    why = {"note": "he knows the team well", "thirdParty": False, "seriousHarm": False}
    assert (await sent(running, f"{path}/decision", {"outcome": "suitable"} | why)).status_code == 200
    last = (await running.get(f"{path}/history", *CARLA, CARE)).json()["data"][-1]
    assert last["clinical"] == {"by": "carla", "reason": None, "overruled": "refer-on", "note": why["note"]}
    assert await status_of(running, path) == "waiting"


async def test_not_suitable_says_why_to_health_alone(running: Service) -> None:
    """P3: olga reads the referral (D1), and of the decision its outcome."""
    path = await made(running)
    found = {"signs": ["substance-dependence", "risk-to-others"], "note": "he drinks a bottle a day",
             "thirdParty": False, "seriousHarm": False}  # fmt: skip
    assert (await sent(running, f"{path}/triage", found)).status_code == 200
    unsaid = await sent(running, f"{path}/decision", {"outcome": "not-suitable"})
    assert (told(unsaid)["code"], told(unsaid)["field"]) == ("reason-unfitting", "reason")
    wrong = {"outcome": "not-suitable", "reason": "substance-misuse", "endCode": "46"}
    assert told(await sent(running, f"{path}/decision", wrong))["possible"] == ["50"]
    onward = {"to": "substance-misuse", "receiving": "RT5"}
    decision = {"outcome": "not-suitable", "reason": "substance-misuse", "onward": onward}
    assert (await sent(running, f"{path}/decision", decision)).status_code == 200
    seen = await running.get(path, *OLGA, WORK)
    assert {name: seen.json()[name] for name in ("status", "suitability", "endCode", "closedOn")} == {
        "status": "not-suitable", "suitability": "not-suitable", "endCode": "50", "closedOn": f"{TODAY}",
    }  # fmt: skip
    history = await running.get(f"{path}/history", *OLGA, WORK)
    assert [each["to"] for each in history.json()["data"]] == ["received", "triaged", "not-suitable"]
    assert {each["category"] for each in history.json()["withheld"]} == {"clinical", "safety"}  # D4
    triage = await running.get(f"{path}/triage", *OLGA, WORK)
    assert triage.json().keys() == {"crn", "referralId", "suitability", "withheld"}
    person = await running.get(f"/v1/people/{FULL}", *OLGA, WORK)
    for answer in (seen, history, triage, person):
        assert answer.status_code == 200, answer.text
        for word in ("bottle", "substance", "carla", "risk-to", "refer-on"):
            assert word not in answer.text.replace("risk-to-self", "") or word == "risk-to"
    clinical = (await running.get(f"/v1/people/{FULL}/clinical", *CARLA, CARE)).json()["data"]
    assert [(each["kind"], each["receiving"]) for each in clinical["onwardReferrals"] if each["kind"]] == [
        ("substance-misuse", "RT5")
    ]


async def test_each_part_of_a_triage_is_for_who_may_read_its_category(running: Service) -> None:
    """Tara treats nobody: before anyone is allocated she sees the problem (B3), neither scores nor risk."""
    path = await made(running)
    found = {"measures": [{"tool": "PHQ-9", "total": 20}], "signs": ["risk-to-self", "psychosis"]}
    assert (await sent(running, f"{path}/triage", found)).status_code == 200
    answer = (await running.get(f"{path}/triage", *TARA, CARE)).json()
    assert answer["clinical"]["signs"] == ["psychosis"]
    assert [each["rule"] for each in answer["clinical"]["reasons"]] == ["psychosis"]
    assert "scores" not in answer
    assert "safety" not in answer
    assert {each["category"] for each in answer["withheld"]} == {"scores", "safety"}
    whole = (await running.get(f"{path}/triage", *CARLA, CARE)).json()
    assert whole["safety"] == {
        "signs": ["risk-to-self"],
        "reasons": [{"rule": "severe-with-risk", "text": "severe symptoms together with risk"}],
    }
    assert [each["rule"] for each in whole["scores"]["reasons"]] == ["severe"]
    for who in (TARA, ADAM):
        refused = await sent(running, f"{path}/triage", {}, who=who)
        assert refused.status_code == 404


async def test_what_is_recommended_tells_nobody_of_scores_and_risk_who_may_not_read_them(running: Service) -> None:
    """B3 reads the clinical record: a step, a crisis team or a word that was overruled would give the rest away."""
    reads = []
    for totals, signs in ((3, ()), (12, ()), (24, ("risk-to-self", "crisis"))):
        path = await made(running)
        found = {"measures": [{"tool": "PHQ-9", "total": totals}], "signs": signs}
        assert (await sent(running, f"{path}/triage", found)).status_code == 200
        why = {"note": "he knows us", "thirdParty": False, "seriousHarm": False}
        assert (await sent(running, f"{path}/decision", {"outcome": "suitable"} | why)).status_code == 200
        answers = [(await running.get(f"{path}/{each}", *TARA, CARE)).json() for each in ("triage", "history")]
        own = {answers[0].pop("referralId"), answers[1].pop("referralId"), answers[0]["clinical"].pop("id")}
        times = [each.pop("recordedAt") for each in answers[1]["data"]]
        reads.append((answers, len(own), len(times)))
    assert reads[0] == reads[1] == reads[2]
    assert reads[0][0][0]["clinical"].keys() == {"triagedOn", "triagedBy", "problem", "signs", "reasons", "note"}
    assert "overruled" not in reads[0][0][1]["data"][-1]["clinical"]
    whole = (await running.get(f"{path}/triage", *CARLA, CARE)).json()["clinical"]
    assert [whole[name] for name in ("recommendation", "step", "onward")] == ["refer-on", 4, "crisis"]
    await running.marked()
    last = (await running.get(f"{path}/history", *CARLA, CARE)).json()["data"][-1]
    assert last["clinical"]["overruled"] == "refer-on"
    (entry,) = await running.entries()
    assert (entry["released"]["safety"], entry["released"]["scores"]) == (
        ["triageRisks.reasons"], ["triageMeasures.reasons"],
    )  # fmt: skip


async def test_a_score_is_named_or_given_in_its_range(running: Service) -> None:
    path = await made(running)
    out = await sent(running, f"{path}/triage", {"measures": [{"tool": "GAD-7", "total": 22}]})
    assert (told(out)["code"], told(out)["field"], told(out)["detail"]) == (
        "score-out-of-range", "measures.0.total", "0 to 21",
    )  # fmt: skip
    half = await sent(running, f"{path}/triage", {"measures": [{"tool": "PHQ-9", "total": 7.5}]})
    assert told(half)["code"] == "score-out-of-range"
    others = await sent(running, f"{path}/triage", {"scores": ["never-was"]})
    assert (told(others)["code"], told(others)["field"]) == ("score-unknown", "scores")
    assert await status_of(running, path) == "received"
    assert (await sent(running, f"{path}/triage", {"measures": [{"tool": "PHQ-9", "total": 9}]})).status_code == 200
    (taken,) = (await running.get(f"{path}/triage", *CARLA, CARE)).json()["scores"]["measures"]
    assert (taken["tool"], taken["total"], taken["band"]) == ("PHQ-9", 9.0, "mild")
    again = {"scores": [taken["id"]], "measures": [{"tool": "GAD-7", "total": 16}]}
    assert (await sent(running, f"{path}/triage", again)).status_code == 200  # until the decision another can follow
    newest = (await running.get(f"{path}/triage", *CARLA, CARE)).json()
    assert (newest["clinical"]["step"], len(newest["scores"]["measures"])) == (3, 2)


async def test_a_duplicate_is_seen_and_merged_by_a_clinical_lead(running: Service) -> None:
    survivor, duplicate = await made(running), await made(running)
    one, two = (path.rpartition("/")[2] for path in (survivor, duplicate))
    listed = (await running.get(f"{survivor}/duplicates", *CARLA, CARE)).json()
    assert two in [each["id"] for each in listed["data"]]
    assert one not in [each["id"] for each in listed["data"]]
    for who in (ADAM, THEO):
        refused = await sent(running, f"{survivor}/merge", {"duplicate": two}, who=who)
        assert refused.status_code == 404  # nobody else allocates (B5)
    for other in ("never-was", one, "referral-elsewhere", f"referral-{COURT}", "draft-full"):
        refused = await sent(running, f"{survivor}/merge", {"duplicate": other})
        assert (refused.status_code, told(refused)["code"]) == (422, "duplicate-unknown")
    treated = await sent(running, f"{survivor}/merge", {"duplicate": "referral-full"})
    assert (treated.status_code, told(treated)["code"]) == (409, "duplicate-treated")
    merged = await sent(running, f"{survivor}/merge", {"duplicate": two})
    assert merged.status_code == 200, merged.text
    for who, purpose in ((CARLA, CARE), (OLGA, WORK)):  # olga sent both, and reads them by D1
        answer = await running.get(duplicate, *who, purpose)
        assert (answer.status_code, answer.json()["id"]) == (200, one)
    assert two not in [
        each["id"] for each in (await running.get(f"{survivor}/duplicates", *CARLA, CARE)).json()["data"]
    ]
    page = await running.get(f"{REFERRALS}?pageSize=200", *CARLA, CARE)
    assert one in page.text
    assert two not in page.text
    refused = await sent(running, f"{duplicate}/triage", {})
    assert refused.status_code == 404
    once_more = await sent(running, f"{survivor}/merge", {"duplicate": two})
    assert told(once_more)["code"] == "duplicate-unknown"
    third = await made(running)
    assert (await sent(running, f"{third}/merge", {"duplicate": one})).status_code == 200
    assert (await running.get(duplicate, *CARLA, CARE)).json()["id"] == third.rpartition("/")[2]


async def test_a_merge_is_undone_with_all_that_hangs_on_it(running: Service) -> None:
    survivor, duplicate, third = await made(running), await made(running), await made(running)
    one, two = (path.rpartition("/")[2] for path in (survivor, duplicate))
    await world.put(running.url, [world.appointment(FULL, t.Referral(id=two), id="contact-of-two")])
    assert (await sent(running, f"{survivor}/merge", {"duplicate": two})).status_code == 200
    listed = (await running.get(f"{survivor}/duplicates", *CARLA, CARE)).json()
    assert listed["merged"] == [two]
    theirs = await running.get(f"{survivor}/duplicates", *OLGA, WORK)
    assert theirs.status_code == 200
    assert ("merged" in theirs.json(), two in theirs.text) == (False, False)
    for who in (ADAM, THEO, OLGA):
        refused = await sent(running, f"{survivor}/separation", {"duplicate": two}, who=who,
                             purpose=WORK if who == OLGA else CARE)  # fmt: skip
        assert refused.status_code == 404
    for other in ("never-was", one, third.rpartition("/")[2], f"referral-{COURT}"):
        refused = await sent(running, f"{survivor}/separation", {"duplicate": other})
        assert (refused.status_code, told(refused)["code"]) == (422, "duplicate-unknown")
    stale = await sent(running, f"{survivor}/separation", {"duplicate": two}, tag='"another"')
    assert (stale.status_code, told(stale)["code"]) == (412, "precondition-failed")
    undone = await sent(running, f"{survivor}/separation", {"duplicate": two})
    assert undone.status_code == 200, undone.text
    again = (await running.get(duplicate, *CARLA, CARE)).json()
    assert (again["id"], again["status"], again["mergedInto"]) == (two, "received", None)
    contacts = (await running.get(f"{duplicate}/appointments", *CARLA, CARE)).json()["data"]
    assert [each["id"] for each in contacts] == ["contact-of-two"]
    assert (await running.get(f"{survivor}/duplicates", *CARLA, CARE)).json()["merged"] == []


async def test_each_change_leaves_one_entry_that_holds_nothing_of_it(running: Service) -> None:
    await running.marked()
    path = await made(running)
    assert (await sent(running, f"{path}/triage", {"signs": ["psychosis"]})).status_code == 200
    made_, triaged = await running.entries()
    assert (made_["type"], made_["action"], made_["clauses"]) == ("change", "create", ["D5", "D6"])
    assert made_["details"] == {"change": "created", "table": "referral", "subjects": ["referral"]}
    assert (triaged["clauses"], triaged["details"]["change"]) == (["B2"], "triaged")
    assert triaged["details"]["subjects"] == ["referral", "clinical", "scores", "safety"]
    assert "psychosis" not in str(triaged)


async def test_whoever_is_referred_becomes_known_to_the_service_by_that_alone(running: Service) -> None:
    """A draft opens nothing; from the sending on the service may know of them, and so may its system (H2)."""
    await refers(running, AGAIN, status="draft")
    for path in (f"/v1/people/{AGAIN}", f"/v1/people/{AGAIN}/referral"):
        assert (await running.get(path, *CARLA, CARE)).status_code == 404
    path = await made(running, AGAIN)
    identity = path.rpartition("/")[2]
    known = (await running.get(f"/v1/people/{AGAIN}/referral", *CARLA, CARE)).json()["data"]["referrals"]
    assert [each["id"] for each in known] == [identity]
    assert (await running.get(path, *OLGA, WORK)).status_code == 404  # D1: nobody has agreed to anything
    assert (await sent(running, f"{path}/triage", {}, who=OLGA, purpose=WORK)).status_code == 404
    items, _ = await feed(running, CLINICAL, limit=500)
    assert people(items)[AGAIN] == {"identity", "contact", "referral"}


async def test_the_persons_own_answer_has_moves_and_triage_without_what_names_others(running: Service) -> None:
    """G3: a note that names somebody is withheld, one that could harm is left out with its row."""
    path = await made(running)
    other = {"note": "his sister rang", "thirdParty": True, "seriousHarm": False}
    harm = {"note": "he must not know", "thirdParty": False, "seriousHarm": True, "signs": ["risk-to-others"]}
    assert (await sent(running, f"{path}/triage", harm)).status_code == 200
    assert (await sent(running, f"{path}/decision", {"outcome": "suitable"} | other)).status_code == 200
    answer = await running.get(f"/v1/people/{FULL}", *RORY, SUBJECT)
    held = answer.json()["categories"]
    sections = [*held["referral"].items(), *held["clinical"].items(), *held["safety"].items()]
    identity = path.rpartition("/")[2]
    ours = {name: [each for each in rows if each.get("referralId") == identity] for name, rows in sections}
    assert {each["toStatus"] for each in ours["moves"]} == {"received", "triaged", "waiting"}
    assert [(each["movedBy"], each["note"]) for each in ours["moveReasons"]] == [("carla", None), ("carla", None)]
    assert (ours["triages"], ours["triageRisks"]) == ([], [])
    assert "sister" not in answer.text
    assert "must not know" not in answer.text
    for who, purpose in ((CARLA, CARE), (OLGA, WORK)):  # others have addresses of their own for these
        assert "moves" not in (await running.get(f"/v1/people/{FULL}", *who, purpose)).json()["categories"]["referral"]


async def test_figures_count_a_merged_duplicate_once(running: Service) -> None:
    async def figures() -> Any:
        answer = await running.get("/v1/reports/pathway", *CARLA, EVALUATION)
        (whole,) = answer.json()["tables"][0]["rows"]
        return {name: each["value"] for name, each in whole["counts"].items()}

    survivor, duplicate = await made(running), await made(running)
    identity = duplicate.rpartition("/")[2]
    contact = world.appointment(FULL, t.Referral(id=identity), appointment_type="01")
    await world.put(running.url, [contact])
    before = await figures()
    assert (await sent(running, f"{survivor}/merge", {"duplicate": identity})).status_code == 200
    after = await figures()
    assert (before["referred"] - after["referred"], before["assessed"] - after["assessed"]) == (1, 0)
    refused = await sent(running, f"{survivor}/discharge", {"endCode": "50"})
    assert told(refused)["code"] == "end-code-unfitting"  # assessed, if under the duplicate
