"""The record of decisions keeps its own rules."""

import re

import pytest

from tests.project.tree import ROOT

PAGES = sorted((ROOT / "docs" / "decisions").glob("*.md"))


def test_the_pages_are_numbered_without_gaps() -> None:
    """A number is never given away twice, and a page never disappears."""
    assert [int(page.name[:4]) for page in PAGES] == list(range(1, len(PAGES) + 1))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_says_what_was_decided_and_what_holds_it(page) -> None:
    """A title with its number, a status and a date, and the four sections."""
    lines = page.read_text().splitlines()
    assert lines[0].startswith(f"# {int(page.name[:4])}. ")
    assert re.fullmatch(r"(Accepted|Superseded by \[\d+\]\(\S+\)), \d{4}-\d\d-\d\d", lines[2])
    headings = [line for line in lines if line.startswith("## ")]
    assert headings == ["## Context", "## Decision", "## Consequences", "## The check"]
