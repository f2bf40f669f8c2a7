"""Break-glass over HTTP: every CRN answered alike, an hour, one at a time, told at once, and reviewed by a guardian."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.vocabulary import Role
from tests import world
from tests.leaks.telling_apart import seen
from tests.routers.cast import (
    ADAM,
    ALMA,
    BARE,
    CARA,
    CARE,
    CARLA,
    COLIN,
    COURT,
    ELSEWHERE,
    EMERGENCY,
    EXCLUDED,
    FULL,
    GONE,
    HANA,
    NOBODY,
    OLGA,
    OTTO,
    OVERSIGHT,
    PETRA,
    PROBATION,
    RESTRICTED,
    RORY,
    SYNC,
    TARA,
    THEO,
    WORK,
    told,
)
from tests.world import NOW, Service, execute, subjects

GRANTS = "/v1/emergency-grants"
REASON = "He rang the duty line and said goodbye; nobody can reach him."
FEARED = "suicide tonight"
JANE = (Role.CALDICOTT_GUARDIAN, "jane")


async def opens(service: Service, who: Any, crn: str, **values: Any) -> httpx.Response:
    body = {"crn": crn, "reason": REASON, "feared": FEARED} | values
    return await service.request("POST", GRANTS, *who, EMERGENCY, json=body)


async def reviews(service: Service, grant: str, who: Any = CARA, **values: Any) -> httpx.Response:
    body = {"outcome": "justified", "note": "He was found in time."} | values
    return await asks(service, who, "POST", f"{GRANTS}/{grant}/review", json=body)


async def asks(service: Service, who: Any, method: str, path: str, **request: Any) -> httpx.Response:
    """One request for oversight; jane is the guardian of the justice party."""
    claims = {"party": "justice"} if who == JANE else {}
    headers = {"Authorization": f"Bearer {service.token(*who, **claims)}", "Purpose-Of-Use": OVERSIGHT}
    return await service.http.request(method, path, headers=headers, **request)


async def stored(service: Service, columns: str, where: str = "1 = 1") -> list[Any]:
    sql = text(f"SELECT {columns} FROM emergency_grant WHERE {where} ORDER BY recorded_at, crn, staff_id")
    (rows,) = await execute(service.url, [(sql, None)])
    return rows


async def announced(service: Service) -> list[Any]:
    sql = text("SELECT event_id, kind, party, grant_id FROM announcement ORDER BY number")
    (rows,) = await execute(service.url, [(sql, None)])
    return rows


def span(body: dict[str, Any]) -> timedelta:
    return datetime.fromisoformat(body["expiresAt"]) - datetime.fromisoformat(body["grantedAt"])


async def moved(service: Service, grant: str, **back: timedelta) -> None:
    """Let a grant have happened earlier."""
    granted = NOW - back["by"]
    table = world.t.EmergencyGrant.__table__
    changed = {"granted_at": granted, "expires_at": granted + timedelta(minutes=60), "recorded_at": granted}
    await execute(service.url, [(table.update().where(table.c.id == grant).values(changed), None)])


class TestOpening:
    """F3."""

    async def test_an_hour_for_one_person_told_to_both_guardians(self, service_on_both: Service) -> None:
        answer = await opens(service_on_both, OLGA, f" {BARE.lower()} ")
        assert answer.status_code == 201
        body = answer.json()
        assert body.keys() == {"id", "crn", "grantedAt", "expiresAt", "reviewDueAt"}
        assert (body["crn"], span(body)) == (BARE, timedelta(minutes=60))
        assert body["reviewDueAt"] == "2026-03-13T00:00:00Z"
        (row,) = await stored(service_on_both, "id, staff_id, crn, reason, feared", "id NOT LIKE 'grant-%'")
        assert row == (body["id"], "staff-olga", BARE, REASON, FEARED)
        (entry,) = await service_on_both.entries()
        assert (entry["type"], entry["action"], entry["outcome"]) == ("change", "create", "permitted")
        assert (entry["clauses"], entry["announce"]) == (["F3"], "caldicott-guardian")
        assert entry["details"] == {"change": "opened", "table": "emergency_grant", "subjects": ["emergency-grant"]}
        assert await subjects(service_on_both.url) == {0: {"consents": [], "crn": BARE, "personId": None}}
        event = entry["eventId"]
        assert await announced(service_on_both) == [
            (event, "emergency-grant-opened", "health", body["id"]),
            (event, "emergency-grant-opened", "justice", body["id"]),
        ]
        opened = await service_on_both.get(f"/v1/people/{BARE}/identity", *OLGA, EMERGENCY)
        assert opened.status_code == 200
        assert opened.json()["data"]["person"][0]["familyName"] == f"Family{BARE}"

    async def test_every_crn_is_answered_alike(self, service_alone: Service) -> None:
        """On file or not, restricted, excluded: same status, same headers, same shape, same entry but for its CRN."""
        answers, entries, headers = [], [], {"X-Request-ID": "the-same"}
        for crn in (NOBODY, FULL, BARE, RESTRICTED, EXCLUDED, ELSEWHERE):
            await service_alone.marked()
            body = {"crn": crn, "reason": REASON, "feared": FEARED}
            answer = await service_alone.request("POST", GRANTS, *OLGA, EMERGENCY, json=body, headers=dict(headers))
            status, named, content = seen(answer)
            answers.append((status, [pair for pair in named if pair[0] != "audit-receipt"], len(content)))
            (entry,) = await service_alone.entries()
            own = ("eventId", "occurredAt", "subject", "answerDigest")
            entries.append({name: value for name, value in entry.items() if name not in own})
            assert answer.json()["crn"] == crn
        assert all(each[:2] == answers[0][:2] for each in answers)
        assert {each[0] for each in answers} == {201}
        assert all(each == entries[0] for each in entries)

    async def test_the_database_is_asked_the_same_for_every_crn(
        self, service_alone: Service, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The same work takes the same time: the statements are equal, and none of them looks for the person."""
        database = service_alone.app.state.services.gate.records.database
        asked: list[str] = []
        run = database._run

        async def noted(statement: Any, arguments: Any) -> Any:
            if " log_" not in statement.sql:  # the checkpoints of this process are looked after meanwhile
                asked.append(statement.sql)
            return await run(statement, arguments)

        monkeypatch.setattr(database, "_run", noted)
        told_of = []
        for crn in (NOBODY, FULL, EXCLUDED, RESTRICTED):
            asked.clear()
            assert (await opens(service_alone, PETRA, crn)).status_code == 201
            told_of.append(list(asked))
        assert all(each == told_of[0] for each in told_of)
        assert len(told_of[0]) == 3

    async def test_a_live_grant_is_answered_again_and_never_extended(self, service_on_both: Service) -> None:
        first = await opens(service_on_both, OLGA, BARE)
        await service_on_both.marked()
        other = "Another reason that is long enough to be kept."
        again = await opens(service_on_both, OLGA, BARE, reason=other, feared="another fear")
        assert (first.status_code, again.status_code) == (201, 200)
        assert again.json() == first.json()
        assert await stored(service_on_both, "reason, feared", f"crn = '{BARE}'") == [(REASON, FEARED)]
        (entry,) = await service_on_both.entries()
        assert (entry["type"], entry["outcome"], entry["announce"]) == ("access", "permitted", None)
        assert entry["details"] == {"change": "none", "table": "emergency_grant"}
        assert len(await announced(service_on_both)) == 2
        assert (await opens(service_on_both, OTTO, BARE)).status_code == 201  # somebody else's is their own
        assert (await opens(service_on_both, OLGA, FULL)).status_code == 201  # and another person's another

    async def test_one_that_is_over_is_followed_by_a_new_one(self, service_on_both: Service) -> None:
        first = (await opens(service_on_both, OLGA, BARE)).json()
        await moved(service_on_both, first["id"], by=timedelta(minutes=60, seconds=1))
        second = await opens(service_on_both, OLGA, BARE)
        assert second.status_code == 201
        assert second.json()["id"] != first["id"]
        revoked = text("UPDATE emergency_grant SET revoked_at = granted_at WHERE id = :id")
        await execute(service_on_both.url, [(revoked, {"id": second.json()["id"]})])
        assert (await opens(service_on_both, OLGA, BARE)).status_code == 201

    async def test_whoever_was_faster_has_opened_it(
        self, service_on_both: Service, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Two requests that both saw no live grant: the database lets one in, and both are told of that one."""
        from app.records import grants

        looked, find = [], grants.live

        async def blind(*about: Any) -> Any:
            looked.append(about)
            return None if len(looked) <= 2 else await find(*about)

        monkeypatch.setattr(grants, "live", blind)
        first, second = await opens(service_on_both, OLGA, BARE), await opens(service_on_both, OLGA, BARE)
        assert (first.status_code, second.status_code) == (201, 200)
        assert first.json() == second.json()
        assert len(await stored(service_on_both, "id", f"crn = '{BARE}'")) == 1
        entries = await service_on_both.entries()
        assert [entry["outcome"] for entry in entries] == ["permitted", "refused", "permitted"]
        assert entries[1]["reason"] == "changed-meanwhile"

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            pytest.param("reason", "He said goodbye now", id="19 characters"),
            pytest.param("reason", "\n He said goodbye now \u00a0\t", id="19 characters between blanks"),
            pytest.param("reason", " " * 40, id="blanks"),
            pytest.param("reason", "a reason" + " " * 30, id="blanks behind"),
            pytest.param("reason", "a      reason      padded", id="blanks between"),
            pytest.param("reason", "a reason" + "\u200b" * 30, id="what cannot be seen"),
            pytest.param("feared", "", id="nothing is feared"),
            pytest.param("feared", " \t\u200b ", id="nothing that shows is feared"),
        ],
    )
    async def test_too_little_to_review(self, service_alone: Service, field: str, value: str) -> None:
        if "\u200b" in value:
            value = value.replace("a reason", "areason")  # seven letters, and nothing else that shows
        answer = await opens(service_alone, OLGA, BARE, **{field: value})
        problem = told(answer)
        expected = (422, "text-insufficient", field)
        assert (answer.status_code, problem["code"], problem["field"]) == expected
        (entry,) = await service_alone.entries()
        assert (entry["outcome"], entry["reason"]) == ("refused", "text-insufficient")
        assert await stored(service_alone, "crn", f"crn = '{BARE}'") == []
        assert await announced(service_alone) == []

    @pytest.mark.parametrize(
        ("reason", "feared"),
        [
            pytest.param("He said goodbye now.", "OD", id="20 characters, and what is feared in two"),
            pytest.param("  He said goodbye now.\n", "suicide", id="20 characters between blanks"),
            pytest.param("x" * 20, "?", id="no words: whoever reviews it says so"),
            pytest.param("他打电话到值班热线说再见没有人能联系到他了", "自杀", id="in Chinese"),
        ],
    )
    async def test_20_characters_are_enough(self, service_alone: Service, reason: str, feared: str) -> None:
        """In an emergency nobody is kept waiting over how they write."""
        answer = await opens(service_alone, OLGA, BARE, reason=reason, feared=feared)
        assert answer.status_code == 201
        assert await stored(service_alone, "reason, feared", f"crn = '{BARE}'") == [(reason.strip(), feared)]

    @pytest.mark.parametrize(
        ("body", "status", "code", "field"),
        [
            pytest.param({"crn": "nonsense"}, 400, "crn-malformed", "crn", id="no CRN"),
            pytest.param({"crn": 7}, 422, "body-invalid", "crn", id="a number for a CRN"),
            pytest.param({"reason": None}, 422, "body-invalid", "reason", id="no reason"),
            pytest.param({"reason": "because " * 400}, 422, "body-invalid", "reason", id="a reason without end"),
            pytest.param({"reason": REASON + "\x00"}, 422, "body-invalid", "reason", id="what no database keeps"),
            pytest.param({"minutes": 600}, 422, "body-invalid", "minutes", id="a longer grant"),
        ],
    )
    async def test_a_body_that_cannot_be_used(
        self, service_alone: Service, body: dict[str, Any], status: int, code: str, field: str
    ) -> None:
        answer = await opens(service_alone, OLGA, body.pop("crn", BARE), **body)
        problem = told(answer)
        assert (answer.status_code, problem["code"], problem["field"]) == (status, code, field)
        assert REASON not in answer.text
        assert await stored(service_alone, "crn", "id NOT LIKE 'grant-%'") == []

    @pytest.mark.parametrize(
        ("who", "purpose", "status", "code"),
        [
            pytest.param(ADAM, EMERGENCY, 403, "purpose-not-for-role", id="an administrator"),
            pytest.param(HANA, EMERGENCY, 403, "purpose-not-for-role", id="a health trainer"),
            pytest.param(CARA, OVERSIGHT, 403, "not-permitted-for-role", id="a guardian"),
            pytest.param(OLGA, WORK, 403, "not-permitted-for-role", id="for another purpose"),
            pytest.param(THEO, CARE, 403, "not-permitted-for-role", id="for direct care"),
            pytest.param(PROBATION, SYNC, 403, "not-permitted-for-role", id="a system"),
            pytest.param(GONE, EMERGENCY, 403, "standing-lapsed", id="somebody who has left"),
        ],
    )
    async def test_whoever_may_not(
        self, service_alone: Service, who: Any, purpose: str, status: int, code: str
    ) -> None:
        said = []
        for crn in (NOBODY, FULL):
            body = {"crn": crn, "reason": REASON, "feared": FEARED}
            answer = await service_alone.request("POST", GRANTS, *who, purpose, json=body)
            assert (answer.status_code, told(answer)["code"]) == (status, code)
            said.append(answer.content)
        assert said[0] == said[1]
        assert await stored(service_alone, "crn", "id NOT LIKE 'grant-%'") == []
        assert [entry["outcome"] for entry in await service_alone.entries()] == ["refused", "refused"]

    @pytest.mark.parametrize("who", [THEO, TARA, CARLA, OLGA, PETRA], ids=lambda who: who[1])
    async def test_everybody_whom_f3_names(self, service_alone: Service, who: Any) -> None:
        assert (await opens(service_alone, who, NOBODY)).status_code == 201

    async def test_without_an_entry_there_is_no_grant(
        self, service_alone: Service, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from app.audit.submission import LogUnavailable

        async def fail(*_: object) -> None:
            raise LogUnavailable

        monkeypatch.setattr(service_alone.app.state.services.gate.log, "append", fail)
        assert (await opens(service_alone, OLGA, BARE)).status_code == 503
        assert await stored(service_alone, "crn", "id NOT LIKE 'grant-%'") == []


class TestWhatAGrantOpens:
    """F1, F2, and what no emergency lifts."""

    @pytest.mark.parametrize("who", [OLGA, OTTO, PETRA], ids=lambda who: who[1])
    @pytest.mark.parametrize("crn", [FULL, COURT, RESTRICTED])
    async def test_never_clinical_notes_or_safety_to_justice(self, service_alone: Service, who: Any, crn: str) -> None:
        """P3: by no address of a single category, nor in the whole."""
        assert (await opens(service_alone, who, crn)).status_code in (200, 201)
        whole = await service_alone.get(f"/v1/people/{crn}", *who, EMERGENCY)
        assert whole.json()["categories"].keys() == {"identity", "contact", "attendance", "safety-alert"}
        for mark in ("note ", "problem ", "medication ", "self ", "others ", "plan "):
            assert f"{mark}{crn}" not in whole.text
            assert f"{mark}full" not in whole.text
        for category in ("clinical", "notes", "safety"):
            await service_alone.marked()
            answer = await service_alone.get(f"/v1/people/{crn}/{category}", *who, EMERGENCY)
            assert (answer.status_code, told(answer)["code"]) == (403, "withheld")
            (entry,) = await service_alone.entries()
            assert (entry["outcome"], entry["released"], entry["clauses"]) == ("refused", {}, ["P3"])

    async def test_an_exclusion_holds(self, service_alone: Service) -> None:
        """S3: the grant is given as for anybody, and opens nothing."""
        for who in (OLGA, THEO):
            assert (await opens(service_alone, who, EXCLUDED)).status_code == 201
            answer = await service_alone.get(f"/v1/people/{EXCLUDED}", *who, EMERGENCY)
            nobody = await service_alone.get(f"/v1/people/{NOBODY}", *who, EMERGENCY)
            assert answer.status_code == 404
            assert answer.content == nobody.content

    async def test_a_clinician_sees_what_keeps_people_safe(self, service_alone: Service) -> None:
        await opens(service_alone, TARA, ELSEWHERE)
        whole = await service_alone.get(f"/v1/people/{ELSEWHERE}", *TARA, EMERGENCY)
        assert {"notes", "safety", "clinical", "risk"} <= whole.json()["categories"].keys()
        assert "offence" not in whole.json()["categories"]

    async def test_it_is_over_after_an_hour_and_somebody_elses_opens_nothing(self, service_alone: Service) -> None:
        grant = (await opens(service_alone, TARA, ELSEWHERE)).json()["id"]
        path = f"/v1/people/{ELSEWHERE}/identity"
        assert (await service_alone.get(path, *TARA, EMERGENCY)).status_code == 200
        assert (await service_alone.get(path, *OLGA, EMERGENCY)).status_code == 404
        await moved(service_alone, grant, by=timedelta(minutes=60))
        assert (await service_alone.get(path, *TARA, EMERGENCY)).status_code == 404


class TestReviewList:
    """G2."""

    async def test_what_the_list_shows(self, service_on_both: Service) -> None:
        grant = (await opens(service_on_both, OLGA, BARE)).json()
        await service_on_both.marked()
        answer = await asks(service_on_both, CARA, "GET", GRANTS)
        assert answer.status_code == 200
        first, *others = answer.json()["data"]
        assert first == {
            "id": grant["id"],
            "crn": BARE,
            "staff": {"username": "olga", "name": "Olga", "party": "justice", "role": "offender-manager"},
            "grantedAt": grant["grantedAt"],
            "expiresAt": grant["expiresAt"],
            "revokedAt": None,
            "live": True,
            "state": "open",
            "dueAt": grant["reviewDueAt"],
            "overdue": False,
            "reviewedAt": None,
            "reviewedBy": None,
            "outcome": None,
        }
        assert {(row["crn"], row["staff"]["username"]) for row in others} == {(COURT, "olga"), (COURT, "theo")}
        assert REASON not in answer.text
        (entry,) = await service_on_both.entries()
        assert (entry["action"], entry["clauses"], entry["subject"]) == ("review", ["G2"], None)
        assert entry["details"] == {"listed": "emergency_grant", "shown": 3}

    async def test_filters_and_pages(self, service_on_both: Service) -> None:
        ids = {}
        for place, (who, crn, age) in enumerate(
            [(OLGA, BARE, 8), (OTTO, FULL, 7), (THEO, NOBODY, 6), (PETRA, BARE, 0), (TARA, ELSEWHERE, 0)]
        ):
            ids[place] = (await opens(service_on_both, who, crn)).json()["id"]
            if age:
                await moved(service_on_both, ids[place], by=timedelta(days=age, minutes=place))
        await execute(service_on_both.url, [(text("DELETE FROM emergency_grant WHERE id LIKE 'grant-%'"), None)])
        assert (await reviews(service_on_both, ids[1])).status_code == 200

        async def listed(method: str = "GET", path: str = GRANTS, **request: Any) -> list[int]:
            answer = await asks(service_on_both, CARA, method, path, **request)
            assert answer.status_code == 200, answer.text
            places = {identity: place for place, identity in ids.items()}
            return [places[row["id"]] for row in answer.json()["data"]]

        everything = await listed()
        assert set(everything[:2]) == {3, 4}
        assert everything[2:] == [2, 1, 0]
        assert set(await listed(params={"state": "open"})) == {0, 2, 3, 4}
        assert await listed(params={"state": "reviewed"}) == [1]
        assert await listed(params={"state": "overdue"}) == [2, 0]
        searches = f"{GRANTS}/searches"
        assert set(await listed("POST", searches, json={"crn": BARE.lower()})) == {0, 3}
        assert await listed("POST", searches, json={"staff": "Olga"}) == [0]
        assert await listed("POST", searches, json={"crn": BARE, "state": "overdue"}) == [0]
        assert await listed("POST", searches, json={"crn": NOBODY, "staff": "olga"}) == []
        assert set(await listed(params={"crn": f" {BARE.lower()}"})) == {0, 3}
        assert await listed(params={"staff": "Olga"}) == [0]
        assert await listed(params={"crn": BARE, "staff": "OLGA", "state": "overdue"}) == [0]
        assert await listed(params={"staff": "nobody at all"}) == await listed(params={"staff": ""}) == []
        paged, cursor = [], None
        while True:
            parameters = {"pageSize": 2} | ({"cursor": cursor} if cursor else {})
            answer = await asks(service_on_both, CARA, "GET", GRANTS, params=parameters)
            paged += [row["id"] for row in answer.json()["data"]]
            cursor = answer.json()["pagination"]["next"]
            if cursor is None:
                break
        assert paged == [ids[place] for place in everything]

    @pytest.mark.parametrize(
        ("parameters", "code", "field"),
        [
            pytest.param({"state": "forgotten"}, "parameter-invalid", "state", id="a state that is none"),
            pytest.param({"crn": "X1"}, "crn-malformed", "crn", id="a CRN that is none"),
            pytest.param({"overdue": "true"}, "parameter-unknown", "overdue", id="a filter that there is not"),
            pytest.param({"staff": ["olga", "otto"]}, "parameter-invalid", "staff", id="two names"),
            pytest.param({"cursor": "nonsense"}, "cursor-invalid", "cursor", id="a cursor that is none"),
            pytest.param({"pageSize": "0"}, "parameter-invalid", "pageSize", id="a page of nothing"),
        ],
    )
    async def test_bad_parameters(
        self, service_alone: Service, parameters: dict[str, Any], code: str, field: str
    ) -> None:
        problem = told(await asks(service_alone, CARA, "GET", GRANTS, params=parameters))
        assert (problem["status"], problem["code"], problem["field"]) == (400, code, field)

    async def test_a_cursor_is_good_for_its_own_list_alone(self, service_alone: Service) -> None:
        page = await asks(service_alone, CARA, "GET", GRANTS, params={"pageSize": 1})
        cursor = page.json()["pagination"]["next"]
        answer = await asks(service_alone, CARA, "GET", GRANTS, params={"cursor": cursor, "state": "open"})
        assert told(answer)["code"] == "cursor-invalid"

    @pytest.mark.parametrize("who", [ALMA, OLGA, THEO, PETRA, RORY, COLIN], ids=lambda who: who[1])
    async def test_nobody_else_reads_it_the_user_included(self, service_alone: Service, who: Any) -> None:
        grant = (await opens(service_alone, OLGA, BARE)).json()["id"]
        requests = (("GET", GRANTS, {}), ("GET", f"{GRANTS}/{grant}", {}), ("POST", f"{GRANTS}/searches", {"json": {}}))
        for purpose in (OVERSIGHT, EMERGENCY):
            for method, path, request in requests:
                answer = await service_alone.request(method, path, *who, purpose, **request)
                assert answer.status_code == 403
                assert grant not in answer.text


class TestOneGrant:
    """What was looked at under a grant is listed with it."""

    async def test_what_was_looked_at(self, service_on_both: Service) -> None:
        before = await service_on_both.get(f"/v1/people/{BARE}", *OTTO, EMERGENCY)
        assert before.status_code == 404
        grant = (await opens(service_on_both, OTTO, BARE)).json()["id"]
        await service_on_both.get(f"/v1/people/{BARE}/contact", *OTTO, EMERGENCY)
        await service_on_both.get(f"/v1/people/{BARE}/notes", *OTTO, EMERGENCY)
        await service_on_both.get(f"/v1/people/{COURT}/contact", *OLGA, EMERGENCY)  # of others, by others
        await service_on_both.get(f"/v1/people/{BARE}", *OLGA, WORK)
        await opens(service_on_both, OTTO, BARE)  # asking again is not looking
        await service_on_both.marked()
        answer = await asks(service_on_both, CARA, "GET", f"{GRANTS}/{grant}")
        body = answer.json()
        assert answer.status_code == 200
        assert (body["reason"], body["feared"], body["note"], body["withheld"]) == (REASON, FEARED, None, [])
        assert body["lookedAtMore"] is False
        contact, notes = body["lookedAt"]
        assert contact.keys() == {"number", "at", "resource", "outcome", "released", "withheld", "clauses"}
        assert (contact["number"], contact["outcome"], contact["clauses"]) == (2, "permitted", ["F2"])
        assert contact["resource"] == "/v1/people/{crn}/contact"
        assert contact["released"].keys() == {"contact"}
        assert "person.postcode" in contact["released"]["contact"]
        assert (notes["number"], notes["outcome"], notes["released"]) == (3, "refused", {})
        assert (notes["withheld"], notes["clauses"]) == (["notes"], ["P3"])
        (entry,) = await service_on_both.entries()
        assert (entry["clauses"], entry["details"]) == (["G2"], {"read": "emergency_grant", "uses": 2})
        assert entry["released"] == {"emergency-grant": ["crn", "lookedAt", "feared", "reason"]}
        part = (await subjects(service_on_both.url))[service_on_both.mark + 1]
        assert part["crn"] == BARE
        assert part["personId"] == world.person_id(BARE)

    async def test_what_was_looked_at_after_it_is_anothers(self, service_alone: Service) -> None:
        """A second grant has its own list."""
        first = (await opens(service_alone, OTTO, BARE)).json()["id"]
        await service_alone.get(f"/v1/people/{BARE}/contact", *OTTO, EMERGENCY)
        await moved(service_alone, first, by=timedelta(hours=3))
        second = (await opens(service_alone, OTTO, BARE)).json()["id"]
        await moved(service_alone, second, by=timedelta(minutes=5))
        counts = [
            len((await asks(service_alone, CARA, "GET", f"{GRANTS}/{each}")).json()["lookedAt"])
            for each in (first, second)
        ]
        assert counts == [0, 1]

    @pytest.mark.parametrize("grant", ["grant-0", "searches", "a%20b1", "1" * 80, "%001"])
    async def test_one_that_is_not_there(self, service_alone: Service, grant: str) -> None:
        for answer in (
            await asks(service_alone, CARA, "GET", f"{GRANTS}/{grant}"),
            await reviews(service_alone, grant),
        ):
            assert (answer.status_code, told(answer)["code"]) == (404, "grant-unknown")
        assert [entry["reason"] for entry in await service_alone.entries()] == ["grant-unknown", "grant-unknown"]

    async def test_whoever_a_person_excludes_sees_nothing_of_their_grants(self, service_on_both: Service) -> None:
        """S3: an exclusion denies everything about the person, a guardian's oversight included."""
        grant = (await opens(service_on_both, OLGA, BARE)).json()["id"]
        await world.put(service_on_both.url, world.limit(BARE, "exclusion", "cara"))
        await service_on_both.marked()
        listed = await asks(service_on_both, CARA, "GET", GRANTS)
        assert {row["crn"] for row in listed.json()["data"]} == {COURT}
        answer = await asks(service_on_both, CARA, "GET", f"{GRANTS}/{grant}")
        nobody = await asks(service_on_both, CARA, "GET", f"{GRANTS}/grant-0")
        assert (answer.status_code, answer.content) == (404, nobody.content)
        assert told(await reviews(service_on_both, grant))["code"] == "grant-unknown"
        _, closed, *_ = await service_on_both.entries()
        assert (closed["outcome"], closed["reason"]) == ("refused", "grant-unknown")
        assert "excluded" in closed["facts"]["names"]

    async def test_a_restricted_record_is_reviewed_and_its_owner_told(self, service_alone: Service) -> None:
        grant = (await opens(service_alone, OLGA, RESTRICTED)).json()["id"]
        await service_alone.marked()
        assert (await asks(service_alone, CARA, "GET", f"{GRANTS}/{grant}")).status_code == 200
        (entry,) = await service_alone.entries()
        assert entry["announce"] == "justice"
        assert (entry["eventId"], "restricted-record-used", "justice", None) in await announced(service_alone)


class TestReview:
    """Once, by a guardian who is neither the user nor their manager."""

    async def test_a_review_is_kept(self, service_on_both: Service) -> None:
        grant = (await opens(service_on_both, OLGA, BARE)).json()["id"]
        await service_on_both.marked()
        answer = await reviews(service_on_both, grant, outcome="justified-with-learning", note=" Ring first. ")
        assert answer.status_code == 200
        body = answer.json()
        assert (body["id"], body["state"], body["outcome"]) == (grant, "reviewed", "justified-with-learning")
        columns = "reviewed_by_id, outcome, review_note, reason"
        kept = ("staff-cara", "justified-with-learning", "Ring first.", REASON)
        assert await stored(service_on_both, columns, f"id = '{grant}'") == [kept]
        (entry,) = await service_on_both.entries()
        assert (entry["type"], entry["action"], entry["clauses"]) == ("change", "review", ["G2"])
        details = {
            "change": "reviewed",
            "table": "emergency_grant",
            "outcome": "justified-with-learning",
            "subjects": ["emergency-grant"],
        }
        assert entry["details"] == details
        assert (await subjects(service_on_both.url))[service_on_both.mark + 1]["crn"] == BARE
        full = (await asks(service_on_both, CARA, "GET", f"{GRANTS}/{grant}")).json()
        assert (full["note"], full["reviewedBy"]["username"], full["state"]) == ("Ring first.", "cara", "reviewed")
        past = text("SELECT outcome, superseded_at FROM emergency_grant_history WHERE id = :id")
        (rows,) = await execute(service_on_both.url, [(past, {"id": grant})])
        assert [row[0] for row in rows] == [None]

    async def test_once_only(self, service_on_both: Service) -> None:
        grant = (await opens(service_on_both, OLGA, BARE)).json()["id"]
        await reviews(service_on_both, grant)
        again = await reviews(service_on_both, grant, outcome="not-justified")
        assert (again.status_code, told(again)["code"]) == (409, "already-reviewed")
        assert await stored(service_on_both, "outcome", f"id = '{grant}'") == [("justified",)]

    async def test_of_two_at_once_the_first_holds(
        self, service_on_both: Service, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from app.records import grants

        grant, find = (await opens(service_on_both, OLGA, BARE)).json()["id"], grants.one

        async def early(*about: Any) -> Any:
            found = await find(*about)
            return found and found | {"reviewed_at": None}

        monkeypatch.setattr(grants, "one", early)
        assert (await reviews(service_on_both, grant)).status_code == 200
        late = await reviews(service_on_both, grant, outcome="not-justified")
        assert (late.status_code, told(late)["code"]) == (409, "changed-meanwhile")
        assert await stored(service_on_both, "outcome", f"id = '{grant}'") == [("justified",)]

    async def test_never_by_the_user(self, service_alone: Service) -> None:
        """Who used a grant as a clinician and has become a guardian since."""
        grant = (await opens(service_alone, TARA, BARE)).json()["id"]
        became = text("UPDATE staff SET role = 'caldicott-guardian' WHERE username = 'tara'")
        await execute(service_alone.url, [(became, None)])
        answer = await reviews(service_alone, grant, (Role.CALDICOTT_GUARDIAN, "tara"))
        assert (answer.status_code, told(answer)["code"]) == (403, "reviewer-is-user")
        assert told(answer)["field"] == "Authorization"
        assert await stored(service_alone, "reviewed_at", f"id = '{grant}'") == [(None,)]
        assert (await service_alone.entries())[-1]["reason"] == "reviewer-is-user"

    @pytest.mark.parametrize("then", ["cara", "Cara"])
    @pytest.mark.parametrize("still", [True, False], ids=["who is", "who was when it was used"])
    async def test_never_by_their_manager(self, service_on_both: Service, then: str, still: bool) -> None:
        managed = text("UPDATE staff SET manager = :name, recorded_at = :at WHERE username = 'olga'")
        at = world.t.Staff.__table__.c.recorded_at.type
        managed = managed.bindparams(world_at("at", at))
        moments = (NOW - timedelta(days=9), NOW + timedelta(hours=2))
        await execute(service_on_both.url, [(managed, {"name": then, "at": moments[0]})])
        grant = (await opens(service_on_both, OLGA, BARE)).json()["id"]
        if not still:
            await execute(service_on_both.url, [(managed, {"name": None, "at": moments[1]})])
        answer = await reviews(service_on_both, grant)
        assert (answer.status_code, told(answer)["code"]) == (403, "reviewer-is-manager")
        assert await stored(service_on_both, "reviewed_at", f"id = '{grant}'") == [(None,)]

    async def test_who_managed_them_before_may(self, service_alone: Service) -> None:
        at = world.t.Staff.__table__.c.recorded_at.type
        managed = text("UPDATE staff SET manager = :name, recorded_at = :at WHERE username = 'olga'")
        managed = managed.bindparams(world_at("at", at))
        for name, days in (("cara", 9), ("petra", 5)):
            await execute(service_alone.url, [(managed, {"name": name, "at": NOW - timedelta(days=days)})])
        grant = (await opens(service_alone, OLGA, BARE)).json()["id"]
        assert (await reviews(service_alone, grant)).status_code == 200

    @pytest.mark.parametrize(
        ("values", "code", "field"),
        [
            pytest.param({"outcome": "fine"}, "body-invalid", "outcome", id="an outcome that is none"),
            pytest.param({"note": None}, "body-invalid", "note", id="no note"),
            pytest.param({"note": " \u200b\n"}, "text-insufficient", "note", id="a note that says nothing"),
            pytest.param({"reviewer": "alma"}, "body-invalid", "reviewer", id="in somebody else's name"),
        ],
    )
    async def test_bad_reviews(self, service_alone: Service, values: dict[str, Any], code: str, field: str) -> None:
        grant = (await opens(service_alone, OLGA, BARE)).json()["id"]
        answer = await reviews(service_alone, grant, **values)
        assert (answer.status_code, told(answer)["code"], told(answer)["field"]) == (422, code, field)
        assert await stored(service_alone, "reviewed_at, outcome", f"id = '{grant}'") == [(None, None)]

    @pytest.mark.parametrize("who", [ALMA, OLGA, PETRA, THEO], ids=lambda who: who[1])
    async def test_never_by_anybody_else(self, service_alone: Service, who: Any) -> None:
        grant = (await opens(service_alone, OTTO, BARE)).json()["id"]
        assert (await reviews(service_alone, grant, who)).status_code == 403
        assert await stored(service_alone, "reviewed_at", f"id = '{grant}'") == [(None,)]


class TestAcrossParties:
    """G2 names no party: either guardian reviews, but P3 keeps what clinicians wrote from the justice party."""

    @pytest.fixture
    async def both(self, service_alone: Service) -> Service:
        await world.put(service_alone.url, world.staff("jane", Role.CALDICOTT_GUARDIAN, party="justice"))
        return service_alone

    async def test_each_guardian_reviews_what_justice_used(self, both: Service) -> None:
        for who, crn in ((CARA, BARE), (JANE, FULL)):
            grant = (await opens(both, OLGA, crn)).json()["id"]
            full = (await asks(both, who, "GET", f"{GRANTS}/{grant}")).json()
            assert (full["reason"], full["withheld"]) == (REASON, [])
            assert (await reviews(both, grant, who)).status_code == 200

    async def test_what_a_clinician_wrote_is_withheld_from_justice(self, both: Service) -> None:
        grant = (await opens(both, THEO, BARE)).json()["id"]
        answer = await asks(both, JANE, "GET", f"{GRANTS}/{grant}")
        body = answer.json()
        assert (answer.status_code, body["reason"], body["feared"]) == (200, None, None)
        assert [each["field"] for each in body["withheld"]] == ["reason", "feared"]
        assert all(each["clauses"] == ["P3"] for each in body["withheld"])
        assert (body["crn"], body["staff"]["username"]) == (BARE, "theo")
        assert (await both.entries())[-1]["released"] == {"emergency-grant": ["crn", "lookedAt"]}
        refused = await reviews(both, grant, JANE)
        assert (refused.status_code, told(refused)["code"]) == (403, "reason-withheld")
        assert (await reviews(both, grant, CARA)).status_code == 200

    async def test_what_a_guardian_of_health_noted_is_withheld_from_justice(self, both: Service) -> None:
        grant = (await opens(both, OLGA, BARE)).json()["id"]
        await reviews(both, grant, CARA)
        body = (await asks(both, JANE, "GET", f"{GRANTS}/{grant}")).json()
        assert (body["reason"], body["note"], body["outcome"]) == (REASON, None, "justified")
        assert body["withheld"] == [{"field": "note", "clauses": ["P3"]}]


def world_at(name: str, kind: Any) -> Any:
    """A parameter that is stored as the column's moments are."""
    from sqlalchemy import bindparam

    return bindparam(name, type_=kind)
