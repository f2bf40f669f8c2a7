"""The commands that look ahead and back: matrix, diff, simulate, replay; what they print and how they end."""

import csv
import json
import shutil
from io import StringIO
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.audit.entry import ERASE, Record
from app.audit.submission import Change, Submission
from app.audit.writer import open_log
from app.cli.root import app
from app.db import Address
from app.policies import AgreementVersions, CompiledAgreement
from app.vocabulary import Role
from tests import world
from tests.audit.logs import Owner
from tests.policies import drafts
from tests.policies.asking import leicester
from tests.policies.drafts import WITHOUT_CONSENT, draft, draft_text
from tests.policies.test_compiled import compiled
from tests.routers.cast import ALMA, BARE, COURT, FULL, OLGA, OVERSIGHT, PETRA, RESTRICTED, THEO, WORK, cast
from tests.world import NOW

TODAY = NOW.date().isoformat()
_BASIS = '\nbasis = ["UK GDPR Art 6(1)(e)", "UK GDPR Art 10'
STRICTER = (f'needs = ["caseload"]{_BASIS}', f'needs = ["caseload", "mhtr"]{_BASIS}')


def ran(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(app, arguments, env=environment)


@pytest.fixture
def file(tmp_path: Path):
    """A draft in a file."""

    def write(*changes: tuple[str, str], name: str = "draft.toml") -> str:
        path = tmp_path / name
        path.write_text(draft_text(*changes))
        return str(path)

    return write


async def _used(url: str, key: Path) -> None:
    """A log with reads that answer, reads that refuse, lists, an explanation and strangers."""
    await world.put(url, cast())
    async with world.serving(url, key) as service:
        for crn in (FULL, COURT, BARE, RESTRICTED, "X999999"):
            for path in ("", "/attendance", "/access"):
                await service.get(f"/v1/people/{crn}{path}", *OLGA, WORK)
        await service.get(f"/v1/people/{FULL}", *THEO, "direct-care")
        await service.get(f"/v1/people/{FULL}", *OLGA, "direct-care")
        await service.get(f"/v1/people/{FULL}/identity", *PETRA, WORK)
        await service.get(f"/v1/people/{FULL}/identity", Role.OFFENDER_MANAGER, "never-heard-of", WORK)
        await service.get("/v1/people", *OLGA, WORK)
        await service.get("/v1/referrals", *THEO, "direct-care")
        await service.get("/v1/people", *ALMA, OVERSIGHT)
        await service.http.get(f"/v1/people/{FULL}")


@pytest.fixture(scope="session")
def used_file(sqlite_template: Path, key_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with that log in it, to copy."""
    path = tmp_path_factory.mktemp("used") / "open-mind.db"
    shutil.copy(sqlite_template, path)
    world.run(_used(f"sqlite:///{path}", key_file))
    return path


@pytest.fixture
def used(used_file: Path, key_file: Path, tmp_path: Path) -> dict[str, str]:
    """The settings of a service whose log is in use."""
    shutil.copy(used_file, tmp_path / "used.db")
    return settings_of(f"sqlite:///{tmp_path}/used.db", key_file)


@pytest.fixture
def used_on_both(database_url: str, key_file: Path) -> dict[str, str]:
    """The same on SQLite and on PostgreSQL."""
    world.run(_used(database_url, key_file))
    return settings_of(database_url, key_file)


def settings_of(url: str, key: Path) -> dict[str, str]:
    return {
        "OPENMIND_DATABASE_URL": url,
        "OPENMIND_ISSUER": "https://open-mind.test",
        "OPENMIND_SIGNING_KEY_FILE": str(key),
        **world.log_environment(),
    }


# --- matrix and diff -------------------------------------------------------------------------------------------------


def test_the_matrix_comes_in_three_forms():
    assert ran("agreement", "matrix").stdout.startswith("# Leicester Open Mind")
    assert ran("agreement", "matrix", "--format", "html").stdout.startswith("<!DOCTYPE html>")
    rows = list(csv.DictReader(StringIO(ran("agreement", "matrix", "--format", "csv").stdout)))
    assert {row["clause"] for row in rows} == {clause.id for clause in leicester().clauses} - {"H6"}


def test_the_matrix_of_a_faulty_draft_is_its_fault(file):
    ended = ran("agreement", "matrix", file(("needs =", "need =")))
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert "unknown key 'need'; did you mean 'needs'?" in ended.stderr


def test_a_difference_is_said_in_sentences_and_by_place(file):
    ended = ran("agreement", "diff", leicester().digest[:8], file(drafts.D2_STOPPED_BY_OBJECTION))
    assert ended.exit_code == 0
    assert "2 things that can be asked for change" in ended.stdout
    assert (
        "- Closes: for supervision, an offender manager (justice) may no longer read referral and attendance"
        in ended.stdout
    )
    assert ended.stdout.endswith("The files differ in:\n- clauses D2: despite_objection\n")


def test_a_difference_as_data_names_every_combination(file):
    told = json.loads(ran("agreement", "diff", file(name="old.toml"), file(WITHOUT_CONSENT), "--json").stdout)
    assert told["old"]["digest"] == leicester().digest
    assert told["new"] == {
        "version": "2012-11", "digest": draft(WITHOUT_CONSENT).digest, "inForceFrom": "2012-11-01", "lastDay": None
    }  # fmt: skip
    assert [(each["change"], each["category"]) for each in told["changes"]] == [
        ("opens", "referral"), ("widens", "referral"), ("opens", "attendance")
    ]  # fmt: skip
    assert len(told["sentences"]) == 3
    assert told["differsIn"] == ["clauses D1: needs"]


def test_two_that_are_the_same_are_said_to_be(file):
    ended = ran("agreement", "diff", file(), leicester().digest)
    assert "Nothing opens and nothing closes" in ended.stdout


def _lasting(day: str) -> tuple[str, str]:
    return ("review_months = 12", f"review_months = 12\nlast_day = {day}")


ENDS = "Ends: with 2027-03-31, after which only what outlives the agreement is open; before it"
SHORTER = ("valid_months = 12", "valid_months = 6")


@pytest.mark.parametrize(("old", "new", "said"), [
    pytest.param((), (_lasting("2027-03-31"),), [f"{ENDS} had no end."], id="an end where there was none"),
    pytest.param((_lasting("2026-12-31"),), (_lasting("2027-03-31"),), [f"{ENDS} ended with 2026-12-31."], id="later"),
    pytest.param((_lasting("2026-12-31"),), (), ["Goes on: the agreement no longer ends with 2026-12-31."], id="none"),
    pytest.param((), (SHORTER,), ["Counts: training:information-sharing for 6 months after the course instead of 12, "
                                  "for what is recorded from then on."], id="a course that counts for less"),
])  # fmt: skip
def test_what_changes_by_no_clause_is_said_as_well(file, old, new, said):
    """Neither opens or closes anything on given facts, and both change what people will see."""
    files = file(*old, name="old.toml"), file(*new)
    told = json.loads(ran("agreement", "diff", *files, "--json").stdout)
    assert (told["changes"], told["sentences"]) == ([], said)
    text = ran("agreement", "diff", *files).stdout
    assert "On the same facts, while both are in force, nothing opens and nothing closes.\n- " in text
    assert f"- {said[0]}\n" in text
    assert "the two agreements permit and refuse the same" not in text


def test_other_words_alone_open_and_close_nothing_in_either_direction(file):
    files = file(name="old.toml"), file(drafts.OTHER_WORDS)
    for pair in (files, files[::-1]):
        text = ran("agreement", "diff", *pair).stdout
        assert "0 things that can be asked for change" in text
        assert "the two agreements permit and refuse the same.\n\nThe files differ in:\n- clauses B1: text\n" in text


@pytest.mark.parametrize(("name", "message"), [
    pytest.param("00000000", "0 versions have a digest that begins with '00000000'", id="a digest that nobody has"),
    pytest.param("nowhere.toml", "'nowhere.toml' cannot be read", id="no file"),
])  # fmt: skip
def test_what_is_not_there_cannot_be_compared(name, message):
    ended = ran("agreement", "diff", leicester().digest, name)
    assert ended.exit_code == 2
    assert message in ended.stderr


def test_digests_are_those_of_the_folder_that_the_settings_name(file, tmp_path):
    file(WITHOUT_CONSENT)
    changed = draft(WITHOUT_CONSENT).digest
    assert ran("agreement", "diff", changed, changed, OPENMIND_AGREEMENTS_DIR=str(tmp_path)).exit_code == 0
    assert ran("agreement", "diff", changed, changed).exit_code == 2
    (tmp_path / "broken.toml").write_text("version = ")
    ended = ran("agreement", "show", OPENMIND_AGREEMENTS_DIR=str(tmp_path))
    assert ended.exit_code == 2
    assert "OPENMIND_AGREEMENTS_DIR: " in ended.stderr


# --- simulate --------------------------------------------------------------------------------------------------------


def test_a_simulation_names_what_would_not_have_been_disclosed(used_on_both, file):
    """Against the entries themselves: A1 for those alone whom a court has sent."""
    used = used_on_both
    bodies = [
        json.loads(body)
        for (body,) in Owner(Address(used["OPENMIND_DATABASE_URL"])).rows("SELECT body FROM log_entry ORDER BY seq")
    ]
    open_by_a1 = [
        seq
        for seq, body in enumerate(bodies)
        if "A1" in body["clauses"] and "mhtr" not in body["facts"]["names"] and body["outcome"] != "refused"
    ]
    arguments = ("agreement", "simulate", file(STRICTER), "--since", TODAY, "--until", TODAY)
    told = json.loads(ran(*arguments, "--json", **used).stdout)
    assert told["agreement"]["digest"] == draft(STRICTER).digest
    assert (told["first"], told["last"], told["entries"]) == (0, len(bodies) - 1, len(bodies))
    (identity,) = (each for each in told["changes"] if each["category"] == "identity")
    assert (identity["change"], identity["role"], identity["purpose"]) == ("closes", "offender-manager", "supervision")
    assert identity["entryNumbers"] == open_by_a1
    lost = [seq for seq in open_by_a1 if bodies[seq]["type"] == "access"]
    assert told["disclosuresLost"]["entryNumbers"] == lost
    assert 0 < len(lost) < len(open_by_a1)
    assert (told["refusalsOpened"]["count"], told["uncertain"]["count"]) == (0, 0)
    said = ran(*arguments, **used).stdout
    assert f"{told['decisions']} decisions made again, of which {len(open_by_a1)} would change" in said
    numbers = ", ".join(map(str, lost))
    assert f"Disclosures that would not have happened: {len(lost)} (entries {numbers})" in said
    assert "Refusals that would have opened: none" in said


def test_a_draft_with_a_fault_ends_as_a_check_does(used, file):
    path = file(("needs =", "need ="))
    ended, checked = ran("agreement", "simulate", path, "--since", TODAY, **used), ran("agreement", "check", path)
    assert (ended.exit_code, ended.stderr) == (checked.exit_code, checked.stderr)
    assert ended.exit_code == 1
    problem = json.loads(ran("agreement", "simulate", path, "--since", TODAY, "--json", **used).stdout)
    assert (problem["code"], problem["field"]) == ("agreement-invalid", "new")
    assert problem["detail"] == ended.stderr.strip()
    assert problem["remedy"]


@pytest.mark.parametrize(("arguments", "field", "detail"), [
    pytest.param(["--since", "2099-01-01"], "since", "nothing was recorded in this period", id="an empty period"),
    pytest.param(["--since", TODAY, "--until", "2026-01-01"], "until", "is not after `since`", id="an end first"),
    pytest.param(["--since", "soon"], "since", "'soon' is neither a day nor a moment", id="no day"),
    pytest.param(["--since", "2026-03-01T10:00"], "since", "has no offset, such as Z", id="a moment without offset"),
])  # fmt: skip
def test_a_period_without_decisions_is_a_problem_with_field_and_remedy(used, file, arguments, field, detail):
    ended = ran("agreement", "simulate", file(), *arguments, "--json", **used)
    problem = json.loads(ended.stdout)
    assert (ended.exit_code, problem["field"]) == (2, field)
    assert detail in problem["detail"]
    assert problem["remedy"]
    assert f"{problem['code']}: {field}: " in ended.stderr


def test_what_is_not_at_hand_and_what_was_erased_is_no_hindrance(used, file, tmp_path):
    """Who asked why on which facts stays in the entry; under which agreement it was is told by its digest alone."""
    url = used["OPENMIND_DATABASE_URL"]
    arguments = ("agreement", "simulate", file(STRICTER, name="new.toml"), "--since", TODAY, "--json")
    before = json.loads(ran(*arguments, **used).stdout)
    folder = tmp_path / "another"
    folder.mkdir()
    (folder / "other.toml").write_text(draft_text(WITHOUT_CONSENT))
    assert json.loads(ran(*arguments, **used, OPENMIND_AGREEMENTS_DIR=str(folder)).stdout) == before
    parts = world.run(world.subjects(url))
    targets = [seq for seq, part in parts.items() if part["crn"] == FULL]
    world.run(_erased(url, targets))
    assert len(world.run(world.subjects(url))) == len(parts) - len(targets)
    after = json.loads(ran(*arguments, **used).stdout)
    assert (after["entries"], after["decisions"]) == (before["entries"] + 1, before["decisions"])
    assert (after["changes"], after["disclosuresLost"]) == (before["changes"], before["disclosuresLost"])
    assert ran("audit", "replay", **used).exit_code == 0


async def _erased(url: str, targets: list[int]) -> None:
    """The persons' parts of these entries, by an entry that says so."""
    log = await open_log(Address(url), None, lambda: NOW)
    try:
        said = {"kind": ERASE, "action": ERASE, "resource": "openmind erase", "outcome": "permitted", "request_id": "1"}
        about = {"caller": None, "reason": "court-order", "details": {"authority": "x", "targets": targets}}
        entry = Record(occurred_at=NOW, agreement=leicester().digest, **said, **about).sealed()
        parts = tuple(Change(f"DELETE FROM log_subject WHERE seq = {seq}") for seq in targets)
        await log.append(Submission((entry,), (), parts))
    finally:
        await log.close()


def test_an_empty_log_is_a_problem_and_no_log_another(database_url, key_file, tmp_path, file):
    empty = ran("agreement", "simulate", file(), "--since", TODAY, **settings_of(database_url, key_file))
    assert (empty.exit_code, "the log is empty" in empty.stderr) == (2, True)
    nowhere = settings_of(f"sqlite:///{tmp_path}/nowhere.db", key_file)
    none = ran("agreement", "simulate", file(), "--since", TODAY, **nowhere)
    assert (none.exit_code, "there is no database file" in none.stderr) == (2, True)


# --- replay ----------------------------------------------------------------------------------------------------------


def test_what_the_service_wrote_is_clean(used_on_both):
    used = used_on_both
    ended = ran("audit", "replay", **used)
    assert ended.exit_code == 0, ended.stdout
    assert ended.stdout == "clean: 23 decisions made again, 3 entries without one\n"
    told = json.loads(ran("audit", "replay", "--json", **used).stdout)
    assert (told["exit_code"], told["first"], told["disagreements"], told["unknown"]) == (0, None, [], {})


def test_the_first_entry_that_disagrees_is_named(used):
    owner = Owner(Address(used["OPENMIND_DATABASE_URL"]))
    owner.tamper(
        'UPDATE log_entry SET body = replace(body, \'"outcome":"partly-permitted"\', \'"outcome":"permitted"\') '
        "WHERE seq = 3"
    )
    ended = ran("audit", "replay", **used)
    assert ended.exit_code == 1
    assert "DISAGREES: the first entry is 3; 1 disagreements" in ended.stdout
    assert "entry 3: says 'permitted' instead of 'partly-permitted' (outcome)" in ended.stdout


async def _ruled_by_another(url: str, key: Path, said: CompiledAgreement, ruling: CompiledAgreement) -> None:
    """Reads, an explanation and a list by a service that decides by one agreement and cites another."""
    for book in (ruling.in_force, ruling.outlived):
        book._digest = said.digest
    ruling.digest = said.digest
    await world.put(url, cast())
    async with world.serving(url, key) as service:
        service.app.state.services.gate.agreements = AgreementVersions([ruling])
        for crn in (COURT, FULL, BARE):
            for path in ("/scores", "/attendance", "/access"):
                await service.get(f"/v1/people/{crn}{path}", *OLGA, WORK)
        await service.get("/v1/referrals", *OLGA, WORK)


@pytest.mark.parametrize(("change", "code", "number"), [
    pytest.param((WITHOUT_CONSENT[0], 'needs = ["caseload"]'), "released", 7, id="more is released"),
    pytest.param((WITHOUT_CONSENT[0], 'needs = ["caseload", "supervised", "consent:attendance", "consent:scores"]'),
                 "withheld", 7, id="withheld for another reason"),
    pytest.param(drafts.D2_STOPPED_BY_OBJECTION, "withheld", 1, id="less is released"),
])  # fmt: skip
def test_a_log_that_was_written_by_another_policy_is_found(sqlite_url, key_file, change, code, number):
    """The log itself is whole; what it says was permitted is not what the agreement that it cites permits."""
    world.run(_ruled_by_another(sqlite_url, key_file, leicester(), compiled(draft_text(change))))
    known = settings_of(sqlite_url, key_file)
    assert ran("audit", "verify", **known).exit_code == 0
    told = json.loads(ran("audit", "replay", "--json", **known).stdout)
    assert (told["exit_code"], told["first"]) == (1, number)
    assert told["disagreements"][0]["code"] == code


def test_an_entry_that_cannot_be_read_is_named(used):
    Owner(Address(used["OPENMIND_DATABASE_URL"])).tamper(
        "UPDATE log_entry SET body = replace(body, '\"clauses\":[', '\"clause\":[') WHERE seq = 4"
    )
    ended = ran("audit", "replay", **used)
    assert (ended.exit_code, "entry 4 cannot be read" in ended.stdout) == (1, True)


def test_an_agreement_that_is_not_at_hand_cannot_be_replayed(used, file, tmp_path):
    file(WITHOUT_CONSENT)
    ended = ran("audit", "replay", **used, OPENMIND_AGREEMENTS_DIR=str(tmp_path))
    assert ended.exit_code == 2
    assert f"could not replay: agreement {leicester().digest}, first cited by entry 0, is not at hand" in ended.stdout


def test_without_a_log_nothing_can_be_replayed(key_file, tmp_path):
    ended = ran("audit", "replay", **settings_of(f"sqlite:///{tmp_path}/nowhere.db", key_file))
    assert ended.exit_code == 2
    assert "could not replay: there is no database file" in ended.stdout
    assert not (tmp_path / "nowhere.db").exists()
