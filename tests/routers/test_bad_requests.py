"""A request that is no question is told which field is wrong and what would be right, and never its own words."""

import base64
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from app.identity import Authenticator
from app.routers.problems import FAULTS
from tests.routers.cast import ADAM, FULL, OLGA, PETRA, WORK, told
from tests.world import Service

pytestmark = pytest.mark.asyncio(loop_scope="session")
SECRET = "9990000018"
"""Stands for what somebody types into the wrong field."""


def cursor(*content: Any) -> str:
    """A cursor that was made by somebody else."""
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


async def _bound(service: Service) -> str:
    """What a real cursor of the list of people is bound to."""
    page = await service.get("/v1/people?pageSize=1", *OLGA, WORK)
    following = page.json()["pagination"]["next"]
    return str(json.loads(base64.urlsafe_b64decode(following + "=" * (-len(following) % 4)))[0])


@pytest.mark.parametrize(
    ("path", "status", "code", "field"),
    [
        pytest.param(f"/v1/people/{SECRET}", 400, "crn-malformed", "crn", id="an NHS number is no CRN"),
        pytest.param("/v1/people/X32074", 400, "crn-malformed", "crn", id="a CRN one digit short"),
        pytest.param("/v1/people/%D7%A5100001", 400, "crn-malformed", "crn", id="a letter from another alphabet"),
        pytest.param("/v1/people/X10000%D9%A1", 400, "crn-malformed", "crn", id="a digit from another alphabet"),
        pytest.param("/v1/people/searches", 400, "crn-malformed", "crn", id="searches is no CRN"),
        pytest.param("/v1/people/X1000011/attendance", 400, "crn-malformed", "crn", id="a CRN one digit long"),
        pytest.param("/v1/people/1/access", 400, "crn-malformed", "crn", id="of access too"),
        pytest.param(f"/v1/people/{FULL}/horoscope", 404, "category-unknown", "category", id="no such category"),
        pytest.param(f"/v1/people/{FULL}/Notes", 404, "category-unknown", "category", id="categories have one case"),
        pytest.param(f"/v1/people/{FULL}/staff", 404, "category-unknown", "category", id="a register is no category"),
        pytest.param(f"/v1/people/{FULL}/history/1", 404, "route-not-found", None, id="there is no history"),
        pytest.param("/v1/people/$export", 400, "crn-malformed", "crn", id="there is no export"),
        pytest.param("/v1/peoples", 404, "route-not-found", None, id="no such address"),
        pytest.param("/v1/people/", 404, "route-not-found", None, id="an address with a slash behind"),
        pytest.param("/v1/people?familyName=Secretive", 400, "parameter-unknown", "familyName",
                     id="names travel in bodies, never in addresses"),
        pytest.param("/v1/people?_summary=count", 400, "parameter-unknown", "_summary", id="nothing is counted"),
        pytest.param("/v1/people?_include=a:b", 400, "parameter-unknown", "_include", id="nothing is included"),
        pytest.param("/v1/people?sort=dateOfBirth", 400, "parameter-unknown", "sort", id="nothing is sorted by"),
        pytest.param("/v1/people?total=true", 400, "parameter-unknown", "total", id="there are no totals"),
        pytest.param(f"/v1/people?{SECRET}=1", 400, "parameter-unknown", "query", id="a number as a parameter's name"),
        pytest.param("/v1/people?", 200, None, None, id="an empty query is none"),
        pytest.param("/v1/people?pageSize", 400, "parameter-invalid", "pageSize", id="a page size without a value"),
        pytest.param("/v1/people?pageSize=5&pageSize=5", 400, "parameter-invalid", "pageSize", id="said twice"),
        pytest.param("/v1/people?pageSize=0", 400, "parameter-invalid", "pageSize", id="a page of nobody"),
        pytest.param("/v1/people?pageSize=-1", 400, "parameter-invalid", "pageSize", id="a page of less than nobody"),
        pytest.param("/v1/people?pageSize=201", 400, "parameter-invalid", "pageSize", id="a page of too many"),
        pytest.param("/v1/people?pageSize=1e1", 400, "parameter-invalid", "pageSize", id="a page size in exponents"),
        pytest.param("/v1/people?pageSize=%D9%A5", 400, "parameter-invalid", "pageSize", id="a digit of elsewhere"),
        pytest.param("/v1/people?pageSize=99999999999999999999", 400, "parameter-invalid", "pageSize",
                     id="a number past all integers"),
        pytest.param("/v1/people?cursor=Secretive", 400, "cursor-invalid", "cursor", id="a word as a cursor"),
        pytest.param(f"/v1/people?cursor={cursor('another', FULL)}", 400, "cursor-invalid", "cursor",
                     id="a cursor bound to something else"),
        pytest.param(f"/v1/people?cursor={cursor(FULL)}", 400, "cursor-invalid", "cursor", id="a cursor of one part"),
        pytest.param(f"/v1/people?cursor={cursor({})}", 400, "cursor-invalid", "cursor", id="a cursor of an object"),
        pytest.param("/v1/people?cursor=MQ", 400, "cursor-invalid", "cursor", id="a cursor that is a number"),
        pytest.param(f"/v1/people?cursor={'A' * 400}", 400, "cursor-invalid", "cursor", id="a cursor that is too long"),
        pytest.param(f"/v1/people/{FULL}?cursor=MQ", 400, "parameter-unknown", "cursor", id="one person has no pages"),
        pytest.param("/v1/people?status=draft", 400, "parameter-unknown", "status", id="people have no status"),
        pytest.param("/v1/referrals?status=Secretive", 400, "parameter-invalid", "status", id="no such status"),
        pytest.param("/v1/referrals?status=", 400, "parameter-invalid", "status", id="an empty status is none"),
        pytest.param("/v1/referrals?crn=X100001", 400, "parameter-unknown", "crn", id="CRNs travel in bodies"),
    ],
)  # fmt: skip
async def test_an_address_that_asks_nothing(
    service: Service, path: str, status: int, code: str | None, field: str | None
) -> None:
    answer = await service.get(path, *OLGA, WORK)
    assert answer.status_code == status
    if code is None:
        return
    problem = told(answer)
    assert (problem["code"], problem.get("field")) == (code, field)
    assert problem["remedy"] == FAULTS[code].remedy
    assert SECRET not in answer.text
    assert "Secretive" not in answer.text
    assert "audit-receipt" not in answer.headers


