"""What watching the log takes: whom it speaks of, names of staff and people, and a way for alerts to get in.

No caller stands behind it, and nobody is shown anything but an alert; each alert is an entry, in the transaction that
keeps it, announces it and remembers how far the log was watched.
"""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from app.audit.entry import PersonPart, Record, event_id
from app.audit.looks import Looks
from app.audit.submission import Change, Submission
from app.config import Watch
from app.gate.door import Gate
from app.gate.entries import PERMITTED
from app.pathway.watching import Alert, Likeness, Look, Period, moment_of, surnames
from app.records import alerts, watch
from app.records.permit import Permit, issue_tables
from app.vocabulary import Party, Role

RAISED, ANNOUNCED = "alert", "access-alert"
TOLD = (Party.HEALTH, Party.JUSTICE)
"""G6 names the offices and no party; what an alert is about can belong to either."""
RESOURCE = "openmind audit watch"
DIGESTED = ("id", "rule", "key", "staff", "party", "role", "entries", "figures", "explanation", "ask")


class Member(NamedTuple):
    """A member of staff as far as watching goes."""

    id: str
    name: str
    service: str | None


@dataclass(frozen=True, slots=True)
class Raised:
    """A new alert: its id, and of whom, by the id in the register."""

    id: str
    alert: Alert
    staff_id: str | None


class Watchman:
    """Reads what the rules need and raises what they find, while the block of `watching` lasts."""

    def __init__(self, gate: Gate, looks: Looks, permit: Permit) -> None:
        self._gate, self._records, self._permit = gate, gate.records, permit
        self.looks = looks
        self._members: Mapping[str, Member] = {}

    @property
    def permit(self) -> Permit:
        """Covers what watching reads."""
        return self._permit

    async def open_register(self) -> None:
        """Know the members of staff, as the register stands now."""
        self._members = {
            row["username"]: Member(row["id"], row["name"], row["service_id"])
            for row in await self._gate.writer.register("staff")
        }

    async def likeness(self, watching: Watch) -> Likeness:
        """Who on file bears a name of somebody on the register."""
        names = {username: member.name for username, member in self._members.items()}
        spelt = {surname for name in names.values() for surname in surnames(name)}
        people = {}
        for surname in sorted(spelt):
            people[surname] = await watch.named(self._records, self._permit, surname)
            await asyncio.sleep(0)  # on SQLite nothing else gives way to the requests beside it
        return Likeness.between(names, people, watching)

    async def look(self, number: int) -> Look | None:
        """The look with this number; None if it says no more of whom it was, having been erased by law."""
        async for page in self.looks.read(self._permit, range(number, number + 1)):
            return next((look for look in page.looks if look.person is not None), None)
        return None

    async def periods(self, look: Look) -> Sequence[Period]:
        """When the person was allocated to whoever looked, or referred to their service."""
        member = self._members.get(look.staff)
        if member is None or look.person is None:
            return ()
        return await watch.periods(self._records, self._permit, member.id, member.service, look.person)

    async def is_known(self, alert: Alert) -> bool:
        """Whether it was raised before."""
        return await watch.is_known(self._records, self._permit, alert.rule.value, alert.key, alert.once)

    async def raise_all(self, found: Sequence[Alert], at: datetime, moving: tuple[Any, ...]) -> list[Raised]:
        """Keep alerts, tell of them, and remember how far the log is watched, in one transaction.

        ChangeRefused if somebody else has raised one of them or moved on meanwhile: then nothing is written.
        """
        raised, entries, changes = [self._raised(alert) for alert in found], [], [Change(*moving)]
        for each in raised:
            row, look = _row(each, at), each.alert.look
            record = self._record(each, row, at)
            entries.append(record.sealed(PersonPart(look.person, look.crn) if each.alert.once else PersonPart(None)))
            changes += self._kept(each, row | {"event_id": record.event_id})
            changes += [
                self._gate.announced(record, event_id(), ANNOUNCED, party.value, alert_id=each.id) for party in TOLD
            ]
        await self._gate.log.append(Submission(tuple(entries), tuple(changes)))
        return raised

    def _raised(self, alert: Alert) -> Raised:
        member = self._members.get(alert.look.staff)
        return Raised(event_id(), alert, member.id if member else None)

    def _record(self, raised: Raised, row: Mapping[str, Any], at: datetime) -> Record:
        """That there is an alert, and a digest of it; not of whom, which an auditor may be the last to be told."""
        return Record(
            kind=RAISED,
            occurred_at=at,
            caller=None,
            action="watch",
            resource=RESOURCE,
            outcome=PERMITTED,
            request_id=raised.id,
            agreement=self._gate.agreements.at(at).digest,
            announce=Role.CALDICOTT_GUARDIAN.value,
            details={"alert": raised.id},
            answer=said_of(row),
            event_id=event_id(),
        )

    def _kept(self, raised: Raised, row: Mapping[str, Any]) -> list[Change]:
        look, person = raised.alert.look, None
        if raised.alert.once:
            about = {"once": raised.alert.once, "recorded_at": row["recorded_at"]}
            person = {"alert_id": raised.id, "person_id": look.person, "crn": look.crn} | about
        return [Change(*change) for change in alerts.raised(self._gate.writer, row, person)]


def _row(raised: Raised, at: datetime) -> dict[str, Any]:
    alert, look = raised.alert, raised.alert.look
    return {
        "id": raised.id,
        "recorded_at": at,
        "rule": alert.rule.value,
        "key": alert.key,
        "staff": look.staff,
        "party": look.party,
        "role": look.role,
        "tripped_at": moment_of(look.at),
        "entries": json.dumps(alert.entries),
        "figures": json.dumps(alert.figures),
        "explanation": alert.explanation,
        "ask": alert.ask,
    }


def said_of(row: Mapping[str, Any]) -> bytes:
    """What the entry's digest is of: the columns of the alert that say something, as JSON by their names."""
    return json.dumps({name: row[name] for name in DIGESTED}, sort_keys=True).encode()


@contextmanager
def watching(gate: Gate, looks: Looks) -> Iterator[Watchman]:
    """Within this block the log and what the rules compare it with may be read; UnpermittedRead after it."""
    permit = issue_tables(watch.WATCHED)
    try:
        yield Watchman(gate, looks, permit)
    finally:
        permit.close()
