"""An entry of the log as it is hashed and stored, and the person's part that stands apart so that it can be erased.

The entry commits to the person by `subject` = SHA-256(salt || person's part) and to what was released by
`answerDigest` = HMAC-SHA256(salt, answer). Both are keyed with the salt, which is erased with the person's part: an
unsalted digest of a CRN or of a small answer ("attended: yes") could be found by trying. Where an entry has no person
the answer holds nothing personal, and the HMAC's key is empty.
"""

import hmac
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple, Self

from uuid_utils import uuid7

from app.audit.canonical import Ready, assemble, member, ready
from app.vocabulary import Caller, names_of

VERSION = 1
SALT_BYTES = 16
ERASE = "erase"
"""The type of the entry that says whose persons' parts were erased: `details` holds `authority` and `targets`."""


def event_id() -> str:
    """A new idempotency key (UUIDv7): the same id and content twice is one entry."""
    return str(uuid7())


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with six digits, the one form of time in the log; ValueError for a naive moment."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs an offset")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:26] + "Z"


def salts(count: int) -> list[bytes]:
    """Salts for so many persons' parts, drawn together."""
    drawn = os.urandom(SALT_BYTES * count)
    return [drawn[start : start + SALT_BYTES] for start in range(0, len(drawn), SALT_BYTES)]


@dataclass(frozen=True, slots=True)
class PersonPart:
    """Whom an entry is about, by what authority of theirs (consent ids), under a salt of its own."""

    person_id: str | None
    """None where nobody is on file under the CRN asked for."""
    crn: str | None = None
    consents: tuple[str, ...] = ()
    salt: bytes = field(default_factory=lambda: os.urandom(SALT_BYTES), repr=False)

    def body(self) -> str:
        """Canonical JSON."""
        return _part(self.person_id, self.crn, self.consents)


@lru_cache(maxsize=1024)
def _part(person_id: str | None, crn: str | None, consents: tuple[str, ...]) -> str:
    """A batch has several records of most people, one soon after the other."""
    return f'{{"consents":{member(consents)},"crn":{member(crn)},"personId":{member(person_id)}}}'


class Entry(NamedTuple):
    """One entry, ready to append: canonical bytes, their digest, and the person's part as stored."""

    event_id: str
    body: str
    digest: str
    salt: bytes | None = None
    person: str | None = None

    @classmethod
    def of(cls, body: Mapping[str, Any], person: PersonPart | None = None) -> "Entry":
        """Seal a body: gives it `v`, `subject` and, if it has none, `eventId`; OutsideProfile for a poisoned one."""
        part = person.body() if person else None
        subject = sha256(person.salt + part.encode()).hexdigest() if person and part is not None else None
        identity = body.get("eventId") or event_id()
        text = assemble({**body, "eventId": identity, "subject": subject, "v": VERSION})
        return cls(identity, text, sha256(text.encode()).hexdigest(), person.salt if person else None, part)


