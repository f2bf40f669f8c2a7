"""Each category as a role that may read it gets it: what is there and what is not, in the shape that is promised."""

from typing import Any

import pytest
from pydantic import BaseModel

from app.records.reading import released_fields
from app.services import shapes
from app.vocabulary import Category
from tests.routers.cast import (
    ADAM,
    CARA,
    CARE,
    CARLA,
    CATEGORY_WORDS,
    CLINICAL,
    COURT,
    EMERGENCY,
    FULL,
    HANA,
    OLGA,
    OTTO,
    OVERSIGHT,
    PETRA,
    PLURALS,
    PROBATION,
    PROTECT,
    RORY,
    SUBJECT,
    SYNC,
    TARA,
    THEO,
    WORK,
    told,
)
from tests.world import Service

pytestmark = pytest.mark.asyncio(loop_scope="session")
B1 = {"identity", "contact", "referral", "attendance", "progress", "scores", "clinical", "notes", "safety",
      "safety-alert", "meeting", "consent"}  # fmt: skip
C1 = {"supervision", "risk", "obligations"}


async def read(service: Service, crn: str, word: str, who: Any, purpose: str) -> dict[str, Any]:
    """One category, checked against its shape."""
    answer = await service.get(f"/v1/people/{crn}/{word}", *who, purpose)
    assert answer.status_code == 200, answer.text
    shapes.category_answer(Category(PLURALS.get(word, word))).model_validate_json(answer.content)
    body: dict[str, Any] = answer.json()
    assert (body["crn"], body["category"]) == (crn, PLURALS.get(word, word))
    return body


def only(rows: list[dict[str, Any]]) -> dict[str, Any]:
    (row,) = rows
    return row


WHO_READS = [
    pytest.param("identity", OLGA, WORK, "person", "familyName", f"Family{FULL}", id="A1: who somebody is"),
    pytest.param("contact", OLGA, WORK, "person", "phone", "0116 000 0001", id="A1: how to reach them"),
    pytest.param("supervision", OLGA, WORK, "sentences", "sentenceType", "community-order", id="A1: their sentence"),
    pytest.param("supervision", PETRA, WORK, "offenderManagers", "username", "olga", id="A2: who supervises them"),
    pytest.param("supervision", THEO, CARE, "requirements", "days", 20, id="C1: their requirements"),
    pytest.param("offence", OLGA, WORK, "offences", "description", "offence full", id="A1: their offence"),
    pytest.param("offence", THEO, CARE, "offences", "court", "court full", id="C2: by their consent"),
    pytest.param("risk", CARLA, CARE, "assessments", "roshLevel", "HIGH", id="C1: their risk"),
    pytest.param("risk", PETRA, WORK, "alerts", "description", "risk alert full", id="A2: alerts about them"),
    pytest.param("risk", OLGA, WORK, "conditions", "area", "area full", id="A1: where they may not go"),
    pytest.param("obligations", ADAM, CARE, "obligations", "place", "place full", id="C3: what they attend"),
    pytest.param("attendance", OLGA, WORK, "appointments", "attendanceCode", "5", id="D1: whether they attend"),
    pytest.param("attendance", ADAM, CARE, "appointments", "site", "SITEfull", id="B4: their appointments"),
    pytest.param("attendance", HANA, CARE, "appointments", "minutes", 50, id="E2: by their consent"),
    pytest.param("attendance", PROBATION, SYNC, "appointments", "minutes", 50, id="H3: what a system may know"),
    pytest.param("progress", OLGA, WORK, "summaries", "goals", "goals full", id="D3: their goals"),
    pytest.param("progress", CARLA, CARE, "summaries", "engagement", "engagement full", id="B2: how they engage"),
    pytest.param("scores", THEO, CARE, "measures", "items", "items full", id="B1: every answer"),
    pytest.param("clinical", THEO, CARE, "records", "medication", "medication full", id="B1: their medication"),
    pytest.param("clinical", TARA, CARE, "activities", "procedureCode", "procedure-full", id="B3: for triage"),
    pytest.param("safety", CARLA, CARE, "records", "plan", "plan full", id="B2: their safety plan"),
    pytest.param("safety-alert", OLGA, PROTECT, "alerts", "summary", "alert full", id="P1: what was released"),
    pytest.param("safety-alerts", PETRA, PROTECT, "alerts", "urgency", "urgent", id="P2: by its plural too"),
    pytest.param("meeting", OLGA, WORK, "meetings", "agreed", "agreed full", id="E1: what was agreed"),
    pytest.param("meetings", THEO, CARE, "meetings", "agreed", "agreed full", id="B1: by its plural too"),
    pytest.param("consent", OLGA, WORK, "objections", "category", "identity", id="E3: what they object to"),
]


