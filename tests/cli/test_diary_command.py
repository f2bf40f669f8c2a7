"""`openmind diary rooms`: what a file says of premises replaces what was said before, and a broken file nothing."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.cli.root import app
from app.pathway.diary.described import DiaryInvalid, read_described
from tests import world
from tests.gate.house import fetched

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "leicester-diary.toml"
THERAPISTS = ("alice.winterbourne", "samir.dhalvani", "bridget.fenlow")


def ran(url: str, path: Path) -> Result:
    environment = {
        "OPENMIND_DATABASE_URL": url,
        "OPENMIND_ISSUER": "https://open-mind.test",
        "OPENMIND_SIGNING_KEY_FILE": str(Path("unused.pem")),
        **world.log_environment(),
        "COLUMNS": "200",
    }
    return CliRunner().invoke(app, ["diary", "rooms", str(path)], env=environment)


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in world.run(fetched(url, query))]


def test_the_example_is_read_and_read_again(database_url: str) -> None:
    staff = [each for name in THERAPISTS for each in world.staff(name, world.Role.THERAPIST)]
    world.run(world.put(database_url, [*world.clients(), *staff]))
    first = ran(database_url, EXAMPLE)
    assert (first.exit_code, "2 premises with 3 rooms; receipt 0:" in first.output) == (0, True)
    assert rows(database_url, "SELECT id, floor, seats FROM room ORDER BY id") == [
        ("RT5P1:Interview room 1", 0, 4), ("RT5P1:Interview room 2", 1, 3), ("RT5P2:Quiet room", 0, 3)
    ]  # fmt: skip
    sessions = "SELECT count(*) FROM staff_session WHERE staff_id = 'staff-{}'"
    assert [rows(database_url, sessions.format(name)) for name in THERAPISTS] == [[(5,)], [(1,)], [(1,)]]
    shares = "SELECT username, wte FROM staff WHERE service_id IS NOT NULL ORDER BY wte DESC"
    assert rows(database_url, shares) == [*zip(THERAPISTS, (1.0, 0.2, 0.1), strict=True)]
    again = ran(database_url, EXAMPLE)
    assert again.exit_code == 0
    assert rows(database_url, "SELECT count(*) FROM staff_session") == [(7,)]
    assert rows(database_url, "SELECT count(*) FROM premises") == [(2,)]
    entries = world.run(world.entries(database_url))
    assert [(each["type"], each["resource"]) for each in entries] == [("bootstrap", "openmind diary rooms")] * 2


def test_somebody_who_works_nowhere_here_is_named(database_url: str) -> None:
    result = ran(database_url, EXAMPLE)
    assert (result.exit_code, "'alice.winterbourne' works for no service here" in result.output) == (2, True)
    assert rows(database_url, "SELECT count(*) FROM premises") == [(0,)]


BROKEN = [
    ('open = "Mon-Fri 09:00-17:30"', 'open = "always"', "premises.0.open: value error, hours such as"),
    ('postcode = "LE1 1AA"', 'postcode = "LE1"', "premises.0.postcode: value error, a postcode such as"),
    ('site = "RT5P2"\nname', 'site = "RT5P1"\nname', "a site's code stands twice"),
    ('called = ["Harbour Row"]', 'called = ["quarry  GATE"]', "'quarry gate' names two premises"),
    ('name = "Interview room 2"', 'name = "Interview room 1"', "two rooms have one name"),
    ("seats = 4", "seats = 1", "premises.0.rooms.0.seats"),
    ("travel_minutes = 30", "travel = 30", "travel: extra inputs"),
    ('hours = "Thu 09:30-13:00"', 'hours = "Thu 22:00-02:00"', "a session ends on the day"),
    ('"RT5P1"\nkind = "integrative"', '"RT5P9"\nkind = "integrative"', "no premises have the site 'rt5p9'"),
    ("[[therapists]]", "[[therapists", "is not toml"),
]


@pytest.mark.parametrize(("old", "new", "said"), BROKEN, ids=[each[2] for each in BROKEN])
def test_a_file_that_says_nothing_is_refused_with_where_and_why(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = EXAMPLE.read_text()
    assert old in text
    broken = tmp_path / "rooms.toml"
    broken.write_text(text.replace(old, new, 1))
    with pytest.raises(DiaryInvalid, match=re.escape("'rooms.toml'")) as fault:
        read_described(broken)
    assert said in str(fault.value).lower()
