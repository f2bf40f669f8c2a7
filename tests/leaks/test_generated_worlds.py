"""1: whoever asks whatever, in two worlds that differ only in what they may not see, is told the same, byte for byte.

Worlds, hidden changes and requests are generated; the addresses are those that the application has, so that one that
is added is walked too. Left out of the comparison are the moment of an answer, the hash in its receipt, and ids that
are made at random, which are compared by the order in which they first appear.
"""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import app.tables as t
from app.main import PUBLIC
from app.records.views import camel
from tests import world
from tests.gate.house import CALLERS
from tests.leaks.hidden import PURPOSES, TEXTS, Pair, pair
from tests.leaks.routes import METHODS, Filling, Route, Sent, routes
from tests.leaks.telling_apart import ALIKE, seen
from tests.postgres import Server
from tests.world import NOW, Service, serving_at_rest

FULL = os.environ.get("HYPOTHESIS_PROFILE") == "full"
EXAMPLES = 300 if FULL else 3
BESIDES = 12 if FULL else 6
"""Requests by any method, beside one to every address."""
WHO = sorted((who, purpose) for who, purposes in PURPOSES.items() for purpose in purposes)
SEARCHED = ("family_name", "given_names", "date_of_birth", "postcode", "nhs_number", "pnc_number")
SOME = [
    ("olive", "supervision"),
    ("theo", "direct-care"),
    ("rory", "subject-access"),
    ("lena", "emergency"),
    ("probation", "records-sync"),
    ("clinical", "records-sync"),
]
"""One from each side; every caller's turn comes with the generated ones."""
RANDOM_ID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
A_MOMENT = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)")
TREE = ("/v1/audit/checkpoint", "/v1/audit/consistency", "/v1/audit/tile")
"""Hashes over entries, each with a salt of its own; they are public and hold nothing personal."""
GUARDED = tuple(route for route in routes() if route.path not in PUBLIC and not route.path.startswith(TREE))


@contextmanager
def clock_stands_still() -> Iterator[None]:
    """What an answer says of now is the same in both worlds."""
    with patch("app.config.Clock.__call__", lambda _: NOW):
        yield


class Ear:
    """What a caller hears of one world, with ids that were made at random in the order of their first appearance."""

    def __init__(self) -> None:
        self.known: dict[bytes, bytes] = {}
        self.cursor: str | None = None

    def hears(self, answer: Any) -> Any:
        """An answer as far as it can be compared."""
        status, headers, content = seen(answer)
        if "json" in answer.headers.get("content-type", ""):
            self.cursor = _cursor(answer) or self.cursor
        return status, [(name, self._plain(value.encode())) for name, value in headers], self._plain(content)

    def _plain(self, text: bytes) -> bytes:
        text = RANDOM_ID.sub(lambda match: self.known.setdefault(match[0], b"<id %d>" % len(self.known)), text)
        return A_MOMENT.sub(lambda match: b"<just now>" if _is_now(match[0]) else match[0], text)


def _is_now(moment: bytes) -> bool:
    told = datetime.fromisoformat(moment.decode().replace("Z", "+00:00"))
    return abs(told - datetime.now(UTC)) < timedelta(hours=1)


def _cursor(answer: Any) -> str | None:
    try:
        body = answer.json()
    except json.JSONDecodeError:
        return None
    page = body.get("pagination") if isinstance(body, dict) else None
    return page.get("next") if isinstance(page, dict) else None


async def _asked(service: Service, ear: Ear, caller: Any, purpose: str, sent: Sent) -> Any:
    query = {name: ear.cursor if name == "cursor" and ear.cursor else value for name, value in sent.query}
    extra = {"json": sent.body} if sent.body is not None else {}
    token = service.token(caller.role, caller.staff, party=caller.party.value)
    headers = {**ALIKE, **dict(sent.headers), "Authorization": f"Bearer {token}", "Purpose-Of-Use": purpose}
    answer = await service.http.request(sent.method, sent.path, headers=headers, params=query, **extra)
    return ear.hears(answer)


def requests_for(worlds: Pair, seed: int, about: Sequence[str] = ()) -> list[Sent]:
    """One to every address that changes nothing, some by other methods, and at last one that may change something.

    Besides, for everybody who differs, the whole of them; `about` names the only people that are asked about.
    """
    chance = Random(seed)
    filling = Filling(about or _crns(worlds), _ids(worlds), _values(worlds), chance)
    reading = [route for route in GUARDED if not route.changes_something]
    asked = [filling.request(route) for route in chance.sample(reading, len(reading))]
    whole = next(route for route in reading if route.path == "/v1/people/{crn}")
    asked += [replace(filling.request(whole), path=f"/v1/people/{crn}") for crn in about or worlds.hidden]
    asked += [filling.alone(route) for route in reading if route.schema for _ in range(BESIDES)]
    for _ in range(BESIDES):
        route: Route = chance.choice(reading)
        others = [
            method for method in METHODS if not any((method, route.path) == (one.method, one.path) for one in GUARDED)
        ]
        asked.insert(chance.randint(0, len(asked)), filling.request(route, chance.choice(others or ["GET"])))
    changing = [route for route in GUARDED if route.changes_something]
    return [*asked, filling.request(chance.choice(changing))] if changing else asked


def _crns(worlds: Pair) -> list[str]:
    """People of both worlds, those who differ three times, and somebody of neither."""
    known = {crn for rows in worlds.rows for crn in rows.of if crn}
    return [*sorted(known), *worlds.hidden, *worlds.hidden, "X999999"]


def _values(worlds: Pair) -> dict[str, list[str]]:
    """What people of either world have under each name that a search can use."""
    people = [row for rows in worlds.rows for row in rows.all() if isinstance(row, t.Person)]
    named = {camel(name): sorted({str(getattr(each, name)) for each in people} - {"None"}) for name in SEARCHED}
    return {name: values for name, values in named.items() if values}