@pytest.mark.parametrize(("word", "who", "purpose", "section", "field", "value"), WHO_READS)
async def test_a_category_is_read_by_whom_the_agreement_names(
    service: Service, word: str, who: Any, purpose: str, section: str, field: str, value: Any
) -> None:
    body = await read(service, FULL, word, who, purpose)
    assert only(body["data"][section])[field] == value
    assert "caveat" not in body
    category = Category(PLURALS.get(word, word))
    (entry,) = await service.entries()
    assert entry["outcome"] == "permitted"
    assert entry["released"] == {category.value: list(released_fields(category, "all"))}


async def test_every_category_is_read_by_somebody() -> None:
    named = {PLURALS.get(param.values[0], param.values[0]) for param in WHO_READS}
    assert named | {"referral", "notes"} == set(CATEGORY_WORDS)


async def test_identity_is_who_and_not_where(service: Service) -> None:
    person = only((await read(service, FULL, "identity", OLGA, WORK))["data"]["person"])
    assert person == {
        "id": person["id"],
        "crn": FULL,
        "familyName": f"Family{FULL}",
        "givenNames": f"Given{FULL}",
        "dateOfBirth": "1980-01-01",
        "sex": "male",
        "nhsNumber": "9990000018",
        "pncNumber": "1981/0000034U",
        "croNumber": None,
        "nomsNumber": None,
    }


async def test_scores_are_totals_and_bands_for_probation_and_never_an_answer(service: Service) -> None:
    body = await read(service, FULL, "scores", OLGA, WORK)
    assert only(body["data"]["measures"]) == {
        "tool": "PHQ-9",
        "toolCode": "phq9",
        "total": 14.0,
        "band": "moderate",
        "completedAt": "2026-03-03T09:30:00Z",
    }
    assert body["caveat"] == {"code": "totals", "text": "Totals and severity bands only, never single answers."}
    (entry,) = await service.entries()
    assert entry["released"] == {
        "scores": [f"measures.{name}" for name in ("tool", "toolCode", "total", "band", "completedAt")]
    }


async def test_a_referral_that_was_sent_is_there_and_somebody_elses_draft_is_not(service: Service) -> None:
    by_olga = (await read(service, FULL, "referral", OLGA, WORK))["data"]["referrals"]
    assert {row["id"] for row in by_olga} == {"referral-full", "draft-full"}
    for who, purpose in ((THEO, CARE), (ADAM, CARE), (CLINICAL, SYNC), (PROBATION, SYNC), (HANA, CARE)):
        rows = (await read(service, FULL, "referral", who, purpose))["data"]["referrals"]
        assert [row["id"] for row in rows] == ["referral-full"]
    to_the_person = (await read(service, FULL, "referral", RORY, SUBJECT))["data"]["referrals"]
    assert {row["id"] for row in to_the_person} == {"referral-full", "draft-full", "draft-otto"}


async def test_a_therapist_reads_every_note(service: Service) -> None:
    rows = (await read(service, FULL, "notes", THEO, CARE))["data"]["notes"]
    assert {row["text"] for row in rows} == {"note full", "note of harm", "note of a sister"}
    assert all(row.keys() == {"id", "referralId", "author", "writtenAt", "kind", "text"} for row in rows)


