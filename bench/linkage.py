"""Who is taken for whom in a generated town: precision and recall of links, and of links and review list together.

Beside it the rule that systems often go by: the same NHS number, or the same name and date of birth.
"""

from collections.abc import Iterable

from app.pathway.matching import Side, State
from app.pathway.matching.comparing import name_parts
from app.services.neighbourhood import CLAIMS, SHARED, found_in, indexed, verdicts_of
from bench.places import Places
from bench.population import Town, town
from bench.rows import Row
from bench.sizes import Sizes

NAMES = ("linkage_sure_precision", "linkage_sure_recall", "linkage_review_precision", "linkage_review_recall")
Pairs = set[tuple[str, str]]


def measure(_: Places, sizes: Sizes) -> list[Row]:
    """Shares of pairs that are right, and of right pairs that are found."""
    where = town(sizes.registered)
    sure, review = conclude(where)
    by_rule = rule(where)
    ours = (*quality(sure, where), *quality(sure | review, where))
    theirs = quality(by_rule, where) * 2
    extra = {
        "people": len(where.people),
        "registrations": len(where.registrations),
        "pairs": len(where.truth),
        "wrong": len(sure - where.truth),
        "to_review": len(review),
    }
    bars = (1.0, None, None, 1.0)
    return [
        Row(name, "share", [mine], [rival], bar, extra=extra)
        for name, mine, rival, bar in zip(NAMES, ours, theirs, bars, strict=True)
    ]


def conclude(where: Town) -> tuple[Pairs, Pairs]:
    """The links, and what is for somebody to look at."""
    sharing, claiming = indexed(where.people, SHARED), indexed(where.registrations, CLAIMS)
    sure: Pairs = set()
    review: Pairs = set()
    for own in where.registrations:
        for person, verdict in verdicts_of(own, sharing, claiming).items():
            (sure if verdict.state is State.LINKED else review).add((own.id, person))
    return sure, review


def rule(where: Town) -> Pairs:
    """The usual one."""
    by_number = indexed(where.people, ("nhs_number",))
    by_name: dict[object, list[Side]] = {}
    for person in where.people:
        by_name.setdefault(_named(person), []).append(person)
    found: Pairs = set()
    for own in where.registrations:
        named = by_name.get(_named(own), []) if own.family_name else []
        found |= {(own.id, person.id) for person in (*found_in(by_number, [own], ("nhs_number",)), *named)}
    return found


def _named(side: Side) -> object:
    return name_parts(side.family_name or ""), name_parts(side.given_names or "")[:1], side.date_of_birth


def quality(pairs: Iterable[tuple[str, str]], where: Town) -> tuple[float, float]:
    """Precision and recall."""
    found = set(pairs)
    right = len(found & where.truth)
    return right / len(found), right / len(where.truth)
