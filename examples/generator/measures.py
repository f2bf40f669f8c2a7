"""Questionnaires session by session: a slow slope, a noisy week, and answers that add up to their total."""

from dataclasses import dataclass
from random import Random

from examples.generator.cast import COMPLETED, LIVE
from examples.generator.sessions import Pathway

PHQ9, GAD7, SPIN = "720433000", "445455005", "445552006"
WSAS = ("932621000000100", "932581000000100", "932611000000106", "932591000000103", "932601000000109")
"""Work, home management, social leisure, private leisure, relationships."""
MILD, WORSE = 0.1, 0.04
"""How many begin below caseness, and how many end with more than they began with."""
_SHAPES = {PHQ9: (9, 3), GAD7: (7, 3), SPIN: (17, 4), "CORE-10": (10, 4)}


@dataclass(frozen=True)
class Measured:
    """What one person answered at one appointment."""

    contact_id: str
    totals: dict[str, int]
    answers: dict[str, list[int]]
    wsas: list[int]
    core10: list[int] | None


def measured(pathway: Pathway, anxious_in_company: bool,  # noqa: FBT001  # a fact about the person
             dice: Random) -> list[Measured]:  # fmt: skip
    """The questionnaires of each attended appointment."""
    phq, gad = _clamp(dice.gauss(16, 4.2), 4, 26), _clamp(dice.gauss(14, 3.6), 3, 21)
    if dice.random() < MILD:
        phq, gad = dice.randint(6, 8), dice.randint(4, 6)
    slope = {COMPLETED: dice.gauss(0.52, 0.24), LIVE: dice.gauss(0.32, 0.18)}.get(
        pathway.case.course, dice.gauss(0.1, 0.2)
    )
    if dice.random() < WORSE:
        slope = -0.45
    works = dice.random() < 0.3
    found = []
    for number, contact in enumerate(pathway.seen):
        left = 1 - slope * min(1.0, number / (9 if pathway.case.course == LIVE else max(len(pathway.seen) - 1, 1)))
        totals = {
            PHQ9: _clamp(phq * left + dice.gauss(0, 1.3), 0, 27),
            GAD7: _clamp(gad * left + dice.gauss(0, 1.2), 0, 21),
        }
        if anxious_in_company:
            totals[SPIN] = _clamp(38 * left + dice.gauss(0, 3), 0, 68)
        function = _clamp((phq + gad) * 0.75 * left + dice.gauss(0, 2), 0, 32 if works else 30)
        core = _spread(_clamp(phq * 1.2 * left, 0, 40), *_SHAPES["CORE-10"], dice) if number in (0, 5) else None
        found.append(
            Measured(
                contact.contact_id,
                totals,
                {tool: _spread(total, *_SHAPES[tool], dice) for tool, total in totals.items()},
                _wsas(function, works, dice),
                core,
            )
        )
    return found


def _clamp(value: float, low: int, high: int) -> int:
    return max(low, min(high, round(value)))


def _spread(total: int, items: int, most: int, dice: Random) -> list[int]:
    """Answers that add up; the last item, which asks about harm in the PHQ-9, fills last."""
    answers = [0] * items
    for _ in range(total):
        open_items = [place for place in range(items) if answers[place] < most]
        weights = [0.25 if place == items - 1 else 1.0 for place in open_items]
        answers[dice.choices(open_items, weights)[0]] += 1
    return answers


def _wsas(total: int, works: bool, dice: Random) -> list[int]:  # noqa: FBT001  # a fact about the person
    """Five answers of 0 to 8; 9 for work says that the question does not apply."""
    if works:
        return _spread(total, 5, 8, dice)
    return [9, *_spread(total, 4, 8, dice)]
