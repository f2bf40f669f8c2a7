"""Who gets a token, for whom, and who gets the same answer as a stranger."""

import asyncio
import base64
import threading
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from app.config import Environment
from app.db import Address, Database
from app.identity import (
    Authenticator,
    Keys,
    Store,
    TokenRefused,
    TokenService,
    hash_secret,
    new_secret,
    read_form,
    secrets,
)
from app.identity.clients import ASSERTION
from app.vocabulary import Caller, Party, Role
from tests.identity.making import ISSUER, NOW, SECONDS, SECRET, Signer, bearer, pem_of, settings_for

GRANT = {"grant_type": "client_credentials"}
UNKNOWN = (
    "invalid_client",
    "no running client has this id and this secret or key; check both, or have it registered",
    401,
)


def by_secret(client: str = "case-system", secret: str = SECRET, **fields: str) -> dict[str, str]:
    return GRANT | {"client_id": client, "client_secret": secret} | fields


def basic(client: str, secret: str = SECRET) -> str:
    return "Basic " + base64.b64encode(f"{client}:{secret}".encode()).decode()


def assertion(signer: Signer, client: str = "case-system", **changes: Any) -> str:
    claims = {"iss": client, "sub": client, "aud": f"{ISSUER}/oauth2/token", "exp": SECONDS + 300, "jti": "once"}
    kept = {name: value for name, value in (claims | changes).items() if value is not None}
    return signer.forged(kept, signer.header(typ="JWT"))


def by_key(text: str, **fields: str) -> dict[str, str]:
    return GRANT | {"client_assertion_type": ASSERTION, "client_assertion": text} | fields


async def refusal(asked: Awaitable[object]) -> tuple[str, str, int]:
    with pytest.raises(TokenRefused) as refused:
        await asked
    return refused.value.error, refused.value.description, refused.value.status


@pytest.fixture
def authenticated(authenticator: Authenticator) -> Callable[[str], Caller]:
    return lambda token: authenticator.authenticate(bearer(token), NOW)


# --- who is let in -------------------------------------------------------------------------------------------------


async def test_a_system_for_itself(tokens: TokenService, authenticated: Callable[[str], Caller]) -> None:
    issued = await tokens.issue(by_secret(), None)
    caller = authenticated(issued.access_token)
    expected = (Party.JUSTICE, Role.CASE_MANAGEMENT_SYSTEM, "case-system", None)
    assert (caller.party, caller.role, caller.client, caller.staff) == expected
    assert issued.document() == {"access_token": issued.access_token, "token_type": "Bearer", "expires_in": 900}


async def test_a_system_brings_the_service_that_it_is_registered_for(
    tokens: TokenService, authenticated: Callable[[str], Caller]
) -> None:
    issued = await tokens.issue(GRANT, basic("clinic"))
    caller = authenticated(issued.access_token)
    assert (caller.party, caller.role, caller.service) == (Party.HEALTH, Role.CLINICAL_SYSTEM, "leicester")


@pytest.mark.parametrize("username", ["olive.manager", "Olive.Manager", "OLIVE.MANAGER"])
async def test_a_trusted_system_for_its_staff_however_the_name_is_written(
    tokens: TokenService, authenticated: Callable[[str], Caller], username: str
) -> None:
    issued = await tokens.issue(by_secret("portal", username=username), None)
    caller = authenticated(issued.access_token)
    expected = (Party.JUSTICE, Role.OFFENDER_MANAGER, "portal", "olive.manager", None)
    assert (caller.party, caller.role, caller.client, caller.staff, caller.service) == expected


async def test_each_token_has_an_id_of_its_own(tokens: TokenService, authenticated: Callable[[str], Caller]) -> None:
    ids = {authenticated((await tokens.issue(by_secret(), None)).access_token).token for _ in range(3)}
    assert len(ids) == 3
    assert all(len(each) == 36 and each[14] == "7" for each in ids)


async def test_an_empty_field_is_an_absent_one(local_tokens: TokenService) -> None:
    await local_tokens.issue(by_secret(username="", scope="", client_assertion=""), None)


async def test_a_basic_header_is_form_encoded_inside(local_tokens: TokenService) -> None:
    assert await local_tokens.issue(GRANT, basic("case%2Dsystem", SECRET.replace(" ", "+")))


