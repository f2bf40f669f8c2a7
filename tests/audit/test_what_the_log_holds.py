"""The page that maps the law and the standards to the log names what an entry has, all of it, and nothing else."""

import json
import re
from datetime import UTC, datetime

from app.audit.entry import PersonPart, Record
from app.gate import KINDS
from app.tables.log import LogEntry, LogSubject
from app.vocabulary import Caller, Party, Role
from tests.project.tree import ROOT

PAGE = (ROOT / "docs" / "what-the-log-holds.md").read_text()
CALLER = Caller(staff="om.one", party=Party.JUSTICE, role=Role.OFFENDER_MANAGER, client="ndelius", token="t")
ENTRY = Record(
    kind="access",
    occurred_at=datetime(2026, 1, 2, tzinfo=UTC),
    caller=CALLER,
    action="read",
    resource="/v1/people/{crn}",
    outcome="permitted",
    request_id="r",
).sealed(PersonPart("p", "X320741"))

WITHOUT_A_FIELD = {
    "the standard's field",
    "element",
    "(4) use of the logs",
    "(5) the Commissioner can have them",
    "audit source",
    "participant object: sensitivity",
    "`agent` (server): `who`, `source.observer`",
}
"""Answered by how the log is read, or by what it is; headings of the tables among them."""


def fields_of(first: str, last: str) -> set[str]:
    """The names in backticks between two texts of the page."""
    return set(re.findall(r"`([^`]+)`", PAGE[PAGE.index(first) : PAGE.index(last)]))


def test_the_page_lists_every_field_of_an_entry_and_of_the_persons_part() -> None:
    """A field that is added has to be said there, and what it is for."""
    body, part = json.loads(ENTRY.body), json.loads(ENTRY.person or "")
    beside = {"seq", "recorded_at", "leaf_hash", "salt"}
    assert fields_of("| in the entry, for good", "`caller` has") - {"…"} == {*body, *part} | beside
    assert fields_of("`caller` has", "## Data Protection") == {"caller", *body["caller"]}
    assert beside <= {*LogEntry.model_fields, *LogSubject.model_fields}


def test_every_requirement_is_answered_by_fields_that_are_there() -> None:
    """Each row of the three tables names a field, or says why there is none."""
    body, part = json.loads(ENTRY.body), json.loads(ENTRY.person or "")
    known = {*body, *body["caller"], *part, "recorded_at", "leaf_hash"}
    rows = [line.strip("| ").split(" | ") for line in PAGE.split("## Data Protection")[1].splitlines()]
    answers = {row[0]: row[1] for row in rows if len(row) == 2 and not row[0].startswith(("---", "section 62 asks"))}
    assert len(answers) > 35
    by_no_field = {asked for asked, answer in answers.items() if not known & set(re.findall(r"`([^`]+)`", answer))}
    assert by_no_field == WITHOUT_A_FIELD


def test_every_type_of_entry_is_named() -> None:
    """An auditor who meets one finds here what it is."""
    assert len(KINDS) == len(set(KINDS)) >= 10
    assert [kind for kind in KINDS if f"`{kind}`" not in PAGE] == []
