"""Oversight asks the log (G1): what it finds, what it leaves behind, and who is refused."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from app.audit.counting import MOST_COUNTED
from app.audit.searching import MOST_LOOKED_AT
from app.db import Address
from app.gate import KINDS
from app.routers.audit_words import CountsSearch, EntriesSearch, ExportSearch
from app.services.audit import Breakdown, _days
from tests.audit.logs import Owner, verified
from tests.leaks.routes import routes
from tests.postgres import wait_for
from tests.project.tree import ROOT
from tests.routers.auditing import (
    COUNTS,
    ENTRIES,
    EXPORT,
    NHS,
    PERIOD,
    PNC,
    SEARCHES,
    asked,
    busy,
    log_of,
    numbers,
    pages,
    searched,
)
from tests.routers.cast import (
    ALMA,
    CARA,
    CARLA,
    CLINICAL,
    COLIN,
    COURT,
    EVALUATION,
    FULL,
    NOBODY,
    OLGA,
    OVERSIGHT,
    PETRA,
    RESTRICTED,
    RORY,
    SUBJECT,
    SYNC,
    WORK,
    told,
)
from tests.world import Service, execute, limit, person, put, subjects

Says = Callable[[dict[str, Any]], bool]


async def test_a_page_shows_the_entries_as_they_stand_and_leaves_one_that_says_so(service_on_both: Service) -> None:
    service = service_on_both
    count = await busy(service)
    answer = await asked(service, pageSize="200")
    assert answer.json() == {
        "data": (await log_of(service))[:count][::-1],
        "pagination": {"next": None, "pageSize": 200},
    }
    for each in answer.json()["data"]:
        told_text = json.dumps(each["entry"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert told_text in answer.text
        assert "salt" not in each
    (entry,) = (await service.entries())[count:]
    assert (entry["type"], entry["outcome"], entry["action"]) == ("access", "permitted", "read")
    assert (entry["clauses"], entry["released"]) == (["G1"], {"audit-log": ["*"]})
    assert entry["resource"] == ENTRIES
    assert entry["details"] == {
        "search": {"since": "2026-03-01T00:00:00.000000Z", "until": "2026-04-01T00:00:00.000000Z"},
        "order": "newest",
        "entries": {"first": 0, "last": count - 1, "shown": count},
    }
    assert entry["subject"] is None
    assert entry["answerDigest"] is None
    assert answer.headers["audit-receipt"].startswith(f"{count}:")


FILTERS: dict[str, tuple[str, Says]] = {
    "staff": ("olga", lambda e: (e["caller"] or {}).get("staff") == "olga"),
    "party": ("health", lambda e: (e["caller"] or {}).get("party") == "health"),
    "client": ("probation-system", lambda e: (e["caller"] or {}).get("client") == "probation-system"),
    "role": ("therapist", lambda e: (e["caller"] or {}).get("role") == "therapist"),
    "purpose": ("supervision", lambda e: e["purpose"] == "supervision"),
    "action": ("read", lambda e: e["action"] == "read"),
    "outcome": ("refused", lambda e: e["outcome"] == "refused"),
    "type": ("authentication", lambda e: e["type"] == "authentication"),
    "category": ("attendance", lambda e: "attendance" in e["released"] or "attendance" in e["withheld"]),
    "released": ("notes", lambda e: "notes" in e["released"]),
    "withheld": ("scores", lambda e: "scores" in e["withheld"]),
    "clause": ("D1", lambda e: "D1" in e["clauses"]),
}


async def test_every_filter_finds_what_it_says(service_on_both: Service) -> None:
    service = service_on_both
    count = await busy(service)
    whole = [each["entry"] for each in (await log_of(service))[:count]]
    agreement = next(entry["agreement"] for entry in whole if entry["agreement"])
    of_one = {
        "agreement": (agreement, lambda e: e["agreement"] == agreement),
        "requestId": (whole[2]["requestId"], lambda e: e["requestId"] == whole[2]["requestId"]),
        "eventId": (whole[3]["eventId"], lambda e: e["eventId"] == whole[3]["eventId"]),
    }
    for name, (value, says) in (FILTERS | of_one).items():
        true = [number for number, entry in enumerate(whole) if says(entry)]
        assert 0 < len(true) <= count, name
        found = numbers(await asked(service, order="oldest", **{name: value}))
        assert [number for number in found if number < count] == true, name
        assert numbers(await searched(service, order="oldest", **{name: value}))[: len(true)] == true, name
    both = numbers(await asked(service, order="oldest", staff="OLGA", released="attendance", outcome="permitted"))
    assert [n for n in both if n < count] == [
        number
        for number, entry in enumerate(whole)
        if FILTERS["staff"][1](entry) and "attendance" in entry["released"] and entry["outcome"] == "permitted"
    ]


async def test_a_period_leaves_out_what_was_recorded_before_and_after(service_alone: Service) -> None:
    count = await busy(service_alone)
    moments = [each["recordedAt"] for each in (await log_of(service_alone))[:count]]
    within = {"since": moments[3], "until": moments[7], "order": "oldest"}
    true = [place for place, moment in enumerate(moments) if moments[3] <= moment < moments[7]]
    assert numbers(await asked(service_alone, **within)) == true
    assert numbers(await asked(service_alone, since="2027-01-01T00:00:00Z", until="2027-01-02T00:00:00Z")) == []
    in_offset = {"since": "2026-03-10T10:30:00+01:00", "until": "2026-03-10T12:30:00+01:00"}
    assert len(numbers(await asked(service_alone, **in_offset))) == len(await service_alone.entries()) - 1


async def test_pages_are_the_whole_while_each_of_them_adds_to_the_log(service_on_both: Service) -> None:
    await busy(service_on_both)
    for order in ("newest", "oldest"):
        count, seen = len(await service_on_both.entries()), []
        async for answer in pages(service_on_both, {"order": order, "pageSize": 3}):
            assert len(numbers(answer)) <= 3
            seen += numbers(answer)
        assert seen == (list(range(count)) if order == "oldest" else list(range(count))[::-1])


async def test_a_cursor_is_good_for_the_query_that_it_was_made_for(service_alone: Service) -> None:
    await busy(service_alone)
    cursor = (await asked(service_alone, pageSize="2")).json()["pagination"]["next"]
    good = await asked(service_alone, cursor=cursor, pageSize="3")
    assert good.status_code == 200
    others: list[dict[str, Any]] = [
        {"order": "oldest"}, {"staff": "olga"}, {"since": "2026-03-02T00:00:00Z"}, {"consent": "consent-scores"},
    ]  # fmt: skip
    for other in others:
        faulty = await asked(service_alone, cursor=cursor, **other)
        assert (faulty.status_code, told(faulty)["code"], told(faulty)["field"]) == (400, "cursor-invalid", "cursor")
    assert told(await searched(service_alone, cursor=cursor, crn=FULL))["code"] == "cursor-invalid"
    assert (await service_alone.entries())[-1]["reason"] == "cursor-invalid"


REFUSED = [
    pytest.param(OLGA, OVERSIGHT, "purpose-not-for-role", id="an offender manager has no such purpose"),
    pytest.param(CARLA, EVALUATION, "not-permitted-for-role", id="a clinical lead who evaluates"),
    pytest.param(PETRA, WORK, "not-permitted-for-role", id="a probation lead"),
    pytest.param(RORY, SUBJECT, "not-permitted-for-role", id="a records officer"),
    pytest.param(COLIN, EVALUATION, "not-permitted-for-role", id="the commissioner"),
    pytest.param(CLINICAL, SYNC, "not-permitted-for-role", id="a system"),
    pytest.param(ALMA, WORK, "purpose-not-for-role", id="an auditor for another purpose"),
]


@pytest.mark.parametrize(("who", "purpose", "code"), REFUSED)
async def test_everybody_else_is_refused_with_an_entry(service: Service, who: Any, purpose: str, code: str) -> None:
    for method, path in (("GET", ENTRIES), ("GET", f"{ENTRIES}/0"), ("GET", COUNTS), ("GET", EXPORT),
                         ("POST", SEARCHES), ("POST", COUNTS), ("POST", EXPORT)):  # fmt: skip
        before = len(await service.entries())
        given = {} if path.endswith("/0") else {"params": PERIOD} if method == "GET" else {"json": PERIOD}
        answer = await service.request(method, path, *who, purpose, **given)
        assert (answer.status_code, told(answer)["code"]) == (403, code), path
        (entry,) = (await service.entries())[before:]
        assert (entry["outcome"], entry["reason"], entry["released"]) == ("refused", code, {})


async def test_both_roles_of_oversight_read_it(service_alone: Service) -> None:
    await busy(service_alone)
    for who in (ALMA, CARA):
        assert numbers(await asked(service_alone, who=who, pageSize="1"))


FAULTY: list[Any] = [
    pytest.param({"until": "2026-04-01"}, "until", id="a day is no moment"),
    pytest.param({"since": "2026-03-01T00:00:00"}, "since", id="a moment without its offset"),
    pytest.param({"since": PERIOD["until"], "until": PERIOD["since"]}, "until", id="it ends before it begins"),
    pytest.param({"party": "police"}, "party", id="an unknown party"),
    pytest.param({"role": "doctor"}, "role", id="an unknown role"),
    pytest.param({"purpose": "curiosity"}, "purpose", id="an unknown purpose"),
    pytest.param({"action": "look"}, "action", id="an unknown action"),
    pytest.param({"outcome": "maybe"}, "outcome", id="an unknown outcome"),
    pytest.param({"type": "gossip"}, "type", id="an unknown type"),
    pytest.param({"category": "horoscope"}, "category", id="an unknown category"),
    pytest.param({"released": "horoscope"}, "released", id="an unknown category that was released"),
    pytest.param({"clause": "Z9"}, "clause", id="a clause of no version"),
    pytest.param({"clause": "D1 or so"}, "clause", id="no clause at all"),
    pytest.param({"agreement": "abc"}, "agreement", id="no digest"),
    pytest.param({"order": "random"}, "order", id="an unknown order"),
    pytest.param({"consent": "a b"}, "consent", id="no consent's id"),
]


@pytest.mark.parametrize(("given", "field"), FAULTY)
async def test_what_cannot_be_asked_is_named(service: Service, given: dict[str, str], field: str) -> None:
    in_address, in_body = await asked(service, **given), await searched(service, **given)
    period = "period-invalid" if len(given) == 2 else None
    assert (told(in_address)["code"], told(in_address)["field"]) == (period or "parameter-invalid", field)
    assert (told(in_body)["code"], told(in_body)["field"]) == (period or "body-invalid", field)
    assert in_body.status_code == 422
    assert all(value not in answer.text for answer in (in_address, in_body) for value in given.values() if not period)
    assert [entry["outcome"] for entry in await service.entries()] == ["refused", "refused"]


async def test_what_has_to_be_said_is_missed_and_what_is_not_known_is_refused(service: Service) -> None:
    missing = await service.get(ENTRIES, *ALMA, OVERSIGHT, params={"until": PERIOD["until"]})
    assert (missing.status_code, told(missing)["field"]) == (400, "since")
    for name in ("crn", "nhsNumber", "pncNumber", "nomsNumber", "croNumber", "personId", "name"):
        answer = await asked(service, **{name: "X100001"})
        assert (answer.status_code, told(answer)["code"], told(answer)["field"]) == (400, "parameter-unknown", name)
    unknown = await searched(service, surname="Family")
    assert (unknown.status_code, told(unknown)["field"]) == (422, "surname")
    for name, value in (("nhsNumber", "9990000019"), ("pncNumber", "81/34X"), ("crn", "FULL"), ("croNumber", "1/1")):
        answer = await searched(service, **{name: value})
        assert (answer.status_code, told(answer)["code"], told(answer)["field"]) == (422, "body-invalid", name)
        assert value not in answer.text


IDENTIFIERS: list[Any] = [
    pytest.param({"crn": " x100001 "}, ["crn"], id="the CRN in any form"),
    pytest.param({"nhsNumber": "999 000 0018"}, ["nhsNumber"], id="the NHS number"),
    pytest.param({"pncNumber": "81/34u"}, ["pncNumber"], id="the PNC id"),
    pytest.param({"nomsNumber": "a1234aa"}, ["nomsNumber"], id="the prison number"),
    pytest.param({"croNumber": "65656/91h"}, ["croNumber"], id="the CRO number"),
    pytest.param({"crn": FULL, "nhsNumber": NHS}, ["crn", "nhsNumber"], id="two of the same person"),
]


async def known_by_all(service: Service) -> None:
    """One person with every identifier, one of them known to the health party alone."""
    changes = [
        f"UPDATE person SET nhs_number = NULL, noms_number = 'A1234AA', cro_number = '065656/91H' WHERE crn = '{FULL}'",
        "INSERT INTO patient (id, recorded_at, source, source_id, source_version, person_id, nhs_number) "
        f"SELECT 'patient-1', recorded_at, 'RT5', 'patient-1', '1', id, '{NHS}' FROM person WHERE crn = '{FULL}'",
    ]
    await execute(service.url, [(text(change), None) for change in changes])


async def test_a_person_is_found_by_any_identifier_and_the_asking_is_found_under_them(service_on_both: Service) -> None:
    service = service_on_both
    await known_by_all(service)
    count = await busy(service)
    parts = await subjects(service.url)
    true = [number for number, part in parts.items() if part["crn"] == FULL and number < count]
    whom = parts[true[0]]
    assert len(true) >= 4
    for parameter in [*IDENTIFIERS, pytest.param({"personId": whom["personId"]}, ["personId"])]:
        body, by = parameter.values[0], parameter.values[1]
        answer = await searched(service, order="oldest", **body)
        assert [number for number in numbers(answer) if number < count] == true, body
        seq, entry = len(await log_of(service)) - 1, (await service.entries())[-1]
        assert (await subjects(service.url))[seq] == {"consents": [], "crn": FULL, "personId": whom["personId"]}
        assert entry["details"]["search"]["by"] == by
        assert entry["clauses"] == ["G1"]
        assert entry["answerDigest"] is not None
        written = json.dumps(entry)
        assert not any(known in written for known in (FULL, NHS, PNC, whom["personId"], "A1234AA", "065656"))
    again = numbers(await searched(service, crn=FULL, order="oldest"))
    assert again[: len(true)] == true
    assert set(range(count, count + 7)) <= set(again)
    narrowed = await searched(service, crn=FULL, outcome="refused", staff="otto")
    assert numbers(narrowed) == [n for n in true if (await service.entries())[n]["caller"]["staff"] == "otto"]


async def test_identifiers_of_two_people_are_nobodys(service_alone: Service) -> None:
    await busy(service_alone)
    assert numbers(await searched(service_alone, crn=COURT, nhsNumber=NHS)) == []
    assert numbers(await searched(service_alone, nhsNumber="9990000026")) == []
    entry = (await service_alone.entries())[-1]
    assert (entry["subject"], entry["details"]["search"]["by"]) == (None, ["nhsNumber"])


async def test_a_crn_that_nobody_has_is_found_where_somebody_tried_it(service_alone: Service) -> None:
    count = await busy(service_alone)
    found = numbers(await searched(service_alone, crn=NOBODY))
    assert len([number for number in found if number < count]) == 1
    entry = (await service_alone.entries())[found[0]]
    assert (entry["reason"], entry["caller"]["staff"]) == ("not-on-file", "olga")


async def test_an_identifier_of_several_leaves_an_entry_about_each(service_on_both: Service) -> None:
    """Two records of one human, perhaps: what is asked about them is found, and erased, under either."""
    service = service_on_both
    await put(service.url, [person("X200001", pnc_number=PNC)])
    for crn in (FULL, "X200001"):
        await service.get(f"/v1/people/{crn}", *OLGA, WORK)
    count = len(await service.entries())
    assert numbers(await searched(service, pncNumber=PNC, order="oldest")) == list(range(count))
    parts = await subjects(service.url)
    assert {parts[count]["crn"], parts[count + 1]["crn"]} == {FULL, "X200001"}
    entries = (await service.entries())[count:]
    assert [entry["answerDigest"] for entry in entries] == [None, None]
    assert entries[0]["eventId"] != entries[1]["eventId"]
    assert verified(Address(service.url)).exit_code == 0


async def test_whoever_excludes_the_auditor_is_seen_nowhere_in_the_log(service_on_both: Service) -> None:
    """S3: on no page, in no count, by no number and in no export; everybody else sees them."""
    service = service_on_both
    await busy(service)
    await put(service.url, limit(FULL, "exclusion", "alma"))
    parts = await subjects(service.url)
    of_full = [number for number, part in parts.items() if part["crn"] == FULL]
    shown = numbers(await asked(service, pageSize="200"))
    assert set(shown) == set(range(len(await log_of(service)) - 1)) - set(of_full)
    by_staff = (await asked(service, COUNTS, by="staff")).json()
    assert by_staff["entries"] == len(shown) + 1
    exported = await asked(service, EXPORT)
    assert FULL not in exported.text
    assert [json.loads(line)["number"] for line in exported.text.splitlines()] == sorted(
        {*range(len(await log_of(service)) - 1)} - {*of_full}
    )
    one = await service.get(f"{ENTRIES}/{of_full[0]}", *ALMA, OVERSIGHT)
    assert (one.status_code, told(one)["code"]) == (404, "log-entry-unknown")
    assert set(of_full) <= set(numbers(await asked(service, who=CARA, pageSize="200")))


async def test_whoever_excludes_the_auditor_is_answered_for_like_nobody(service_on_both: Service) -> None:
    """S5: the same bytes, the second time too, and the receipt leads to nothing; the log says why."""
    service = service_on_both
    await busy(service)
    await put(service.url, limit(FULL, "exclusion", "alma"))
    receipts: list[str] = []
    for closed, nobody in (({"crn": FULL}, {"crn": "X299999"}), ({"nhsNumber": NHS}, {"nhsNumber": "9990000026"})):
        for _ in range(2):
            here, entry = await searched(service, **closed), (await service.entries())[-1]
            assert (entry["outcome"], entry["reason"], entry["released"]) == ("refused", "not-permitted", {})
            assert entry["withheld"]["audit-log"]["stoppedBy"] == ["excluded"]
            assert (await subjects(service.url))[len(await log_of(service)) - 1]["crn"] == FULL
            there = await searched(service, **nobody)
            assert here.content == there.content
            assert here.json() == {"data": [], "pagination": {"next": None, "pageSize": 50}}
            for answer in (here, there):
                receipts.append(answer.headers["audit-receipt"].partition(":")[0])
                assert (await service.get(f"{ENTRIES}/{receipts[-1]}", *ALMA, OVERSIGHT)).status_code == 404
        for path in (COUNTS, EXPORT):
            here, there = [await searched(service, path, **given) for given in (closed, nobody)]
            assert here.content == there.content
    assert {(await service.get(f"{ENTRIES}/{one}", *CARA, OVERSIGHT)).status_code for one in receipts} == {200}


async def test_reading_about_a_restricted_person_is_announced(service_alone: Service) -> None:
    await busy(service_alone)
    before = len(await service_alone.entries())
    assert numbers(await searched(service_alone, crn=RESTRICTED))
    (entry,) = (await service_alone.entries())[before:]
    assert entry["announce"] == "justice"
    (rows,) = await execute(service_alone.url, [(text("SELECT event_id, kind FROM announcement"), None)])
    assert (entry["eventId"], "restricted-record-used") in rows


async def test_what_rests_on_a_consent_and_what_was_asked_under_a_grant(service_on_both: Service) -> None:
    service = service_on_both
    count = await busy(service)
    parts = await subjects(service.url)
    resting = [number for number, part in parts.items() if "consent-attendance" in part["consents"]]
    assert numbers(await asked(service, consent="consent-attendance", order="oldest")) == resting
    assert (await subjects(service.url))[count]["crn"] == FULL
    assert "consent-attendance" not in json.dumps((await service.entries())[count])
    assert numbers(await asked(service, consent="consent-never-was")) == []
    grants = await execute(service.url, [(text("SELECT id, staff_id FROM emergency_grant ORDER BY id"), None)])
    (of_theo,) = (identity for identity, staff in grants[0] if staff == "staff-theo")
    used = numbers(await asked(service, emergencyGrant=of_theo))
    whole = await service.entries()
    assert [whole[n]["purpose"] for n in used] == ["emergency"]
    assert (await subjects(service.url))[used[0]]["crn"] == COURT
    assert numbers(await asked(service, emergencyGrant=of_theo, staff="theo", purpose="emergency")) == used
    for conflict in ({"staff": "olga"}, {"purpose": "supervision"}):
        assert numbers(await asked(service, emergencyGrant=of_theo, **conflict)) == []
    assert numbers(await asked(service, emergencyGrant="grant-never-was")) == []


async def test_one_entry_by_its_number(service_on_both: Service) -> None:
    service = service_on_both
    count = await busy(service)
    whole = await log_of(service)
    for number in (0, 4, count - 1):
        answer = await service.get(f"{ENTRIES}/{number}", *CARA, OVERSIGHT)
        assert answer.json() == whole[number]
        entry, seq = (await service.entries())[-1], len(await log_of(service)) - 1
        assert (entry["details"], entry["clauses"]) == ({"entry": number}, ["G1"])
        crn = (whole[number]["person"] or {}).get("crn")
        assert (await subjects(service.url)).get(seq, {}).get("crn") == crn
    for number in ("9999", "-1", "1e3", "first", "٣", "9" * 30):
        answer = await service.get(f"{ENTRIES}/{number}", *CARA, OVERSIGHT)
        assert (answer.status_code, told(answer)["code"]) == (404, "log-entry-unknown")
        assert (await service.entries())[-1]["reason"] == "log-entry-unknown"


async def test_an_erased_part_is_said_to_be_and_found_by_nobody(service_on_both: Service) -> None:
    service = service_on_both
    await busy(service)
    number = numbers(await searched(service, crn=FULL))[-1]
    await erase(service, number)
    shown = (await service.get(f"{ENTRIES}/{number}", *ALMA, OVERSIGHT)).json()
    assert (shown["person"], shown["personErased"]) == (None, True)
    assert shown == (await log_of(service))[number]
    assert number not in numbers(await searched(service, crn=FULL, pageSize=200))
    listed = {each["number"]: each for each in (await asked(service, pageSize="200")).json()["data"]}
    assert listed[number]["personErased"] is True
    assert [each["personErased"] for seq, each in listed.items() if seq != number].count(True) == 0
    assert "erased" not in json.dumps((await service.entries())[-1]["details"])


async def erase(service: Service, number: int) -> None:
    """One person's part is gone."""
    wait_for(lambda: Owner(Address(service.url)).tamper(f"DELETE FROM log_subject WHERE seq = {number}"))