async def test_employment_is_judged_by_the_services_clock_and_the_token_lives_by_real_time(
    register: str, database: Database, key_file: Path, keys: Keys, authenticated: Callable[[str], Caller]
) -> None:
    settings = settings_for(
        key_file, register, environment=Environment.DEMO, clock_start=datetime(2019, 12, 1, tzinfo=UTC)
    )
    service = TokenService(settings, keys, database, Address(register), lambda: NOW)
    issued = await service.issue(by_secret("portal", username="left.leaver"), None)
    assert authenticated(issued.access_token).staff == "left.leaver"
    await service.close()


# --- who is not ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("client", "secret"),
    [
        pytest.param("case-system", "wrong", id="a wrong secret"),
        pytest.param("case-system", "x" * 200, id="a long wrong secret"),
        pytest.param("stranger", SECRET, id="an unknown client"),
        pytest.param("Case-System", SECRET, id="a client in other capitals"),
        pytest.param("case\x00system", SECRET, id="a client with a NUL"),
        pytest.param("suspended", SECRET, id="a suspended client"),
        pytest.param("not-yet", SECRET, id="a client that is registered from a later day on"),
        pytest.param("by-key", SECRET, id="a client that has a key and no secret"),
        pytest.param("broken", SECRET, id="a client whose hash is none"),
    ],
)
async def test_whoever_is_not_known_gets_one_answer(local_tokens: TokenService, client: str, secret: str) -> None:
    assert await refusal(local_tokens.issue(by_secret(client, secret), None)) == UNKNOWN
    assert await refusal(local_tokens.issue(GRANT, basic(client, secret))) == UNKNOWN


