"""The service's own keys, built once: one that signs, and those whose signatures are still accepted."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from jose import jwk

from app.config import Settings
from app.identity.wall import VerifyingKey

RSA_BITS = 3_072


class KeyUnusable(ValueError):
    """A key of ours, of a client or of an issuer cannot be used; the message says which, why, and what would do."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What signs here (`signing`, by `algorithm`, named `key_id`), and by which keys our tokens are verified."""

    key_id: str
    algorithm: str
    signing: Any
    verifying: Mapping[str, VerifyingKey]

    def public_jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public keys as a JWK set, for others who verify our tokens."""
        return {"keys": [{**each.key.to_dict(), "kid": kid, "use": "sig"} for kid, each in self.verifying.items()]}


def load_keys(settings: Settings) -> Keys:
    """The keys that the settings name; KeyUnusable if one is missing, weak or of another kind."""
    private = _private(settings.signing_key_file)
    algorithm = _algorithm(private, settings.signing_key_file)
    if settings.signing_key_id in settings.previous_public_keys:
        raise KeyUnusable(f"key id '{settings.signing_key_id}' is both current and previous; give each key its own")
    verifying = {settings.signing_key_id: VerifyingKey(algorithm, jwk.construct(private.public_key(), algorithm))}
    for key_id, path in settings.previous_public_keys.items():
        public = _public(path)
        verifying[key_id] = VerifyingKey(_algorithm(public, path), jwk.construct(public, _algorithm(public, path)))
    return Keys(settings.signing_key_id, algorithm, jwk.construct(private, algorithm), MappingProxyType(verifying))


def new_private_key() -> bytes:
    """A new P-384 private key as PEM."""
    key = ec.generate_private_key(ec.SECP384R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def write_private_key(path: Path) -> None:
    """A new private key in a new file that its owner alone can read; FileExistsError rather than lose an old one."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(new_private_key())


def _private(path: Path) -> Any:
    try:
        return load_pem_private_key(path.read_bytes(), password=None)
    except OSError as fault:
        raise KeyUnusable(f"signing key '{path}' cannot be read; set OPENMIND_SIGNING_KEY_FILE") from fault
    except (ValueError, TypeError) as fault:
        raise KeyUnusable(f"signing key '{path}' is no PEM private key without a password") from fault


def _public(path: Path) -> Any:
    try:
        return load_pem_public_key(path.read_bytes())
    except OSError as fault:
        raise KeyUnusable(f"previous key '{path}' cannot be read; set OPENMIND_PREVIOUS_PUBLIC_KEYS") from fault
    except ValueError as fault:
        raise KeyUnusable(f"previous key '{path}' is no PEM public key") from fault


def _algorithm(key: Any, path: Path) -> str:
    """ES384 for P-384 and RS384 for RSA; weaker keys and other kinds are refused."""
    if isinstance(key, (ec.EllipticCurvePrivateKey, ec.EllipticCurvePublicKey)) and isinstance(key.curve, ec.SECP384R1):
        return "ES384"
    if isinstance(key, (rsa.RSAPrivateKey, rsa.RSAPublicKey)) and key.key_size >= RSA_BITS:
        return "RS384"
    raise KeyUnusable(f"key '{path}' is neither P-384 nor RSA of {RSA_BITS} bits or more; make a new one")
