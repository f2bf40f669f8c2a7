"""What holds for every file: nothing of one machine, commands that run, suppressions that explain themselves."""

import re
import subprocess

import pytest

from tests.project.tree import ROOT, texts, tracked

# written in halves, so that this file doesn't hold them either
ELSEWHERE = {
    "a package index's host": "pypi" + r"\.org|python" + r"hosted|test\.py" + "pi",
    "a folder of one machine": r"(?<![\w.~$}])/(?:work|root|home/\w+|Users/\w+|opt/py" + r"pi)(?:/|\b)",
    "a folder beside the project": r"\.\./sha" + "red",
}
MARKS = re.compile(r"#\s*(?P<mark>noqa|type:\s*ignore|pragma:\s*no cover|fmt:\s*off|ruff:\s*noqa|mypy:)(?P<rest>.*)")
EXPLAINED = {
    "noqa": re.compile(r"^: [A-Z]+[0-9]+(?:, ?[A-Z]+[0-9]+)*  # \w+"),
    "type: ignore": re.compile(r"^\[[a-z-]+(?:, ?[a-z-]+)*\]  # \w+"),
    "pragma: no cover": re.compile(r"^ (?:#|-) ?\w+"),
}


@pytest.mark.parametrize("what", ELSEWHERE)
def test_no_file_names(what: str) -> None:
    """A clone works anywhere, and tells nothing about where it was written."""
    pattern = re.compile(ELSEWHERE[what], re.IGNORECASE)
    found = [
        f"{path}:{number}: {line.strip()[:100]}"
        for path, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]
    assert len(texts()) > 20
    assert found == []


def commands() -> list[str]:
    """The files that people run."""
    return [path for path in tracked() if re.fullmatch(r"scripts/[^/.]+|\.ci/run", path)]


def test_the_commands_are_there() -> None:
    """Otherwise the tests below would look at nothing."""
    assert {"scripts/test", "scripts/check", "scripts/lock", ".ci/run"} <= set(commands())


@pytest.mark.parametrize("path", commands())
def test_a_command_runs(path: str) -> None:
    """It is executable, says what runs it and what it does, and a shell script stops at the first error."""
    lines = (ROOT / path).read_text().splitlines()
    assert tracked()[path], f"{path} is not executable"
    assert lines[0].startswith("#!/usr/bin/env ")
    if lines[0].endswith("bash"):
        assert lines[1].startswith("# ")
        assert "set -euo pipefail" in lines
        subprocess.run(["bash", "-n", str(ROOT / path)], check=True)


def test_a_suppression_says_its_code_and_its_reason() -> None:
    """A check is switched off for one thing on one line, and a reader is told why."""
    bare = []
    for path, text in texts(".py"):
        if path == "tests/project/test_tree.py":
            continue
        for number, line in enumerate(text.splitlines(), 1):
            mark = MARKS.search(line)
            rule = EXPLAINED.get(re.sub(r":\s*", ": ", mark["mark"])) if mark else None
            if mark and not (rule and rule.match(mark["rest"])):
                bare.append(f"{path}:{number}: {line.strip()}")
    assert bare == []


@pytest.mark.parametrize(
    ("line", "good"),
    [
        pytest.param("x = 1  # noqa: S105  # a media type", True, id="a code and a reason"),
        pytest.param("x = 1  # type: ignore[misc]  # ships no types", True, id="a type's code and a reason"),
        pytest.param("x = 1  # noqa", False, id="everything switched off"),
        pytest.param("x = 1  # noqa: S105", False, id="no reason"),
        pytest.param("x = 1  # type: ignore", False, id="no code"),
        pytest.param("# ruff: noqa", False, id="a whole file"),
    ],
)
def test_the_suppression_rule_sees(line: str, good: bool) -> None:
    """The rule above is itself tried on lines that it must take and refuse."""
    mark = MARKS.search(line)
    assert mark
    rule = EXPLAINED.get(mark["mark"])
    assert bool(rule and rule.match(mark["rest"])) is good
