"""POST /oauth2/token over HTTP: the status, the headers and the JSON that RFC 6749 asks for."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from app.identity import Authenticator, TokenService, secrets
from app.routers import oauth2
from tests.identity.making import NOW, SECRET, bearer

FORM = {"grant_type": "client_credentials", "client_id": "case-system", "client_secret": SECRET}


@pytest.fixture
async def http(local_tokens: TokenService) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.include_router(oauth2.router)
    app.state.tokens = local_tokens
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://open-mind.example") as client:
        yield client


async def test_a_token(http: httpx.AsyncClient, authenticator: Authenticator) -> None:
    answer = await http.post("/oauth2/token", data=FORM)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json().keys() == {"access_token", "token_type", "expires_in"}
    assert authenticator.authenticate(bearer(answer.json()["access_token"]), NOW).client == "case-system"


async def test_a_token_by_basic_header(http: httpx.AsyncClient) -> None:
    answer = await http.post("/oauth2/token", data={"grant_type": FORM["grant_type"]}, auth=("case-system", SECRET))
    assert answer.status_code == 200


async def test_an_unknown_client_and_a_wrong_secret_get_the_same_answer(http: httpx.AsyncClient) -> None:
    unknown = await http.post("/oauth2/token", data=FORM | {"client_id": "stranger"})
    wrong = await http.post("/oauth2/token", data=FORM | {"client_secret": "wrong"})
    assert unknown.status_code == wrong.status_code == 401
    assert unknown.content == wrong.content
    assert unknown.headers == wrong.headers
    assert unknown.headers["www-authenticate"].startswith("Basic ")
    assert unknown.headers["cache-control"] == "no-store"
    assert unknown.json().keys() == {"error", "error_description"}
    assert unknown.json()["error"] == "invalid_client"


async def test_a_form_that_is_refused(http: httpx.AsyncClient) -> None:
    answer = await http.post("/oauth2/token", json=FORM)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert "www-authenticate" not in answer.headers


async def test_a_body_without_end_is_cut_off(http: httpx.AsyncClient) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 10_000_000:
            sent += 1_000
            yield b"a=" + b"1" * 998

    answer = await http.post(
        "/oauth2/token", content=endless(), headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code == 413
    assert sent < 100_000


async def test_a_crowd_is_told_when_to_come_back(http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "WAITING", -secrets.AT_ONCE)
    answer = await http.post("/oauth2/token", data=FORM)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


def test_the_description_says_how_to_ask() -> None:
    app = FastAPI()
    app.include_router(oauth2.router)
    operation = app.openapi()["paths"]["/oauth2/token"]["post"]
    schema = operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
    assert schema["required"] == ["grant_type"]
    assert {"client_assertion", "username"} <= schema["properties"].keys()
    assert {"200", "400", "401", "413", "503"} <= operation["responses"].keys()