async def test_the_person_gets_no_third_party_and_nothing_that_could_harm(service: Service) -> None:
    body = await read(service, FULL, "notes", RORY, SUBJECT)
    assert {row["id"]: row["text"] for row in body["data"]["notes"]} == {
        "session_note-full": "note full",
        "note-third": None,
    }
    assert body["caveat"]["code"] == "third-parties-withheld"
    answer = await service.get(f"/v1/people/{FULL}", *RORY, SUBJECT)
    shapes.person_answer().model_validate_json(answer.content)
    assert answer.json()["categories"].keys() == set(CATEGORY_WORDS)
    assert answer.json()["withheld"] == []
    for kept in ("note full", "plan full", "agreed full", "items full", "offence full", "self full", "others full"):
        assert kept in answer.text
    assert "note of harm" not in answer.text
    assert "sister" not in answer.text


async def test_the_person_is_not_told_whom_an_alert_or_a_zone_protects(service: Service) -> None:
    """Texts that may name somebody else, of records that cannot say whether they do."""
    given = (await read(service, FULL, "risk", RORY, SUBJECT))["data"]
    assert [(row["code"], row["description"]) for row in given["alerts"]] == [("RSTO", None)]
    assert [(row["kind"], row["description"], row["area"]) for row in given["conditions"]] == [
        ("exclusion-zone", None, None)
    ]
    (alert,) = (await read(service, FULL, "safety-alert", RORY, SUBJECT))["data"]["alerts"]
    assert (alert["urgency"], alert["releasedBy"], alert["summary"], alert["reason"]) == ("urgent", "theo", None, None)
    supervised = (await read(service, FULL, "risk", OLGA, WORK))["data"]
    assert [row["description"] for row in supervised["alerts"]] == ["risk alert full"]
    assert [(row["description"], row["area"]) for row in supervised["conditions"]] == [("zone full", "area full")]
    (released,) = (await read(service, FULL, "safety-alert", OLGA, PROTECT))["data"]["alerts"]
    assert (released["summary"], released["reason"]) == ("alert full", "alert reason full")


async def test_the_entry_names_no_field_that_the_person_was_not_given(service: Service) -> None:
    """What was withheld of every row was not released; what some rows have was."""
    await read(service, FULL, "safety-alert", RORY, SUBJECT)
    await read(service, FULL, "consent", RORY, SUBJECT)
    await read(service, FULL, "notes", RORY, SUBJECT)
    await read(service, FULL, "supervision", RORY, SUBJECT)
    alerts, consents, notes, supervision = [each["released"] for each in await service.entries()]
    assert {"alerts.urgency", "alerts.releasedBy"} <= {*alerts["safety-alert"]}
    assert not {"alerts.summary", "alerts.reason"} & {*alerts["safety-alert"]}
    assert "consents.givenHow" in consents["consent"]
    assert "consents.witness" not in consents["consent"]
    assert "notes.text" in notes["notes"]
    assert {"offenderManagers.name", "offenderManagers.username"} <= {*supervision["supervision"]}


@pytest.mark.parametrize(
    ("who", "purpose", "opened"),
    [
        pytest.param(OLGA, WORK, {"identity", "contact", "supervision", "offence", "risk", "obligations", "referral",
                                  "attendance", "progress", "scores", "meeting", "consent"},
                     id="an offender manager: her own records, and what the person agreed to"),
        pytest.param(PETRA, WORK, {"identity", *C1}, id="a probation lead: nothing of the therapy"),
        pytest.param(OLGA, PROTECT, {"identity", "safety-alert"}, id="for protection: the alert alone"),
        pytest.param(THEO, CARE, B1 | C1 | {"offence"}, id="the therapist: the therapy, and justice data"),
        pytest.param(CARLA, CARE, B1 | C1 | {"offence"}, id="the clinical lead: as the therapist"),
        pytest.param(TARA, CARE, {"identity", "referral", "clinical"}, id="another therapist: triage alone"),
        pytest.param(ADAM, CARE, {"identity", "contact", "referral", "attendance", "obligations"},
                     id="an administrator: no therapy"),
        pytest.param(HANA, CARE, {"identity", "contact", "referral", "attendance"}, id="a health trainer"),
        pytest.param(CLINICAL, SYNC, {"identity", "contact", "referral"}, id="a clinical system"),
        pytest.param(PROBATION, SYNC, {"identity", "referral", "attendance"}, id="a probation system"),
        pytest.param(CARA, OVERSIGHT, {"identity", "consent"}, id="a Caldicott guardian"),
    ],
)  # fmt: skip
async def test_the_whole_of_a_person_is_what_is_open_and_why_the_rest_is_not(
    service: Service, who: Any, purpose: str, opened: set[str]
) -> None:
    answer = await service.get(f"/v1/people/{FULL}", *who, purpose)
    assert answer.status_code == 200
    shapes.person_answer().model_validate_json(answer.content)
    body = answer.json()
    assert (body["crn"], body["purpose"]) == (FULL, purpose)
    assert body["categories"].keys() == opened
    assert {each["category"] for each in body["withheld"]} == set(CATEGORY_WORDS) - opened
    assert all(each["text"] and each["clauses"] for each in body["withheld"])
    marks = {"notes": "note full", "safety": "plan full", "clinical": "medication full", "scores": "items full",
             "progress": "goals full", "offence": "offence full", "risk": "zone full", "meeting": "agreed full",
             "obligations": "obligation full", "contact": f"{FULL} Road"}  # fmt: skip
    for category, mark in marks.items():
        shown = category in opened and not (category == "scores" and who is OLGA)
        assert (mark in answer.text) == shown, category


