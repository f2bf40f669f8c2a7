"""Which client asks for a token: by a secret, or by an assertion that it signed; exactly one of them.

An unknown client, a suspended one and a wrong secret or key get the same answer, and the secrets take the same time.
"""

import base64
import binascii
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import unquote_plus

from app.identity.issuers import keys_from
from app.identity.keys import KeyUnusable
from app.identity.refusals import NotAuthenticated, TokenRefused
from app.identity.secrets import Comparing
from app.identity.standing import RegisteredClient, Standing
from app.identity.store import Store
from app.identity.wall import Rules, Unverified, VerifyingKey, judge, read, verify

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS = frozenset({"RS384", "ES384"})
LONGEST_ASSERTION = 300
AHEAD = 30
LONGEST_ID = 100
"""What the register holds of an assertion's id."""


class Clients:
    """Tells which client is asking."""

    def __init__(self, standing: Standing, store: Store, audiences: frozenset[str]) -> None:
        self._standing, self._store, self._audiences = standing, store, audiences
        self._comparing = Comparing()

    async def authenticate(self, form: Mapping[str, str], authorization: str | None, now: datetime) -> RegisteredClient:
        """The client, by its one way to say who it is; TokenRefused otherwise. `now` is real time."""
        ways = (authorization is not None, "client_secret" in form, "client_assertion" in form)
        if sum(ways) > 1:
            raise TokenRefused("invalid_request", "authenticate in one way: a Basic header, a secret or an assertion")
        if authorization is not None:
            return await self._by_secret(*_basic(authorization, form.get("client_id")))
        if "client_secret" in form:
            return await self._by_secret(form.get("client_id", ""), form["client_secret"])
        if "client_assertion" in form:
            return await self._by_assertion(form, now)
        raise _unauthenticated("say which client this is: a Basic header, a client_secret or a client_assertion")

    def close(self) -> None:
        """Let the threads end."""
        self._comparing.close()

    async def _by_secret(self, client_id: str, secret: str) -> RegisteredClient:
        client = await self._standing.client(client_id)
        matches = await self._comparing.matches(secret, client.secret_hash if client else None)
        if client is None or not matches:
            raise _unknown()
        return client

    async def _by_assertion(self, form: Mapping[str, str], now: datetime) -> RegisteredClient:
        if form.get("client_assertion_type") != ASSERTION:
            raise TokenRefused("invalid_request", f"client_assertion_type must be '{ASSERTION}'")
        try:
            assertion = read(form["client_assertion"])
            judge(assertion, self._rules(assertion.issuer), now.timestamp())
        except NotAuthenticated as refusal:  # what is wrong with it for anybody to see may be said
            raise _unauthenticated(f"client_assertion: {refusal.detail}") from None
        client_id = _client_of(assertion, form.get("client_id"))
        client = await self._standing.client(client_id)
        key = _keys(client.jwks).get(assertion.key_id) if client and client.jwks else None
        if client is None or key is None:
            raise _unknown()
        try:
            verify(assertion, key)
        except NotAuthenticated:
            raise _unknown() from None
        until = datetime.fromtimestamp(assertion.claims["exp"], UTC)
        if not await self._store.use_assertion(client.id, assertion.claims["jti"], until):
            raise _unauthenticated("client_assertion: it was used before; sign a new one with a 'jti' of its own")
        return client

    def _rules(self, client_id: str) -> Rules:
        return Rules(
            issuer=client_id,
            audiences=self._audiences,
            algorithms=ALGORITHMS,
            types=frozenset({None, "jwt", "client-authentication+jwt"}),
            longest=LONGEST_ASSERTION,
            leeway=AHEAD,
            required=frozenset({"iss", "sub", "aud", "exp", "jti"}),
        )


def _client_of(assertion: Unverified, named: str | None) -> str:
    """The client that an assertion is by and about."""
    if assertion.claims["sub"] != assertion.issuer or named not in (None, assertion.issuer):
        raise _unauthenticated("client_assertion: 'iss', 'sub' and the client_id must all be the client's id")
    if len(assertion.claims["jti"]) > LONGEST_ID:
        raise _unauthenticated(f"client_assertion: its 'jti' is over {LONGEST_ID} characters; use a UUID")
    return assertion.issuer


def _basic(authorization: str, named: str | None) -> tuple[str, str]:
    """Client id and secret of a Basic header, each form-encoded as RFC 6749 section 2.3.1 asks for."""
    scheme, _, text = authorization.partition(" ")
    try:
        if scheme.lower() != "basic":
            raise ValueError
        client_id, colon, secret = base64.b64decode(text, validate=True).decode("utf-8").partition(":")
        client_id, secret = (unquote_plus(part, errors="strict") for part in (client_id, secret))
    except (ValueError, binascii.Error):
        raise _unauthenticated(
            "the Authorization header must be 'Basic' and base64 of the id, a colon, the secret"
        ) from None
    if not colon or named not in (None, client_id):
        raise _unauthenticated("the Authorization header and the client_id must name one client, with its secret")
    return client_id, secret


@lru_cache(maxsize=256)
def _keys(jwks: str) -> Mapping[str, VerifyingKey]:
    try:
        return keys_from(jwks, ALGORITHMS)
    except KeyUnusable:
        return {}


def _unknown() -> TokenRefused:
    return _unauthenticated("no running client has this id and this secret or key; check both, or have it registered")


def _unauthenticated(description: str) -> TokenRefused:
    return TokenRefused("invalid_client", description, 401)
