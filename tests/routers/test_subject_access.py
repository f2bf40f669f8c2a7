"""A person's own rights: requests opened and closed, all that is held given in the HMPPS form, and who has seen it."""

import logging
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

import app.tables as t
from app.cli import root
from tests import world
from tests.routers.cast import (
    ALMA,
    BARE,
    CARE,
    COURT,
    EXCLUDED,
    FULL,
    NOBODY,
    OLGA,
    OVERSIGHT,
    PROBATION,
    RESTRICTED,
    RORY,
    SUBJECT,
    SYNC,
    THEO,
    WORK,
    told,
)
from tests.world import NOW, TODAY, Service

OPENED = {"receivedOn": TODAY.isoformat(), "reference": "SAR-2026-014"}
SAR = "/subject-access-request"


async def requests(service: Service, crn: str) -> list[Any]:
    sql = text(
        "SELECT r.opened_on, r.opened_by, r.reference, r.closed_on, r.closed_by FROM subject_request r "
        "JOIN person p ON p.id = r.person_id WHERE p.crn = :crn ORDER BY r.id"
    )
    (rows,) = await world.execute(service.url, [(sql, {"crn": crn})])
    return [tuple(None if value is None else str(value) for value in row) for row in rows]


async def opened(service: Service, crn: str = BARE, **values: Any) -> Any:
    return await service.request("POST", f"/v1/people/{crn}/subject-requests", *RORY, SUBJECT, json=OPENED | values)


async def closed(service: Service, request: str, **values: Any) -> Any:
    return await service.request("POST", f"/v1/subject-requests/{request}/closure", *RORY, SUBJECT, json=values)


async def asked(service: Service, who: Any = RORY, purpose: str = SUBJECT, **parameters: str) -> Any:
    return await service.get(SAR, *who, purpose, params=parameters)


# --- requests -----------------------------------------------------------------------------------------------------


async def test_a_request_opens_everything_and_its_closure_ends_that(service_on_both: Service) -> None:
    """Under G5 it is opened and closed; what G3 gives is given in between, and not a request later."""
    service = service_on_both
    assert (await asked(service, crn=BARE)).status_code == 204
    answer = await opened(service)
    assert answer.status_code == 201
    assert answer.json().keys() == {"id", "version"}
    assert await requests(service, BARE) == [(str(TODAY), "rory", "SAR-2026-014", None, None)]
    given = await asked(service, crn=BARE)
    assert given.status_code == 200
    assert given.json()["content"]["categories"]["identity"]["person"][0]["familyName"] == f"Family{BARE}"
    done = await closed(service, answer.json()["id"])
    assert (done.status_code, done.json()["id"]) == (200, answer.json()["id"])
    assert done.json()["version"] > answer.json()["version"]
    assert await requests(service, BARE) == [(str(TODAY), "rory", "SAR-2026-014", str(TODAY), "rory")]
    assert (await asked(service, crn=BARE)).status_code == 204
    (kept,) = (
        await world.execute(service.url, [(text("SELECT closed_on, reference FROM subject_request_history"), None)])
    )[0]
    assert tuple(kept) == (None, "SAR-2026-014")
    entries = await service.entries()
    assert [(e["action"], e["outcome"], e["clauses"]) for e in entries] == [
        ("read", "refused", ["G3"]),
        ("open", "permitted", ["G5"]),
        ("read", "permitted", ["G3"]),
        ("close", "permitted", ["G5"]),
        ("read", "refused", ["G3"]),
    ]
    assert entries[1]["details"] == {"change": "opened", "table": "subject_request", "subjects": ["subject-request"]}
    assert entries[3]["details"] == {"change": "closed", "table": "subject_request", "subjects": ["subject-request"]}
    assert all(crn not in str(entry) for entry in entries for crn in (BARE, "SAR-2026-014"))


