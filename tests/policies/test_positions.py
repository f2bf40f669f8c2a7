"""Where things stand in a file: the line that a fault is reported at is the line on which somebody finds it."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.policies import AgreementInvalid
from app.policies.load import read_agreement
from app.policies.positions import line_of, positions
from tests.policies.drafts import draft_text

FILE = '''\
title = "x" # on the first line
# about = "a comment"

[parties.health]
name = "y" # [no.table]
words = [
  "a",
  # "b",
  "[c]",
]
text = """
[no.table]
key = 1
"""
point.x.y = 1
inside = { a = 1, b = { c = 2 } }

[roles]
"offender manager" = 1
  [roles . therapist] # with spaces
  name = "z"

[[clauses]]
id = "A"
[[clauses.parts]]
id = "AA"
[[clauses.parts]]
id = "AB"
[clauses.parts.deep]
q = 1
[[clauses]]
[[clauses.parts]]
id = "BA"'''

EXPECTED = {
    "": 1,
    "title": 1,
    "parties": 4,
    "parties health": 4,
    "parties health name": 5,
    "parties health words": 6,
    "parties health text": 11,
    "parties health point": 15,
    "parties health point x": 15,
    "parties health point x y": 15,
    "parties health inside": 16,
    "parties health inside a": 16,
    "parties health inside b": 16,
    "parties health inside b c": 16,
    "roles": 18,
    "roles offender-manager": 19,
    "roles therapist": 20,
    "roles therapist name": 21,
    "clauses": 23,
    "clauses 0": 23,
    "clauses 0 id": 24,
    "clauses 0 parts": 25,
    "clauses 0 parts 0": 25,
    "clauses 0 parts 0 id": 26,
    "clauses 0 parts 1": 27,
    "clauses 0 parts 1 id": 28,
    "clauses 0 parts 1 deep": 29,
    "clauses 0 parts 1 deep q": 30,
    "clauses 1": 31,
    "clauses 1 parts": 32,
    "clauses 1 parts 0": 32,
    "clauses 1 parts 0 id": 33,
}


@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["Unix", "Windows"])
def test_every_block_and_key_has_the_line_on_which_it_begins(ending):
    found = positions(FILE.replace("\n", ending))
    assert {" ".join(str(part).replace(" ", "-") for part in place): line for place, line in found.items()} == EXPECTED


def test_what_is_nowhere_is_at_the_nearest_block_around_it():
    found = positions(FILE)
    assert line_of(("clauses", 0, "parts", 1, "text"), found) == 27
    assert line_of(("clauses", 0, "text"), found) == 23
    assert line_of(("clauses", 0, "parts", 0, "id"), found) == 26
    assert line_of(("nothing", "of", "this"), found) == 1
    assert positions("") == {(): 1}


def test_what_stands_in_strings_and_comments_begins_and_ends_nothing():
    text = "\n".join(
        (
            'a = """\\"\\"\\" [ """""',
            "b = '''[",
            "\\'''",
            "'c]#=' = '[' # ]",
            'd = "\\"["',
            "e = [ # ]",
            """  ']', "}" ]""",
            "f = 1",
        )
    )
    assert tomllib.loads(text)["d"] == '"['
    assert positions(text) == {(): 1, ("a",): 1, ("b",): 2, ("c]#=",): 4, ("d",): 5, ("e",): 6, ("f",): 8}


LINES = draft_text().splitlines(keepends=True)
NUMBERS = st.integers(0, len(LINES) - 1)
VALUES = st.sampled_from(
    ["5", "true", '"x"', '""', "[]", "[5]", '["x"]', "{}", "{ a = 1 }", "[{}]", "[[1]]", "1.5", "2012-01-01", "=", "["]
)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """The agreement with a line or two lost, doubled, moved, or saying something else."""
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 2))):
        at, other = draw(NUMBERS), draw(NUMBERS)
        damage = draw(st.sampled_from(["lost", "doubled", "moved", "said"]))
        if damage == "lost":
            lines[at] = "\n"
        elif damage == "doubled":
            lines[at] += lines[other]
        elif damage == "moved":
            lines[at], lines[other] = lines[other], lines[at]
        else:
            lines[at] = f"{lines[at].partition('=')[0].rstrip()} = {draw(VALUES)}\n"
    return "".join(lines)


@given(damaged())
def test_a_damaged_file_is_an_agreement_or_is_refused_at_a_line_of_it(text):
    """Never anything between, such as an error that names no line."""
    invalid = refusal(text)
    if invalid is not None:
        assert 1 <= invalid.line <= text.count("\n") + 1
        assert str(invalid).startswith(f"draft.toml:{invalid.line}: ")
        assert invalid.fault
        assert invalid.remedy


def refusal(text: str) -> AgreementInvalid | None:
    """Why a text is refused, if it is."""
    try:
        read_agreement(text, "draft.toml")
    except AgreementInvalid as invalid:
        return invalid
    return None
