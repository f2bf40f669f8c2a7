"""Other issuers of tokens: their keys, from a file or by HTTP, kept for a while and never asked for too often."""

import asyncio
import json
import logging
import math
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jose import jwk

from app.config import Issuer
from app.identity.keys import KeyUnusable
from app.identity.wall import Rules, VerifyingKey

FETCH_SECONDS = 5.0
ATTEMPTS = 3
PAUSE_SECONDS = 0.2
BETWEEN_SECONDS = 30.0
"""However many tokens name unknown keys, the issuer is asked once in this time."""
FRESH_SECONDS = 3_600.0
"""Older keys are asked for again, so that a withdrawn one stops."""
KEPT_SECONDS = 86_400.0
"""How long known keys serve while the issuer does not answer."""
JWKS_BYTES = 262_144
LONGEST_TOKEN = 86_400
AHEAD = 30
RSA_BITS = 2_048
_CURVES = {"ES256": "secp256r1", "ES384": "secp384r1", "ES512": "secp521r1"}
_PUBLIC = {"RSA": ("kty", "n", "e"), "EC": ("kty", "crv", "x", "y")}
_log = logging.getLogger(__name__)


class OtherIssuer:
    """One further issuer: what its tokens look like, and its keys as far as they are known."""

    def __init__(
        self,
        config: Issuer,
        transport: httpx.AsyncBaseTransport | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        if config.algorithm.startswith("PS"):
            raise KeyUnusable(f"issuer '{config.issuer}': {config.algorithm} is not supported; use RS or ES")
        self.config = config
        self.rules = Rules(
            issuer=config.issuer,
            audiences=frozenset({config.audience}),
            algorithms=frozenset({config.algorithm}),
            types=frozenset({config.token_type.lower().removeprefix("application/")}),
            longest=LONGEST_TOKEN,
            leeway=AHEAD,
            members=frozenset({"alg", "typ", "kid", "x5t", "x5t#S256"}),
        )
        self._transport, self._monotonic = transport, monotonic
        self._keys: Mapping[str, VerifyingKey] = {}
        self._fetched, self._asked = -math.inf, -math.inf
        self._asking = asyncio.Lock()
        if config.jwks_url is not None and config.jwks_url.scheme != "https" and not _is_local(config.jwks_url.host):
            raise KeyUnusable(f"issuer '{config.issuer}': its jwks_url must be https, or anybody could answer for it")
        if config.jwks_file is not None:
            self._take(self._read())

    async def key(self, key_id: str) -> VerifyingKey | None:
        """The key of that name; the issuer is asked if it is unknown or old, and if that was not just done."""
        if key_id not in self._keys or self._age() > FRESH_SECONDS:
            await self.refresh()
        return self._keys.get(key_id) if self._age() < KEPT_SECONDS else None

    async def refresh(self) -> None:
        """Ask for the keys, at most once in a while; what is known stays if the issuer does not answer."""
        async with self._asking:
            if self._monotonic() - self._asked < BETWEEN_SECONDS:
                return
            self._asked = self._monotonic()
            try:
                self._take(await self._fetch() if self.config.jwks_url else await asyncio.to_thread(self._read))
            except (KeyUnusable, httpx.HTTPError) as fault:
                _log.warning("issuer %s: its keys cannot be had: %s", self.config.issuer, type(fault).__name__)

    def _take(self, text: str) -> None:
        self._keys = keys_from(text, frozenset({self.config.algorithm}))
        self._fetched = self._monotonic()

    def _age(self) -> float:
        return self._monotonic() - self._fetched

    def _read(self) -> str:
        try:
            return self.config.jwks_file.read_text() if self.config.jwks_file else ""
        except (OSError, UnicodeDecodeError) as fault:
            raise KeyUnusable(f"issuer '{self.config.issuer}': its jwks_file cannot be read") from fault

    async def _fetch(self) -> str:
        async with httpx.AsyncClient(transport=self._transport, timeout=FETCH_SECONDS) as http:
            for attempt in range(ATTEMPTS - 1):
                try:
                    return await self._fetch_once(http)
                except httpx.HTTPError:
                    await asyncio.sleep(PAUSE_SECONDS * (attempt + 1))
            return await self._fetch_once(http)

    async def _fetch_once(self, http: httpx.AsyncClient) -> str:
        async with http.stream("GET", str(self.config.jwks_url)) as answer:
            answer.raise_for_status()
            text = b""
            async for chunk in answer.aiter_bytes():
                text += chunk
                if len(text) > JWKS_BYTES:
                    raise KeyUnusable("the key set is too large")
        return text.decode("utf-8", errors="replace")


def keys_from(text: str, algorithms: frozenset[str], rsa_bits: int = RSA_BITS) -> Mapping[str, VerifyingKey]:
    """The usable keys of a JWK set by `kid`, public parts alone; KeyUnusable if it is no JWK set.

    Keys for other uses or algorithms, without a name, too weak, or of a name that stands twice are left out.
    """
    try:
        listed = json.loads(text)["keys"]
        found = [
            (each["kid"], _usable(each, algorithms, rsa_bits)) for each in listed if isinstance(each.get("kid"), str)
        ]
    except Exception as fault:  # whatever a stranger's JSON makes the parser raise
        raise KeyUnusable('this is no JWK set; it looks like {"keys": [{"kty": …, "kid": …}]}') from fault
    names = [name for name, key in found if key]
    return {name: key for name, key in found if key and names.count(name) == 1}


def _usable(given: dict[str, Any], algorithms: frozenset[str], rsa_bits: int) -> VerifyingKey | None:
    """The key, if it signs by one of the algorithms and is strong enough; only its public members are looked at."""
    kind = given.get("kty")
    if kind not in _PUBLIC or given.get("use", "sig") != "sig" or "verify" not in given.get("key_ops", ["verify"]):
        return None
    for algorithm in sorted(algorithms):
        if given.get("alg", algorithm) == algorithm and algorithm.startswith("RS" if kind == "RSA" else "ES"):
            try:
                built = jwk.construct({member: given[member] for member in _PUBLIC[kind]}, algorithm)
            except Exception:  # KeyError, JWKError, ValueError: one bad key must not lose the others
                return None
            return VerifyingKey(algorithm, built) if _is_strong(built.prepared_key, algorithm, rsa_bits) else None
    return None


def _is_strong(key: Any, algorithm: str, rsa_bits: int) -> bool:
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.curve.name == _CURVES[algorithm]
    return isinstance(key, rsa.RSAPublicKey) and key.key_size >= rsa_bits


def _is_local(host: str | None) -> bool:
    return host in ("localhost", "127.0.0.1", "[::1]", "::1")