async def test_a_second_request_while_one_is_open_is_a_clear_problem(service_alone: Service) -> None:
    problem = told(await opened(service_alone, FULL))
    assert (problem["status"], problem["code"]) == (409, "subject-request-open")
    assert len(await requests(service_alone, FULL)) == 1
    assert (await service_alone.entries())[-1]["reason"] == "subject-request-open"


async def test_a_request_is_closed_once(service_alone: Service) -> None:
    assert (await closed(service_alone, "request-full")).status_code == 200
    problem = told(await closed(service_alone, "request-full"))
    assert (problem["status"], problem["code"]) == (409, "subject-request-closed")
    assert (await opened(service_alone, FULL)).status_code == 201
    assert len(await requests(service_alone, FULL)) == 2


@pytest.mark.parametrize(
    ("values", "field"),
    [
        pytest.param({"receivedOn": (TODAY + timedelta(days=1)).isoformat()}, "receivedOn", id="received tomorrow"),
        pytest.param({"receivedOn": "0001-01-01"}, "receivedOn", id="received before there were records"),
        pytest.param({"receivedOn": "10/03/2026"}, "receivedOn", id="a day of another form"),
        pytest.param({"reference": "from Olga Smith"}, "reference", id="a reference in words"),
        pytest.param({"reference": ""}, "reference", id="no reference"),
        pytest.param({"reason": "because"}, "reason", id="an unknown field"),
    ],
)
async def test_what_cannot_be_a_request_is_refused_by_field(service: Service, values: Any, field: str) -> None:
    answer = await opened(service, **values)
    problem = told(answer)
    assert (answer.status_code, problem["code"], problem["field"]) == (422, "body-invalid", field)
    assert await requests(service, BARE) == []
    assert [entry["reason"] for entry in await service.entries()] == ["body-invalid"]


@pytest.mark.parametrize("day", [TODAY - timedelta(days=4), TODAY + timedelta(days=1)], ids=["too early", "too late"])
async def test_a_request_is_closed_between_its_receipt_and_today(service: Service, day: Any) -> None:
    problem = told(await closed(service, "request-full", closedOn=day.isoformat()))
    assert (problem["status"], problem["code"], problem["field"]) == (422, "body-invalid", "closedOn")
    assert [row[3] for row in await requests(service, FULL)] == [None]


@pytest.mark.parametrize("who", [OLGA, THEO, ALMA], ids=["offender manager", "therapist", "auditor"])
async def test_nobody_else_opens_or_closes(service: Service, who: Any) -> None:
    purpose = {"olga": WORK, "theo": CARE, "alma": OVERSIGHT}[who[1]]
    for path, body in (
        (f"/v1/people/{BARE}/subject-requests", OPENED),
        ("/v1/subject-requests/request-full/closure", {}),
    ):
        answer = await service.request("POST", path, *who, purpose, json=body)
        assert answer.status_code in (403, 404)
    assert await requests(service, BARE) == []
    assert [row[3] for row in await requests(service, FULL)] == [None]
    assert [entry["outcome"] for entry in await service.entries()] == ["refused", "refused"]


@pytest.mark.parametrize("request_id", ["not-there", "%00", "x" * 50])
async def test_a_request_that_is_not_there_is_not_found(service: Service, request_id: str) -> None:
    assert told(await closed(service, request_id))["code"] == "not-found"


