"""Referrals as anybody lists them, one by one, and the same as figures take them."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from app.pathway.reports import Alike, quarter_of
from app.pathway.reports.cohort import COURSE

ANCHOR = date(2025, 11, 1)


class Referred(NamedTuple):
    key: str
    received_on: date
    source: str
    status: str
    end_code: str | None
    is_closed: bool
    sentence: str | None


class Contacts(NamedTuple):
    attended: int
    missed: int
    assessments: int
    treatments: int
    first_treated_on: date | None


class Problem(NamedTuple):
    step: int | None
    scheme: str | None
    code: str | None


class Scored(NamedTuple):
    tool: str
    times: int
    first: float
    last: float


def cohort(
    referred: Iterable[Referred],
    contacts: Mapping[str, Contacts],
    problems: Mapping[str, Problem],
    scores: Mapping[str, list[Scored]],
) -> list[Alike]:
    """Each by itself."""
    found = []
    for each in referred:
        came = contacts.get(each.key, Contacts(0, 0, 0, 0, None))
        problem = problems.get(each.key, Problem(None, None, None))
        said = " ".join(":".join(map(str, scored)) for scored in scores.get(each.key, ()))
        found.append(
            Alike(
                1, came.attended, came.missed, quarter_of(each.received_on, ANCHOR), each.source, each.sentence,
                problem.step, each.status, each.end_code, each.is_closed, came.attended > 0, came.missed > 0,
                came.assessments > 0, min(came.treatments, COURSE), each.received_on, came.first_treated_on,
                problem.scheme, problem.code, said or None,
            )
        )  # fmt: skip
    return found
