"""The one wall around python-jose: a token comes in as text and leaves as claims, or is refused.

jose verifies the signature alone, with a prebuilt key of one algorithm. What it would let through is refused before:
`crit` and other unknown header members, a wrong `typ`, duplicate members, text that is not canonical base64url, times
that are missing, of another type, in the future or absurdly far apart, encrypted tokens, and tokens over 4 kB.
"""

import base64
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NoReturn

from jose import jws, jwt

from app.identity.refusals import NotAuthenticated

MAX_BYTES = 4_096
LATEST = 2**40
"""No time after this many seconds is meant; it keeps arithmetic with hostile numbers small."""
_TEXT = re.compile(r"[A-Za-z0-9_-]+")
_WORD = re.compile(r"[!-~]{1,200}")
_NEVER = ("crit", "b64", "jku", "jwk", "x5u", "x5c", "zip", "enc")
ACCESS_TOKEN = "at+jwt"  # noqa: S105  # a media type


@dataclass(frozen=True, slots=True)
class Rules:
    """What tokens of one kind from one issuer look like; a type of None lets `typ` be absent."""

    issuer: str
    audiences: frozenset[str]
    algorithms: frozenset[str]
    types: frozenset[str | None]
    longest: int
    """Seconds for which such a token may be good."""
    leeway: int
    """Seconds by which its issuer's clock may be ahead of ours; an expired token gets none."""
    members: frozenset[str] = frozenset({"alg", "typ", "kid"})
    required: frozenset[str] = frozenset({"iss", "sub", "aud", "exp", "iat", "jti"})


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """A public key that was built once, for one algorithm."""

    algorithm: str
    key: Any


@dataclass(frozen=True, slots=True)
class Unverified:
    """A well-formed token of which nothing is known to be true yet."""

    text: str
    header: dict[str, Any]
    claims: dict[str, Any]

    @property
    def key_id(self) -> str:
        """The `kid`, or nothing where there is none."""
        return str(self.header.get("kid", ""))

    @property
    def issuer(self) -> str:
        """The `iss`, or nothing where there is none."""
        issuer = self.claims.get("iss")
        return issuer if isinstance(issuer, str) else ""


def read(text: str) -> Unverified:
    """Take a token apart; NotAuthenticated unless each part is canonical base64url of a JSON object without repeats."""
    if len(text) > MAX_BYTES:
        _refuse("token-too-large", "the token is over 4 kB; ask for one with fewer claims")
    parts = text.split(".")
    if len(parts) == 5:
        _refuse("token-encrypted", "encrypted tokens are not taken; send a signed one")
    if len(parts) != 3:
        _refuse("token-malformed", "a token has three parts with a dot between them; send it whole, as it was issued")
    try:
        header, claims, _ = (_decoded(part) for part in parts)
        return Unverified(text, _members(header), _members(claims))
    except NotAuthenticated:
        raise
    except Exception:  # whatever a decoder raises, RecursionError included, the token is no token
        _refuse("token-malformed", "the token is no signed JWT; send it whole, as it was issued")


def judge(token: Unverified, rules: Rules, now: float) -> None:
    """NotAuthenticated unless header, claims and times are as the rules say; the signature is still to verify."""
    _judge_header(token.header, rules)
    _judge_claims(token.claims, rules)
    _judge_times(token.claims, rules, now)


def verify(token: Unverified, key: VerifyingKey) -> None:
    """NotAuthenticated unless the signature is this key's by its own algorithm."""
    if token.header.get("alg") != key.algorithm:
        _refuse("token-algorithm", "the token's key is registered for another algorithm; sign with the registered one")
    try:
        jws.verify(token.text, key.key, [key.algorithm])
    except Exception:  # JWSError, JWKError, TypeError, OverflowError: all of them refuse
        _refuse("token-signature", "the token's signature is not its issuer's; send it unaltered or ask for a new one")


def sign(claims: dict[str, Any], key: Any, algorithm: str, key_id: str, kind: str = ACCESS_TOKEN) -> str:
    """A signed token with exactly `alg`, `kid` and `typ` in its header."""
    text: str = jwt.encode(claims, key, algorithm, headers={"typ": kind, "kid": key_id})
    return text


