"""A year of a region in about an hour: two systems over HTTP, a service that is killed, what each knows at the end.

`python -m tests.region.run --people 20000 --days 365` on PostgreSQL; a small one is a test.
"""

import argparse
import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from openmind_client import follow
from sqlalchemy import update

import app.tables as t
from app.identity import write_private_key
from app.identity.secrets import argon2
from app.sync.registered import staff_id
from app.vocabulary import Role
from migrations import upgrade
from tests import world
from tests.faults.running import verified
from tests.identity.making import SECRET
from tests.postgres import LocalServer
from tests.region.copies import Copy, Crashed, held
from tests.region.posting import LONGEST_DAYS, Posting
from tests.region.serving import FIRST, Serving
from tests.region.truth import HEALTH, JUSTICE, MANAGER, Person, Region, read_by_probation, read_by_therapy
from tests.routers import consenting
from tests.routers.cast import WORK

CATCHING_UP_SECONDS = 120.0
AT_ONCE = 16
_READ = {JUSTICE: read_by_probation, HEALTH: read_by_therapy}


@dataclass(frozen=True)
class Rates:
    """How often a day: the service is killed as it applies, a system goes down; and of each person, that they are
    referred, agree, or withdraw: in a year two in three, four in five, and one in six of those who agreed.
    """

    killed: float = 0.1
    crashed: float = 0.1
    referred: float = 0.003
    agrees: float = 0.005
    withdraws: float = 0.0005


RATES = Rates()


class Year:
    """The run of it."""

    def __init__(self, url: str, key: Path, people: int, days: int, seed: int, every: int = 1,
                 rates: Rates = RATES) -> None:  # fmt: skip
        self._url, self._key, self._days, self._every, self._rates = url, key, days, every, rates
        self._chance = Random(seed)
        self.region = Region(people, days, FIRST, self._chance, rates.referred)
        self.posts = {JUSTICE: Posting(JUSTICE, 3, self._chance), HEALTH: Posting(HEALTH, -4, self._chance)}
        self.copies = {system: Copy(self._chance, rates.crashed) for system in self.posts}
        self._service = Serving(url, key)
        self.seen: Counter[str] = Counter()
        self.spent: Counter[str] = Counter()
        """Seconds by what they went into."""

    def go(self, told: Callable[[str], None] = lambda _: None) -> None:
        """Day after day, of which each `every` has its service; AssertionError where a record was not taken, or where
        somebody knows more or less at the end than they may.
        """
        asyncio.run(_register(self._url))
        try:
            self._go(told)
        finally:
            self._service.kill()
        with self._timed("verified"):
            report = asyncio.run(asyncio.to_thread(verified, self._url))
        assert report.findings == [], report.findings[:3]

    def _go(self, told: Callable[[str], None]) -> None:
        for day in range(self._days):
            with self._timed("simulated"):
                for written in self.region.day(day):
                    self.posts[written.system].write(day, written)
            is_last = day == self._days - 1
            if is_last or day % self._every == 0:
                self._live(day, is_last=is_last)
                told(f"day {day + 1}: {dict(self.seen)}")

    @contextmanager
    def _timed(self, what: str) -> Iterator[None]:
        started = time.monotonic()
        try:
            yield
        finally:
            self.spent[what] += time.monotonic() - started

    def _live(self, day: int, *, is_last: bool) -> None:
        for post in self.posts.values():
            post.begin(day, everything=is_last)
        with self._timed("woken"):
            self._service.wake(day)
        if self._chance.random() < self._rates.killed:
            with self._timed("killed"):
                self._push()
                time.sleep(self._chance.uniform(0, 0.3))
                self._service.kill()
                self.seen["killed"] += 1
        with self._timed("applied"):
            self._push()
            for system, post in self.posts.items():
                self.seen["records"] += post.settle(self._service.client(system))
        with self._timed("agreed"):
            asyncio.run(self._agree(day))
        with self._timed("followed"):
            if is_last:
                self._compare()
            else:
                self._follow()

    def _push(self) -> None:
        for system, post in self.posts.items():
            post.push(self._service.client(system))

    def _follow(self) -> None:
        for system, copy in self.copies.items():
            copy.today(crashes=True)
            try:
                follow(self._service.client(system), copy)
            except Crashed:
                self.seen["crashed"] += 1
            self.seen["fed"] += copy.taken()

    async def _agree(self, day: int) -> None:
        """What people say to their offender managers, several at a time: yes, and some of them no longer."""
        at_once = asyncio.Semaphore(AT_ONCE)
        async with self._service.running.callers() as service:
            await asyncio.gather(*(self._say(service, at_once, person) for person in self._who_says_something(day)))

    def _who_says_something(self, day: int) -> list[Person]:
        today, found = FIRST + timedelta(days=day), []
        for person in self.region.people:
            runs = person.start <= today <= person.end and person.terminated is None
            settled = max(person.since, person.lifted or 0) + LONGEST_DAYS
            if day <= settled or not runs or person.restricted is not None:
                continue  # what says whose caseload they are on, or that a restriction is over, may be late
            rate = self._rates.agrees if person.consent is None else self._rates.withdraws
            if self._chance.random() < rate:
                found.append(person)
        return found

    async def _say(self, service: world.Service, at_once: asyncio.Semaphore, person: Person) -> None:
        olga = (Role.OFFENDER_MANAGER, MANAGER)
        async with at_once:
            if person.consent is None:
                answer = await consenting.record(service, person.crn, olga)
                assert answer.status_code == 201, answer.text
                person.consent = answer.json()["id"]
                self.seen["agreed"] += 1
            else:
                path = f"/v1/consents/{person.consent}/withdrawal"
                answer = await service.request("POST", path, *olga, WORK)
                assert answer.status_code == 200, answer.text
                person.consent = None
                self.seen["withdrew"] += 1

    def _compare(self) -> None:
        """Until both copies hold what the agreement lets them, of everybody: no more, no less."""
        deadline = time.monotonic() + CATCHING_UP_SECONDS
        while True:
            differing = self._differing()
            if not differing or time.monotonic() > deadline:
                break
            time.sleep(0.5)
        assert differing == [], differing[:3]
        for system, copy in self.copies.items():
            self.seen[f"known to {system}"] = len(copy.people)
            assert [*self._service.client(system).removals()] == []

    def _differing(self) -> list[Any]:
        found = []
        for system, copy in self.copies.items():
            copy.today(crashes=False)
            follow(self._service.client(system), copy)
            for person in self.region.people:
                own = person.crn if system == JUSTICE else person.patient
                may, has = _READ[system](person, self._service.now), copy.people.get(own)
                known = None if has is None else held(has, may or {})
                if known != may:
                    found.append((system, person.crn, may, known))
        return found


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