async def test_an_officer_whom_the_record_excludes_finds_nobody(service_alone: Service) -> None:
    """S3 comes before G5: the same as for somebody who is not on file."""
    await world.put(service_alone.url, world.limit(BARE, "exclusion", "rory"))
    answers = [await opened(service_alone, crn) for crn in (BARE, NOBODY)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content


# --- what is held ---------------------------------------------------------------------------------------------------


async def test_everything_is_given_but_third_parties_and_serious_harm(service: Service) -> None:
    answer = await asked(service, crn=FULL)
    assert answer.status_code == 200
    content = answer.json()["content"]
    assert content["crn"] == FULL
    assert len(content["categories"]) == 16
    notes = {note["id"]: note["text"] for note in content["categories"]["notes"]["notes"]}
    assert notes == {"session_note-full": "note full", "note-third": None}
    assert {row["id"] for row in content["categories"]["referral"]["referrals"]} >= {"referral-full", "draft-full"}
    assert "note of harm" not in answer.text
    assert "note of a sister" not in answer.text
    (caveat,) = content["caveats"]
    assert caveat["code"] == "third-parties-withheld"
    (entry,) = await service.entries()
    assert (entry["outcome"], entry["clauses"], entry["purpose"]) == ("permitted", ["G3"], "subject-access")
    assert entry["resource"] == SAR
    assert "notes.text" in entry["released"]["notes"]
    assert answer.headers["audit-receipt"].partition(":")[0].isdigit()


async def test_a_restricted_record_is_the_persons_own_all_the_same(service_alone: Service) -> None:
    await opened(service_alone, RESTRICTED)
    assert (await asked(service_alone, crn=RESTRICTED)).status_code == 200


async def test_the_same_bytes_for_nobody_and_for_somebody_without_a_request(service: Service) -> None:
    """S5: 204 says that there is nothing to give, and not why."""
    absent, unasked = await asked(service, crn=NOBODY), await asked(service, crn=COURT)
    ids = ("x-request-id",)
    assert absent.status_code == unasked.status_code == 204
    assert absent.content == unasked.content == b""
    headers = [[pair for pair in each.headers.raw if pair[0].decode() not in ids] for each in (absent, unasked)]
    assert headers[0] == headers[1]
    entries = await service.entries()
    assert [(entry["outcome"], entry["reason"]) for entry in entries] == [
        ("refused", "not-on-file"),
        ("refused", "not-permitted"),
    ]


async def test_a_prison_number_alone_is_none_of_this_services(service: Service) -> None:
    answer = await asked(service, prn="A1234AA")
    assert (answer.status_code, answer.content) == (209, b"")
    (entry,) = await service.entries()
    assert (entry["outcome"], entry["reason"], entry["released"]) == ("refused", "identifier-not-used", {})
    assert "A1234AA" not in str(entry)
    assert (await asked(service, prn="A1234AA", crn=FULL)).status_code == 200


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        pytest.param({}, "crn", id="nobody is named"),
        pytest.param({"crn": " "}, "crn", id="a blank"),
        pytest.param({"crn": "Q1"}, "crn", id="no CRN"),
        pytest.param({"crn": FULL, "fromDate": "2026-3-1"}, "fromDate", id="no day"),
        pytest.param({"crn": FULL, "toDate": "2026-02-30"}, "toDate", id="a day that there is not"),
        pytest.param({"crn": FULL, "fromDate": "2026-03-02", "toDate": "2026-03-01"}, "toDate", id="backwards"),
        pytest.param({"crn": FULL, "name": "x"}, "name", id="an unknown parameter"),
    ],
)
async def test_a_question_that_names_nobody_or_no_day_is_refused(service: Service, parameters: Any, field: str) -> None:
    answer = await asked(service, **parameters)
    assert (answer.status_code, told(answer)["field"]) == (400, field)
    assert "Q1" not in answer.text


async def test_the_days_leave_out_what_happened_before_and_after(service: Service) -> None:
    """Point events by their day, periods where they go on; what has no day is always there."""

    async def held(**days: str) -> dict[str, Any]:
        held: dict[str, Any] = (await asked(service, crn=FULL, **days)).json()["content"]["categories"]
        return held

    recent = await held(fromDate="2026-03-09")
    assert recent["notes"]["notes"] == []
    assert recent["attendance"]["appointments"] == []
    assert [row["id"] for row in recent["supervision"]["sentences"]] == ["order-full"]
    assert "referral-full" in {row["id"] for row in recent["referral"]["referrals"]}
    assert recent["identity"]["person"]
    before = await held(toDate="2026-01-01")
    assert before["consent"]["consents"] == []
    assert before["supervision"]["sentences"] == []
    then = await held(fromDate="2026-03-03", toDate="2026-03-03")
    assert {row["id"] for row in then["notes"]["notes"]} == {"session_note-full", "note-third"}