def _judge_header(header: dict[str, Any], rules: Rules) -> None:
    for member in _NEVER:
        if member in header:
            _refuse("token-header", f"the header member '{member}' is not taken; leave it out")
    if not header.keys() <= rules.members:
        _refuse("token-header", f"the token's header may hold {_listed(rules.members)} alone; leave the others out")
    kind = header.get("typ")
    if not (kind is None or isinstance(kind, str)) or _media_type(kind) not in rules.types:
        expected = _listed(kind for kind in rules.types if kind)
        _refuse("token-type", f"the token's 'typ' is not {expected}; send an access token, no other kind")
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in rules.algorithms:
        _refuse("token-algorithm", f"the token's algorithm is not taken; sign by {_listed(rules.algorithms)}")
    if not _is_word(header.get("kid")):
        _refuse("token-key", "the token's header names no key; sign with a 'kid' that the issuer publishes")


def _judge_claims(claims: dict[str, Any], rules: Rules) -> None:
    missing = rules.required - claims.keys()
    if missing:
        _refuse("token-claims", f"the token lacks {_listed(missing)}; ask for one that carries them")
    for name in ("iss", "sub", "jti"):
        if not _is_word(claims[name]):
            _refuse("token-claims", f"'{name}' is no word; give 1 to 200 ASCII characters without spaces")
    if claims["iss"] != rules.issuer:
        _refuse("token-issuer", "the token is by an issuer that is not trusted here; ask this service for one")
    audiences = [claims["aud"]] if isinstance(claims["aud"], str) else claims["aud"]
    if not isinstance(audiences, list) or not all(isinstance(audience, str) for audience in audiences):
        _refuse("token-claims", "'aud' is no audience; give text or a list of text")
    if not rules.audiences.intersection(audiences):
        _refuse("token-audience", "the token is meant for somebody else; ask for one for this service")


def _judge_times(claims: dict[str, Any], rules: Rules, now: float) -> None:
    for name in ("exp", "iat", "nbf"):
        if name in claims and not (type(claims[name]) is int and 0 < claims[name] < LATEST):
            _refuse("token-claims", f"'{name}' is no time; give whole seconds since 1970")
    if claims["exp"] <= now:
        _refuse("token-expired", "the token has expired; ask for a new one")
    latest = now + rules.leeway
    if claims.get("iat", 0) > latest or claims.get("nbf", 0) > latest:
        _refuse("token-not-yet-valid", "the token is from the future; set the issuer's clock")
    if claims["exp"] - min(claims.get("iat", now), now) > rules.longest + rules.leeway:
        _refuse("token-lifetime", f"the token is good for too long; ask for one of at most {rules.longest} seconds")


def _decoded(part: str) -> bytes:
    """The bytes of one part; its text must be the only one that stands for them."""
    if not _TEXT.fullmatch(part):
        _refuse("token-malformed", "the token holds characters that are not base64url; send it as it was issued")
    decoded = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    if base64.urlsafe_b64encode(decoded).rstrip(b"=").decode() != part:
        _refuse("token-malformed", "the token's base64url is not canonical; send it as it was issued")
    return decoded


def _members(text: bytes) -> dict[str, Any]:
    found = json.loads(text.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_number)
    if not isinstance(found, dict):
        _refuse("token-malformed", "the token holds no JSON objects; send it whole, as it was issued")
    return found


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        _refuse("token-malformed", "a name stands twice in the token; each may stand once")
    return members


def _no_number(_: str) -> NoReturn:
    _refuse("token-malformed", "the token holds a number that is no JSON; leave NaN and Infinity out")


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and _WORD.fullmatch(value) is not None


def _media_type(kind: str | None) -> str | None:
    """RFC 7515 lets `application/` be left out, and media types have no case."""
    return None if kind is None else kind.lower().removeprefix("application/")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in sorted(names))


def _refuse(code: str, detail: str) -> NoReturn:
    raise NotAuthenticated(code, detail) from None