async def test_an_unknown_client_takes_as_much_work(
    local_tokens: TokenService, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[str] = []

    def never(_: str, stored: str) -> bool:
        compared.append(stored)
        return False

    monkeypatch.setattr(secrets.argon2, "verify", never)
    for client in ("stranger", "suspended", "by-key", "case-system"):
        await refusal(local_tokens.issue(by_secret(client, "wrong"), None))
    assert len(compared) == 4
    assert len(set(compared[:3])) == 1, "in place of a hash, nobody's"
    assert compared[0].startswith("$argon2id$v=19$m=65536,t=3,p=4$")


async def test_nobodys_hash_opens_nothing(local_tokens: TokenService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets.argon2, "verify", lambda *_: True)
    assert await refusal(local_tokens.issue(by_secret("stranger"), None)) == UNKNOWN


@pytest.mark.parametrize(
    "username",
    [
        pytest.param("nobody", id="unknown"),
        pytest.param("left.leaver", id="left"),
        pytest.param("not.started", id="not started"),
        pytest.param("re.voked", id="revoked"),
        pytest.param("thea.therapist", id="of the other party"),
        pytest.param("odd.role", id="in a role that the party does not have"),
        pytest.param("robot", id="a person in a system's role"),
        pytest.param("olive.manager ", id="with a space"),
        pytest.param("olive\x00manager", id="with a NUL"),
        pytest.param("o\u217cive.manager", id="with a letter that only looks right"),
        pytest.param("re.vo\u212aed", id="with a letter that becomes another in lower case"),
        pytest.param("' OR 1=1 --", id="with SQL"),
        pytest.param("%", id="with a wildcard"),
    ],
)
async def test_whom_a_client_may_not_speak_for_gets_one_answer(local_tokens: TokenService, username: str) -> None:
    error, description, status = await refusal(local_tokens.issue(by_secret("portal", username=username), None))
    assert (error, status) == ("invalid_grant", 400)
    assert description == (
        "no current member of staff of this client's organisation has that username; "
        "check it, or ask their manager to register them"
    )


async def test_a_nul_and_other_scripts_are_unknown_on_both_databases(tokens: TokenService) -> None:
    assert await refusal(tokens.issue(by_secret("case\x00system"), None)) == UNKNOWN
    for username in ("olive\x00manager", "o\u217cive.manager", "left.leaver", "re.voked", "thea.therapist"):
        assert (await refusal(tokens.issue(by_secret("portal", username=username), None)))[0] == "invalid_grant"


@pytest.mark.parametrize(
    ("form", "error"),
    [
        pytest.param({}, "invalid_request", id="nothing"),
        pytest.param({"grant_type": "password"}, "unsupported_grant_type", id="another grant"),
        pytest.param(by_secret(scope="openid"), "invalid_scope", id="a scope"),
        pytest.param(by_secret("portal"), "unauthorized_client", id="a client without a role for itself"),
        pytest.param(
            by_secret("machine", username="olive.manager"),
            "unauthorized_client",
            id="a client that does not act for staff",
        ),
        pytest.param(by_secret(username="u" * 61), "invalid_request", id="a username that is too long"),
        pytest.param(by_secret(secret="s" * 201), "invalid_request", id="a secret that is too long"),
        pytest.param(by_secret(client_assertion="a.b.c"), "invalid_request", id="a secret and an assertion"),
        pytest.param(GRANT | {"client_assertion": "a.b.c"}, "invalid_request", id="an assertion without its type"),
        pytest.param(GRANT, "invalid_client", id="no client at all"),
        pytest.param(GRANT | {"client_id": "case-system"}, "invalid_client", id="an id alone"),
    ],
)
async def test_forms_that_are_refused(local_tokens: TokenService, form: dict[str, str], error: str) -> None:
    assert (await refusal(local_tokens.issue(form, None)))[0] == error


@pytest.mark.parametrize(
    ("authorization", "form", "error"),
    [
        pytest.param(basic("case-system"), by_secret(), "invalid_request", id="a header and a secret"),
        pytest.param(basic("case-system"), GRANT | {"client_id": "portal"}, "invalid_client", id="two clients"),
        pytest.param("Bearer abc", GRANT, "invalid_client", id="another scheme"),
        pytest.param("Basic !!!", GRANT, "invalid_client", id="no base64"),
        pytest.param("Basic " + base64.b64encode(b"\xff:\xff").decode(), GRANT, "invalid_client", id="no UTF-8"),
        pytest.param("Basic " + base64.b64encode(b"alone").decode(), GRANT, "invalid_client", id="no colon"),
    ],
)
async def test_headers_that_are_refused(
    local_tokens: TokenService, authorization: str, form: dict[str, str], error: str
) -> None:
    assert (await refusal(local_tokens.issue(form, authorization)))[0] == error


async def test_a_crowd_is_told_to_wait(local_tokens: TokenService, monkeypatch: pytest.MonkeyPatch) -> None:
    compared = threading.Event()
    monkeypatch.setattr(secrets, "WAITING", 1)
    monkeypatch.setattr(secrets.argon2, "verify", lambda *_: compared.wait(10))
    crowd = [asyncio.create_task(local_tokens.issue(by_secret(), None)) for _ in range(secrets.AT_ONCE + 1)]
    await asyncio.sleep(0)
    error, _, status = await refusal(local_tokens.issue(by_secret(), None))
    compared.set()
    assert (error, status) == ("temporarily_unavailable", 503)
    assert all(await asyncio.gather(*crowd))
    assert await local_tokens.issue(by_secret(), None), "the crowd is gone"


def test_a_new_secret_is_kept_as_an_argon2id_hash() -> None:
    secret = new_secret()
    hashed = hash_secret(secret)
    assert hashed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert len(hashed) <= 200
    assert secrets.argon2.verify(secret, hashed)
    assert secret != new_secret()


# --- private_key_jwt -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("audience", [f"{ISSUER}/oauth2/token", ISSUER, [ISSUER]])
async def test_an_assertion_by_es384(
    tokens: TokenService, authenticated: Callable[[str], Caller], client_signer: Signer, audience: Any
) -> None:
    issued = await tokens.issue(by_key(assertion(client_signer, aud=audience)), None)
    assert authenticated(issued.access_token).client == "case-system"


async def test_an_assertion_by_rs384_for_staff(
    tokens: TokenService, authenticated: Callable[[str], Caller], rsa_signer: Signer
) -> None:
    form = by_key(assertion(rsa_signer), username="OLIVE.manager", client_id="case-system")
    assert authenticated((await tokens.issue(form, None)).access_token).staff == "olive.manager"


async def test_an_assertion_is_used_once(
    tokens: TokenService, client_signer: Signer, rsa_signer: Signer, key_file: Path
) -> None:
    form = by_key(assertion(client_signer))
    await tokens.issue(form, None)
    error, description, status = await refusal(tokens.issue(form, None))
    assert (error, status) == ("invalid_client", 401)
    assert "used before" in description
    resigned = by_key(assertion(rsa_signer))
    assert "used before" in (await refusal(tokens.issue(resigned, None)))[1], "the id counts, not the text"
    await tokens.issue(by_key(assertion(client_signer, "by-key")), None)  # another client's ids are its own


async def test_of_many_uses_at_once_one_succeeds(tokens: TokenService, client_signer: Signer) -> None:
    form = by_key(assertion(client_signer))
    asked = await asyncio.gather(*(tokens.issue(form, None) for _ in range(10)), return_exceptions=True)
    assert sum(not isinstance(each, BaseException) for each in asked) == 1
    assert all(isinstance(each, TokenRefused) for each in asked if isinstance(each, BaseException))


async def test_two_processes_share_what_was_used(
    tokens: TokenService, register: str, database: Database, key_file: Path, keys: Keys, client_signer: Signer
) -> None:
    form = by_key(assertion(client_signer))
    await tokens.issue(form, None)
    other = TokenService(settings_for(key_file, register), keys, database, Address(register), lambda: NOW)
    assert "used before" in (await refusal(other.issue(form, None)))[1]
    await other.close()


async def test_a_refused_assertion_is_not_used_up(tokens: TokenService, client_signer: Signer) -> None:
    wrong = Signer.from_pem(pem_of(ec.generate_private_key(ec.SECP384R1())), "ES384", client_signer.key_id)
    assert await refusal(tokens.issue(by_key(assertion(wrong)), None)) == UNKNOWN
    await tokens.issue(by_key(assertion(client_signer)), None)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param({"aud": "https://elsewhere.example"}, "meant for somebody else", id="another audience"),
        pytest.param({"aud": None}, "lacks 'aud'", id="no audience"),
        pytest.param({"exp": SECONDS}, "expired", id="expired"),
        pytest.param({"exp": SECONDS + 600}, "too long", id="good for ten minutes"),
        pytest.param({"iat": SECONDS - 600}, "too long", id="made ten minutes ago"),
        pytest.param({"exp": None}, "lacks 'exp'", id="no expiry"),
        pytest.param({"exp": "soon"}, "no time", id="an expiry that is text"),
        pytest.param({"iat": SECONDS + 100}, "future", id="from the future"),
        pytest.param({"jti": None}, "lacks 'jti'", id="no id"),
        pytest.param({"jti": "j" * 101}, "over 100", id="an id that is too long"),
        pytest.param({"sub": "portal"}, "must all be", id="about another client"),
        pytest.param({"iss": "portal"}, "must all be", id="by another client"),
    ],
)
async def test_assertions_whose_fault_is_told(
    local_tokens: TokenService, client_signer: Signer, changes: dict[str, Any], said: str
) -> None:
    error, description, status = await refusal(local_tokens.issue(by_key(assertion(client_signer, **changes)), None))
    assert (error, status) == ("invalid_client", 401)
    assert said in description
    assert "portal" not in description


