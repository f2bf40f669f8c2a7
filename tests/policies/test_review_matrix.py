"""The matrix: every condition of the agreement in its cell, in words, in each of its forms."""

import csv
import json
import re
from html.parser import HTMLParser
from io import StringIO

import pytest

from app.policies.review.forms import in_json
from app.policies.review.matrix import Cell, Line, matrix
from app.policies.review.page import in_html
from app.policies.review.tables import _in_cell, _plain, in_csv, in_markdown
from app.vocabulary import SUBJECTS, Action, Category, Party, Purpose, Register, Role
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


def test_as_data_it_has_every_condition_that_the_other_forms_have():
    """Each line of the CSV is one permission or prohibition of a cell, and the other way round."""
    data = json.loads(in_json(leicester()))
    assert (data["version"], data["digest"]) == (leicester().version, leicester().digest)
    found = []
    for row in data["rows"]:
        for cell in row["cells"]:
            at = (row["role"], row["party"], row["purpose"], cell["category"])
            found += [
                (*at, "permit", each["clause"], " ".join(each["actions"]), "; ".join(each["conditions"]),
                 each["howFar"], each["alsoRestricted"], each["alsoAfterTheEnd"])
                for each in cell["permits"]
            ]  # fmt: skip
            found += [
                (*at, "prohibit", each["clause"], " ".join(each["actions"]), "", "", False, False)
                for each in cell["prohibits"]
            ]
    named = ("role", "party", "purpose", "subject", "effect", "clause", "actions", "conditions", "how far")
    flags = ("restricted too", "after the end too")
    assert found == [(*(row[name] for name in named), *(row[name] == "yes" for name in flags)) for row in rows()]
    assert len(found) > 200


def test_as_data_a_permission_is_said_in_words_and_what_is_closed_is_left_out():
    shown, seen = matrix(leicester()), 0
    for row in json.loads(in_json(leicester()))["rows"]:
        place = (Role(row["role"]), Party(row["party"]), Purpose(row["purpose"]))
        for cell in row["cells"]:
            (subject,) = (each for each in SUBJECTS if each.value == cell["category"])
            assert [each["text"] for each in cell["permits"]] == [
                line.text for line in shown.cell(place, subject).lines
            ]
            assert cell["permits"] or cell["prohibits"]
            seen += 1
    assert seen == sum(shown.cell(place, subject) != Cell(()) for place in shown.rows for subject in shown.columns)


def test_as_data_every_letter_is_as_it_is_written():
    named = draft((f'version = "{leicester().version}"', 'version = "Caerlŷr"'))
    assert '"version": "Caerlŷr"' in in_json(named)


def test_a_register_that_no_clause_names_has_no_column():
    named = draft(('registers = ["access-alert"]', 'registers = ["audit-log"]'))
    assert set(matrix(leicester()).columns) - set(matrix(named).columns) == {Register.ACCESS_ALERT}


def test_what_is_open_in_a_cell_stands_beside_what_is_prohibited_there():
    forbids = 'actions = ["read", "write", "create"]\ncategories = ["clinical", "notes", "safety"]'
    opens = 'categories = ["referral", "attendance"]\nneeds = ["caseload", "supervised", "consent:attendance"]'
    named = draft(
        (forbids, forbids.replace('"read", ', "")),
        (opens, 'categories = ["notes"]\nneeds = ["caseload", "supervised"]'),
    )
    cell = matrix(named).cell(OFFENDER_MANAGER, Category.NOTES)
    assert [line.clause for line in cell.lines] == ["D1"]
    assert cell.prohibited == (("P3", (Action.WRITE, Action.CREATE)),)


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


def test_markdown_to_the_letter():
    told = in_markdown(leicester())
    assert told.startswith(
        f"# {leicester().title}\n\nVersion 2012-11, digest `{leicester().digest}`\n\n- S1: staff have to be employed "
        "in their role and trained in information sharing, a system has to be registered.\n- S2: what no cell opens is "
        "closed.\n- S3: whoever is on a record's exclusion list sees nothing of it; of a restricted record only those "
        "on its access list do, except where a cell says 'also of a restricted record'.\n- Where a cell names an "
        "objection, an objection to that category closes it (S4).\n- Several lines in a cell: any one of them is "
        "enough. All conditions of a line have to hold.\n\n## offender-manager (justice)\n\n"
        "| | supervision | public-protection | emergency |\n| --- | --- | --- | --- |\n| **identity** | A1: read, "
        "write "
    )
    assert (
        "\n| **consent** | E3: read, write and create where the person is on their caseload<br>E3: withdraw where the "
        "person is on their caseload; also of a restricted record; also after the agreement has ended | closed | "
        "closed |\n| **emergency-grant** | closed | closed | F3: create; also of a restricted record |\n\n## "
        "probation-lead"
    ) in told
    sentences = "\n".join(f"- **{clause.id}** {clause.text}" for clause in leicester().clauses)
    assert told.endswith(
        "\n\n## commissioner (commissioner)\n\n| | service-evaluation |\n| --- | --- |\n| **published-figures** | G4: "
        f"read |\n\n## Clauses\n\n{sentences}\n"
    )