def _over_a_year() -> list[Any]:
    """Notes around the end of a day in summer time and a change of clocks, and things with parts of their own."""
    ends = world.of(t.Referral, BARE, id="ref", service_id=world.SERVICE, status="discharged", basis="voluntary",
                    source_of_referral="E3", received_on=date(2025, 3, 1), closed_on=date(2025, 6, 30))  # fmt: skip
    about = {"referral_id": "ref", "author": "theo", "kind": "session", "third_party": False, "serious_harm": False}
    moments = {
        "june, last second": "2025-06-30T22:59:59+00:00",
        "july, first second": "2025-06-30T23:00:00+00:00",
        "october 26, summer time": "2025-10-26T00:30:00+00:00",
        "october 26, last second": "2025-10-26T23:59:59+00:00",
        "october 27": "2025-10-27T00:00:00+00:00",
    }
    contact = world.appointment(BARE, ends, id="contact", starts_at=datetime(2025, 4, 1, 9, tzinfo=UTC))
    given = {"valid_from": datetime(2025, 1, 1, tzinfo=UTC), "valid_until": datetime(2025, 7, 1, tzinfo=UTC)}
    return [
        ends,
        *(
            world.of(t.SessionNote, BARE, id=name, written_at=datetime.fromisoformat(at), text=name, **about)
            for name, at in moments.items()
        ),
        contact,
        world.of(t.CareActivity, BARE, id="activity", referral_id="ref", appointment_id="contact"),
        *world.consent(BARE, "scores", id="consent", **given),
        world.subject_request(BARE, id="request"),
    ]


JUNE, JULY, SUMMER, OCTOBER, NEXT = (note.id for note in _over_a_year()[1:6])
APRIL = ["contact", "activity"]


@pytest.mark.parametrize(
    ("days", "notes", "others"),
    [
        pytest.param({}, [JUNE, JULY, SUMMER, OCTOBER, NEXT], ["ref", *APRIL, "consent"], id="all of it"),
        pytest.param({"toDate": "2025-06-30"}, [JUNE], ["ref", *APRIL, "consent"], id="to the end of a day in London"),
        pytest.param({"fromDate": "2025-07-01"}, [JULY, SUMMER, OCTOBER, NEXT], ["consent"], id="from its beginning"),
        pytest.param({"fromDate": "2025-06-30", "toDate": "2025-06-30"}, [JUNE], ["ref", "consent"], id="one day"),
        pytest.param({"fromDate": "2025-10-26", "toDate": "2025-10-26"}, [SUMMER, OCTOBER], [], id="a day of 25 hours"),
        pytest.param({"toDate": "2024-12-31"}, [], [], id="before there was anything"),
    ],
)
async def test_a_day_is_one_in_london_and_what_belongs_to_a_thing_goes_with_it(
    service_alone: Service, days: dict[str, str], notes: list[str], others: list[str]
) -> None:
    await world.put(service_alone.url, _over_a_year())
    held = (await asked(service_alone, crn=BARE, **days)).json()["content"]["categories"]
    assert [row["id"] for row in held["notes"]["notes"]] == notes
    found = [row["id"] for row in held["referral"]["referrals"]]
    found += [row["id"] for row in (*held["attendance"]["appointments"], *held["clinical"]["activities"])]
    assert found + [row["id"] for row in held["consent"]["consents"]] == others
    assert [row["consentId"] for row in held["consent"]["recipients"]] == [one for one in others if one == "consent"]
    assert held["identity"]["person"][0]["crn"] == BARE
    managers = [row["username"] for row in held["supervision"]["offenderManagers"]]
    assert managers == ([] if days.get("toDate", "2026") < "2026" else ["olga"])