@pytest.mark.parametrize("written", ["x100001", " X100001 ", "x10 00 01", "X100001"])
async def test_a_crn_is_read_however_it_is_spaced_and_answered_canonically(service: Service, written: str) -> None:
    answer = await service.http.get(
        httpx.URL("https://open-mind.test/v1/people/" + written.replace(" ", "%20")),
        headers={"Authorization": f"Bearer {service.token(*OLGA)}", "Purpose-Of-Use": WORK},
    )
    assert answer.status_code == 200
    assert answer.json()["crn"] == FULL


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        pytest.param("", 400, "body-not-json", None, id="nothing at all"),
        pytest.param("crn=X100001", 400, "body-not-json", None, id="a form"),
        pytest.param('{"crn": "X1', 400, "body-not-json", None, id="half of it"),
        pytest.param(b'{"crn": "\xff"}', 400, "body-not-json", None, id="not UTF-8"),
        pytest.param("[" * 20_000, 400, "body-not-json", None, id="nested without end"),
        pytest.param("[]", 422, "body-invalid", "body", id="a list"),
        pytest.param("null", 422, "body-invalid", "body", id="null"),
        pytest.param("{}", 422, "body-invalid", "body", id="nothing to search by"),
        pytest.param('{"pageSize": 5}', 422, "body-invalid", "body", id="a page of everybody"),
        pytest.param('{"crn": null}', 422, "body-invalid", "body", id="null searches by nothing"),
        pytest.param('{"crn": 9990000018}', 422, "body-invalid", "crn", id="a number for a text"),
        pytest.param('{"crn": "9990000018"}', 422, "body-invalid", "crn", id="an NHS number for a CRN"),
        pytest.param('{"nhsNumber": "9990000019"}', 422, "body-invalid", "nhsNumber", id="a wrong check digit"),
        pytest.param('{"pncNumber": "Secretive"}', 422, "body-invalid", "pncNumber", id="no PNC id"),
        pytest.param('{"postcode": "Secretive"}', 422, "body-invalid", "postcode", id="no postcode"),
        pytest.param('{"dateOfBirth": "Secretive"}', 422, "body-invalid", "dateOfBirth", id="no date"),
        pytest.param('{"familyName": ""}', 422, "body-invalid", "familyName", id="an empty name is no filter"),
        pytest.param('{"familyName": "   "}', 422, "body-invalid", "familyName", id="spaces are no name"),
        pytest.param('{"familyName": ["Secretive"]}', 422, "body-invalid", "familyName", id="a list of names"),
        pytest.param('{"familyName": "\\ud800"}', 400, "body-not-json", None, id="half a character"),
        pytest.param('{"dateOfBirth": 0}', 422, "body-invalid", "dateOfBirth", id="a number for a date"),
        pytest.param('{"crn": "X100001", "pageSize": "5"}', 422, "body-invalid", "pageSize", id="a text for a number"),
        pytest.param('{"surname": "Secretive"}', 422, "body-invalid", "surname", id="an unknown field"),
        pytest.param('{"crn": "X100001", "total": true}', 422, "body-invalid", "total", id="a total is asked for"),
        pytest.param('{"crn": "X100001", "pageSize": 0}', 400, "parameter-invalid", "pageSize", id="no page size"),
        pytest.param('{"crn": "X100001", "pageSize": 1.5}', 422, "body-invalid", "pageSize", id="half a row"),
        pytest.param('{"crn": "X100001", "cursor": "MQ"}', 400, "cursor-invalid", "cursor", id="a bad cursor"),
    ],
)
async def test_a_body_that_searches_for_nothing(
    service: Service, body: Any, status: int, code: str, field: str | None
) -> None:
    answer = await service.request("POST", "/v1/people/searches", *OLGA, WORK, content=body)
    assert answer.status_code == status
    problem = told(answer)
    assert (problem["code"], problem.get("field")) == (code, field)
    assert SECRET not in answer.text
    assert "Secretive" not in answer.text
    (entry,) = await service.entries()
    assert (entry["outcome"], entry["reason"], entry["caller"]["staff"]) == ("refused", code, OLGA[1])
    assert "Secretive" not in json.dumps(entry)


