"""The folder of agreements while the service runs: a new version takes over at its moment, a faulty one does not."""

import logging
import os
from datetime import UTC, datetime, timedelta

import pytest

from app.policies import VersionsInvalid
from app.policies.folder import AgreementFolder
from tests.policies.asking import leicester
from tests.policies.drafts import WITHOUT_CONSENT, draft_text

LATER = ('version = "2012-11"', 'version = "2026-07"'), ("in_force_from = 2012-11-01", "in_force_from = 2026-07-01")
STROKE = datetime(2026, 6, 30, 23, 0, tzinfo=UTC)
"""Midnight in London, on which the later version begins."""
BEFORE = STROKE - timedelta(microseconds=1)


class Clock:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.now = datetime(2026, 6, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def folder(tmp_path, clock) -> AgreementFolder:
    put(tmp_path, "2012.toml", draft_text())
    return AgreementFolder(tmp_path, clock, looks_every=0)


def put(directory, name: str, text: str) -> None:
    """A file as it is deployed: written beside, then moved into its place."""
    beside = directory / f"{name}.new"
    beside.write_text(text)
    os.replace(beside, directory / name)


def test_the_switch_happens_at_the_stroke_of_the_moment(folder, tmp_path):
    put(tmp_path, "2026.toml", draft_text(WITHOUT_CONSENT, *LATER))
    assert folder.at(BEFORE).version == "2012-11"
    assert folder.at(STROKE).version == "2026-07"
    assert folder.at(BEFORE).digest == leicester().digest
    assert [each.version for each in folder] == ["2012-11", "2026-07"]
    assert folder.by_digest(folder.at(STROKE).digest).version == "2026-07"


def test_what_was_known_stays_the_same_object_with_all_that_it_remembers(folder, tmp_path):
    first = folder.at(BEFORE)
    put(tmp_path, "2026.toml", draft_text(*LATER))
    assert folder.at(BEFORE) is first


def test_a_file_that_came_before_its_start_is_taken_even_if_nobody_asked_until_after_it(folder, tmp_path, clock):
    put(tmp_path, "2026.toml", draft_text(*LATER))
    clock.now = clock.now + timedelta(seconds=1)
    assert folder.at(STROKE + timedelta(days=9)).version == "2026-07"


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        pytest.param("2026.toml", "version = ", "2026.toml:1: not TOML", id="half a file"),
        pytest.param("2026.toml", draft_text(*LATER, ("needs =", "need =")), "unknown key 'need'", id="a fault"),
        pytest.param("2026.toml", draft_text(LATER[1]), "cannot be told apart", id="another of the same name"),
        pytest.param("2012.toml", draft_text(WITHOUT_CONSENT), "would have begun before it came", id="an edited one"),
        pytest.param("2012.toml", draft_text(*LATER), "'2012-11' was edited or is gone", id="one in place of another"),
        pytest.param("2013.toml", draft_text(("2012-11-01", "2013-11-01"), LATER[0]),
                     "'2026-07' would have begun before", id="one of the past"),
    ],
)  # fmt: skip
def test_a_fault_changes_nothing_and_is_said_once(folder, tmp_path, caplog, name, text, fault):
    put(tmp_path, name, text)
    with caplog.at_level(logging.ERROR, "openmind"):
        for _ in range(3):
            assert folder.at(STROKE).digest == leicester().digest
            assert folder.by_digest(leicester().digest)
    assert fault in (folder.fault or "")
    assert [fault in record.message for record in caplog.records] == [True]


def test_a_version_that_is_taken_away_is_missed_and_goes_on(folder, tmp_path):
    (tmp_path / "2012.toml").unlink()
    assert folder.at(STROKE).digest == leicester().digest
    assert folder.fault == "version '2012-11' was edited or is gone; put it back"


def test_a_folder_that_is_gone_changes_nothing(folder, tmp_path):
    (tmp_path / "2012.toml").unlink()
    tmp_path.rmdir()
    assert folder.at(STROKE).digest == leicester().digest
    assert folder.fault


def test_a_fault_that_is_put_right_is_taken(folder, tmp_path):
    put(tmp_path, "2026.toml", "version = ")
    assert folder.at(STROKE).version == "2012-11"
    put(tmp_path, "2026.toml", draft_text(*LATER))
    assert folder.at(STROKE).version == "2026-07"
    assert folder.fault is None


def test_other_files_are_none_of_its_business(folder, tmp_path):
    (tmp_path / "notes.txt").write_text("version = ")
    assert folder.at(STROKE).version == "2012-11"
    assert folder.fault is None


def test_the_folder_is_looked_at_no_more_often_than_it_is_told(tmp_path, clock):
    put(tmp_path, "2012.toml", draft_text())
    seldom = AgreementFolder(tmp_path, clock, looks_every=3600)
    put(tmp_path, "2026.toml", draft_text(*LATER))
    assert seldom.at(STROKE).version == "2012-11"


def test_a_folder_without_an_agreement_is_none(tmp_path, clock):
    with pytest.raises(VersionsInvalid, match="no agreement at all"):
        AgreementFolder(tmp_path, clock)


def said(caplog) -> list[tuple[int, str]]:
    """What was logged since this was last asked."""
    lines = [(record.levelno, record.getMessage()) for record in caplog.records]
    caplog.clear()
    return lines


def test_the_log_has_what_was_read_and_what_was_left_once_for_each_change(folder, tmp_path, caplog):
    caplog.set_level(logging.INFO, "openmind")
    put(tmp_path, "2026.toml", "version = ")
    folder.at(STROKE)
    fault = f"{tmp_path}/2026.toml:1: not TOML: Invalid value; correct the line"
    assert said(caplog) == [(logging.ERROR, f"the folder of agreements is left as it was: {fault}")]
    put(tmp_path, "2026.toml", "version =  ")
    folder.at(STROKE)
    assert (folder.fault, said(caplog)) == (fault, [])
    (tmp_path / "2026.toml").unlink()
    folder.at(STROKE)
    read = "the folder of agreements was read again: "
    assert (folder.fault, said(caplog)) == (None, [(logging.WARNING, f"{read}2012-11")])
    put(tmp_path, "2026.toml", draft_text(*LATER))
    folder.at(STROKE)
    assert said(caplog) == [(logging.WARNING, f"{read}2012-11, 2026-07")]
    put(tmp_path, "2026.toml", draft_text(*LATER) + "# a comment\n")
    folder.at(STROKE)
    assert said(caplog) == []


def test_files_that_did_not_change_are_not_read_again(folder, tmp_path, monkeypatch):
    put(tmp_path, "2026.toml", draft_text(*LATER))
    folder.at(STROKE)
    for looked in (folder, AgreementFolder(tmp_path, Clock(), looks_every=0)):
        with monkeypatch.context() as patched:
            patched.setattr("app.policies.folder.load_agreement", None)
            assert looked.at(STROKE).version == "2026-07"