def _ids(worlds: Pair) -> list[str]:
    return sorted(
        {str(row.id) for rows in worlds.rows for row in rows.all() if hasattr(row, "referral_id") or hasattr(row, "id")}
    )


FIGURES = "/v1/reports/pathway"
"""Figures about everybody, which whoever may have them has of everybody (G4, G7): what may follow from those that are
published is what `tests/pathway/test_disclosure.py` is about."""


def compare(
    urls: Sequence[str], worlds: Pair, key: Path, who: str, purpose: str, seed: int, about: Sequence[str] = ()
) -> None:
    """The same requests in both worlds, one after another, which are answered alike."""
    requests = requests_for(worlds, seed, about)

    async def ask() -> None:
        caller, (one, other) = CALLERS[who], urls
        async with serving_at_rest(one, key) as here, serving_at_rest(other, key) as there:
            heard = [(service, Ear()) for service in (here, there)]
            for sent in requests:
                said, otherwise = [await _asked(service, ear, caller, purpose, sent) for service, ear in heard]
                if sent.template == FIGURES and said[0] == otherwise[0] == 200 and purpose == "service-evaluation":
                    continue
                assert said == otherwise, f"{who} for {purpose} tells the worlds of seed {seed} apart by {sent}"

    with clock_stands_still():
        world.run(ask())


def compare_in_files(template: Path, key: Path, who: str, purpose: str, seed: int) -> None:
    """The same in two SQLite files."""
    with tempfile.TemporaryDirectory() as folder:
        worlds = pair(template, Path(folder), who, purpose, seed)
        compare([f"sqlite:///{path}" for path in (worlds.one, worlds.other)], worlds, key, who, purpose, seed)


@pytest.mark.parametrize(("who", "purpose"), WHO if FULL else SOME)
def test_no_caller_tells_two_worlds_apart_by_any_address(
    sqlite_template: Path, key_file: Path, who: str, purpose: str
) -> None:
    compare_in_files(sqlite_template, key_file, who, purpose, 1)


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.sampled_from(WHO), st.integers(2, 1_000_000))
def test_nor_does_anybody_in_any_world_by_any_request(
    sqlite_template: Path, key_file: Path, asked: tuple[str, str], seed: int
) -> None:
    compare_in_files(sqlite_template, key_file, *asked, seed)


@pytest.mark.parametrize(("who", "purpose"), WHO if FULL else SOME[:2])
def test_nor_on_postgresql(
    postgres_server: Server,
    postgres_url: str,
    sqlite_template: Path,
    key_file: Path,
    tmp_path: Path,
    who: str,
    purpose: str,
) -> None:
    worlds = pair(sqlite_template, tmp_path, who, purpose, 3)
    twin = f"{urlsplit(postgres_url).path[1:]}_twin"
    urls = [postgres_url, postgres_server.create_database(twin, urlsplit(postgres_url).path[1:])]
    try:
        for url, rows in zip(urls, worlds.rows, strict=True):
            world.run(world.put(url, rows.all()))
        compare(urls, worlds, key_file, who, purpose, 3)
    finally:
        postgres_server.drop_database(twin)


def test_every_address_is_asked_and_what_is_hidden_is_asked_for(sqlite_template: Path, tmp_path: Path) -> None:
    worlds = pair(sqlite_template, tmp_path, "olive", "supervision", 1)
    requests = requests_for(worlds, 1)
    assert len(GUARDED) >= 25
    assert {route.path for route in GUARDED if not route.changes_something} <= {sent.template for sent in requests}
    assert len(worlds.hidden) >= 4
    assert any(crn in sent.path for crn in worlds.hidden for sent in requests)
    by_lead = tmp_path / "lead"
    by_lead.mkdir()
    assert "LE9 9ZZ" in _values(pair(sqlite_template, by_lead, "lena", "supervision", 1))["postcode"]
    searched = {name for seed in range(9) for sent in requests_for(worlds, seed) for name in sent.body or ()}
    assert set(_values(worlds)) <= searched
    assert any(dict(sent.query).get("pageSize") == "1" for seed in range(9) for sent in requests_for(worlds, seed))


@pytest.mark.parametrize(
    ("who", "purpose"), [("olive", "supervision"), ("theo", "direct-care"), ("rory", "subject-access")]
)
def test_what_is_open_does_tell_two_worlds_apart(
    sqlite_template: Path, key_file: Path, tmp_path: Path, who: str, purpose: str
) -> None:
    """Otherwise everything above would say nothing."""
    told = 0
    for seed in range(4, 12):
        worlds = pair(sqlite_template, tmp_path, who, purpose, seed)
        for crn, row in _visible(worlds):
            path = tmp_path / "changed.db"
            shutil.copy(worlds.one, path)
            table = row.__table__
            change = table.update().where(table.c.id == row.id).values(**TEXTS[type(row)])
            world.run(world.execute(f"sqlite:///{path}", [(change, None)]))
            urls = [f"sqlite:///{each}" for each in (worlds.one, path)]
            with pytest.raises(AssertionError, match="apart"):
                compare(urls, worlds, key_file, who, purpose, seed, [crn])
            told += 1
        if told:
            break
    assert told


def _visible(worlds: Pair) -> Iterator[tuple[str, Any]]:
    """A row that is open to the caller, of the first person of whom one is."""
    found = 0
    for crn, may in worlds.sight.may.items():
        for row in worlds.rows[0].of[crn]:
            if type(row) in TEXTS and ("read", row.subject.value) in may and not getattr(row, "serious_harm", False):
                found += 1
                yield crn, row
                break
        if found:
            return
