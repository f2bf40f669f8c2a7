"""Three-way meetings (E1, B1, B2): invited to, answered, recorded, corrected and signed, each for themselves."""

from typing import Any

import pytest

from tests.routers.cast import (
    BARE,
    CARE,
    CARLA,
    COURT,
    EXCLUDED,
    FULL,
    HANA,
    NOBODY,
    OLGA,
    OTTO,
    PETRA,
    PROTECT,
    RESTRICTED,
    RORY,
    SUBJECT,
    THEO,
    WORK,
    told,
)
from tests.routers.consenting import withdraw
from tests.routers.meeting import HELD, INVITED, SAID, announced, ask, create, read, stored, tagged
from tests.world import Service

pytestmark = pytest.mark.asyncio
MEETING = "/v1/people/{}/meetings/{}"


async def test_a_meeting_from_its_invitation_to_its_signatures(service_on_both: Service) -> None:
    service = service_on_both
    await service.marked()
    answer = await create(service)
    made = answer.json()
    assert (answer.status_code, made["status"], made.keys()) == (201, "planned", {"id", "version", "status"})
    (entry,) = await service.entries()
    assert (entry["type"], entry["action"], entry["clauses"]) == ("change", "write", ["E1"])
    assert entry["details"] == {"change": "invited", "table": "three_way_meeting", "subjects": ["meeting"]}
    assert made["id"] not in str(entry)
    path = MEETING.format(FULL, made["id"])
    seen = await read(service, made["id"], THEO)
    body = seen.json()
    assert (body["status"], body["heldAt"], body["place"]) == ("planned", INVITED["startsAt"], INVITED["place"])
    assert (body["offenderManager"], body["therapist"], body["invitedBy"]) == ("olga", "theo", "olga")
    assert (body["agenda"], body["agreed"], body["version"]) == (INVITED["agenda"], None, made["version"])
    tag = seen.headers["etag"]
    for who in (THEO, OLGA):
        said = await ask(service, "POST", f"{path}/response", who, tag=tag, response="accepted")
        assert (said.status_code, said.json()["response"]) == (200, "accepted")
    moved = await ask(service, "PATCH", path, THEO, tag=tag, startsAt="2026-03-20T10:00:00Z")
    assert moved.status_code == 200
    after = (await read(service, made["id"])).json()
    assert {(each["staff"], each["stands"]) for each in after["responses"]} == {("theo", False), ("olga", False)}
    stale = await ask(service, "PATCH", path, OLGA, tag=tag, place="elsewhere")
    assert (stale.status_code, told(stale)["code"]) == (412, "precondition-failed")
    tag = await tagged(service, made["id"])
    again = await ask(service, "POST", f"{path}/response", THEO, tag=tag, response="declined")
    assert again.json()["startsAt"] == "2026-03-20T10:00:00Z"
    early = await ask(service, "POST", f"{path}/record", THEO, tag=tag, **HELD)
    assert (early.status_code, told(early)["code"]) == (422, "date-in-future")
    record = HELD | {"personView": "it helps", "ownView": "he comes", "nextDate": "2026-05-04"}
    held = await ask(service, "POST", f"{path}/record", THEO, tag=tag, startsAt="2026-03-09T08:00:00Z", **record)
    assert (held.status_code, held.json()["status"]) == (200, "held")
    tag = await tagged(service, made["id"])
    corrected = await ask(service, "PATCH", path, OLGA, tag=tag, ownView="he is on time")
    assert corrected.status_code == 200
    body = (await read(service, made["id"])).json()
    assert (body["offenderManagerView"], body["therapistView"]) == ("he is on time", "he comes")
    assert (body["personView"], body["nextDate"], body["agreed"]) == ("it helps", "2026-05-04", HELD["agreed"])
    tag = await tagged(service, made["id"])
    signatures = [(OLGA, None), (THEO, None), (THEO, "person"), (THEO, "person")]
    for who, signatory in signatures:
        given = {} if signatory is None else {"signatory": signatory}
        signed = await ask(service, "POST", f"{path}/sign-off", who, tag=tag, **given)
        assert (signed.status_code, signed.json()["version"]) == (200, body["version"])
    signed_off = [
        (each["signatory"], each["recordedBy"], each["stands"])
        for each in (await read(service, made["id"])).json()["signOffs"]
    ]
    assert signed_off == [("offender-manager", "olga", True), ("therapist", "theo", True), ("person", "theo", True)]
    changed = await ask(service, "PATCH", path, THEO, tag=tag, agreed="to meet again in June")
    assert changed.status_code == 200
    assert {each["stands"] for each in (await read(service, made["id"])).json()["signOffs"]} == {False}
    assert [kind for kind, _, _ in await announced(service)] == [
        "meeting-invited", "meeting-answered", "meeting-answered", "meeting-changed", "meeting-answered",
        "meeting-recorded", "meeting-changed", "meeting-changed",
    ]  # fmt: skip
    assert {(party, meeting) for kind, party, meeting in await announced(service) if kind == "meeting-invited"} == {
        ("health", made["id"])
    }


