"""G4: small counts are hidden, the rest is rounded, and no reader can solve for what is hidden."""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from random import Random

import pytest

from app.pathway.reports import (
    ALL,
    Measure,
    Published,
    Rate,
    Unit,
    publish,
    published,
    tally,
    units,
)
from app.pathway.reports.rates import rounded, share
from tests.pathway.attack import System, system_of
from tests.pathway.referred import ANCHOR, Contacts, Problem, Referred, Scored, cohort

WHOLE = (ALL, ALL)
REFERRED = frozenset({Measure.REFERRED})
UNFIT = REFERRED | {Measure.NOT_SUITABLE}


def drawn(seed: int, people: int) -> Counter[Unit]:
    """So many referrals as they come: a few sources and sentences that are rare, and every outcome."""
    random = Random(seed)
    referred, contacts, problems, scores = [], {}, {}, {}
    for number in range(people):
        key = f"R{number}"
        day = ANCHOR + timedelta(days=random.randrange(300))
        source = random.choices(["E3", "A1", "E4"], [20, 3, 1])[0]
        sentence = random.choices(["community-order", "suspended-sentence-order", "post-custody-licence"], [6, 3, 1])[0]
        fate = random.choices(["unfit", "missed", "treated", "waiting"], [2, 5, 6, 1])[0]
        closed = random.random() < 0.7
        referred.append(
            Referred(key, day, source, "not-suitable" if fate == "unfit" else "offered", None, closed, sentence)
        )
        if fate == "missed":
            contacts[key] = Contacts(0, random.randint(1, 2), 0, 0, None)
        if fate in ("unfit", "treated"):
            times = random.randint(1, 8) if fate == "treated" else 0
            first = day + timedelta(days=random.randint(5, 160)) if times else None
            contacts[key] = Contacts(times + 1, random.randint(0, 3), 1, times, first)
            problems[key] = Problem(4 if fate == "unfit" else random.choice([2, 3, 3, 3]), "01", "F32.1")
            scores[key] = [
                Scored(tool, 2, float(random.randint(5, 20)), float(random.randint(0, 20)))
                for tool in ("720433000", "445455005")
            ]
    return units(cohort(referred, contacts, problems, scores))


def placed(counts: Mapping[tuple[str, bool], int]) -> Counter[Unit]:
    """So many referrals from each source, unfit ones and others."""
    return Counter(
        {
            Unit(("2025-11-01", source, "community-order", "3"), UNFIT if is_unfit else REFERRED): count
            for (source, is_unfit), count in counts.items()
        }
    )


def truth(figures: Published) -> dict[object, int]:
    return {(row, measure.value): count for (row, measure), count in figures.cells.items()}


@pytest.mark.parametrize(
    ("count", "expected"), [(0, 0), (1, None), (4, None), (5, 5), (7, 5), (8, 10), (12, 10), (13, 15), (104, 105)]
)
def test_counts_are_hidden_or_rounded(count: int, expected: int | None) -> None:
    assert rounded(count) == expected


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [(13, 104, 13), (43, 104, 41), (48, 104, 46), (4, 104, None), (0, 9, None), (5, 5, 100)],
)
def test_rates_come_from_unrounded_counts_and_hide_with_small_ones(part: int, whole: int, expected: int | None) -> None:
    assert share(part, whole) == expected


def test_without_secondary_suppression_the_attack_finds_what_is_hidden() -> None:
    """Two hidden counts, and a total that only twice four can come to."""
    counted = placed({("A1", True): 4, ("E3", True): 4, ("A1", False): 40, ("E3", False): 41})
    naive = Published(tally(counted))
    solved, near = system_of(naive), truth(naive)
    for source in ("A1", "E3"):
        cell = ("source", source), Measure.NOT_SUITABLE
        assert published(naive).count(*cell).text == "fewer than 5"
        assert solved.values_of((cell[0], cell[1].value), near) == [4]

    safe = publish(counted)
    assert all(
        len(system_of(safe).values_of((("source", source), Measure.NOT_SUITABLE.value), near)) == 2
        for source in ("A1", "E3")
    )


def test_a_rate_that_gives_a_count_away_is_hidden() -> None:
    """Rounding leaves the larger count open, and its rate does not: so the smaller one would follow."""
    counted = placed({("A1", True): 4, ("E3", True): 9, ("A1", False): 30, ("E3", False): 40})
    naive = Published(tally(counted))
    assert published(naive).share(("source", "E3"), Rate.NOT_SUITABLE).percent == 18
    safe = publish(counted)
    assert len(system_of(safe).values_of((("source", "A1"), "notSuitable"), truth(safe))) == 2
    assert published(safe).count(WHOLE, Measure.REFERRED).value == 85


@pytest.mark.parametrize(("seed", "people"), [(1, 25), (2, 60), (3, 110), (4, 110), (5, 240)])
def test_every_hidden_count_keeps_two_values_at_least(seed: int, people: int) -> None:
    figures = publish(drawn(seed, people))
    system, near = system_of(figures), truth(figures)
    assert system.holds(near), "the attack's own knowledge is wrong"
    hidden = figures.hidden()
    assert len(hidden) > 10
    for row, measure in hidden:
        assert len(system.values_of((row, measure.value), near)) == 2, (row, measure)


def test_the_whole_is_published_where_many_were_referred() -> None:
    figures = publish(drawn(3, 110))
    assert all(figures.shows(WHOLE, measure) for measure in Measure)
    assert [figures.percent(WHOLE, rate) for rate in (Rate.NOT_SUITABLE, Rate.FIRST_MISSED, Rate.ENTERED)] == [
        share(figures.cells[WHOLE, measure], 110)
        for measure in (Measure.NOT_SUITABLE, Measure.FIRST_MISSED, Measure.ENTERED)
    ]


def test_the_same_referrals_are_published_the_same_in_any_order() -> None:
    counted = drawn(2, 60)
    turned = Counter(dict(reversed(list(counted.items()))))
    assert publish(counted).withheld == publish(turned).withheld


def test_of_very_few_nothing_can_be_solved_for() -> None:
    figures = publish(placed({("E3", True): 1, ("E3", False): 2}))
    shown = {published(figures).count(row, measure).text for row, measure in figures.cells}
    assert shown <= {"0", "fewer than 5", "not shown"}
    assert len(system_of(figures).values_of((WHOLE, "notSuitable"), truth(figures))) == 2


def test_the_solver_finds_what_there_is_and_nothing_else() -> None:
    system = System(
        {"a": (1, 4), "b": (1, 4), "c": (3, 7)}, [((("a", 1), ("b", 1), ("c", -1)), 0, 0), ((("a", 3),), 5, None)]
    )
    near = {"a": 2, "b": 1, "c": 3}
    assert system.values_of("a", near, wanted=9) == [2, 3, 4]
    assert system.values_of("c", near, wanted=9) == [3, 4, 5, 6, 7]
    assert system.values_of("c", near | {"c": 7}, wanted=1) == [7]
    assert System({"a": (0, 9)}, [((("a", 2),), 7, 7)]).values_of("a", {"a": 3}) == []
