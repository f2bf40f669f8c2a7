"""The verifier's own reading of signed checkpoints (C2SP signed-note, tlog-checkpoint, tlog-cosignature)."""

import base64
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

_PLAIN, _STAMPED = 1, 4
_NOTE = re.compile(
    r"(?P<text>[^\n]+\n(?P<size>0|[1-9]\d{0,18})\n(?P<root>[A-Za-z0-9+/]{43}=)\n(?:[^\n]+\n)*)\n"
    r"(?P<by>(?:— \S+ \S+\n)+)"
)
_BY = re.compile(r"— (\S+) (\S+)\n")


class Unsigned(ValueError):
    """No checkpoint that a known key has signed; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Key:
    """Whose signature counts: name, four bytes of id, kind, and 32 bytes of Ed25519."""

    name: str
    identity: bytes
    kind: int
    public: bytes

    @classmethod
    def read(cls, text: str) -> "Key":
        """From `name+id+key`; Unsigned for anything else."""
        try:
            name, identity, key = text.strip().split("+", 2)
            raw = base64.b64decode(key, validate=True)
            made = cls(name, bytes.fromhex(identity), raw[0], raw[1:])
        except (ValueError, IndexError):
            raise Unsigned("a verifier key is written name+id+key") from None
        true = sha256(f"{name}\n".encode() + raw).digest()[:4]
        if made.identity != true or made.kind not in (_PLAIN, _STAMPED) or len(made.public) != 32:
            raise Unsigned(f"the verifier key of '{name}' is not an Ed25519 key with its own id")
        return made

    def fits(self, text: str, value: bytes) -> bool:
        """Whether the bytes after the id are this key's over the text, or over it and the time that they begin with."""
        signed = text.encode()
        if self.kind == _STAMPED:
            seconds = int.from_bytes(value[:8], "big")
            value, signed = value[8:], f"cosignature/v1\ntime {seconds}\n".encode() + signed
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(value, signed)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class Kept:
    """A checkpoint that somebody has kept: what the log was once said to be, and by whom."""

    origin: str
    size: int
    root: bytes
    by: tuple[str, ...] = ()
    times: tuple[tuple[str, int], ...] = ()
    """What each cosigner says of when it was seen: a name, and seconds since 1970."""


def read_kept(note: str, keys: Iterable[Key]) -> Kept:
    """A note that at least one of the keys has signed and none has signed wrongly; Unsigned says why not."""
    found = _NOTE.fullmatch(note)
    if found is None:
        raise Unsigned("it is no checkpoint")
    signed = list(_signed(found["text"], found["by"], tuple(keys)))
    if not signed:
        raise Unsigned("no known key has signed it")
    origin = found["text"].split("\n", 1)[0]
    by = tuple(dict.fromkeys(key.name for key, _ in signed))
    times = tuple((key.name, int.from_bytes(value[:8], "big")) for key, value in signed if key.kind == _STAMPED)
    return Kept(origin, int(found["size"]), base64.b64decode(found["root"]), by, times)


def _signed(text: str, lines: str, keys: tuple[Key, ...]) -> Iterator[tuple[Key, bytes]]:
    for name, value in _BY.findall(lines):
        try:
            raw = base64.b64decode(value, validate=True)
        except ValueError:
            raise Unsigned(f"the signature of '{name}' is no base64") from None
        for key in keys:
            if (key.name, key.identity) == (name, raw[:4]):
                if not key.fits(text, raw[4:]):
                    raise Unsigned(f"the signature of '{name}' does not fit")
                yield key, raw[4:]
