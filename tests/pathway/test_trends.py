"""The course of each measure, and the outcome by the national definitions: worked examples and a second reading."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.pathway.measures import BY_WORD
from app.pathway.trends import NOTHING, Point, Problem, outcome_of, trends, unfit

START = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
SOCIAL = Problem(3, "01", "F40.1")


def courses(**totals):
    """Scores a week apart of each measure, its name with an underscore for its hyphen; in no order of time."""
    points = [
        Point(tool.replace("_", "-"), START + timedelta(days=7 * week), Decimal(str(total)))
        for tool, course in totals.items()
        for week, total in enumerate(course)
    ]
    return trends(reversed(points))


def became(problem=NOTHING, **totals):
    found, anxiety = outcome_of(courses(**totals), problem)
    words = ("recovered", "improved", "deteriorated")
    said = {word for word in words if getattr(found, word)}
    return said | ({"case"} if not found.below_caseness_at_start else set()), anxiety and anxiety.name


@pytest.mark.parametrize(
    ("totals", "problem", "said", "anxiety"),
    [
        pytest.param({"PHQ_9": [16, 8], "GAD_7": [12, 7]}, NOTHING, {"case", "recovered", "improved"}, "GAD-7",
                     id="recovers reliably"),
        pytest.param({"PHQ_9": [10, 9], "GAD_7": [8, 7]}, NOTHING, {"case", "recovered"}, "GAD-7",
                     id="recovers without reliable improvement"),
        pytest.param({"PHQ_9": [9, 3], "GAD_7": [7, 2]}, NOTHING, {"improved"}, "GAD-7", id="not at caseness"),
        pytest.param({"PHQ_9": [16, 4, 16, 8], "GAD_7": [12, 20, 7]}, NOTHING, {"case", "recovered", "improved"},
                     "GAD-7", id="what lies between says nothing"),
        pytest.param({"PHQ_9": [16, 8], "GAD_7": [12, 7], "SPIN": [40, 30]}, SOCIAL, {"case", "improved"}, "SPIN",
                     id="the problem's own measure counts"),
        pytest.param({"PHQ_9": [16, 8], "GAD_7": [12, 7], "SPIN": [40]}, SOCIAL, {"case", "recovered", "improved"},
                     "GAD-7", id="GAD-7 again where that has no pair"),
        pytest.param({"PHQ_9": [16, 8], "GAD_7": [12, 7], "WSAS": [0, 40]}, NOTHING,
                     {"case", "recovered", "improved"}, "GAD-7", id="WSAS never moves recovery"),
        pytest.param({"PHQ_9": [16], "GAD_7": [12]}, NOTHING, {"case"}, "GAD-7", id="one score alone is no pair"),
        pytest.param({"PHQ_9": [16, 8], "GAD_7": [12, 22]}, NOTHING, {"case", "improved"}, None,
                     id="a total that cannot be counts for nothing"),
    ],
)  # fmt: skip
def test_what_became_of_somebody(totals, problem, said, anxiety):
    assert became(problem, **totals) == (said, anxiety)


@pytest.mark.parametrize(
    ("tool", "course", "change"),
    [
        ("PHQ_9", [16, 10], "reliable improvement"),
        ("PHQ_9", [16, 11], "no reliable change"),
        ("PHQ_9", [10, 16], "reliable deterioration"),
        ("GAD_7", [8, 12], "reliable deterioration"),
        ("SPIN", [30, 20], "reliable improvement"),
        ("CORE_10", [30, 10], None),
        ("PHQ_9", [16], None),
        ("PHQ_9", [28, 3], None),
        ("A_tool", [3, 2], None),
    ],
)
def test_a_change_in_words(tool, course, change):
    (found,) = courses(**{tool: course})
    assert found.change == change
    assert [point.total for point in found.points] == course


def test_which_measure_a_problem_asks_for():
    assert unfit(BY_WORD["GAD-7"], SOCIAL) is BY_WORD["SPIN"]
    assert unfit(BY_WORD["SPIN"], NOTHING) is BY_WORD["GAD-7"]
    assert unfit(BY_WORD["SPIN"], SOCIAL) is None
    assert unfit(BY_WORD["PHQ-9"], SOCIAL) is None, "only an anxiety measure stands for another"
    assert unfit(BY_WORD["MI-B"], Problem(3, "01", "F40.0")) is None, "both forms of the mobility inventory do"


@given(st.lists(st.integers(0, 27), min_size=1, max_size=5), st.lists(st.integers(0, 21), min_size=1, max_size=5))
def test_the_outcome_against_a_plain_reading(phq, gad):
    """As the reference says it, over the first and the last of both."""
    fell = [first - last for (first, last) in ((phq[0], phq[-1]), (gad[0], gad[-1]))]
    better, worse = fell[0] >= 6 or fell[1] >= 4, fell[0] <= -6 or fell[1] <= -4
    case = phq[0] >= 10 or gad[0] >= 8
    paired = len(phq) > 1 and len(gad) > 1
    expected = {"case"} if case else set()
    expected |= {"improved"} if better and not worse else set()
    expected |= {"deteriorated"} if worse and not better else set()
    expected |= {"recovered"} if paired and case and phq[-1] < 10 and gad[-1] < 8 else set()
    assert became(PHQ_9=phq, GAD_7=gad) == (expected, "GAD-7")
