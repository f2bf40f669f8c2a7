"""Read an agreement file: valid as a whole, or refused with file, line, clause, fault and remedy."""

import hashlib
import json
import re
import tomllib
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from app.policies import schema
from app.policies.checks import check_clauses, check_terms
from app.policies.faults import AgreementInvalid, Fault, Place
from app.policies.positions import line_of, positions
from app.policies.reach import check_reach
from app.policies.schema import Agreement

_KEYS = sorted(
    {
        key
        for model in vars(schema).values()
        if isinstance(model, type) and issubclass(model, schema.Block)
        for key in model.model_fields
    }
)

LONGEST_LINE = 2_000
"""Characters: the parser's time grows with the square of what one line can nest, and nobody reads a longer one."""


def read_agreement(text: str, file: str) -> Agreement:
    """The agreement that a file's text says; AgreementInvalid names `file` and the line."""
    lines = text.split("\n")
    for number, line in enumerate(lines, start=1):
        if len(line) > LONGEST_LINE:
            fault = f"the line has more than {LONGEST_LINE} characters"
            raise AgreementInvalid(file, number, None, fault, "break it into several")
    try:
        return _read(text, file)
    except RecursionError:
        deepest = max(range(len(lines)), key=lambda number: sum(map(lines[number].count, "[{.")))
        fault = "values are nested too deeply"
        raise AgreementInvalid(file, deepest + 1, None, fault, "write it as the other blocks are written") from None


def _read(text: str, file: str) -> Agreement:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise _syntax(str(fault), text, file) from None
    try:
        agreement = Agreement.model_validate(data)
    except ValidationError as invalid:
        errors = invalid.errors(include_url=False)
        said = [error for error in errors if error["type"] != "missing"]  # a misspelt key is missing too
        _refuse((_fault(error, data) for error in said or errors), text, file)
        raise
    for check in (check_terms, check_clauses, check_reach):  # each relies on what those before it made sure of
        _refuse(check(agreement), text, file)
    return agreement


def read_file(path: Path) -> Agreement:
    """The agreement in a file."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as fault:
        line = fault.object[: fault.start].count(b"\n") + 1
        raise AgreementInvalid(str(path), line, None, "the file is not UTF-8", "save it as UTF-8") from None
    return read_agreement(text, str(path))


def digest_of(agreement: Agreement) -> str:
    """SHA-256 over the canonical form: sorted compact JSON of what the file says, its defaults left out."""
    said = agreement.model_dump(mode="json", exclude_defaults=True)
    canonical = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _refuse(faults: Iterable[Fault], text: str, file: str) -> None:
    """Raise the fault that stands first in the file, if there is one."""
    found = list(faults)
    if found:
        lines = positions(text)
        first = min(found, key=lambda each: line_of(each.place, lines))
        raise AgreementInvalid(file, line_of(first.place, lines), first.clause, first.fault, first.remedy)


def _syntax(message: str, text: str, file: str) -> AgreementInvalid:
    at = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", message)
    line = int(at[1]) if at and at[1] else text.rstrip("\n").count("\n") + 1
    fault = f"not TOML: {message[: at.start()] if at else message}".replace("TOML: C", "TOML: c")
    return AgreementInvalid(file, line, None, fault, "correct the line")


def _fault(error: ErrorDetails, data: dict[str, Any]) -> Fault:
    place: Place = tuple(part for part in error["loc"] if part != "[key]")
    fault, remedy = _worded(error, place)
    if error["type"] == "missing":
        place = place[:-1]
    return Fault(place, fault, remedy, _clause_at(place, data))


def _worded(error: ErrorDetails, place: Place) -> tuple[str, str]:
    context, key = error.get("ctx", {}), next((part for part in reversed(place) if isinstance(part, str)), "")
    match error["type"]:
        case "missing":
            return f"there is no `{key}`", "add it"
        case "extra_forbidden" if key in _KEYS:
            return f"key '{key}' does not belong here", "move it to where it belongs, or leave it out"
        case "extra_forbidden":
            near = get_close_matches(key, _KEYS, n=1, cutoff=0.6)
            return f"unknown key '{key}'", f"did you mean '{near[0]}'?" if near else "leave it out"
        case "unknown_word":
            near = [context["near"]] if context["near"] else []
            return error["msg"], f"did you mean '{near[0]}'?" if near else "use a word of the vocabulary"
        case "empty":
            return f"`{key}` is empty, and empty means refuse", "name at least one, or leave the clause out"
        case "repeated":
            return f"`{key}` names something twice", "name each once"
    message = error["msg"]
    return f"`{key}`: {message[0].lower()}{message[1:]}", "correct the value"


def _clause_at(place: Place, data: dict[str, Any]) -> str | None:
    if len(place) > 1 and place[0] == "clauses" and isinstance(place[1], int):
        clause = data["clauses"][place[1]]
        identity = clause.get("id") if isinstance(clause, dict) else None
        return identity if isinstance(identity, str) else None
    return None