@pytest.mark.parametrize(
    ("who", "opened"),
    [
        pytest.param(THEO, {*B1 - {"meeting", "consent"}, "supervision", "risk"}, id="F1: a clinician with a grant"),
        pytest.param(OLGA, {"identity", "contact", "attendance", "safety-alert"}, id="F2: probation with a grant"),
    ],
)
async def test_an_emergency_opens_what_keeps_people_safe(service: Service, who: Any, opened: set[str]) -> None:
    answer = await service.get(f"/v1/people/{COURT}", *who, EMERGENCY)
    assert answer.json()["categories"].keys() == opened


async def test_what_a_court_ordered_is_known_despite_an_objection_and_nothing_else_is(service: Service) -> None:
    body = await read(service, COURT, "attendance", OLGA, WORK)
    assert only(body["data"]["appointments"])["site"] == "SITEX100"
    for word in ("progress", "scores", "notes"):
        answer = await service.get(f"/v1/people/{COURT}/{word}", *OLGA, WORK)
        assert (answer.status_code, told(answer)["code"]) == (403, "withheld")


async def test_a_refusal_says_what_is_missing_and_whom_to_ask(service: Service) -> None:
    answer = await service.get(f"/v1/people/{COURT}/progress", *OLGA, WORK)
    (withheld,) = told(answer)["withheld"]
    shapes.Withheld.model_validate(withheld)
    assert (withheld["category"], withheld["code"], withheld["clauses"]) == ("progress", "missing", ["D3"])
    assert [each["fact"] for each in withheld["missing"]] == ["consent:progress"]
    assert [(each["ask"], each["facts"]) for each in withheld["remedies"]] == [("the person", ["consent:progress"])]


@pytest.mark.parametrize("word", ["clinical", "notes", "safety"])
@pytest.mark.parametrize("who", [OLGA, PETRA], ids=["offender manager", "probation lead"])
async def test_probation_never_reads_what_p3_keeps(service: Service, who: Any, word: str) -> None:
    for purpose in (WORK, PROTECT):
        answer = await service.get(f"/v1/people/{FULL}/{word}", *who, purpose)
        (withheld,) = told(answer)["withheld"]
        assert (answer.status_code, withheld["code"], withheld["clauses"]) == (403, "prohibited", ["P3"])
        assert withheld["remedies"] == []


async def test_access_says_why_and_why_not_and_holds_nothing_of_the_record(service: Service) -> None:
    answer = await service.get(f"/v1/people/{FULL}/access", *OLGA, WORK)
    body = answer.json()
    shapes.Access.model_validate_json(answer.content)
    agreement = (await service.http.get("/v1/agreement")).json()
    assert body["agreement"] == {"version": agreement["version"], "digest": agreement["digest"]}
    opened = {each["category"]: each for each in body["open"]}
    assert opened["attendance"]["clauses"] == ["D1"]
    assert opened["attendance"]["because"][0].startswith("While a sentence runs")
    assert opened["scores"]["caveat"] == "Totals and severity bands only, never single answers."
    assert [each["category"] for each in body["withheld"]] == ["clinical", "notes", "safety", "safety-alert"]
    assert " full" not in answer.text
    assert f"Family{FULL}" not in answer.text
    (entry,) = await service.entries()
    assert (entry["type"], entry["released"]) == ("explanation", {})