async def test_counts_are_those_of_the_entries(service_on_both: Service) -> None:
    service = service_on_both
    count = await busy(service)
    period = PERIOD | {"until": (await log_of(service))[count - 1]["recordedAt"]}
    whole = [each for each in await log_of(service) if each["recordedAt"] < period["until"]]
    plain = await asked(service, COUNTS, **period)
    assert (plain.json()["entries"], plain.json()["by"], plain.json()["counts"]) == (len(whole), None, [])
    for by in Breakdown:
        answer = (await asked(service, COUNTS, **period, by=by.value)).json()
        assert answer["entries"] == len(whole)
        assert {each["value"]: each["count"] for each in answer["counts"]} == counted(whole, by.value), by
    by_category = (await searched(service, COUNTS, **period, by="category", crn=FULL)).json()
    attendance = next(each for each in by_category["counts"] if each["value"] == "attendance")
    of_full = [each["entry"] for each in whole if (each["person"] or {}).get("crn") == FULL]
    assert by_category["entries"] == len(of_full)
    assert attendance["released"] == len([entry for entry in of_full if "attendance" in entry["released"]])
    assert attendance["withheld"] == len([entry for entry in of_full if "attendance" in entry["withheld"]])
    entry = (await service.entries())[-1]
    assert entry["details"]["countedBy"] == "category"
    assert (await subjects(service.url))[len(await log_of(service)) - 1]["crn"] == FULL
    faulty = await asked(service, COUNTS, by="weather")
    assert (told(faulty)["code"], told(faulty)["field"]) == ("parameter-invalid", "by")


