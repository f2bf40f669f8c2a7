"""From the Authorization header to a Caller: tokens made here at once, other issuers' after asking our own register.

Whether a token, client or member of staff was revoked is not asked here: the facts statement asks the database on
each request. What was verified is remembered by the token's exact text, never beyond its expiry.
"""

from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from app.config import Settings
from app.db import Database
from app.identity.issuers import OtherIssuer
from app.identity.keys import Keys
from app.identity.refusals import NoStanding, NotAuthenticated, Unprepared
from app.identity.standing import Standing
from app.identity.wall import ACCESS_TOKEN, Rules, Unverified, judge, read, verify
from app.vocabulary import SYSTEM_ROLES, Caller, Party, Role

REMEMBERED = 4_096
"""Tokens kept at most; the one that was not used for longest goes first."""
OTHERS_REMEMBERED = timedelta(seconds=60)
"""How long another issuer's token is taken without asking the register again."""
LONGEST_TOKEN = 3_600
AHEAD = 5
LONGEST_NAME = 60
"""What the register holds of a token's id, a client's or a username."""


class Authenticator:
    """Tells who is asking; times given to it are real time, whatever the service's clock says."""

    def __init__(
        self, settings: Settings, keys: Keys, database: Database, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._keys = keys.verifying
        self._own = Rules(
            issuer=settings.issuer,
            audiences=frozenset({settings.audience}),
            algorithms=frozenset(key.algorithm for key in keys.verifying.values()),
            types=frozenset({ACCESS_TOKEN}),
            longest=LONGEST_TOKEN,
            leeway=AHEAD,
        )
        self._others = {config.issuer: OtherIssuer(config, transport) for config in settings.issuers}
        if settings.issuer in self._others or len(self._others) != len(settings.issuers):
            raise ValueError("OPENMIND_ISSUERS: an issuer is named twice, or is this service; name each once")
        self._standing = Standing(database, settings.clock)
        self._known: OrderedDict[str | None, tuple[datetime, Caller]] = OrderedDict()

    def authenticate(self, authorization: str | None, now: datetime) -> Caller:
        """The caller; NotAuthenticated if the token is not good, Unprepared if `prepare` has to be awaited first."""
        known = self._known.get(authorization)
        if known is not None and now < known[0]:
            self._known.move_to_end(authorization)
            return known[1]
        token = read(_bearer(authorization))
        if token.issuer in self._others:
            raise Unprepared
        judge(token, self._own, now.timestamp())
        key = self._keys.get(token.key_id)
        if key is None:
            raise _unknown_key()
        verify(token, key)
        return self._remember(authorization, _until(token), _caller(token.claims))

    async def prepare(self, authorization: str | None, now: datetime) -> None:
        """Before `authenticate`: ask another issuer's keys and our register, if it is its token and was not just done.

        NotAuthenticated if the token is not good, DatabaseUnavailable if the register is gone.
        """
        known = self._known.get(authorization)
        if not self._others or (known is not None and now < known[0]):
            return
        token = read(_bearer(authorization))
        other = self._others.get(token.issuer)
        if other is not None:
            caller = await self._ask(token, other, now)
            self._remember(authorization, min(_until(token), now + OTHERS_REMEMBERED), caller)

    async def refresh(self) -> None:
        """Ask every further issuer for its keys, so that the first caller does not wait for it."""
        for other in self._others.values():
            await other.refresh()

    async def close(self) -> None:
        """Forget every token."""
        self._known.clear()

    async def _ask(self, token: Unverified, other: OtherIssuer, now: datetime) -> Caller:
        judge(token, other.rules, now.timestamp())
        key = await other.key(token.key_id)
        if key is None:
            raise _unknown_key()
        verify(token, key)
        return await self._resolve(token.claims, other)

    async def _resolve(self, claims: dict[str, Any], other: OtherIssuer) -> Caller:
        """Party and role come from our register: another issuer is believed about who it is, not what they may."""
        client_id, token = _name(claims, other.config.client_claim), _name(claims, "jti")
        # only `sub` is wholly the issuer's: a name that people choose themselves must not make one of them a system
        username = None if claims["sub"] == client_id else _name(claims, other.config.username_claim)
        client = await self._standing.client(client_id)
        if client is None or client.party not in other.config.parties:
            raise NotAuthenticated("client-unknown", "the token's client is not registered here; have it registered")
        try:
            return await self._standing.caller(client, username, token)
        except NoStanding as refusal:
            raise NotAuthenticated("caller-unknown", refusal.detail) from None

    def _remember(self, authorization: str | None, until: datetime, caller: Caller) -> Caller:
        self._known[authorization] = (until, caller)
        self._known.move_to_end(authorization)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return caller


def _bearer(authorization: str | None) -> str:
    """The token in `Bearer <token>`."""
    if not authorization:
        raise NotAuthenticated(
            "token-missing", "no token was sent; send 'Authorization: Bearer' and a token of POST /oauth2/token"
        )
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise NotAuthenticated(
            "token-scheme", "the header holds no bearer token; send 'Bearer', one space and the token"
        )
    return token


def _until(token: Unverified) -> datetime:
    return datetime.fromtimestamp(token.claims["exp"], UTC)


def _unknown_key() -> NotAuthenticated:
    return NotAuthenticated("token-key", "the token's key is not one of its issuer's; ask for a new token")


def _name(claims: dict[str, Any], claim: str) -> str:
    value = claims.get(claim)
    if not isinstance(value, str) or not 1 <= len(value) <= LONGEST_NAME:
        raise NotAuthenticated("token-claims", f"'{claim}' is no name; give text of 1 to {LONGEST_NAME} characters")
    return value


def _caller(claims: dict[str, Any]) -> Caller:
    """The caller of a token made here, whose claims are ours."""
    try:
        party, role, is_staff = Party(claims["party"]), Role(claims["role"]), claims["kind"] == "staff"
    except (KeyError, ValueError, TypeError):
        raise NotAuthenticated("token-claims", "the token names no party and role; ask for a new one") from None
    client, subject, token = (_name(claims, claim) for claim in ("client_id", "sub", "jti"))
    if is_staff == (role in SYSTEM_ROLES) or (not is_staff and (claims["kind"] != "system" or subject != client)):
        raise NotAuthenticated("token-claims", "the token's role is not of its kind; ask for a new one")
    service = _name(claims, "service") if "service" in claims else None
    return Caller(party, role, client, token, subject if is_staff else None, service)