async def test_a_cursor_of_other_filters_is_refused(service: Service) -> None:
    body = {"postcode": "LE1 1AA", "pageSize": 1}
    page = await service.request("POST", "/v1/people/searches", *OLGA, WORK, json=body)
    following = page.json()["pagination"]["next"]
    assert following is not None
    body = {"postcode": "LE2 2BB", "cursor": following}
    for answer in (
        await service.request("POST", "/v1/people/searches", *OLGA, WORK, json=body),
        await service.get(f"/v1/people?cursor={following}", *OLGA, WORK),
        await service.get(f"/v1/referrals?cursor={following}", *OLGA, WORK),
    ):
        assert (answer.status_code, told(answer)["code"]) == (400, "cursor-invalid")


@pytest.mark.parametrize("key", ["\ud800", "\x00"], ids=["half a character", "NUL"])
async def test_a_cursor_with_a_key_that_no_database_keeps_is_refused(service: Service, key: str) -> None:
    answer = await service.get(f"/v1/people?cursor={cursor(await _bound(service), key)}", *OLGA, WORK)
    assert (answer.status_code, told(answer)["code"]) == (400, "cursor-invalid")


async def test_a_body_that_says_it_is_too_large_is_not_read(service: Service) -> None:
    answer = await service.request("POST", "/v1/people/searches", *OLGA, WORK, content=b" " * 65_537)
    assert (answer.status_code, told(answer)["code"]) == (413, "body-too-large")
    assert answer.headers["cache-control"] == "no-store"
    assert await service.entries() == []


async def test_a_body_that_turns_out_too_large_is_cut_off(service: Service) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 10_000_000:
            sent += 1_000
            yield b" " * 1_000

    answer = await service.request("POST", "/v1/people/searches", *OLGA, WORK, content=endless())
    assert (answer.status_code, told(answer)["code"]) == (413, "body-too-large")
    assert sent < 100_000


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"])
@pytest.mark.parametrize(
    "path", [f"/v1/people/{FULL}", f"/v1/people/{FULL}/notes", "/v1/people", "/v1/referrals/1/history"]
)
async def test_a_read_is_a_get_and_nothing_else(service: Service, method: str, path: str) -> None:
    answer = await service.request(method, path, *OLGA, WORK)
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET"
    assert FULL not in answer.text
    assert await service.entries() == []
    if method != "HEAD":
        assert told(answer)["code"] == "method-not-allowed"


async def test_a_method_is_refused_alike_whether_or_not_somebody_is_on_file(service: Service) -> None:
    there = await service.request("HEAD", f"/v1/people/{FULL}", *OLGA, WORK, headers={"X-Request-ID": "1"})
    nobody = await service.request("HEAD", "/v1/people/X999999", *OLGA, WORK, headers={"X-Request-ID": "1"})
    assert there.headers == nobody.headers