def test_a_cell_has_what_is_open_and_what_never_is():
    line = Line("D3", (Action.READ,), ("a|b",), "", ())
    cell = Cell((line,), (("P3", (Action.WRITE,)), ("P5", (Action.READ, Action.CREATE))))
    assert _in_cell(cell) == "D3: read where a\\|b<br>P3: never write<br>P5: never read or create"


def test_a_table_has_its_columns_and_a_line_in_full():
    assert in_csv(leicester()).splitlines()[0] == (
        "role,party,purpose,subject,effect,clause,actions,conditions,how far,restricted too,after the end too,sentence"
    )
    by_line = {(row["role"], row["purpose"], row["subject"], row["clause"], row["actions"]): row for row in rows()}
    manager = {"role": "offender-manager", "party": "justice", "purpose": "supervision"}
    assert by_line["offender-manager", "supervision", "consent", "E3", "withdraw"] == manager | {
        "subject": "consent",
        "effect": "permit",
        "clause": "E3",
        "actions": "withdraw",
        "conditions": "the person is on their caseload",
        "how far": "",
        "restricted too": "yes",
        "after the end too": "yes",
        "sentence": leicester().sentence("E3"),
    }
    assert by_line["offender-manager", "supervision", "scores", "D4", "read"] == manager | {
        "subject": "scores",
        "effect": "permit",
        "clause": "D4",
        "actions": "read",
        "conditions": "the person is on their caseload; a sentence is running; the person agrees to sharing their "
        "scores; the person does not object to it being read",
        "how far": "totals and severity bands only, never single answers",
        "restricted too": "no",
        "after the end too": "no",
        "sentence": leicester().sentence("D4"),
    }
    assert by_line["offender-manager", "supervision", "notes", "P3", "read write create"] == manager | {
        "subject": "notes",
        "effect": "prohibit",
        "clause": "P3",
        "actions": "read write create",
        "conditions": "",
        "how far": "",
        "restricted too": "no",
        "after the end too": "no",
        "sentence": leicester().sentence("P3"),
    }


@pytest.mark.parametrize("first", "=+-@\t\r")
def test_no_cell_of_a_table_begins_as_a_formula_does(first):
    assert _plain(f"{first}1") == f"'{first}1"
    assert (_plain("1="), _plain("")) == ("1=", "")


def test_the_page_to_the_letter():
    told = re.sub(r"<style>.*</style>", "", in_html(leicester()), flags=re.DOTALL)
    title = leicester().title
    assert told.startswith(
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width, initial-scale=1"><title>{title}, version 2012-11: who may see '
        f'what</title></head><body><main><h1>{title}</h1><p class="digest">Version 2012-11, digest '
        f"{leicester().digest}</p><h2>How to read it</h2><ul><li>S1: staff "
    )
    columns = "".join(f'<th scope="col">{subject.value}</th>' for subject in SUBJECTS)
    assert (
        '</ul><h2 id="matrix">Who may do what, for which purpose</h2><div class="scroll" tabindex="0" role="region" '
        'aria-labelledby="matrix"><table><caption>A row for each role and purpose, a column for each category and '
        'register</caption><thead><tr><th scope="col">role and purpose</th>' + columns + "</tr></thead><tbody><tr>"
        '<th scope="row"><span>offender-manager<small>justice, for supervision</small></span></th><td><p><a '
        'href="#A1">A1</a> read, write and create where the person is on their caseload</p></td><td>'
    ) in told
    assert (
        '<span class="how-far">totals and severity bands only, never single answers</span></p></td><td><p '
        'class="never"><a href="#P3">P3</a> never read, write or create</p></td>'
    ) in told
    assert (
        'caseload</p><p><a href="#E3">E3</a> withdraw where the person is on their caseload<span class="flag">also of '
        'a restricted record</span><span class="flag">also after the agreement has ended</span></p></td><td '
        'class="closed">'
        "closed</td>"
    ) in told
    assert '<td><p><a href="#F3">F3</a> create (S1 and S3 alone)<span class="flag">also of a' in told
    clauses = "".join(f'<dt id="{clause.id}">{clause.id}</dt><dd>{clause.text}</dd>' for clause in leicester().clauses)
    assert told.endswith(f"</tbody></table></div><h2>The clauses</h2><dl>{clauses}</dl></main></body></html>\n")


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