async def test_consent_that_is_withdrawn_closes_the_meeting_to_justice_at_once(service_on_both: Service) -> None:
    """E1 needs it at every read and change, with an old entity tag too; the health party keeps its record (B1)."""
    service = service_on_both
    made = (await create(service, THEO, record=HELD | {"ownView": "he comes"})).json()
    tag = await tagged(service, made["id"])
    await withdraw(service, "consent-meeting")
    path = MEETING.format(FULL, made["id"])
    refused = [
        await read(service, made["id"]),
        await ask(service, "PATCH", path, OLGA, tag=tag, agreed="x"),
        await ask(service, "PATCH", path, OLGA, tag='"old"', agreed="x"),
        await ask(service, "PATCH", path, OLGA, agreed="x"),
        await ask(service, "PATCH", MEETING.format(FULL, "never-was"), OLGA, tag=tag, agreed="x"),
        await ask(service, "POST", f"{path}/sign-off", OLGA, tag=tag),
        await service.get(f"/v1/people/{FULL}/meetings", *OLGA, WORK),
    ]
    assert {(answer.status_code, told(answer)["code"]) for answer in refused} == {(403, "withheld")}
    assert len({answer.content for answer in refused[1:-1]}) == 1
    assert (await read(service, made["id"], THEO)).json()["therapistView"] == "he comes"
    signed = await ask(service, "POST", f"{path}/sign-off", THEO, tag=tag)
    assert signed.status_code == 200


async def test_whoever_has_no_part_learns_nothing_of_a_meeting(service_alone: Service) -> None:
    """S5: one that there is, one that there is not, and a person who is not on file are answered alike."""
    service = service_alone
    body = {"tag": "*", "agreed": "x"}
    for who, crn in ((OTTO, FULL), (OLGA, EXCLUDED), (OLGA, RESTRICTED), (THEO, BARE)):
        answers = [
            await read(service, "meeting-full", who, crn),
            await read(service, "never-was", who, crn),
            await read(service, "meeting-full", who, NOBODY),
            await ask(service, "PATCH", MEETING.format(crn, "meeting-full"), who, **body),
            await ask(service, "PATCH", MEETING.format(crn, "never-was"), who, agreed="x"),
            await create(service, who, crn),
            await create(service, who, crn, record=HELD),
            await create(service, who, NOBODY, record=HELD, consents=[SAID]),
        ]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.content for answer in answers}) == 1
    for who, purpose in ((PETRA, PROTECT), (HANA, CARE), (PETRA, WORK)):
        answer = await service.get(MEETING.format(FULL, "meeting-full"), *who, purpose)
        assert answer.status_code in (403, 404)
        assert "agreed full" not in answer.text
    unknown = [await read(service, name) for name in ("never-was", "!", "meeting-court")]
    assert {answer.status_code for answer in unknown} == {404}
    theirs = (await create(service, CARLA, COURT)).json()["id"]
    assert (await read(service, theirs)).content == unknown[0].content
    moved = await ask(service, "PATCH", MEETING.format(FULL, theirs), THEO, tag="*", place="x")
    assert (moved.status_code, told(moved)["code"]) == (404, "not-found")


async def test_nobody_speaks_for_another(service_alone: Service) -> None:
    service = service_alone
    made = (await create(service, THEO)).json()["id"]
    path, tag = MEETING.format(FULL, made), await tagged(service, made)
    by_carla = await ask(service, "POST", f"{path}/response", CARLA, tag=tag, response="accepted")
    assert (by_carla.status_code, told(by_carla)["code"]) == (403, "not-a-participant")
    unsigned = await ask(service, "POST", f"{path}/sign-off", OLGA, tag=tag)
    assert (unsigned.status_code, told(unsigned)["code"]) == (409, "meeting-state")
    held = await ask(service, "POST", f"{path}/record", OLGA, tag=tag, startsAt="2026-03-08T10:00:00Z", **HELD)
    assert held.status_code == 200
    tag = await tagged(service, made)
    for who, signatory in ((OLGA, "therapist"), (THEO, "offender-manager")):
        forged = await ask(service, "POST", f"{path}/sign-off", who, tag=tag, signatory=signatory)
        assert (forged.status_code, told(forged)["code"]) == (403, "signature-of-another")
    by_carla = await ask(service, "POST", f"{path}/sign-off", CARLA, tag=tag)
    assert (by_carla.status_code, told(by_carla)["code"]) == (403, "not-a-participant")
    assert (await read(service, made)).json()["signOffs"] == []