@pytest.mark.parametrize("tail", ["/", "/attendance/"])
async def test_a_slash_at_the_end_leads_to_the_address_and_tells_nothing(service: Service, tail: str) -> None:
    there = await service.get(f"/v1/people/{FULL}{tail}", *PETRA, WORK)
    nobody = await service.get(f"/v1/people/X999999{tail}", *PETRA, WORK)
    assert there.status_code == nobody.status_code
    assert there.content == nobody.content


def _part(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


async def _refused(service: Service, authorization: str, code: str) -> httpx.Response:
    headers = {"Authorization": authorization, "Purpose-Of-Use": WORK}
    answer = await service.http.get(f"/v1/people/{FULL}", headers=headers)
    assert (answer.status_code, told(answer)["code"]) == (401, code)
    assert answer.headers["www-authenticate"] == "Bearer"
    (entry,) = await service.entries()
    assert (entry["type"], entry["outcome"], entry["reason"]) == ("authentication", "refused", code)
    assert (entry["caller"], entry["subject"], entry["released"]) == (None, None, {})
    return answer


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        pytest.param({"exp": int(datetime.now(UTC).timestamp()) - 1}, "token-expired", id="expired a second ago"),
        pytest.param({"aud": "another-service"}, "token-audience", id="for another service"),
        pytest.param({"iss": "https://elsewhere.test"}, "token-issuer", id="by another issuer"),
        pytest.param({"iat": 2_000_000_000, "exp": 2_000_000_100}, "token-not-yet-valid", id="from the future"),
        pytest.param({"role": "owner"}, "token-claims", id="of a role that nobody has"),
        pytest.param({"role": ["offender-manager", "therapist"]}, "token-claims", id="of two roles"),
        pytest.param({"kind": "system"}, "token-claims", id="of a system with a person's role"),
    ],
)
async def test_a_token_that_is_not_good(service: Service, claims: dict[str, Any], code: str) -> None:
    await _refused(service, f"Bearer {service.token(*OLGA, **claims)}", code)


async def test_a_forged_token(service: Service) -> None:
    header, claims, signature = service.token(*OLGA).split(".")
    claims = _part(json.loads(base64.urlsafe_b64decode(claims + "==")) | {"sub": "petra"})
    await _refused(service, f"Bearer {header}.{claims}.{signature}", "token-signature")


async def test_a_token_without_a_signature(service: Service) -> None:
    _header, claims, _ = service.token(*OLGA).split(".")
    unsigned = _part({"alg": "none", "typ": "at+jwt", "kid": "1"})
    await _refused(service, f"Bearer {unsigned}.{claims}.AAAA", "token-algorithm")


@pytest.mark.parametrize(
    ("authorization", "code"),
    [("Basic b2xnYTpvbGdh", "token-scheme"), ("Bearer", "token-scheme"), ("Bearer Secretive", "token-malformed")],
)
async def test_a_header_that_holds_no_token(service: Service, authorization: str, code: str) -> None:
    answer = await _refused(service, authorization, code)
    assert "Secretive" not in answer.text


async def test_a_crowd_of_strangers_is_told_to_wait_and_fills_no_log(service: Service) -> None:
    answers = [await service.http.get("/v1/people", headers={"Purpose-Of-Use": WORK}) for _ in range(120)]
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) == {401, 429}
    assert len(await service.entries()) == statuses.count(401)
    (late,) = {answer.headers.get("retry-after") for answer in answers if answer.status_code == 429}
    assert late == "10"
    known = await service.get("/v1/people", *OLGA, WORK)
    assert known.status_code == 200


async def test_a_fault_of_our_own_says_its_code_and_nothing_else(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError(f"somebody wrote {SECRET} into a message")

    monkeypatch.setattr(Authenticator, "authenticate", broken)
    answer = await service.get(f"/v1/people/{FULL}", *ADAM, WORK)
    assert (answer.status_code, told(answer)["code"]) == (500, "internal")
    assert SECRET not in answer.text
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/v1/people/Y10", "crn-malformed"),
        ("/v1/people/X100001/horoscope", "category-unknown"),
        ("/v1/people?surname=Secretive", "parameter-unknown"),
        ("/v1/people?pageSize=0", "parameter-invalid"),
        ("/v1/people?cursor=Secretive", "cursor-invalid"),
    ],
)
async def test_a_known_callers_request_that_is_no_question_leaves_an_entry(
    service: Service, path: str, code: str
) -> None:
    answer = await service.get(path, *OLGA, WORK)
    assert told(answer)["code"] == code
    (entry,) = await service.entries()
    assert (entry["outcome"], entry["reason"], entry["caller"]["staff"]) == ("refused", code, OLGA[1])
    assert "Secretive" not in json.dumps(entry)
