"""The verifier's own reading of signed checkpoints (C2SP signed-note, tlog-checkpoint, tlog-cosignature)."""

import base64
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
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
    retired_from: int | None = None
    """From this size on its signature says nothing any more."""

    @classmethod
    def read(cls, text: str) -> "Key":
        """From `name+id+key`, or `name+id+key@SIZE` of one that was retired at a size; Unsigned for anything else."""
        try:
            name, identity, rest = text.strip().split("+", 2)
            key, _, size = rest.partition("@")
            raw = base64.b64decode(key, validate=True)
            made = cls(name, bytes.fromhex(identity), raw[0], raw[1:], int(size) if size else None)
        except (ValueError, IndexError):
            raise Unsigned("a verifier key is written name+id+key, and name+id+key@SIZE once retired") from None
        true = sha256(f"{name}\n".encode() + raw).digest()[:4]
        if made.identity != true or made.kind not in (_PLAIN, _STAMPED) or len(made.public) != 32:
            raise Unsigned(f"the verifier key of '{name}' is not an Ed25519 key with its own id")
        return made

    def counts_at(self, size: int) -> bool:
        """Whether its signature under a checkpoint of this size says anything."""
        return self.retired_from is None or size < self.retired_from

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


def said_by(note: str) -> Kept:
    """What a note says, whoever signed it; Unsigned if it is no checkpoint."""
    found = _parts(note)
    origin = found["text"].split("\n", 1)[0]
    return Kept(origin, int(found["size"]), base64.b64decode(found["root"]))


def read_kept(note: str, keys: Iterable[Key]) -> Kept:
    """A note that at least one of the keys has signed and none has signed wrongly; Unsigned says why not."""
    found, said = _parts(note), said_by(note)
    signed = list(_signed(found["text"], found["by"], tuple(keys)))
    if not signed:
        raise Unsigned("no known key has signed it")
    counted = [each for each in signed if each[0].counts_at(said.size)]
    if not counted:
        raise Unsigned(f"the key of '{signed[0][0].name}' that signed it was retired before")
    by = tuple(dict.fromkeys(key.name for key, _ in counted))
    times = tuple((key.name, int.from_bytes(value[:8], "big")) for key, value in counted if key.kind == _STAMPED)
    return replace(said, by=by, times=times)


def _parts(note: str) -> re.Match[str]:
    found = _NOTE.fullmatch(note) if isinstance(note, str) else None
    if found is None:
        raise Unsigned("it is no checkpoint")
    return found


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
