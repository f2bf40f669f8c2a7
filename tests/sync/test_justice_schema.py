"""The schema of the justice extract: the example fits it, and it and the import turn the same things away."""

import json
import re
from copy import deepcopy
from typing import Any

import pytest

from app.services.registers import Member
from app.sync.callers import Callers
from app.sync.importing import JUSTICE
from app.sync.justice import Justice
from app.sync.justice_schema import FILES, schema
from app.sync.reading import Source
from app.sync.report import ImportReport
from app.vocabulary import Party, Role
from tests.project.tree import ROOT
from tests.sync.folder import EXAMPLE, whole

READ = {
    "people": "person",
    "supervisions": "supervision",
    "offences": "offence",
    "risk": "risk",
    "registrations": "registration",
    "obligations": "obligation",
    "allocations": "allocation",
    "limits": "limit",
}
KINDS = {"string": str, "object": dict, "array": list, "boolean": bool, "integer": int, "null": type(None)}
KNOWN = {"type", "description", "required", "properties", "items", "enum", "pattern", "minLength", "maxLength",
         "minimum", "maximum", "anyOf"}  # fmt: skip


def fits(value: Any, said: dict[str, Any]) -> bool:
    """Whether a value fits a schema, in the words of JSON Schema that ours uses; KeyError for another word."""
    if unknown := set(said) - KNOWN:
        raise KeyError(unknown)
    kinds = said.get("type", list(KINDS))
    if not any(_is(value, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds)):
        return False
    if value is None:
        return None in said.get("enum", [None])
    within = {
        str: lambda: (
            said.get("minLength", 0) <= len(value) <= said.get("maxLength", 10**6)
            and re.search(said.get("pattern", ""), value) is not None
        ),
        int: lambda: said.get("minimum", value) <= value <= said.get("maximum", value),
        list: lambda: all(fits(each, said.get("items", {})) for each in value),
        dict: lambda: (
            all(name in value for name in said.get("required", ()))
            and all(fits(value[name], each) for name, each in said.get("properties", {}).items() if name in value)
        ),
    }
    one_of = [fits(value, each) for each in said.get("anyOf", ())]
    is_within = within.get(type(value), lambda: True)()
    return is_within and value in said.get("enum", [value]) and (not one_of or any(one_of))


def _is(value: Any, kind: str) -> bool:
    return isinstance(value, KINDS[kind]) and (kind != "integer" or not isinstance(value, bool))


def taken(name: str, value: Any) -> bool:
    """Whether the import takes an object."""
    members = {"manager": Member("1", "manager", Party.JUSTICE, Role.OFFENDER_MANAGER, None, None, None)}
    justice = Justice(ImportReport(), Callers(members, {}, "t"))
    return getattr(justice, READ[name])(Source(f"justice/{name}.jsonl", 1, value)) is not None


def test_every_file_of_the_extract_is_in_it():
    assert set(FILES) == set(JUSTICE) == set(READ)


def test_the_document_is_what_the_program_says():
    written = json.loads((ROOT / "docs/justice-extract.schema.json").read_text())
    assert written == schema()
    assert schema()["$defs"] == FILES


@pytest.mark.parametrize("name", FILES)
def test_every_object_of_the_example_fits(name):
    lines = (EXAMPLE / "justice" / f"{name}.jsonl").read_text().splitlines()
    assert [line for line in lines if not fits(json.loads(line), FILES[name])] == []
    assert lines


@pytest.mark.parametrize("name", FILES)
def test_what_the_schema_needs_the_import_needs_and_nothing_else(name):
    row = whole()[f"justice/{name}.jsonl"][0]
    assert taken(name, row)
    assert fits(row, FILES[name])
    looked_at = 0
    for path in paths(row):
        without = deepcopy(row)
        *inside, last = path
        del at(without, inside)[last]
        assert fits(without, FILES[name]) is taken(name, without), path
        looked_at += 1
    assert looked_at >= 6


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    "value", [["x"], {"x": 1}, "x" * 600, "2013-02-30x", -1], ids=["list", "object", "long", "word", "-1"]
)
def test_what_the_schema_turns_away_the_import_turns_away(name, value):
    row = whole()[f"justice/{name}.jsonl"][0]
    turned_away = 0
    for path in paths(row):
        other = deepcopy(row)
        *inside, last = path
        at(other, inside)[last] = value
        if not fits(other, FILES[name]):
            turned_away += 1
            assert not taken(name, other), path
    assert turned_away >= 5


def paths(value: Any, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every field within, named or by its place in a list."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    own = [(*before, name) for name, _ in inside] if isinstance(value, dict) else []
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return own + [path for name, each in inside for path in paths(each, (*before, name))]


def at(value: Any, path: list[Any]) -> Any:
    for name in path:
        value = value[name]
    return value
