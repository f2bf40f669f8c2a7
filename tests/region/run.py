"""A year of a region in less than an hour: two systems over HTTP, a service that is killed, what each knows at the end.

`python -m tests.region.run --people 20000 --days 365` on PostgreSQL; a small one is a test.
"""

import argparse
import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from openmind_client import Client, FedPerson, RemovalNotice, follow
from sqlalchemy import update

import app.tables as t
from app.identity import write_private_key
from app.identity.secrets import argon2
from app.sync.registered import staff_id
from app.vocabulary import Role
from migrations import upgrade
from tests import world
from tests.faults.running import Running, verified
from tests.identity.making import SECRET
from tests.postgres import LocalServer
from tests.region.posting import LONGEST_DAYS, Posting
from tests.region.truth import HEALTH, JUSTICE, MANAGER, Region, read_by_probation, read_by_therapy
from tests.routers import consenting
from tests.routers.cast import WORK

FIRST = date(2026, 3, 11)
CATCHING_UP_SECONDS = 120.0
_READ = {JUSTICE: read_by_probation, HEALTH: read_by_therapy}


@dataclass(frozen=True)
class Rates:
    """How often a day: the service is killed as it applies, a system goes down, somebody agrees, somebody withdraws."""

    killed: float = 0.1
    crashed: float = 0.1
    agrees: float = 0.02
    withdraws: float = 0.01


RATES = Rates()


class Crashed(Exception):
    """A system went down between what it was told and its note of having been told."""


class Copy:
    """What one system holds of the other's records; it goes down now and then."""

    def __init__(self, chance: Random, rate: float) -> None:
        self._rate = rate
        self.people: dict[str, FedPerson] = {}
        self._chance, self._cursor, self._crashes = chance, "", False

    def today(self, *, crashes: bool) -> None:
        """Whether it may go down from now on."""
        self._crashes = crashes

    def cursor(self) -> str | None:
        return self._cursor or None

    def keep(self, person: FedPerson) -> None:
        for each in person.identifiers:
            self.people[each.value] = person

    def drop(self, notice: RemovalNotice) -> None:
        for each in notice.identifiers:
            self.people.pop(each.value, None)

    def move(self, cursor: str) -> None:
        if self._crashes and self._chance.random() < self._rate:
            raise Crashed
        self._cursor = cursor


class Year:
    """The run of it."""

    def __init__(self, url: str, key: Path, people: int, days: int, seed: int, every: int = 1,
                 rates: Rates = RATES) -> None:  # fmt: skip
        self._url, self._key, self._days, self._every, self._rates = url, key, days, every, rates
        self._chance = Random(seed)
        self.region = Region(people, days, FIRST, self._chance)
        self.posts = {JUSTICE: Posting(JUSTICE, 3, self._chance), HEALTH: Posting(HEALTH, -4, self._chance)}
        self.copies = {system: Copy(self._chance, rates.crashed) for system in self.posts}
        self.seen: Counter[str] = Counter()

    def go(self, told: Callable[[str], None] = lambda _: None) -> None:
        """Day after day, of which each `every` has its service; AssertionError where a record was not taken, or where
        somebody knows more or less at the end than they may.
        """
        asyncio.run(_register(self._url))
        for day in range(self._days):
            for written in self.region.day(day):
                self.posts[written.system].write(day, written)
            is_last = day == self._days - 1
            if is_last or day % self._every == 0:
                self._live(day, is_last=is_last)
                told(f"day {day + 1}: {dict(self.seen)}")
        report = asyncio.run(asyncio.to_thread(verified, self._url))
        assert report.findings == [], report.findings[:3]

    def _live(self, day: int, *, is_last: bool) -> None:
        for post in self.posts.values():
            post.begin(day, everything=is_last)
        if self._chance.random() < self._rates.killed:
            with _Service(self._url, self._key, day) as service:
                self._push(service)
                time.sleep(self._chance.uniform(0, 0.3))
                self.seen["killed"] += 1
        with _Service(self._url, self._key, day) as service:
            self._push(service)
            for system, post in self.posts.items():
                self.seen["records"] += post.settle(service.client(system))
            asyncio.run(self._agree(service.running, day))
            if is_last:
                self._compare(service)
            else:
                self._follow(service)

    def _push(self, service: "_Service") -> None:
        for system, post in self.posts.items():
            post.push(service.client(system))

    def _follow(self, service: "_Service") -> None:
        for system, copy in self.copies.items():
            copy.today(crashes=True)
            try:
                follow(service.client(system), copy)
            except Crashed:
                self.seen["crashed"] += 1

    async def _agree(self, running: Running, day: int) -> None:
        """What people say to their offender manager: yes, and some of them no longer."""
        today = FIRST + timedelta(days=day)
        async with running.callers() as service:
            for person in self.region.people:
                runs = person.start <= today <= person.end and person.terminated is None
                if day <= person.since + LONGEST_DAYS or not runs or person.restricted is not None:
                    continue  # what says whose caseload they are on may be late
                olga = (Role.OFFENDER_MANAGER, MANAGER)
                if person.consent is None and self._chance.random() < self._rates.agrees:
                    answer = await consenting.record(service, person.crn, olga)
                    assert answer.status_code == 201, answer.text
                    person.consent = answer.json()["id"]
                    self.seen["agreed"] += 1
                elif person.consent is not None and self._chance.random() < self._rates.withdraws:
                    path = f"/v1/consents/{person.consent}/withdrawal"
                    answer = await service.request("POST", path, *olga, WORK)
                    assert answer.status_code == 200, answer.text
                    person.consent = None
                    self.seen["withdrew"] += 1

    def _compare(self, service: "_Service") -> None:
        """Until both copies hold what the agreement lets them, of everybody: no more, no less."""
        deadline = time.monotonic() + CATCHING_UP_SECONDS
        while True:
            differing = self._differing(service)
            if not differing or time.monotonic() > deadline:
                break
            time.sleep(0.5)
        assert differing == [], differing[:3]
        for system, copy in self.copies.items():
            self.seen[f"known to {system}"] = len(copy.people)
            assert [*service.client(system).removals()] == []

    def _differing(self, service: "_Service") -> list[Any]:
        found = []
        for system, copy in self.copies.items():
            copy.today(crashes=False)
            follow(service.client(system), copy)
            for person in self.region.people:
                own = person.crn if system == JUSTICE else person.patient
                may, has = _READ[system](person, service.now), copy.people.get(own)
                held = None if has is None else _held(has, may or {})
                if held != may:
                    found.append((system, person.crn, may, held))
        return found