def counted(whole: list[dict[str, Any]], by: str) -> dict[Any, int]:
    """The same, by hand."""
    found: dict[Any, int] = {}
    for each in whole:
        entry, caller = each["entry"], each["entry"]["caller"] or {}
        if by in ("staff", "party", "client", "role"):
            said = [caller.get(by)]
        elif by == "clause":
            said = entry["clauses"]
        elif by == "category":
            said = [*entry["released"], *entry["withheld"]]
        elif by in ("released", "withheld"):
            said = list(entry[by])
        elif by in ("hour", "day"):
            said = [each["recordedAt"][: 13 if by == "hour" else 10]]
        else:
            said = [entry[by]]
        for value in said:
            found[value] = found.get(value, 0) + 1
    return found


def test_a_day_is_londons() -> None:
    hours = {"2026-06-30T22": 1, "2026-06-30T23": 2, "2026-07-01T00": 4, "2026-12-31T23": 8}
    assert _days(hours) == {"2026-06-30": 1, "2026-07-01": 6, "2026-12-31": 8}


async def test_too_long_a_period_to_count_is_refused_with_an_entry(
    service_alone: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    await busy(service_alone)
    monkeypatch.setattr("app.audit.counting.MOST_COUNTED", 3)
    answer = await asked(service_alone, COUNTS, by="staff")
    assert (answer.status_code, told(answer)["code"], told(answer)["field"]) == (422, "period-too-large", "since")
    assert (await service_alone.entries())[-1]["reason"] == "period-too-large"


async def test_every_type_that_is_written_can_be_asked_for(service_alone: Service) -> None:
    await busy(service_alone)
    assert {entry["type"] for entry in await service_alone.entries()} <= set(KINDS)
    for kind in KINDS:
        assert (await asked(service_alone, type=kind)).status_code == 200


async def test_no_identifier_of_a_person_stands_in_an_address() -> None:
    of_log = [route for route in routes() if route.path.startswith("/v1/audit/")]
    named = {name for route in of_log for name in route.parameters}
    assert {"since", "until", "staff", "clause", "cursor"} <= named
    assert not named & {"crn", "nhsNumber", "pncNumber", "nomsNumber", "croNumber", "personId"}


def test_the_document_names_what_can_be_asked() -> None:
    """docs/auditors.md, by the names that addresses and bodies know, and with the bounds that there are."""
    said = (ROOT / "docs" / "auditors.md").read_text()
    names = {*EntriesSearch.model_fields, *CountsSearch.model_fields, *ExportSearch.model_fields, *map(str, KINDS)}
    assert [name for name in sorted({*names, *map(str, Breakdown)}) if f"`{name}`" not in said] == []
    assert f"{MOST_COUNTED:,} entries" in said
    assert f"after {MOST_LOOKED_AT:,}" in said
