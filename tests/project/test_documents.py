"""The documents: what they name is there."""

import re
from pathlib import PurePosixPath
from xml.etree import ElementTree

import pytest

from tests.project.tree import ROOT, texts, tracked

LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)#\s]+)(?:#[^)\s]*)?\)")
COMMAND = re.compile(r"(?<![\w/.])scripts/[a-z][a-z-]*")


def test_every_link_leads_somewhere() -> None:
    """A link inside the project names a file or folder that is tracked."""
    known = set(tracked()) | {str(parent) for path in tracked() for parent in PurePosixPath(path).parents}
    broken = []
    for path, text in texts(".md"):
        for match in LINK.finditer(text):
            target = match["target"]
            if "://" not in target and not target.startswith("mailto:"):
                resolved = (ROOT / path).parent.joinpath(target).resolve()
                if not resolved.is_relative_to(ROOT) or str(resolved.relative_to(ROOT)) not in known:
                    broken.append(f"{path}: {target}")
    assert broken == []


def test_every_command_that_a_document_names_is_there() -> None:
    """A newcomer types what the README says."""
    named = {(path, match.group()) for path, text in texts(".md") for match in COMMAND.finditer(text)}
    assert {command for path, command in named if path == "README.md"} >= {"scripts/demo", "scripts/test"}
    assert sorted(pair for pair in named if pair[1] not in tracked()) == []


@pytest.mark.parametrize("path", [path for path in tracked() if path.endswith(".svg")])
def test_a_picture_can_be_read_without_seeing_it(path: str) -> None:
    """Well-formed, with a title and a description, and with nothing that it loads or runs."""
    picture = ElementTree.parse(ROOT / path).getroot()
    names = {element.tag.rpartition("}")[2] for element in picture.iter()}
    assert {"title", "desc"} <= names
    assert not {"script", "image", "foreignObject"} & names
    assert picture.get("viewBox")