async def test_an_assertion_for_another_client_id(local_tokens: TokenService, client_signer: Signer) -> None:
    form = by_key(assertion(client_signer), client_id="portal")
    assert "must all be" in (await refusal(local_tokens.issue(form, None)))[1]


@pytest.mark.parametrize("client", ["stranger", "suspended", "portal", "broken", "not-yet"])
async def test_an_assertion_by_whoever_has_no_key_here_gets_the_strangers_answer(
    local_tokens: TokenService, client_signer: Signer, client: str
) -> None:
    assert await refusal(local_tokens.issue(by_key(assertion(client_signer, client)), None)) == UNKNOWN


async def test_an_access_token_is_no_assertion(local_tokens: TokenService, client_signer: Signer) -> None:
    claims = {"iss": "case-system", "sub": "case-system", "aud": ISSUER, "exp": SECONDS + 300, "jti": "once"}
    error, description, _ = await refusal(local_tokens.issue(by_key(client_signer.forged(claims)), None))
    assert (error, "typ" in description) == ("invalid_client", True)


async def test_algorithms_are_not_confused(
    local_tokens: TokenService, client_signer: Signer, rsa_signer: Signer
) -> None:
    claims = {"iss": "case-system", "sub": "case-system", "aud": ISSUER, "exp": SECONDS + 300, "jti": "once"}
    as_other = client_signer.forged(claims, client_signer.header(typ="JWT", kid=rsa_signer.key_id))
    assert await refusal(local_tokens.issue(by_key(as_other), None)) == UNKNOWN
    for algorithm in ("none", "HS384", "ES256", "RS256"):
        text = client_signer.forged(claims, client_signer.header(typ="JWT", alg=algorithm))
        assert "algorithm is not taken" in (await refusal(local_tokens.issue(by_key(text), None)))[1]


