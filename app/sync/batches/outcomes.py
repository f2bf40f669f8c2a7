"""What came of lines: an outcome each, and the rules that they break, as their sender is told of them."""

import json
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.sync.batches.lines import Found
from app.sync.report import Outcome
from app.sync.rules import RULES, Severity


@dataclass(slots=True)
class Came:
    """What came of one line."""

    place: int
    outcome: Outcome
    found: Sequence[Found] = ()


def body_of(came: Sequence[Came], origins: Mapping[int, tuple[int, int]]) -> bytes:
    """What came of lines, by their numbers, as it is kept."""
    said = (f'[{origins[each.place][1]},"{each.outcome.value}",{_all_said(each.found)}]' for each in came)
    return zlib.compress(f"[{','.join(said)}]".encode(), 1)


def _all_said(found: Sequence[Found]) -> str:
    return json.dumps([_said(each) for each in found], separators=(",", ":")) if found else "[]"


def _said(found: Found) -> dict[str, Any]:
    rule = RULES[found.rule]
    said: dict[str, Any] = {
        "rule": rule.id,
        "severity": rule.severity.value,
        "field": found.field or None,
        "wrong": rule.wrong,
        "remedy": rule.remedy,
    }
    return said | ({"others": list(found.others)} if found.others else {})


def counts_of(came: Sequence[Came]) -> dict[str, int]:
    """How many came to what, by the names of the columns."""
    counts = Counter(each.outcome.value.replace("-", "_") for each in came)
    warned = sum(any(RULES[one.rule].severity is Severity.WARNING for one in each.found) for each in came)
    return {**counts, "warned": warned}
