"""Another issuer is believed about who somebody is, and never about what they may."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.config import Issuer
from app.db import Address, Database
from app.identity import Authenticator, Keys, KeyUnusable, NotAuthenticated, Store, Unprepared, issuers
from app.vocabulary import Caller, Party, Role
from tests.identity.making import AUDIENCE, ISSUER, NOW, SECONDS, STAFF_CLAIMS, Signer, bearer, settings_for

OTHER = "https://login.justice.example/realm"
JWKS_URL = "https://login.justice.example/jwks"
CLAIMS = {name: STAFF_CLAIMS[name] for name in ("sub", "client_id", "jti", "iat", "exp")} | {
    "iss": OTHER,
    "aud": [AUDIENCE, "account"],
}


class Published:
    """The other issuer's web server."""

    def __init__(self, text: str) -> None:
        self.answers: list[Callable[[], httpx.Response]] = []
        self.text = text
        self.asked = 0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        assert str(request.url) == JWKS_URL
        self.asked += 1
        await asyncio.sleep(0)
        return self.answers.pop(0)() if self.answers else httpx.Response(200, text=self.text)


@pytest.fixture
def published(client_signer: Signer) -> Published:
    return Published(client_signer.jwks())


@pytest.fixture
def config() -> dict[str, Any]:
    return {"issuer": OTHER, "audience": AUDIENCE, "algorithm": "ES384", "jwks_url": JWKS_URL, "parties": ["justice"]}


@pytest.fixture
def make(key_file: Path, keys: Keys, local_database: Database, published: Published) -> Callable[..., Authenticator]:
    def authenticator(*configs: dict[str, Any]) -> Authenticator:
        settings = settings_for(key_file, issuers=[Issuer(**each) for each in configs])
        return Authenticator(settings, keys, local_database, httpx.MockTransport(published))

    return authenticator


@pytest.fixture
def trusting(make: Callable[..., Authenticator], config: dict[str, Any]) -> Authenticator:
    return make(config)


@pytest.fixture
async def store(local_register: str) -> AsyncIterator[Store]:
    opened = Store(Address(local_register))
    yield opened
    await opened.close()


async def identify(authenticator: Authenticator, token: str, now: Any = NOW) -> Caller:
    await authenticator.prepare(bearer(token), now)
    return authenticator.authenticate(bearer(token), now)


async def refusal(authenticator: Authenticator, token: str) -> str:
    with pytest.raises(NotAuthenticated) as refused:
        await identify(authenticator, token)
    return refused.value.code


async def test_party_and_role_come_from_our_register(
    key_file: Path, keys: Keys, database: Database, published: Published, config: dict[str, Any], client_signer: Signer
) -> None:
    settings = settings_for(key_file, issuers=[Issuer(**config)])
    trusting = Authenticator(settings, keys, database, httpx.MockTransport(published))
    token = client_signer.forged(CLAIMS | {"sub": "Olive.MANAGER", "role": "auditor", "party": "health"})
    assert await identify(trusting, token) == Caller(
        Party.JUSTICE, Role.OFFENDER_MANAGER, "case-system", str(CLAIMS["jti"]), "olive.manager"
    )


async def test_one_partys_provider_cannot_name_the_others_client(
    make: Callable[..., Authenticator], config: dict[str, Any], client_signer: Signer
) -> None:
    of_health = make(config | {"parties": ["health"]})
    assert await refusal(of_health, client_signer.forged(CLAIMS)) == "client-unknown"


async def test_a_system_speaks_for_itself(trusting: Authenticator, client_signer: Signer) -> None:
    caller = await identify(trusting, client_signer.forged(CLAIMS | {"sub": "case-system"}))
    assert (caller.role, caller.staff) == (Role.CASE_MANAGEMENT_SYSTEM, None)


async def test_a_name_that_people_choose_makes_nobody_a_system(
    make: Callable[..., Authenticator], config: dict[str, Any], client_signer: Signer
) -> None:
    by_name = make(config | {"username_claim": "preferred_username"})
    claims = CLAIMS | {"sub": "f:1:2", "preferred_username": "olive.manager"}
    assert (await identify(by_name, client_signer.forged(claims))).staff == "olive.manager"
    imitating = client_signer.forged(claims | {"preferred_username": "case-system"})
    assert await refusal(by_name, imitating) == "caller-unknown"


