"""Signed notes (C2SP signed-note): a text and who signed it, each by a key that has a name; Ed25519 alone.

A signature by a key that nobody named is passed over; one by a named key that does not fit makes the note void.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from hashlib import sha256
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

MOST_SIGNATURES = 32
MOST_BYTES = 16_384
_SIGNATURE_BYTES, _STAMP_BYTES, _ID_BYTES = 64, 8, 4
_LATEST = 2**63 - 1
_SECRET = "PRIVATE+KEY+"  # noqa: S105  # what the written form of a private key begins with
_NAME = re.compile(r"[^\s+\x00-\x1f]+")
_LINE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")


class NoteInvalid(ValueError):
    """What was read is no note, or no named key has signed it; the message says what is wrong, in lower case."""


class Algorithm(IntEnum):
    """What a key signs: the text itself (C2SP signed-note), or the text with a time (C2SP tlog-cosignature)."""

    ED25519 = 0x01
    COSIGNATURE = 0x04


def decoded(text: str) -> bytes:
    """Standard base64 in its one spelling; NoteInvalid for another."""
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NoteInvalid("what should be base64 is not") from None
    if encoded(value) != text:
        raise NoteInvalid("base64 with stray bits")
    return value


def encoded(value: bytes) -> str:
    """Standard base64."""
    return base64.b64encode(value).decode()


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: whose it says it is, and the bytes after the key id."""

    name: str
    key_id: bytes
    value: bytes

    def line(self) -> str:
        """As it stands in a note, with its newline."""
        return f"— {self.name} {encoded(self.key_id + self.value)}\n"

    @classmethod
    def of(cls, line: str) -> Self:
        """A line without its newline; NoteInvalid for another thing."""
        found = _LINE.fullmatch(line)
        if found is None:
            raise NoteInvalid("a signature line is malformed")
        value = decoded(found[2])
        if len(value) <= _ID_BYTES:
            raise NoteInvalid("a signature is too short")
        return cls(found[1], value[:_ID_BYTES], value[_ID_BYTES:])

    @property
    def time(self) -> int:
        """When a cosignature says that it was made: seconds since 1970."""
        return int.from_bytes(self.value[:_STAMP_BYTES], "big")