def _held(has: FedPerson, may: dict[str, Any]) -> dict[str, Any]:
    """A copy's record in the words of what it should be."""
    known = has.categories
    assert known.identity is not None
    (who,) = known.identity.person
    found: dict[str, Any] = {"crn": who.crn, "name": (who.given_names, who.family_name), "born": who.date_of_birth}
    referrals = known.referral.referrals if known.referral else []
    rows = ((one.received_on, one.status, one.end_code or "", one.closed_on or date.min) for one in referrals)
    found["referrals"] = sorted(rows)
    if "contacts" in may:
        appointments = known.attendance.appointments if known.attendance else []
        found["contacts"] = sorted((one.starts_at, one.attendance_code) for one in appointments)
    else:
        assert known.attendance is None
    return found


class _Service:
    """One process over a day, killed at its end."""

    def __init__(self, url: str, key: Path, day: int) -> None:
        self.now = datetime(FIRST.year, FIRST.month, FIRST.day, 6, tzinfo=UTC) + timedelta(days=day)
        self.running = Running(url, key, clock_start=self.now.isoformat())
        self._clients: dict[str, Client] = {}

    def __enter__(self) -> "_Service":
        self.running.wait_until_up()
        return self

    def __exit__(self, *_: object) -> None:
        for client in self._clients.values():
            client.close()
        self.running.kill()

    def client(self, system: str) -> Client:
        if system not in self._clients:
            self._clients[system] = Client(f"http://127.0.0.1:{self.running.port}", system, SECRET)
        return self._clients[system]


async def _register(url: str) -> None:
    """The systems, with a secret, and the offender manager, whose training outlives the year."""
    hashed = argon2.using(type="ID", rounds=1, memory_cost=64, parallelism=1).hash(SECRET)
    manager, taught, *_ = world.staff(MANAGER, Role.OFFENDER_MANAGER, id=staff_id(MANAGER))
    taught.staff_id, taught.expires_on = manager.id, FIRST + timedelta(days=1000)
    await world.put(url, [*world.clients(), manager, taught])
    await world.execute(url, [(update(t.Client).values(secret_hash=hashed), None)])


def main() -> None:
    """Print how each day went."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--people", type=int, default=20_000)
    options.add_argument("--days", type=int, default=365)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)  # the server's user passes through it
        key = Path(folder) / "signing.pem"
        write_private_key(key)
        server = LocalServer.create(Path(folder) / "postgres")
        try:
            server.start()
            url = server.create_database("region")
            upgrade(url)
            started = time.monotonic()
            Year(url, key, given.people, given.days, given.seed).go(lambda said: print(said, flush=True))
            print(f"both sides agree; {time.monotonic() - started:.0f} s")
        finally:
            server.remove()


if __name__ == "__main__":
    main()