async def test_a_key_that_the_assertion_brings_along_is_not_looked_at(local_tokens: TokenService) -> None:
    own = Signer.from_pem(pem_of(ec.generate_private_key(ec.SECP384R1())), "ES384", "client-1")
    claims = {"iss": "case-system", "sub": "case-system", "aud": ISSUER, "exp": SECONDS + 300, "jti": "once"}
    text = own.forged(claims, own.header(typ="JWT", jwk=own.public_jwk()))
    assert "'jwk' is not taken" in (await refusal(local_tokens.issue(by_key(text), None)))[1]


# --- what stops ----------------------------------------------------------------------------------------------------


async def test_whoever_is_stopped_gets_no_further_token(tokens: TokenService, register: str) -> None:
    store = Store(Address(register))
    form = by_secret("portal", username="olive.manager")
    await tokens.issue(form, None)
    assert await store.revoke_staff("Olive.Manager", NOW)
    assert (await refusal(tokens.issue(form, None)))[0] == "invalid_grant"
    assert await store.suspend_client("portal", NOW)
    assert await refusal(tokens.issue(form, None)) == UNKNOWN
    await store.close()


# --- the form ------------------------------------------------------------------------------------------------------

FORM = "application/x-www-form-urlencoded"


def test_a_form() -> None:
    assert read_form(f"{FORM}; charset=UTF-8", b"a=1&b=%C3%A9+x&c=") == {"a": "1", "b": "é x", "c": ""}


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        pytest.param("application/json", b"{}", 400, id="JSON"),
        pytest.param(None, b"a=1", 400, id="no type"),
        pytest.param("multipart/form-data; boundary=x", b"--x--", 400, id="multipart"),
        pytest.param(FORM, b"a=1&a=2", 400, id="a field twice"),
        pytest.param(FORM, "a=é".encode(), 400, id="bytes outside ASCII"),
        pytest.param(FORM, b"a=%ff", 400, id="escapes that are no UTF-8"),
        pytest.param(FORM, b"&".join(b"f%d=1" % number for number in range(21)), 400, id="too many fields"),
        pytest.param(FORM, b"a=" + b"1" * 16_384, 413, id="too many bytes"),
    ],
)
def test_what_is_no_form(content_type: str | None, body: bytes, status: int) -> None:
    with pytest.raises(TokenRefused) as refused:
        read_form(content_type, body)
    assert (refused.value.error, refused.value.status) == ("invalid_request", status)


async def test_no_refusal_repeats_what_was_sent(local_tokens: TokenService, client_signer: Signer) -> None:
    sent = [
        (by_secret("portal", username="left.leaver"), None),
        (by_secret("secret-client", "a-very-secret-secret"), None),
        (GRANT, basic("secret-client", "a-very-secret-secret")),
        (by_key(assertion(client_signer, "secret-client", jti="j" * 101)), None),
        (by_secret("portal", scope="private-scope"), None),
        ({"grant_type": "private-grant"}, None),
    ]
    for form, authorization in sent:
        error, description, _ = await refusal(local_tokens.issue(form, authorization))
        for private in ("leaver", "secret-", "private-", "jjjj", SECRET):
            assert private not in f"{error} {description}"


async def test_a_token_lasts_as_long_as_the_settings_say(
    register: str, database: Database, key_file: Path, keys: Keys, authenticator: Authenticator
) -> None:
    service = TokenService(
        settings_for(key_file, register, token_seconds=60), keys, database, Address(register), lambda: NOW
    )
    header = bearer((await service.issue(by_secret(), None)).access_token)
    await service.close()
    assert authenticator.authenticate(header, NOW + timedelta(seconds=59))
    with pytest.raises(Exception, match="expired"):
        authenticator.authenticate(header, NOW + timedelta(seconds=60))
