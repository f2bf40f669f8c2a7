"""The matrix: every condition of the agreement in its cell, in words, in each of the three forms."""

import csv
from html.parser import HTMLParser
from io import StringIO

import pytest

from app.policies.review.matrix import matrix
from app.policies.review.page import in_html
from app.policies.review.tables import in_csv, in_markdown
from app.vocabulary import Category, Party, Purpose, Role
from tests.policies.asking import leicester
from tests.policies.drafts import draft
from tests.policies.law import PROHIBITED, lines

OFFENDER_MANAGER = (Role.OFFENDER_MANAGER, Party.JUSTICE, Purpose.SUPERVISION)


class Page(HTMLParser):
    """What a page holds."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.words.append(data)

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for one, attributes in self.tags if one == tag]


def rows() -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(in_csv(leicester()))))


def test_a_cell_names_clauses_and_what_has_to_hold():
    cell = matrix(leicester()).cell(OFFENDER_MANAGER, Category.ATTENDANCE)
    assert [line.text for line in cell.lines] == [
        "D1: read where the person is on their caseload, a sentence is running, the person agrees to sharing their "
        "attendance and the person does not object to it being read",
        "D2: read where the person is on their caseload, a sentence is running and a Mental Health Treatment "
        "Requirement is running",
    ]


def test_a_caveat_a_draft_and_what_outlives_the_agreement_are_in_the_cell():
    shown = matrix(leicester())
    assert shown.cell(OFFENDER_MANAGER, Category.SCORES).lines[0].how_far == (
        "totals and severity bands only, never single answers"
    )
    own = [line for line in shown.cell(OFFENDER_MANAGER, Category.REFERRAL).lines if line.clause == "D6"]
    assert {line.how_far for line in own} == {"the caller's own draft alone, until it is sent"}
    withdrawal = shown.cell(OFFENDER_MANAGER, Category.CONSENT).lines[-1]
    assert withdrawal.flags == ("also of a restricted record", "also after the agreement has ended")


def test_what_is_prohibited_stands_where_nothing_else_does():
    cell = matrix(leicester()).cell(OFFENDER_MANAGER, Category.NOTES)
    assert cell.lines == ()
    assert [(clause, [*map(str, actions)]) for clause, actions in cell.prohibited] == [
        ("P3", ["read", "write", "create"])
    ]


def test_every_line_of_the_law_is_in_the_table_and_nothing_else():
    """Against the law as it was written down by hand."""
    told = {
        (row["clause"], row["role"], row["purpose"], action, row["subject"])
        for row in rows()
        if row["effect"] == "permit"
        for action in row["actions"].split()
    }
    assert told == {(one.clause, one.role, one.purpose, one.action, one.subject) for one in lines()}


def test_the_prohibition_is_in_the_table_for_every_purpose_of_the_party():
    forbidden = [row for row in rows() if row["effect"] == "prohibit"]
    assert {row["clause"] for row in forbidden} == {"P3"}
    assert {row["party"] for row in forbidden} == {"justice"}
    assert {row["subject"] for row in forbidden} == set(PROHIBITED)


def test_a_line_of_the_table_carries_the_sentence_of_its_clause():
    (row,) = (row for row in rows() if row["clause"] == "D4")
    assert row["sentence"] == leicester().sentence("D4")
    assert (row["restricted too"], row["after the end too"]) == ("no", "no")


def test_text_that_a_spreadsheet_would_run_stays_text():
    told = in_csv(draft(('text = "They may read and change their own draft', 'text = "=HYPERLINK(1) their own draft')))
    assert "'=HYPERLINK(1)" in told


def test_markdown_has_a_section_for_each_role_with_its_purposes():
    told = in_markdown(leicester())
    section = told.split("## offender-manager (justice)")[1].split("\n## ")[0]
    assert "| | supervision | public-protection | emergency |" in section
    assert "| **notes** | P3: never read, write or create |" in section
    table = [line for line in section.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in table} == {5}
    assert "## auditor (health)" in told
    assert "## auditor (justice)" in told


def test_the_page_loads_nothing_and_runs_nothing():
    page = Page(in_html(leicester()))
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in page.tags}
    assert all(each["href"].startswith("#") for each in page.named("a"))
    assert "url(" not in in_html(leicester())
    assert "@import" not in in_html(leicester())


def test_the_page_can_be_read_without_seeing_it():
    page = Page(in_html(leicester()))
    assert page.named("html") == [{"lang": "en"}]
    assert {each["scope"] for each in page.named("th")} == {"col", "row"}
    assert len(page.named("caption")) == 1
    (region,) = (each for each in page.named("div") if each.get("role") == "region")
    assert (region["tabindex"], region["aria-labelledby"]) == ("0", "matrix")
    assert {each["id"] for each in page.named("dt")} == {clause.id for clause in leicester().clauses}
    assert {each["href"][1:] for each in page.named("a")} <= {each["id"] for each in page.named("dt")}


def test_headers_stay_in_sight():
    told = in_html(leicester())
    assert "thead th { position: sticky; top: 0;" in told
    assert "tbody th { position: sticky; left: 0;" in told


@pytest.mark.parametrize("bad", ["<script>alert(1)</script>", "</style><b>"])
def test_words_of_the_file_are_words_on_the_page(bad):
    told = in_html(draft(('title = "Leicester', f'title = "{bad}Leicester')))
    assert "<script>alert" not in told
    assert "<b>" not in told
