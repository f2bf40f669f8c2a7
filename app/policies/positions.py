"""Lines of a TOML file: where each block and each key begins, which the parser itself does not tell."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from app.policies.faults import Place

_TOKEN = re.compile(
    r'''"""(?:[^\\]|\\.)*?"""(?!")|"(?:[^"\\\n]|\\.)*"'''
    r"""|'''.*?'''(?!')|'[^'\n]*'"""
    r"""|\#[^\n]*|[\[\]{}\n]|[^"'\#\[\]{}\n]+|.""",
    re.DOTALL,
)
"""Strings and comments whole, so that no bracket within one is taken for the beginning or the end of a value."""


def positions(text: str) -> dict[Place, int]:
    """The line of every block and key of a file that parses."""
    found: dict[Place, int] = {(): 1}
    counts: dict[Place, int] = {}
    block: Place = ()
    for line, said in _statements(text.replace("\r\n", "\n")):
        value = tomllib.loads(said)
        if said.startswith("["):
            block = _block(value, counts)
            for depth in range(1, len(block) + 1):  # a table that is never written out begins with its first block
                found.setdefault(block[:depth], line)
        else:
            _note(found, block, value, line)
    return found


def line_of(place: Place, found: Mapping[Place, int]) -> int:
    """The line of a place, or of the nearest block around it."""
    while place not in found:
        place = place[:-1]
    return found[place]


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Every header and every key with its value, and the line on which it begins; each is looked at once."""
    begins = first = line = depth = 0
    for token in _TOKEN.finditer(f"{text}\n"):
        depth += (token[0] in ("[", "{")) - (token[0] in ("]", "}"))
        line += token[0].count("\n")
        if token[0] == "\n" and not depth:
            said = text[begins : token.start()].strip()
            if said and not said.startswith("#"):
                yield first + 1, said
            begins, first = token.end(), line


def _block(header: dict[str, Any], counts: dict[Place, int]) -> Place:
    """`[[clauses.parts]]` as the place of the part that it begins, in the clause begun last."""
    place: Place = ()
    inside: Any = header
    while inside:
        ((key, inside),) = inside.items()
        place = (*place, key)
        if isinstance(inside, list):
            counts[place] = counts.get(place, -1) + 1
            return (*place, counts[place])
        if place in counts:
            place = (*place, counts[place])
    return place


def _note(found: dict[Place, int], block: Place, value: dict[str, Any], line: int) -> None:
    for key, inside in value.items():
        found.setdefault((*block, key), line)
        if isinstance(inside, dict):
            _note(found, (*block, key), inside, line)
