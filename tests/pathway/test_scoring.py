"""From answers to totals: worked examples, what is refused, and a second, plain way of counting."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.pathway.measures import ALL, CORE_10, GAD_7, PHQ_9, WSAS, anxiety_measure
from app.pathway.scoring import Unscorable, measure_named, prompts_safety, score

NAMED = {measure.name: measure for measure in ALL}
SPIN, MI_A = NAMED["SPIN"], NAMED["MI-A"]


@pytest.mark.parametrize(
    ("measure", "answers", "total", "band", "pro_rated"),
    [
        pytest.param(PHQ_9, [2, 2, 2, 2, 2, 2, 2, 2, 0], 16, "moderately severe", False, id="PHQ-9, all answered"),
        pytest.param(PHQ_9, [1, 1, 1, 1, 1, 1, 1, None, None], 9, "mild", True, id="two missing are the mean"),
        pytest.param(PHQ_9, [2, 1, 1, 1, 1, 1, 1, 0, None], 9, "mild", True, id="8 of 8 answers, 9 of 9"),
        pytest.param(PHQ_9, [3, 3, 3, 3, 3, 3, 3, None, None], 27, "severe", True, id="never above the range"),
        pytest.param(PHQ_9, [0, 0, 0, 0, 0, 1, 3, 0, None], 5, "mild", True, id="4.5 counts up to 5"),
        pytest.param(GAD_7, [2, 2, 2, 2, 2, 2, 0], 12, "moderate", False, id="GAD-7, all answered"),
        pytest.param(GAD_7, [1, 1, 1, 1, 1, 1, None], 7, "mild", True, id="GAD-7, one missing"),
        pytest.param(GAD_7, [2, 2, 2, 2, 2, None, None], 14, "moderate", True, id="GAD-7, two missing"),
        pytest.param(WSAS, [4, 4, 4, 4, 4], 20, "significant", False, id="WSAS, all apply"),
        pytest.param(WSAS, [9, 8, 8, 8, 8], 40, "moderately severe or worse", True, id="work does not apply"),
        pytest.param(WSAS, [4, 4, 4, 4, None], 20, "significant", True, id="WSAS, one missing"),
        pytest.param(WSAS, [None, 4, 4, 4, 4], 20, "significant", True, id="WSAS, nothing said of work"),
        pytest.param(WSAS, [9, 1, 2, 3, 4], 13, "significant", True, id="12.5 counts up to 13"),
        pytest.param(CORE_10, [1] * 10, 10, "low level", False, id="CORE-10 is the mean times ten"),
        pytest.param(CORE_10, [2] * 9 + [None], 20, "moderate to severe", True, id="CORE-10, one missing"),
        pytest.param(SPIN, [1] * 17, 17, "none", False, id="SPIN by its answers"),
    ],
)
def test_a_total_and_its_band(measure, answers, total, band, pro_rated):
    scored = score(measure, answers, None)
    assert (scored.total, scored.band, scored.is_pro_rated) == (total, band, pro_rated)
    assert score(measure, answers, Decimal(total)) == scored
    assert scored.items == " ".join("-" if each is None else str(each) for each in answers)


@pytest.mark.parametrize(
    ("measure", "answers", "total", "code", "field"),
    [
        pytest.param(PHQ_9, [1] * 6 + [None] * 3, None, "score-incomplete", "items", id="PHQ-9, three missing"),
        pytest.param(GAD_7, [1] * 4 + [None] * 3, None, "score-incomplete", "items", id="GAD-7, three missing"),
        pytest.param(CORE_10, [1] * 8 + [None] * 2, None, "score-incomplete", "items", id="CORE-10, two missing"),
        pytest.param(WSAS, [1, 1, 1, None, None], None, "score-incomplete", "items", id="WSAS, two missing"),
        pytest.param(WSAS, [9, 1, 1, 1, None], None, "score-incomplete", "items", id="WSAS, no work and one missing"),
        pytest.param(PHQ_9, [1] * 8, None, "score-incomplete", "items", id="eight of nine"),
        pytest.param(PHQ_9, [1] * 10, None, "score-incomplete", "items", id="ten of nine"),
        pytest.param(PHQ_9, [1] * 8 + [4], None, "score-out-of-range", "items.8", id="an answer that there is not"),
        pytest.param(PHQ_9, [-1] + [1] * 8, None, "score-out-of-range", "items.0", id="a negative one"),
        pytest.param(WSAS, [8, 9, 8, 8, 8], None, "score-out-of-range", "items.1", id="work alone may not apply"),
        pytest.param(PHQ_9, [1] * 9, 10, "score-differs", "total", id="a total that disagrees"),
        pytest.param(PHQ_9, None, 12, "score-needs-answers", "items", id="a total alone"),
        pytest.param(WSAS, None, 12, "score-needs-answers", "items", id="WSAS by its total"),
        pytest.param(NAMED["OCI"], [1, 2], 3, "score-by-total", "items", id="answers of what has none here"),
        pytest.param(NAMED["OCI"], None, 169, "score-out-of-range", "total", id="above the range"),
        pytest.param(NAMED["PSWQ"], None, 15, "score-out-of-range", "total", id="below the range"),
        pytest.param(SPIN, None, "19.5", "score-malformed", "total", id="half a point"),
        pytest.param(SPIN, None, None, "score-incomplete", "total", id="nothing"),
    ],
)
def test_what_is_no_score(measure, answers, total, code, field):
    with pytest.raises(Unscorable) as fault:
        score(measure, answers, None if total is None else Decimal(total))
    assert (fault.value.code, fault.value.field) == (code, field)


def test_the_others_are_taken_by_their_total():
    assert (score(SPIN, None, Decimal(19)).total, score(SPIN, None, Decimal(19)).items) == (19, None)
    assert score(MI_A, None, Decimal("2.3")).band == "at caseness"


@pytest.mark.parametrize(
    ("tool", "code", "field"),
    [("PHQ-8", None, "tool"), (None, "720433001", "toolCode"), ("PHQ-9", "445455005", "toolCode"),
     (None, "932621000000100", "toolCode"), (None, None, "toolCode")],
)  # fmt: skip
def test_a_tool_that_there_is_not(tool, code, field):
    with pytest.raises(Unscorable) as fault:
        measure_named(tool, code)
    assert (fault.value.code, fault.value.field) == ("score-tool-unknown", field)


@pytest.mark.parametrize("measure", ALL, ids=lambda measure: measure.name)
def test_a_tool_by_its_name_and_by_its_code(measure):
    assert measure_named(measure.name, None) is measure_named(None, measure.code) is measure
    assert measure_named(measure.name, measure.code) is measure


@given(st.sampled_from([PHQ_9, GAD_7, WSAS, CORE_10]), st.data())
def test_scoring_against_a_second_way_of_counting(measure, data):
    """By fractions, the mean put in the place of each that is missing, and rounded at the end."""
    answer = st.none() | st.integers(0, measure.highest_item + (1 if measure is WSAS else 0))
    answers = data.draw(st.lists(answer, min_size=measure.items, max_size=measure.items))
    there = [each for place, each in enumerate(answers) if each is not None and not (measure is WSAS and each == 9)]
    allowed = {"PHQ-9": 2, "GAD-7": 2, "CORE-10": 1, "WSAS": 1}[measure.name]
    impossible = measure is WSAS and 9 in answers[1:]
    if impossible or len(answers) - len(there) > allowed:
        with pytest.raises(Unscorable):
            score(measure, answers, None)
        return
    mean = Fraction(sum(there), len(there))
    whole = sum(mean if each is None or (measure is WSAS and each == 9) else Fraction(each) for each in answers)
    expected = int(whole + Fraction(1, 2))
    scored = score(measure, answers, None)
    assert scored.total == expected
    assert measure.is_in_range(scored.total)
    assert scored.band is not None


@pytest.mark.parametrize(
    ("items", "prompts"),
    [("0 0 0 0 0 0 0 0 1", True), ("3 3 3 3 3 3 3 3 3", True), ("3 3 3 3 3 3 3 3 0", False),
     ("- 1 1 1 1 1 1 1 2", True), ("3 3 3 3 3 3 3 3 -", False), (None, False), ("0 0 0 0 0 0 0 1", False)],
)  # fmt: skip
def test_the_ninth_answer_prompts(items, prompts):
    assert prompts_safety(PHQ_9, items) is prompts
    assert not prompts_safety(GAD_7, items)


@pytest.mark.parametrize(
    ("problem", "measure"),
    [("F40.1", "SPIN"), ("F43.1", "PCL-5"), ("F40.0", "MI-A"), ("F42", "OCI"), ("F42.1", "OCI"), ("F41.0", "PDSS"),
     ("F45.2", "HAI"), ("F41.1", "GAD-7"), ("F32.1", "GAD-7"), (None, "GAD-7")],
)  # fmt: skip
def test_the_anxiety_measure_of_a_problem(problem, measure):
    assert anxiety_measure("01", problem).name == measure


@pytest.mark.parametrize(
    ("items", "prompts"),
    [("0 0 0 0 0 1 0 0 0 0", True), ("4 4 4 4 4 0 4 4 4 4", False), ("4 4 4 4 4 - 4 4 4 4", False),
     ("0 0 0 0 0 1 0 0 0", False)],
)  # fmt: skip
def test_the_sixth_answer_of_core_10_prompts(items, prompts):
    assert prompts_safety(CORE_10, items) is prompts