async def test_a_list_is_people_whose_identity_is_open_and_nothing_more_of_them(service: Service) -> None:
    answer = await service.get("/v1/people", *OLGA, WORK)
    shapes.PeoplePage.model_validate_json(answer.content)
    body = answer.json()
    assert body["data"][0] == {
        "crn": FULL,
        "familyName": f"Family{FULL}",
        "givenNames": f"Given{FULL}",
        "dateOfBirth": "1980-01-01",
        "sex": "male",
    }
    assert [row["crn"] for row in body["data"]] == ["X100001", "X100002", "X100003"]
    assert body["pagination"] == {"next": None, "pageSize": 50}
    assert [entry["released"] for entry in await service.entries()] == [
        {"identity": ["crn", "dateOfBirth", "familyName", "givenNames", "sex"]}
    ] * 3


async def test_referrals_are_drafts_first_then_newest_first(service: Service) -> None:
    answer = await service.get("/v1/referrals", *OLGA, WORK)
    shapes.referrals_page().model_validate_json(answer.content)
    assert [row["id"] for row in answer.json()["data"]] == ["draft-full", "referral-X100002", "referral-full"]
    drafts = await service.get("/v1/referrals?status=draft", *OLGA, WORK)
    assert [row["reason"] for row in drafts.json()["data"]] == ["my draft"]
    by_otto = await service.get("/v1/referrals", *OTTO, WORK)
    assert by_otto.json()["data"] == []


async def test_one_referral_by_its_id(service: Service) -> None:
    answer = await service.get("/v1/referrals/referral-full", *THEO, CARE)
    shapes.referral_answer().model_validate_json(answer.content)
    assert (answer.json()["crn"], answer.json()["reason"]) == (FULL, "reason full")
    listed = await service.get("/v1/referrals", *THEO, CARE)
    assert answer.json() == next(row for row in listed.json()["data"] if row["id"] == "referral-full")


@pytest.mark.parametrize(
    ("field", "value", "found"),
    [
        ("crn", "x10 00 01", [FULL]),
        ("nhsNumber", "999 000 0018", [FULL]),
        ("pncNumber", "81/34U", [FULL]),
        ("familyName", f"FAMILY{FULL}", [FULL]),
        ("familyName", "Family", []),
        ("givenNames", "givenX100", ["X100001", "X100002", "X100003"]),
        ("dateOfBirth", "1980-01-01", ["X100001", "X100002", "X100003"]),
        ("postcode", "le11aa", ["X100001", "X100002", "X100003"]),
        ("postcode", "LE2 2BB", []),
    ],
)
async def test_a_search_finds_by_one_field(service: Service, field: str, value: str, found: list[str]) -> None:
    answer = await service.request("POST", "/v1/people/searches", *OLGA, WORK, json={field: value})
    shapes.PeoplePage.model_validate_json(answer.content)
    assert [row["crn"] for row in answer.json()["data"]] == found


async def test_the_api_description_promises_a_shape_for_every_address(service: Service) -> None:
    described = (await service.http.get("/openapi.json")).json()
    models: dict[str, type[BaseModel]] = {
        f"/v1/people/{{crn}}/{category.value}": shapes.category_answer(category) for category in Category
    } | {
        "/v1/people/{crn}": shapes.person_answer(),
        "/v1/people/{crn}/access": shapes.Access,
        "/v1/people": shapes.PeoplePage,
        "/v1/referrals": shapes.referrals_page(),
        "/v1/referrals/{referral_id}": shapes.referral_answer(),
    }
    for path, model in models.items():
        responses = described["paths"][path]["get"]["responses"]
        schema = responses["200"]["content"]["application/json"]["schema"]
        assert schema["$ref"] == f"#/components/schemas/{model.__name__}"
        assert {"400", "401", "403", "503"} <= responses.keys()
        assert "Audit-Receipt" in responses["200"]["headers"]
        assert responses["403"] == {"$ref": "#/components/responses/Problem403"}
    assert described["components"]["schemas"]["SessionNoteNotes"]["additionalProperties"] is False