def answer_digest(answer: bytes, person: PersonPart | None) -> str:
    """The digest of what was released, under the salt of the person's part."""
    return hmac.digest(person.salt if person else b"", answer, "sha256").hex()


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What happened, in plain values; every field stands in every entry, null where there is nothing to say.

    What many entries repeat (`released`, `withheld`, `clauses`) may be given as `canonical.ready(…)`, made once.
    """

    kind: str
    """The type of event, such as `access`."""
    occurred_at: datetime
    caller: Caller | None
    action: str
    resource: str
    """The route template; never a filled-in path."""
    outcome: str
    request_id: str
    agreement: str | None = None
    """The digest of the agreement that the decision was made under."""
    purpose: str | None = None
    released: Mapping[str, Sequence[str]] | Ready = field(default_factory=dict)
    """Category to the fields that the answer carried."""
    withheld: Mapping[str, Mapping[str, Sequence[str]]] | Ready = field(default_factory=dict)
    """Category to the `clauses` that refused it and the facts that are `missing`."""
    clauses: Sequence[str] | Ready = ()
    facts: int | None = None
    announce: str | None = None
    """The party or office that is told of this use at once."""
    reason: str | None = None
    answer: bytes | None = None
    """What was released, as bytes; only its digest is kept."""
    details: Mapping[str, Any] | Ready | None = None
    """What only this type of event has."""
    event_id: str | None = None

    def sealed(self, person: PersonPart | None = None) -> Entry:
        """The entry; OutsideProfile if a value cannot be kept."""
        return Entry.of(self._body(None if self.answer is None else answer_digest(self.answer, person)), person)

    def _body(self, digest: str | None) -> dict[str, Any]:
        return {
            "action": self.action,
            "agreement": self.agreement,
            "announce": self.announce,
            "answerDigest": digest,
            "caller": None if self.caller is None else _caller(self.caller),
            "clauses": self.clauses,
            "details": self.details,
            "eventId": self.event_id,
            "facts": None if self.facts is None else _facts(self.facts),
            "occurredAt": timestamp(self.occurred_at),
            "outcome": self.outcome,
            "purpose": self.purpose,
            "reason": self.reason,
            "released": self.released,
            "requestId": self.request_id,
            "resource": self.resource,
            "type": self.kind,
            "withheld": self.withheld,
        }


_HOLE = Ready("\0")
"""What no text of the log can hold."""


@dataclass(frozen=True, slots=True)
class _Holes:
    """Entries that are alike but for one member of their own, their event id and the person: put together once."""

    before: str
    """Up to the member that each has of its own."""
    between: str
    """From there to the event id."""
    then: str
    """From there to the digest of the person's part."""
    after: str

    @classmethod
    def _around(cls, body: Mapping[str, Any]) -> Self:
        return cls(*assemble({**body, "subject": _HOLE, "v": VERSION}).split(_HOLE))

    def _filled(self, own: str, person: PersonPart | None) -> Entry:
        """The entry, byte for byte as `Record.sealed` makes it."""
        identity = event_id()
        if person is None:
            text = f'{self.before}{own}{self.between}"{identity}"{self.then}null{self.after}'
            return Entry(identity, text, sha256(text.encode()).hexdigest())
        part = person.body()
        subject = sha256(person.salt + part.encode()).hexdigest()
        text = f'{self.before}{own}{self.between}"{identity}"{self.then}"{subject}"{self.after}'
        return Entry(identity, text, sha256(text.encode()).hexdigest(), person.salt, part)


class Pattern(_Holes):
    """Entries that differ in the person, the answer and their event id alone."""

    __slots__ = ()

    @classmethod
    def of(cls, record: Record) -> Self:
        """From a record without answer and event id; OutsideProfile if a value cannot be kept."""
        return cls._around(replace(record, event_id=_HOLE)._body(_HOLE))

    def sealed(self, person: PersonPart, answer: bytes) -> Entry:
        """The entry about one person who was answered about."""
        return self._filled(f'"{answer_digest(answer, person)}"', person)


class ChangePattern(_Holes):
    """Entries that differ in the person, the details and their event id alone: of many records written alike."""

    __slots__ = ()

    @classmethod
    def of(cls, record: Record) -> Self:
        """From a record without details and event id; OutsideProfile if a value cannot be kept."""
        return cls._around(replace(record, event_id=_HOLE, details=_HOLE)._body(None))

    def sealed(self, details: Ready, person: PersonPart | None) -> Entry:
        """The entry of one of them."""
        return self._filled(details, person)


@lru_cache(maxsize=4096)
def _caller(caller: Caller) -> Ready:
    return ready(
        {
            "client": caller.client,
            "party": caller.party,
            "role": caller.role,
            "service": caller.service,
            "staff": caller.staff,
            "token": caller.token,
        }
    )


@lru_cache(maxsize=4096)
def _facts(facts: int) -> Ready:
    return ready({"bits": facts, "names": names_of(facts)})
