"""Each figure that can be set stands in the alerts that it decided, in words and as data."""

from datetime import timedelta
from typing import Any

import pytest

from app.config import Watch
from app.pathway.watching import Likeness, Named, judged
from app.vocabulary import WatchRule
from tests.pathway.looking import MONDAY, look, many, tripped
from tests.pathway.test_watching_people import FRIDAY, colleagues

NIGHT = MONDAY.replace(hour=22)
NAMESAKES = Likeness.between(
    {"olga": "Olga Green"}, {"Green": [Named(f"p{number}", "Sean", "Green") for number in range(3)]}, Watch()
)
CASES: dict[str, tuple[Any, Any, str, str]] = {
    "people_floor": (41, "floor", "Up to 41 is no alert, which is the least figure", "many-people"),
    "people_ratio": (9.5, "ratio", "which is 9.5 times the median", "many-people"),
    "people_deviations": (9.5, "deviations", "which is the median and 9.5 deviations", "many-people"),
    "people_days": (27, "days", "in the 27 days before", "many-people"),
    "people_peers": (
        4,
        "peersNeeded",
        "only 3 others in this role to compare with, and of fewer than 4",
        "many-people",
    ),
    "people_alone": (97, "most", "Up to 97 is no alert", "many-people"),
    "surname_people": (4, "most", "of a surname that more than 4 have there is no alert", "namesake"),
    "hours_begin": ("06:45", "hoursBegin", "(06:45 to 20:00 in London", "out-of-hours"),
    "hours_end": ("20:15", "hoursEnd", "(07:00 to 20:15 in London", "out-of-hours"),
    "hours_people": (2, "most", "Up to 2 is no alert", "out-of-hours"),
    "refusal_minutes": (17, "most", "After more than 17 minutes it is no alert", "after-refusal"),
    "follow_days": (13, "days", "was not within the 13 days after it", "never-followed"),
}
"""What each is set to, the name of the figure that says so, the words that do, and of which rule."""


def _tripped(rule: str, figure: str, **thresholds: Any) -> Any:
    """The alert of one rule, where this figure decides."""
    if rule == "never-followed":
        return judged(look(related=False, own=False), [], Watch(**thresholds))
    looks = {
        "many-people": [
            *(colleagues(5, 15, 25) if figure not in ("people_floor", "people_alone") else []),
            *(colleagues(5, 5, 5) if figure == "people_floor" else []),
            *many(300, FRIDAY),
        ],
        "namesake": [look(own=False)],
        "out-of-hours": many(9, NIGHT),
        "after-refusal": [
            look(obtained=False, purpose="supervision"),
            look(MONDAY + timedelta(minutes=5), purpose="emergency"),
        ],
    }[rule]
    (alert,) = [each for each in tripped(looks, NAMESAKES, **thresholds) if each.rule == rule]
    return alert


def test_every_figure_is_among_these() -> None:
    assert {*Watch.model_fields} - {"rules", "rotas"} == {*CASES}


@pytest.mark.parametrize("threshold", CASES)
def test_a_figure_stands_in_the_alert_that_it_decided(threshold: str) -> None:
    value, name, words, rule = CASES[threshold]
    alert = _tripped(rule, threshold, **{threshold: value})
    assert (alert.rule, alert.figures[name]) == (WatchRule(rule), value)
    assert words in alert.explanation
    assert alert.look.staff not in alert.explanation
    otherwise = _tripped(rule, threshold)
    assert (otherwise.figures.get(name) != value, words in otherwise.explanation) == (True, False)