async def test_without_preparation_it_is_refused(trusting: Authenticator, client_signer: Signer) -> None:
    with pytest.raises(Unprepared):
        trusting.authenticate(bearer(client_signer.forged(CLAIMS)), NOW)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"client_id": "stranger"}, "client-unknown", id="an unknown client"),
        pytest.param({"client_id": "suspended", "sub": "suspended"}, "client-unknown", id="a suspended client"),
        pytest.param({"client_id": None}, "token-claims", id="no client"),
        pytest.param({"sub": "nobody"}, "caller-unknown", id="unknown staff"),
        pytest.param({"sub": "left.leaver"}, "caller-unknown", id="staff who left"),
        pytest.param({"sub": "thea.therapist"}, "caller-unknown", id="staff of the other party"),
        pytest.param({"sub": "re.vo\u212aed"}, "token-claims", id="a name with a letter that only looks like k"),
        pytest.param({"client_id": "machine"}, "caller-unknown", id="a client that does not act for staff"),
        pytest.param({"client_id": "portal", "sub": "portal"}, "caller-unknown", id="a client without a role"),
        pytest.param({"aud": "account"}, "token-audience", id="another audience"),
        pytest.param({"jti": None}, "token-claims", id="no id to revoke it by"),
        pytest.param({"exp": SECONDS + 90_900}, "token-lifetime", id="good for more than a day"),
    ],
)
async def test_refused(trusting: Authenticator, client_signer: Signer, changes: dict[str, Any], code: str) -> None:
    claims = {name: value for name, value in (CLAIMS | changes).items() if value is not None}
    assert await refusal(trusting, client_signer.forged(claims)) == code


async def test_a_letter_that_only_looks_like_another_is_nobody_in_a_chosen_name(
    make: Callable[..., Authenticator], config: dict[str, Any], client_signer: Signer
) -> None:
    by_name = make(config | {"username_claim": "preferred_username"})
    token = client_signer.forged(CLAIMS | {"sub": "x", "preferred_username": "olive.manager".replace("o", "\u1d0f")})
    assert await refusal(by_name, token) == "caller-unknown"


async def test_our_key_does_not_sign_for_another_issuer(
    trusting: Authenticator, signer: Signer, client_signer: Signer
) -> None:
    ours_as_theirs = signer.forged(CLAIMS, signer.header(kid=client_signer.key_id))
    theirs_as_ours = client_signer.forged(STAFF_CLAIMS, client_signer.header(kid=signer.key_id))
    assert await refusal(trusting, ours_as_theirs) == "token-signature"
    assert await refusal(trusting, theirs_as_ours) == "token-signature"


async def test_each_issuer_has_one_algorithm(
    make: Callable[..., Authenticator], config: dict[str, Any], rsa_signer: Signer, published: Published
) -> None:
    published.text = rsa_signer.jwks()
    token = rsa_signer.forged(CLAIMS)
    assert await refusal(make(config), token) == "token-algorithm"
    assert (await identify(make(config | {"algorithm": "RS384"}), token)).staff == "olive.manager"


async def test_keys_from_a_file(
    make: Callable[..., Authenticator],
    config: dict[str, Any],
    client_signer: Signer,
    tmp_path: Path,
) -> None:
    file = tmp_path / "jwks.json"
    file.write_text(client_signer.jwks())
    trusting = make(config | {"jwks_url": None, "jwks_file": file})
    assert (await identify(trusting, client_signer.forged(CLAIMS))).staff == "olive.manager"
    file.write_text(client_signer.jwks(kid="next"))
    token = client_signer.forged(CLAIMS, client_signer.header(kid="next"))
    assert (await identify(trusting, token)).staff == "olive.manager"
    file.unlink()
    with pytest.raises(KeyUnusable, match="jwks_file"):
        make(config | {"jwks_url": None, "jwks_file": file})


async def test_many_unknown_keys_ask_the_issuer_once(
    trusting: Authenticator, client_signer: Signer, published: Published
) -> None:
    tokens = [client_signer.forged(CLAIMS, client_signer.header(kid=f"no-{number}")) for number in range(20)]
    codes = await asyncio.gather(*(refusal(trusting, token) for token in tokens))
    assert set(codes) == {"token-key"}
    assert published.asked == 1
    assert (await identify(trusting, client_signer.forged(CLAIMS))).staff == "olive.manager"
    assert published.asked == 1


