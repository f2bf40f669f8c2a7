"""In plain words: a paragraph for each way to be open or withheld, and the same on the command line."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from typer.testing import CliRunner

from app.cli.agreement import app
from app.policies import explain
from app.policies.plain import permitted_in_words, withheld_in_words
from app.vocabulary import CATEGORIES, FACTS, Facts, Question, facts_of
from tests.policies.asking import asks, decided, facts, leicester, standing
from tests.policies.drafts import WITHOUT_CONSENT, draft, draft_text
from tests.policies.test_properties import questions

OM = standing("offender-manager")
WHOLE = tuple(category.value for category in CATEGORIES)
EVERY = facts_of(*FACTS)
MINE = ("explain", "--role", "offender-manager", "--purpose", "supervision")


def said(holding: Facts, category: str, *, told: Facts | None = None) -> str:
    """The paragraph about one category, for an offender manager who supervises."""
    decision = decided(asks("offender-manager", "supervision", "read", *WHOLE), holding)
    for ruling in decision.rulings:
        if ruling.permitted and ruling.subject.value == category:
            return permitted_in_words(ruling, leicester())
    return next(
        withheld_in_words(each, leicester())
        for each in explain(decision, leicester(), told)
        if each.subject.value == category
    )


def test_what_is_open_says_what_it_holds_under_which_clause_and_how_far() -> None:
    text = said(OM | facts("caseload supervised consent:scores"), "scores")
    assert text == (
        f"Scores is open. It holds: {leicester().agreement.categories['scores'].text} "
        f"Totals and severity bands only, never single answers. Clause D4: {leicester().sentence('D4')}"
    )


def test_what_is_missing_comes_before_what_stands_in_the_way_and_whom_to_ask() -> None:
    text = said(OM | facts("caseload supervised objection:progress"), "progress")
    assert [text.index(part) for part in ("Standing condition S4: ", "Clause D3: ", "What is missing: ")] == sorted(
        text.index(part) for part in ("Standing condition S4: ", "Clause D3: ", "What is missing: ")
    )
    assert "What stands in the way: The person objects to the other party reading their progress." in text
    assert text.endswith("Ask: the person.")
    assert "What would open it: " in text


def test_a_second_way_is_said_as_an_alternative() -> None:
    text = said(OM | facts("caseload supervised"), "attendance")
    assert text.count("What would open it: ") == 1
    assert text.count(" Or: ") == 1


@pytest.mark.parametrize(
    ("category", "beginning"),
    [
        ("notes", "Notes is withheld: it is forbidden, whatever else holds. Clause P3: "),
        ("safety-alert", "Safety alert is withheld: no clause lets this role do this for this purpose. Standing "),
    ],
)
def test_what_nothing_opens_says_so(category: str, beginning: str) -> None:
    assert said(OM | facts("caseload supervised"), category).startswith(beginning)


def test_an_exclusion_is_said_to_oversight_and_to_nobody_else() -> None:
    holding = OM | facts("caseload supervised excluded")
    own, oversight = said(holding, "contact"), said(holding, "contact", told=EVERY)
    assert "exclusion" not in own
    assert "S3" not in own
    assert "There may be a reason that cannot be given here." in own
    assert "Ask: the Caldicott guardian of your organisation." in own
    assert "Standing condition S3: " in oversight
    assert "What stands in the way: You are on the record's exclusion list." in oversight


@given(questions())
def test_every_paragraph_names_its_subject_and_cites_its_clauses(asked: tuple[Question, Facts]) -> None:
    """Whatever is asked on whatever facts: each explanation has words, and every clause of it its own sentence."""
    decision = decided(*asked)
    for each in explain(decision, leicester(), EVERY):
        text = withheld_in_words(each, leicester())
        assert text.startswith(each.subject.value.replace("-", " ").capitalize())
        assert all(sentence in text for _, sentence in each.clauses)
        assert all(reason.text in text for reason in each.missing)
    for ruling in decision.rulings:
        if ruling.permitted:
            text = permitted_in_words(ruling, leicester())
            assert all(leicester().sentence(clause) in text for clause in ruling.clauses)


# --- on the command line --------------------------------------------------------------------------------------------


def run(*arguments: str) -> Any:
    """What the command prints, and its exit code."""
    return CliRunner().invoke(app, [*arguments])


def test_the_command_says_it_in_the_same_words() -> None:
    held = "employed,training:information-sharing,caseload,supervised"
    result = run(*MINE, "--category", "attendance", "--facts", held)
    assert result.exit_code == 1
    assert result.stdout.strip() == said(OM | facts("caseload supervised"), "attendance")
    opened = run(*MINE, "--category", "attendance", "--facts", held, "--facts", "consent:attendance")
    assert opened.exit_code == 0
    assert opened.stdout.startswith("Attendance is open.")


def test_as_data_it_has_every_category_and_the_facts_that_were_given() -> None:
    result = run(*MINE, "--facts", "employed, training:information-sharing, caseload", "--json")
    data = json.loads(result.stdout)
    assert {each["category"] for each in [*data["open"], *data["withheld"]]} == {*WHOLE}
    assert data["facts"] == ["employed", "training:information-sharing", "caseload"]
    assert (data["party"], data["agreement"]) == ("justice", leicester().digest)


def test_told_is_what_whoever_asks_would_hear() -> None:
    held = ("--facts", "employed,training:information-sharing,caseload,excluded", "--category", "risk")
    assert "exclusion list" in run(*MINE, *held).stdout
    assert "exclusion" not in run(*MINE, *held, "--told").stdout


def test_a_register_and_another_action_can_be_asked_about() -> None:
    officer = ("explain", "--role", "records-officer", "--purpose", "subject-access")
    result = run(*officer, "--action", "open", "--category", "subject-request", "--facts",
                 "employed,training:information-sharing")  # fmt: skip
    assert result.exit_code == 0
    assert "Clause G5: " in result.stdout


@pytest.mark.parametrize(
    ("at", "version"),
    [
        pytest.param("2026-06-30", "2012-11", id="the day before"),
        pytest.param("2026-07-01", "2026-07", id="a day begins in London"),
        pytest.param("2026-07-01T00:59:59.999999+02:00", "2012-11", id="before it, though later by another clock"),
        pytest.param("2026-07-01T00:00:00+01:00", "2026-07", id="the stroke in summer time"),
        pytest.param("2026-06-30T22:59:59.999999Z", "2012-11", id="the last moment in UTC"),
        pytest.param("2026-06-30T23:00:00Z", "2026-07", id="the stroke in UTC"),
    ],
)
def test_it_is_explained_under_the_agreement_of_the_moment(tmp_path: Path, at: str, version: str) -> None:
    begins = (
        ('version = "2012-11"', 'version = "2026-07"'),
        ("in_force_from = 2012-11-01", "in_force_from = 2026-07-01"),
    )
    later = draft(WITHOUT_CONSENT, *begins)
    (tmp_path / "2012.toml").write_text(draft_text())
    (tmp_path / "2026.toml").write_text(draft_text(WITHOUT_CONSENT, *begins))
    held = ("--category", "attendance", "--facts", "employed,training:information-sharing,caseload,supervised")
    folder = {"OPENMIND_AGREEMENTS_DIR": str(tmp_path)}
    result = CliRunner().invoke(app, [*MINE, *held, "--at", at, "--json"], env=folder)
    under = {"2012-11": (leicester().digest, 1), "2026-07": (later.digest, 0)}
    assert (json.loads(result.stdout)["agreement"], result.exit_code) == under[version]


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (("--category", "horoscope"), "--category: 'horoscope' is none of"),
        (("--facts", "caseload,rich"), "--facts: 'rich' is none of"),
        (("--party", "health"), "--party: an offender manager is at justice"),
        (("--at", "soon"), "--at: 'soon' is neither a day nor a moment"),
        (("--at", "2026-06-30T23:30:00"), "--at: '2026-06-30T23:30:00' has no offset, such as Z"),
    ],
)
def test_a_question_that_cannot_be_put_is_refused_by_option(arguments: Any, option: str) -> None:
    result = run(*MINE, *arguments)
    assert result.exit_code == 2
    assert option in result.output
