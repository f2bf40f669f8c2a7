"""`openmind import`, `openmind export iapt` and `openmind schema` as the operator types them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.cli.root import app
from tests import world
from tests.sync.folder import NOW, load, whole, write

EXPORT = ("export", "iapt", "--period", "2012-11..2013-07", "--as")


def ran(url: str, key_file: Path, *arguments: str | Path) -> Result:
    environment = {
        "OPENMIND_DATABASE_URL": url,
        "OPENMIND_ISSUER": "https://open-mind.test",
        "OPENMIND_SIGNING_KEY_FILE": str(key_file),
        "OPENMIND_ENVIRONMENT": "demo",
        "OPENMIND_CLOCK_START": NOW.isoformat(),
        "COLUMNS": "200",
    } | world.log_environment()
    return CliRunner().invoke(app, [str(each) for each in arguments], env=environment)


@pytest.fixture
def url(sqlite_url: str, tmp_path: Path) -> str:
    """A database with the small folder in it."""
    world.run(load(sqlite_url, write(tmp_path / "folder", whole())))
    return sqlite_url


def test_out_and_in_again(url: str, key_file: Path, tmp_path: Path) -> None:
    taken = ran(url, key_file, *EXPORT, "Clinician", tmp_path / "out.zip", "--with-local")
    assert taken.exit_code == 0, taken.output
    assert "IDS201CareContact: 4" in taken.stderr
    assert "LocalReferral: 2" in taken.stderr
    back = ran(url, key_file, "import", tmp_path / "out.zip", "--report", tmp_path / "report.json")
    assert back.exit_code == 0, back.output
    assert "0 records changed, each with its entry in the log" in back.output
    assert json.loads((tmp_path / "report.json").read_text())["findings"] == []
    assert (tmp_path / "out.zip").stat().st_mode & 0o077 == 0, "nobody else on the machine reads it"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param((*EXPORT, "therapist"), "the agreement does not let 'therapist' have it", id="no lead"),
        pytest.param((*EXPORT, "stranger"), "nobody 'stranger' is registered at a service", id="nobody"),
        pytest.param((*EXPORT, "lead"), "nobody 'lead' is registered at a service", id="of no service"),
        pytest.param((*EXPORT[:3], "last month", "--as", "clinician"), "'last month' is no month", id="no month"),
    ],
)
def test_what_cannot_be_had_is_said_and_leaves_nothing(
    url: str, key_file: Path, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    refused = ran(url, key_file, *arguments, tmp_path / "out.zip")
    assert (refused.exit_code, said in refused.output) == (2, True), refused.output
    assert list(tmp_path.glob("out*")) == []


def test_an_import_of_what_is_no_bundle_ends_with_2(url: str, key_file: Path, tmp_path: Path) -> None:
    (tmp_path / "some.zip").write_bytes(b"PK")
    refused = ran(url, key_file, "import", tmp_path / "some.zip")
    assert (refused.exit_code, refused.stdout) == (2, "the zip is damaged or cut short; make it or send it again\n")


def test_the_schema_is_data(key_file: Path) -> None:
    said = ran("sqlite://", key_file, "schema", "justice")
    assert set(json.loads(said.stdout)["properties"]) >= {"people", "limits"}
