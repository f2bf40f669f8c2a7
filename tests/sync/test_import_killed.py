"""Kill -9 of an import at random moments: the same import goes on, and ends with what an undisturbed one ends with."""

import asyncio
import json
import os
import random
import re
import shutil

import pytest

from tests.faults.running import verified
from tests.sync.folder import ask, whole, write
from tests.sync.importing import start
from tests.sync.test_import import everything
from tests.world import entries

LOOK_SECONDS = 0.002
KILLS = int(os.environ.get("OPENMIND_TEST_KILLS", "1"))
CONTACT, ACTIVITY = "health/IDS201CareContact.csv", "health/IDS202CareActivity.csv"
SCORE, LOCAL = "health/IDS607CodedScoreAssessmentAct.csv", "health/LocalContact.csv"
RANDOM = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
"""Ids that follow from nothing: those of a registration's link to a person."""


def submission(numbers, made):
    """The example's submission with further contacts, each with an activity and a score."""
    files = whole()
    files["health/IDS000Header.csv"][0]["DateTimeDatSetCreate"] = made
    of = {name: files[name][0] for name in (CONTACT, ACTIVITY, SCORE, LOCAL)}
    for number in numbers:
        ids = {"CareContactId": f"KC{number}", "CareActId": f"KA{number}"}
        clock = f"{number % 24:02}:{number // 24:02}:00"
        for name, row in of.items():
            given = {key: ids.get(key, value) for key, value in row.items()}
            files[name].append(given | ({"CareContTime": clock} if name == CONTACT else {}))
    return files


async def imported(url, folder):
    process = start(url, folder)
    await asyncio.to_thread(process.join)
    assert process.exitcode == 0


async def size(url):
    (((size,),),) = await ask(url, "SELECT size FROM log_head")
    return size


async def killed(url, folder, at):
    """Each time that the log has grown so far, if it gets there, and at last not any more."""
    for number in at:
        process = start(url, folder)
        while process.is_alive() and await size(url) < number:
            await asyncio.to_thread(process.join, LOOK_SECONDS)
        process.kill()
        await asyncio.to_thread(process.join)
    await imported(url, folder)


async def state(url):
    """Every row of every table, and what every entry says, in any order, but for ids that follow from nothing."""
    rows = {table: sorted(RANDOM.sub("random", row) for row in rows) for table, rows in (await everything(url)).items()}
    said = [
        {name: entry[name] for name in entry if name not in ("eventId", "requestId", "subject", "caller")}
        for entry in await entries(url)
    ]
    return rows, sorted(RANDOM.sub("random", json.dumps(each, sort_keys=True)) for each in said)


@pytest.fixture
def databases(sqlite_template, tmp_path):
    """SQLite databases by name, as fresh as the first."""
    return lambda name: f"sqlite:///{shutil.copy(sqlite_template, tmp_path / name)}"


async def test_an_import_killed_at_any_moment_is_gone_on_from(databases, postgres_url, tmp_path):
    """First of everything, then of a newer submission of its period, which ends some and brings others."""
    chance = random.Random(KILLS)  # a moment, not a secret
    folders = [
        write(tmp_path / "first", submission(range(10), "2013-07-15T08:00:00")),
        write(tmp_path / "second", submission(range(5, 15), "2013-07-15T09:00:00")),
    ]
    whole_url, ends = databases("undisturbed"), []
    sizes = [0]
    for folder in folders:
        await imported(whole_url, folder)
        sizes.append(await size(whole_url))
    for url in (databases("killed"), postgres_url):
        for first, last, folder in zip(sizes, sizes[1:], folders, strict=False):
            await killed(url, folder, sorted(chance.randrange(first, last) for _ in range(KILLS)))
        ends.append(await state(url))
    assert (await size(whole_url), sizes[2] - sizes[1] > 20) == (await size(postgres_url), True)
    rows, said = await state(whole_url)
    assert ends[0] == (rows, said)
    assert ends[1][1] == said
    assert {table: len(each) for table, each in ends[1][0].items()} == {
        table: len(each) for table, each in rows.items()
    }
    assert verified(postgres_url).exit_code == 0
