"""Versions: which was in force when, to the moment, and no gap or overlap between them."""

from datetime import UTC, date, datetime

import pytest

from app.policies import (
    AgreementVersions,
    CompiledAgreement,
    VersionsInvalid,
    compile_agreement,
    findings,
    render,
    shipped_versions,
    versions_in,
)
from app.policies.load import read_agreement
from tests.policies.asking import leicester
from tests.policies.clauses import FILE


def version(name: str, begins: str, last_day: str = "") -> CompiledAgreement:
    """The agreement under another name and for another time."""
    text = FILE.read_text().replace('version = "2012-11"', f'version = "{name}"')
    term = f"in_force_from = {begins}" + (f"\nlast_day = {last_day}" if last_day else "")
    return compile_agreement(read_agreement(text.replace("in_force_from = 2012-11-01", term), "x"))


def test_a_version_lasts_until_the_next_begins_at_midnight_in_london():
    one, two = version("1", "2012-11-01"), version("2", "2026-07-01")
    versions = AgreementVersions([two, one])
    assert list(versions) == [one, two]
    assert versions.at(datetime(2026, 6, 30, 22, 59, 59, tzinfo=UTC)) is one
    assert versions.at(datetime(2026, 6, 30, 23, 0, tzinfo=UTC)) is two  # summer time
    assert versions.at(datetime(2000, 1, 1, tzinfo=UTC)) is one
    assert (versions.by_digest(one.digest), versions.by_digest(two.digest)) == (one, two)
    with pytest.raises(KeyError):
        versions.by_digest("0" * 64)


def test_a_last_day_holds_to_its_end_in_london():
    agreement = version("1", "2012-11-01", "2026-06-30")
    assert not agreement.ended(datetime(2026, 6, 30, 22, 59, 59, tzinfo=UTC))
    assert agreement.ended(datetime(2026, 6, 30, 23, 0, tzinfo=UTC))


def test_versions_that_meet_are_good():
    one, two = version("1", "2012-11-01", "2026-06-30"), version("2", "2026-07-01")
    assert AgreementVersions([one, two]).at(datetime(2026, 7, 1, tzinfo=UTC)) is two


@pytest.mark.parametrize(
    ("versions", "fault"),
    [
        pytest.param([], "there is no agreement at all", id="no version"),
        pytest.param(
            [("1", "2012-11-01", "2020-01-01"), ("2", "2020-01-03")],
            "between versions '1' and '2' there is a gap",
            id="a gap of a day",
        ),
        pytest.param(
            [("1", "2012-11-01", "2020-01-01"), ("2", "2020-01-01")],
            "versions '1' and '2' overlap",
            id="an overlap of a day",
        ),
        pytest.param(
            [("1", "2012-11-01"), ("2", "2012-11-01")],
            "versions '1' and '2' begin on the same day",
            id="two of one day",
        ),
        pytest.param(
            [("1", "2012-11-01"), ("1", "2020-01-01")],
            "versions '1' and '1' cannot be told apart",
            id="two of one name",
        ),
    ],
)
def test_refuses(versions, fault):
    with pytest.raises(VersionsInvalid) as caught:
        AgreementVersions(version(*each) for each in versions)
    assert str(caught.value) == fault


def test_the_package_ships_its_agreement():
    assert [each.version for each in shipped_versions()] == ["2012-11"]
    assert [each.digest for each in versions_in(FILE.parent)] == [leicester().digest]


def test_an_overdue_review_is_found():
    assert leicester().review_due(date(2013, 11, 1)) is None
    assert leicester().review_due(date(2013, 11, 2)) == date(2013, 11, 1)
    assert leicester().review_due(date(2026, 3, 2), reviewed=date(2025, 11, 1)) is None
    assert findings(leicester(), date(2026, 3, 2)) == ("a review was due on 2013-11-01: no later one is recorded",)
    assert findings(leicester(), date(2026, 3, 2), reviewed=date(2025, 11, 1)) == ()


def test_an_end_that_has_passed_and_a_beginning_that_has_not_are_found():
    ended = findings(version("1", "2012-11-01", "2013-06-30"), date(2013, 7, 1))
    assert ended == ("it ended with 2013-06-30: only what outlives it is permitted",)
    assert findings(leicester(), date(2012, 10, 31)) == ("it is not in force before 2012-11-01",)


def test_the_agreement_is_shown_with_every_clause_and_its_sentence():
    lines = render(leicester())
    words = " ".join(" ".join(lines).split())
    for clause in leicester().clauses:
        assert any(line.startswith(f"{clause.id} ") for line in lines)
        assert " ".join(clause.text.split()) in words
    assert leicester().digest in words
    assert max(map(len, lines[3:])) <= 100


def test_the_agreement_as_data_keeps_its_words_and_names_its_keys_in_camel_case():
    data = leicester().as_data()
    assert data["digest"] == leicester().digest
    assert data["inForceFrom"] == "2012-11-01"
    assert data["roles"]["offender-manager"]["parties"] == ["justice"]
    (d2,) = (clause for clause in data["clauses"] if clause["id"] == "D2")
    assert d2["despiteObjection"] is True
    assert list(d2) == [
        "roles",
        "actions",
        "categories",
        "needs",
        "despiteObjection",
        "id",
        "text",
        "effect",
        "basis",
        "purposes",
    ]
    assert d2["needs"] == ["caseload", "supervised", "mhtr"]