async def test_each_state_lets_through_what_belongs_to_it(service_alone: Service) -> None:
    service = service_alone
    planned = (await create(service)).json()["id"]
    path, tag = MEETING.format(FULL, planned), await tagged(service, planned)
    refused = await ask(service, "PATCH", path, OLGA, tag=tag, agreed="x")
    assert (refused.status_code, told(refused)["code"], told(refused)["field"]) == (409, "meeting-state", "agreed")
    missing = await ask(service, "POST", f"{path}/cancellation", OLGA, reason="He moved.")
    assert (missing.status_code, told(missing)["code"]) == (428, "precondition-required")
    cancelled = await ask(service, "POST", f"{path}/cancellation", OLGA, tag=tag, reason="He moved.")
    assert cancelled.json()["status"] == "cancelled"
    tag = await tagged(service, planned)
    for suffix, body in (
        ("/cancellation", {"reason": "x"}),
        ("/record", HELD),
        ("/response", {"response": "accepted"}),
    ):
        over = await ask(service, "POST", f"{path}{suffix}", OLGA, tag=tag, **body)
        assert (over.status_code, told(over)["code"]) == (409, "meeting-state")
    over = await ask(service, "PATCH", path, OLGA, tag=tag, place="x")
    assert told(over)["code"] == "meeting-state"
    synced = await ask(service, "PATCH", MEETING.format(FULL, "meeting-full"), THEO, tag="*", nextDate="2026-05-01")
    assert synced.status_code == 200
    assert (await read(service, "meeting-full")).json()["agreed"] == "agreed full"


async def test_the_person_is_given_their_meetings_without_others(service_alone: Service) -> None:
    """G3: what names somebody else is withheld, what could do serious harm left out."""
    service = service_alone
    third = (await create(service, THEO, record=HELD | {"thirdParty": True, "personView": "my sister"})).json()["id"]
    harm = (await create(service, THEO, record=HELD | {"seriousHarm": True})).json()["id"]
    rows = (await service.get(f"/v1/people/{FULL}/meetings", *RORY, SUBJECT)).json()["data"]["meetings"]
    given = {row["id"]: row for row in rows}
    assert given[third]["personView"] is None
    assert harm not in given


BAD = [
    pytest.param({"startsAt": "2026-03-01T10:00:00Z"}, "startsAt", id="an invitation to what is past"),
    pytest.param({"startsAt": "2026-04-01"}, "startsAt", id="a day without a time"),
    pytest.param({"therapist": "otto"}, "therapist", id="an offender manager as therapist"),
    pytest.param({"therapist": "adam"}, "therapist", id="an administrator as therapist"),
    pytest.param({"therapist": "nobody"}, "therapist", id="nobody on the register"),
    pytest.param({"offenderManager": "petra"}, "offenderManager", id="a lead as offender manager"),
    pytest.param({"consents": [SAID]}, "body", id="consent without a meeting"),
    pytest.param({"record": HELD, "consents": [SAID, SAID | {"decision": "refuse"}]}, "consents", id="said twice"),
    pytest.param({"record": HELD, "consents": [SAID], "withdraws": ["meeting"]}, "withdraws", id="given and taken"),
    pytest.param(
        {"record": HELD, "consents": [SAID | {"recipients": ["olga"]}]}, "consents.0.recipients.0", id="to one"
    ),
    pytest.param({"record": HELD, "consents": [SAID | {"for": "May"}]}, "consents.0.for", id="a condition"),
    pytest.param({"record": HELD | {"diagnosis": "F32"}}, "record.diagnosis", id="something clinical"),
    pytest.param({"record": HELD, "startsAt": "2026-04-01T10:00:00Z"}, "startsAt", id="a record of what is to come"),
]


async def test_what_cannot_be_kept_names_its_field(service_alone: Service) -> None:
    before = await stored(service_alone, FULL)
    for case in BAD:
        values, field = case.values
        refused = await create(service_alone, **values)
        assert (refused.status_code, told(refused)["field"]) == (422, field), case.id
    missing: Any = await ask(service_alone, "POST", f"/v1/people/{FULL}/meetings", THEO, **INVITED)
    assert (missing.status_code, told(missing)["field"]) == (422, "offenderManager")
    assert await stored(service_alone, FULL) == before