@dataclass(frozen=True)
class Verifier:
    """A public key with its name; written `name+id+key` (a verifier key, as Go's sumdb/note has it)."""

    name: str
    algorithm: Algorithm
    public: bytes

    def __post_init__(self) -> None:
        _named(self.name)
        if len(self.public) != 32:
            raise NoteInvalid("a public key has 32 bytes")

    @classmethod
    def of(cls, text: str) -> Self:
        """From its written form; NoteInvalid says what is wrong with it."""
        name, identity, algorithm, public = _written(text.strip())
        made = cls(name, algorithm, public)
        if made.key_id.hex() != identity:
            raise NoteInvalid("a verifier key whose id is not that of its name and key")
        return made

    @cached_property
    def key_id(self) -> bytes:
        """Four bytes that go with every signature."""
        return sha256(self.name.encode() + b"\n" + bytes([self.algorithm]) + self.public).digest()[:_ID_BYTES]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{encoded(bytes([self.algorithm]) + self.public)}"

    def is_of(self, signature: Signature) -> bool:
        """Whether a signature says that it is this key's."""
        return (signature.name, signature.key_id) == (self.name, self.key_id)

    def check(self, text: str, signature: Signature) -> None:
        """NoteInvalid if the signature is not this key's over the text."""
        value, signed = signature.value, text.encode()
        if self.algorithm is Algorithm.COSIGNATURE:
            if len(value) != _STAMP_BYTES + _SIGNATURE_BYTES or signature.time > _LATEST:
                raise NoteInvalid(f"the cosignature of '{self.name}' is malformed")
            signed, value = _stamped(text, signature.time), value[_STAMP_BYTES:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(value, signed)
        except (InvalidSignature, ValueError):
            raise NoteInvalid(f"the signature of '{self.name}' does not fit") from None


@dataclass(frozen=True)
class Signer:
    """A private key with its name."""

    name: str
    private: Ed25519PrivateKey
    algorithm: Algorithm = Algorithm.ED25519

    @classmethod
    def new(cls, name: str, algorithm: Algorithm = Algorithm.ED25519) -> Self:
        """A new key; NoteInvalid for a name that no key can bear."""
        return cls(_named(name), Ed25519PrivateKey.generate(), algorithm)

    @classmethod
    def of(cls, text: str) -> Self:
        """From its written form; NoteInvalid says what is wrong with it, and never repeats it."""
        written = text.strip()
        if not written.startswith(_SECRET):
            raise NoteInvalid(f"a private key begins with '{_SECRET}'")
        name, identity, algorithm, seed = _written(written.removeprefix(_SECRET))
        if len(seed) != 32:
            raise NoteInvalid("a private key has 32 bytes")
        made = cls(name, Ed25519PrivateKey.from_private_bytes(seed), algorithm)
        if made.verifier.key_id.hex() != identity:
            raise NoteInvalid("a private key whose id is not that of its name and key")
        return made

    def secret(self) -> str:
        """Its written form, `PRIVATE+KEY+name+id+key` as Go's sumdb/note has it; for a file that nobody else reads."""
        key = encoded(bytes([self.algorithm]) + self.private.private_bytes_raw())
        return f"{_SECRET}{self.name}+{self.verifier.key_id.hex()}+{key}"

    @cached_property
    def verifier(self) -> Verifier:
        """Its public half."""
        return Verifier(self.name, self.algorithm, self.private.public_key().public_bytes_raw())

    def sign(self, text: str) -> Signature:
        """Over the text alone; ValueError for a key that cosigns."""
        if self.algorithm is not Algorithm.ED25519:
            raise ValueError("a key that cosigns needs a time")
        return Signature(self.name, self.verifier.key_id, self.private.sign(text.encode()))

    def cosign(self, text: str, time: int) -> Signature:
        """Over the text and a time, in seconds since 1970; ValueError for a key that does not cosign."""
        if self.algorithm is not Algorithm.COSIGNATURE or not 0 <= time <= _LATEST:
            raise ValueError("a cosignature takes a key for it and a time since 1970")
        stamp = time.to_bytes(_STAMP_BYTES, "big")
        return Signature(self.name, self.verifier.key_id, stamp + self.private.sign(_stamped(text, time)))


@dataclass(frozen=True, slots=True)
class Note:
    """A text and the signatures under it, none of them looked at yet."""

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def of(cls, written: str | bytes) -> Self:
        """Read a note; NoteInvalid says what is wrong with its form."""
        note = _plain(written)
        text, gap, under = note.rpartition("\n\n")
        if not gap or not under.endswith("\n"):
            raise NoteInvalid("a note is a text, an empty line and signature lines, each with a newline")
        lines = under[:-1].split("\n")
        if len(lines) > MOST_SIGNATURES:
            raise NoteInvalid(f"more than {MOST_SIGNATURES} signatures")
        return cls(text + "\n", tuple(map(Signature.of, lines)))

    def by(self, verifiers: Iterable[Verifier]) -> tuple[Signature, ...]:
        """The signatures by these keys, each checked; NoteInvalid for one that does not fit."""
        known, found = tuple(verifiers), []
        for signature in self.signatures:
            for verifier in known:
                if verifier.is_of(signature):
                    verifier.check(self.text, signature)
                    found.append(signature)
        return tuple(found)

    def with_(self, more: Sequence[Signature]) -> Self:
        """The same note, signed by more."""
        return type(self)(self.text, self.signatures + tuple(each for each in more if each not in self.signatures))

    def __str__(self) -> str:
        return f"{self.text}\n{''.join(each.line() for each in self.signatures)}"


def _named(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise NoteInvalid("a key's name has neither spaces nor a plus sign")
    return name


def _written(text: str) -> tuple[str, str, Algorithm, bytes]:
    """Name, id, algorithm and bytes of a key as it is written; NoteInvalid for another thing."""
    name, _, rest = text.partition("+")
    identity, _, key = rest.partition("+")
    value = decoded(key)
    if not value or value[0] not in set(Algorithm):
        raise NoteInvalid("a key for another algorithm than Ed25519 or a cosignature of it")
    return name, identity, Algorithm(value[0]), value[1:]


def _plain(written: str | bytes) -> str:
    if len(written) > MOST_BYTES:
        raise NoteInvalid(f"a note of more than {MOST_BYTES} bytes")
    try:
        note = written.decode() if isinstance(written, bytes) else written
        note.encode()
    except UnicodeError:
        raise NoteInvalid("a note is UTF-8") from None
    if any(ord(each) < 0x20 and each != "\n" for each in note):
        raise NoteInvalid("a note has no control characters")
    return note


def _stamped(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()
