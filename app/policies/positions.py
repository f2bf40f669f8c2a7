"""Lines of a TOML file: where each block and each key begins, which the parser itself does not tell."""

import tomllib
from collections.abc import Mapping
from typing import Any

from app.policies.faults import Place


def positions(text: str) -> dict[Place, int]:
    """The line of every block and key of a file that parses."""
    found: dict[Place, int] = {(): 1}
    counts: dict[Place, int] = {}
    block: Place = ()
    lines = text.replace("\r\n", "\n").split("\n")  # as TOML has it: splitlines() ends lines at U+2028 too
    number = 0
    while number < len(lines):
        first, line = number, lines[number].strip()
        number += 1
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            block = _block(tomllib.loads(line), counts)
            for depth in range(1, len(block) + 1):  # a table that is never written out begins with its first block
                found.setdefault(block[:depth], first + 1)
            continue
        while (value := _parsed("\n".join(lines[first:number]))) is None and number < len(lines):
            number += 1
        _note(found, block, value or {}, first + 1)
    return found


def line_of(place: Place, found: Mapping[Place, int]) -> int:
    """The line of a place, or of the nearest block around it."""
    while place not in found:
        place = place[:-1]
    return found[place]


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


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