async def test_a_passing_fault_is_tried_again(
    trusting: Authenticator, client_signer: Signer, published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issuers, "PAUSE_SECONDS", 0.0)
    published.answers = [lambda: httpx.Response(503), unreachable]
    assert (await identify(trusting, client_signer.forged(CLAIMS))).staff == "olive.manager"
    assert published.asked == 3


def unreachable() -> httpx.Response:
    raise httpx.ConnectError("refused")


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(lambda: httpx.Response(404), id="not found"),
        pytest.param(lambda: httpx.Response(302, headers={"Location": "https://evil.example"}), id="sent elsewhere"),
        pytest.param(lambda: httpx.Response(200, text="<html>"), id="a page"),
        pytest.param(lambda: httpx.Response(200, text="[" * 300_000), id="too much"),
        pytest.param(lambda: httpx.Response(200, content=b"\xff\xfe"), id="no text"),
        pytest.param(unreachable, id="nobody there"),
    ],
)
async def test_an_issuer_that_does_not_answer_lets_nobody_in(
    trusting: Authenticator,
    client_signer: Signer,
    published: Published,
    answer: Callable[[], httpx.Response],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(issuers, "PAUSE_SECONDS", 0.0)
    published.answers = [answer] * issuers.ATTEMPTS
    assert await refusal(trusting, client_signer.forged(CLAIMS)) == "token-key"


class Clock:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


async def test_a_withdrawn_key_stops_within_the_hour_and_an_outage_does_not_stop_known_ones(
    config: dict[str, Any], client_signer: Signer, published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issuers, "PAUSE_SECONDS", 0.0)
    clock = Clock()
    other = issuers.OtherIssuer(Issuer(**config), httpx.MockTransport(published), clock)
    assert await other.key(client_signer.key_id)
    published.answers = [unreachable] * issuers.ATTEMPTS
    clock.seconds += issuers.FRESH_SECONDS + 1
    assert await other.key(client_signer.key_id), "the issuer does not answer; its keys of before serve"
    published.text = json.dumps({"keys": []})
    clock.seconds += issuers.BETWEEN_SECONDS
    assert await other.key(client_signer.key_id) is None, "it answers again, without the key"


async def test_known_keys_do_not_serve_for_ever(
    config: dict[str, Any], client_signer: Signer, published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issuers, "PAUSE_SECONDS", 0.0)
    clock = Clock()
    other = issuers.OtherIssuer(Issuer(**config), httpx.MockTransport(published), clock)
    await other.refresh()
    published.answers = [unreachable] * issuers.ATTEMPTS
    clock.seconds += issuers.KEPT_SECONDS
    assert await other.key(client_signer.key_id) is None


async def test_the_register_is_asked_again_after_a_minute(
    trusting: Authenticator, client_signer: Signer, store: Store
) -> None:
    token = client_signer.forged(CLAIMS)
    await identify(trusting, token)
    await store.revoke_staff("olive.manager", NOW)
    assert (await identify(trusting, token, NOW + timedelta(seconds=59))).staff, "the facts refuse it until then"
    with pytest.raises(NotAuthenticated) as refused:
        await identify(trusting, token, NOW + timedelta(seconds=60))
    assert refused.value.code == "caller-unknown"


async def test_keys_can_be_asked_for_ahead(trusting: Authenticator, published: Published) -> None:
    await trusting.refresh()
    assert published.asked == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param({"jwks_url": "http://login.justice.example/jwks"}, "https", id="keys over plain HTTP"),
        pytest.param({"algorithm": "PS384"}, "PS384", id="an algorithm that cannot be verified"),
        pytest.param({"issuer": ISSUER}, "named twice", id="our own name"),
    ],
)
def test_settings_that_are_refused_at_start(
    make: Callable[..., Authenticator], config: dict[str, Any], changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        make(config | changes)


def test_the_same_issuer_twice_is_refused_at_start(make: Callable[..., Authenticator], config: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="named twice"):
        make(config, config)
