"""Access tokens for registered clients, which speak for themselves or for named staff (OAuth 2 client credentials)."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from uuid_utils import uuid7

from app.config import Settings
from app.db import Address, Database
from app.identity.clients import Clients
from app.identity.keys import Keys
from app.identity.refusals import NoStanding, TokenRefused
from app.identity.standing import Standing
from app.identity.store import Store, has_expired
from app.identity.wall import MAX_BYTES, sign
from app.vocabulary import Caller

FORM_BYTES = 16_384
FORM_FIELDS = 20
LIMITS = {
    "grant_type": 100,
    "client_id": 60,
    "client_secret": 200,
    "client_assertion": MAX_BYTES,
    "client_assertion_type": 100,
    "username": 60,
    "scope": 200,
}
"""The longest value of each field; what else is sent is ignored, as RFC 6749 asks for."""


@dataclass(frozen=True, slots=True)
class TokenResponse:
    """An access token as RFC 6749 answers with it."""

    access_token: str
    expires_in: int
    token_type: str = "Bearer"  # noqa: S105  # a scheme

    def document(self) -> dict[str, Any]:
        """The answer's JSON."""
        return asdict(self)


def _real_time() -> datetime:
    return datetime.now(UTC)


class TokenService:
    """Issues access tokens; tokens live by real time, employment is judged by the service's clock."""

    def __init__(
        self,
        settings: Settings,
        keys: Keys,
        database: Database,
        address: Address,
        clock_real: Callable[[], datetime] = _real_time,
    ) -> None:
        self._settings, self._keys, self._clock = settings, keys, clock_real
        self._database = database
        self._standing = Standing(database, settings.clock)
        self._store = Store(address, settings.database_role)
        audiences = frozenset({settings.issuer, token_endpoint(settings)})
        self._clients = Clients(self._standing, self._store, audiences)

    async def issue(self, form: Mapping[str, str], authorization: str | None) -> TokenResponse:
        """A token for what the form asks; TokenRefused, or DatabaseUnavailable if the register is gone."""
        asked = _checked(form)
        now = self._clock()
        client = await self._clients.authenticate(asked, authorization, now)
        try:
            caller = await self._standing.caller(client, asked.get("username"), str(uuid7()))
        except NoStanding as refusal:
            raise TokenRefused(refusal.error, refusal.detail) from None
        claims = self._claims(caller, int(now.timestamp()))
        token = sign(claims, self._keys.signing, self._keys.algorithm, self._keys.key_id)
        return TokenResponse(token, self._settings.token_seconds)

    async def forget_expired(self) -> None:
        """Drop assertions and revocations that have expired, which are refused for that alone."""
        now = self._clock()
        if await has_expired(self._database, now):
            await self._store.forget_expired(now)

    async def close(self) -> None:
        """Give threads and connection back."""
        self._clients.close()
        await self._store.close()

    def _claims(self, caller: Caller, now: int) -> dict[str, Any]:
        return {
            "iss": self._settings.issuer,
            "aud": self._settings.audience,
            "sub": caller.staff or caller.client,
            "client_id": caller.client,
            "jti": caller.token,
            "iat": now,
            "exp": now + self._settings.token_seconds,
            "kind": "staff" if caller.staff else "system",
            "party": caller.party.value,
            "role": caller.role.value,
            **({"service": caller.service} if caller.service else {}),
        }


def token_endpoint(settings: Settings) -> str:
    """The public URL of POST /oauth2/token."""
    return f"{settings.issuer.rstrip('/')}/oauth2/token"


def read_form(content_type: str | None, body: bytes) -> dict[str, str]:
    """The fields of a form body; TokenRefused for another type, too much of it, or a field that stands twice."""
    if (content_type or "").partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise TokenRefused("invalid_request", "send the body as application/x-www-form-urlencoded")
    if len(body) > FORM_BYTES:
        raise TokenRefused("invalid_request", f"the body is over {FORM_BYTES} bytes", 413)
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=FORM_FIELDS)
    except ValueError:
        raise TokenRefused("invalid_request", f"the body is no form of at most {FORM_FIELDS} fields") from None
    if len(dict(pairs)) != len(pairs):
        raise TokenRefused("invalid_request", "a field stands twice in the form; each may stand once")
    return dict(pairs)


def _checked(form: Mapping[str, str]) -> dict[str, str]:
    """The fields that count; an empty one is an absent one."""
    asked = {name: value for name, value in form.items() if name in LIMITS and value}
    for name, value in asked.items():
        if len(value) > LIMITS[name]:
            raise TokenRefused("invalid_request", f"'{name}' is over {LIMITS[name]} characters")
    if "grant_type" not in asked:
        raise TokenRefused("invalid_request", "'grant_type' is missing; it must be 'client_credentials'")
    if asked["grant_type"] != "client_credentials":
        raise TokenRefused("unsupported_grant_type", "'grant_type' must be 'client_credentials'")
    if "scope" in asked:
        raise TokenRefused("invalid_scope", "scopes are not used here: leave 'scope' out, the role decides")
    return asked