@pytest.mark.parametrize(
    ("who", "purpose", "code"),
    [
        pytest.param(OLGA, WORK, "not-permitted-for-role", id="an offender manager for supervision"),
        pytest.param(THEO, CARE, "not-permitted-for-role", id="a therapist for direct care"),
        pytest.param(PROBATION, SYNC, "not-permitted-for-role", id="the case-management system"),
        pytest.param(OLGA, SUBJECT, "purpose-not-for-role", id="an offender manager for subject access"),
    ],
)
async def test_nobody_else_is_given_it_by_another_clause(service: Service, who: Any, purpose: str, code: str) -> None:
    """A caller who may read this person is not answered here under the clause that lets them: this is G3's answer."""
    for parameters in ({"crn": FULL}, {"prn": "A1234AA"}):
        answer = await asked(service, who, purpose, **parameters)
        assert (answer.status_code, told(answer)["code"]) == (403, code)
    assert {(entry["outcome"], str(entry["released"])) for entry in await service.entries()} == {("refused", "{}")}


async def test_the_query_stands_in_no_log_of_the_service(
    service: Service, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The convention puts a CRN into the query, and so the server keeps no access log."""
    given: dict[str, Any] = {}
    monkeypatch.setattr("uvicorn.run", lambda *_, **named: given.update(named))
    monkeypatch.setattr(root, "settings", lambda: None)
    root.serve()
    assert given["access_log"] is False
    with caplog.at_level(logging.DEBUG):
        caplog.clear()
        await asked(service, crn=FULL, fromDate="soon")
    of_the_service = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    assert all(FULL not in record.getMessage() for record in of_the_service)


# --- who has seen it ------------------------------------------------------------------------------------------------


async def test_the_person_can_read_who_saw_what_when_why_and_under_which_clause(service_on_both: Service) -> None:
    service = service_on_both
    await service.get(f"/v1/people/{FULL}/attendance", *OLGA, WORK)
    await service.get(f"/v1/people/{FULL}/scores", *THEO, CARE)
    await service.get(f"/v1/people/{FULL}/notes", *OLGA, WORK)  # refused: no disclosure
    await service.get(f"/v1/people/{FULL}/access", *OLGA, WORK)  # says why not, and discloses nothing
    await service.get(f"/v1/people/{COURT}/attendance", *OLGA, WORK)  # somebody else's
    await service.get(f"/v1/people/{FULL}/identity", *PROBATION, SYNC)
    answer = await service.get(f"/v1/people/{FULL}/disclosures", *RORY, SUBJECT)
    assert answer.status_code == 200
    body = answer.json()
    assert (body["crn"], body["pagination"]) == (FULL, {"next": None, "pageSize": 50})
    (day,) = body["data"]
    assert day["date"] == TODAY.isoformat()
    system, therapist, manager = day["disclosures"]
    assert manager["who"] == {
        "name": "Olga",
        "role": "offender-manager",
        "organisation": "The Probation Service, Leicester",
        "isSystem": False,
    }
    assert manager["purpose"] == {"code": "supervision", "text": "Supervising the person's sentence."}
    (what,) = manager["what"]
    assert what["category"] == "attendance"
    assert "appointments.startsAt" in what["fields"]
    assert [clause["id"] for clause in manager["clauses"]] == ["D1"]
    assert manager["text"] == (
        "At 09:30 on 10 March 2026 Olga, offender manager at The Probation Service, Leicester saw: "
        "Therapy appointments: when, where, attended, cancelled, did not attend. "
        "Why: Supervising the person's sentence. Clause D1: "
        f"{manager['clauses'][0]['text']}"
    )
    assert (therapist["who"]["name"], therapist["what"][0]["category"]) == ("Theo", "scores")
    assert (system["who"]["name"], system["who"]["isSystem"]) == ("probation-system", True)
    assert "received: " in system["text"]
    entries = await service.entries()
    assert entries[-1]["released"] == {"disclosures": ["*"]}
    assert entries[-1]["clauses"] == ["G5"]
    assert [each["entry"] for each in day["disclosures"]] == sorted(
        (each["entry"] for each in day["disclosures"]), reverse=True
    )


async def test_disclosures_are_paged_newest_first_without_gaps(service_alone: Service) -> None:
    for _ in range(5):
        await service_alone.get(f"/v1/people/{FULL}/attendance", *OLGA, WORK)
    path, seen, cursor = f"/v1/people/{FULL}/disclosures", [], None
    for _ in range(6):
        parameters = {"pageSize": "2"} | ({"cursor": cursor} if cursor else {})
        body = (await service_alone.get(path, *RORY, SUBJECT, params=parameters)).json()
        seen += [each for day in body["data"] for each in day["disclosures"]]
        cursor = body["pagination"]["next"]
        if cursor is None:
            break
    numbers = [each["entry"] for each in seen]
    assert numbers == sorted(set(numbers), reverse=True)
    assert sum(each["what"][0]["category"] == "attendance" for each in seen) == 5
    other = await service_alone.get(f"/v1/people/{BARE}/disclosures", *RORY, SUBJECT, params={"pageSize": "1"})
    assert other.json()["data"] == []
    first = (await service_alone.get(path, *RORY, SUBJECT, params={"pageSize": "1"})).json()["pagination"]["next"]
    elsewhere = await service_alone.get(f"/v1/people/{BARE}/disclosures", *RORY, SUBJECT, params={"cursor": first})
    assert told(elsewhere)["code"] == "cursor-invalid"


async def test_a_name_that_is_no_longer_on_the_register_is_said_to_be_so(service_alone: Service) -> None:
    await service_alone.get(f"/v1/people/{FULL}/attendance", *OLGA, WORK)
    await world.execute(
        service_alone.url, [(text("UPDATE staff SET username = 'renamed' WHERE username = 'olga'"), None)]
    )
    body = (await service_alone.get(f"/v1/people/{FULL}/disclosures", *RORY, SUBJECT)).json()
    (line,) = body["data"][0]["disclosures"]
    assert line["who"]["name"] is None
    assert " somebody whose name is no longer on the register, offender manager at " in line["text"]


async def test_the_night_belongs_to_its_day_in_london(cast_url: str, key_file: Path) -> None:
    """00:30 in summer time is 23:30 of the day before in UTC."""
    night = NOW.replace(month=4, day=1, hour=23, minute=30)
    async with world.serving(cast_url, key_file, clock_start=night) as service:
        await service.get(f"/v1/people/{FULL}/identity", *OLGA, WORK)
        body = (await service.get(f"/v1/people/{FULL}/disclosures", *RORY, SUBJECT)).json()
    assert [day["date"] for day in body["data"]] == ["2026-04-02"]
    assert body["data"][0]["disclosures"][0]["text"].startswith("At 00:30 on 2 April 2026 ")


@pytest.mark.parametrize(
    "who", [(OLGA, WORK), (THEO, CARE), (ALMA, OVERSIGHT)], ids=["offender manager", "therapist", "auditor"]
)
async def test_nobody_else_reads_the_disclosures(service: Service, who: Any) -> None:
    answer = await service.get(f"/v1/people/{FULL}/disclosures", *who[0], who[1])
    assert answer.status_code in (403, 404)
    (entry,) = await service.entries()
    assert (entry["outcome"], entry["released"]) == ("refused", {})


async def test_disclosures_of_nobody_and_of_whom_the_officer_is_excluded_from_look_alike(
    service_alone: Service,
) -> None:
    await world.put(service_alone.url, world.limit(EXCLUDED, "exclusion", "rory"))
    answers = [await service_alone.get(f"/v1/people/{crn}/disclosures", *RORY, SUBJECT) for crn in (EXCLUDED, NOBODY)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content
