"""The bands of each measure at their edges, and scores as they are written."""

from decimal import Decimal
from itertools import pairwise

import pytest

from app.pathway.measures import (
    BY_CODE,
    CORE_10,
    MEASURES,
    WSAS,
    WSAS_ITEMS,
    WSAS_WORK,
    wsas_item_is_in_range,
    wsas_total,
)

NAMED = {measure.name: measure for measure in (*MEASURES, CORE_10, WSAS)}
EDGES = {
    "PHQ-9": [
        (0, 4, "minimal"),
        (5, 9, "mild"),
        (10, 14, "moderate"),
        (15, 19, "moderately severe"),
        (20, 27, "severe"),
    ],
    "GAD-7": [(0, 4, "minimal"), (5, 9, "mild"), (10, 14, "moderate"), (15, 21, "severe")],
    "WSAS": [(0, 9, "subclinical"), (10, 20, "significant"), (21, 40, "moderately severe or worse")],
    "CORE-10": [
        (0, 5, "healthy"),
        (6, 10, "low level"),
        (11, 14, "mild"),
        (15, 19, "moderate"),
        (20, 24, "moderate to severe"),
        (25, 40, "severe"),
    ],
    "SPIN": [(0, 20, "none"), (21, 30, "mild"), (31, 40, "moderate"), (41, 50, "severe"), (51, 68, "very severe")],
    "PHQ-15": [(0, 4, "minimal"), (5, 9, "low"), (10, 14, "medium"), (15, 30, "high")],
    "OCI": [(0, 39, "below caseness"), (40, 168, "at caseness")],
    "PDSS": [(0, 7, "below caseness"), (8, 28, "at caseness")],
    "HAI": [(0, 17, "below caseness"), (18, 54, "at caseness")],
    "PCL-5": [(0, 31, "below caseness"), (32, 80, "at caseness")],
}


@pytest.mark.parametrize(
    ("name", "total", "band"),
    [
        pytest.param(name, total, band, id=f"{name} of {total} is {band}")
        for name, bands in EDGES.items()
        for first, last, band in bands
        for total in (first, last)
    ],
)
def test_a_band_begins_and_ends_where_it_is_said_to(name, total, band):
    assert NAMED[name].band(Decimal(total)) == band


@pytest.mark.parametrize("name", EDGES)
def test_the_bands_above_cover_the_range_without_a_gap(name):
    measure, bands = NAMED[name], EDGES[name]
    assert (bands[0][0], bands[-1][1]) == (measure.lowest, measure.highest)
    assert all(after[0] == before[1] + 1 for before, after in pairwise(bands))


@pytest.mark.parametrize("name", NAMED)
def test_beyond_the_range_there_is_no_band(name):
    measure = NAMED[name]
    assert not measure.is_in_range(Decimal(measure.highest + 1))
    assert measure.band(Decimal(measure.highest + 1)) is None
    assert measure.source


def test_a_measure_below_its_lowest_total_has_no_band():
    assert not NAMED["PSWQ"].is_in_range(Decimal(15))
    assert NAMED["PSWQ"].is_in_range(Decimal(16))
    assert NAMED["PSWQ"].band(Decimal(16)) is None


@pytest.mark.parametrize("text", ["", "-1", "1.5", "1,5", "seven", " 7", "7 ", "1e2", "\u0667", "7\n", "0007"])
def test_what_is_no_whole_number_is_no_score(text):
    assert BY_CODE["720433000"].score(text) is None


@pytest.mark.parametrize("text", ["", "-1", "2.345", "2,3", ".5", "5.", "\u0662.\u0663"])
def test_what_is_no_decimal_is_no_score_of_the_mobility_inventory(text):
    assert NAMED["MI-A"].score(text) is None


def test_the_mobility_inventory_has_decimals_and_its_cut_off_between_whole_numbers():
    measure = NAMED["MI-B"]
    assert measure.score("2.29") == Decimal("2.29")
    assert measure.band(Decimal("2.29")) == "below caseness"
    assert measure.band(Decimal("2.3")) == "at caseness"


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        pytest.param("0 1 2 3 0 1 2 3 0", (0, 1, 2, 3, 0, 1, 2, 3, 0), id="nine answers"),
        pytest.param("0 1 2 3 0 1 2 3", None, id="one is missing"),
        pytest.param("0 1 2 3 0 1 2 3 4", None, id="one is not possible"),
        pytest.param("0 1 2 3 0 1 2 3 x", None, id="one is no number"),
        pytest.param("", None, id="none"),
    ],
)
def test_answers_are_taken_whole_or_not_at_all(text, answers):
    assert NAMED["PHQ-9"].answers(text) == answers


def test_the_codes_are_those_of_the_national_list():
    assert {code: measure.highest for code, measure in BY_CODE.items()} == {
        "720433000": 27,
        "445455005": 21,
        "445552006": 68,
        "450324005": 168,
        "446793008": 54,
        "450326007": 28,
        "491581000000104": 80,
        "473354003": 5,
        "473355002": 5,
        "446517006": 80,
        "1065441000000103": 30,
    }
    assert not set(BY_CODE) & set(WSAS_ITEMS)


def test_work_alone_may_not_apply():
    assert wsas_item_is_in_range(WSAS_WORK, Decimal(9))
    assert all(wsas_item_is_in_range(code, Decimal(8)) for code in WSAS_ITEMS)
    assert not any(wsas_item_is_in_range(code, Decimal(9)) for code in WSAS_ITEMS[1:])
    assert not wsas_item_is_in_range(WSAS_WORK, Decimal(10))


def test_work_that_does_not_apply_is_the_mean_of_the_other_four():
    assert wsas_total((8, 8, 8, 8, 8)) == (40, "moderately severe or worse")
    assert wsas_total((9, 8, 8, 8, 8)) == (40, "moderately severe or worse")
    assert wsas_total((9, 0, 0, 0, 1)) == (1, "subclinical")
    assert wsas_total((0, 0, 0, 0, 0)) == (0, "subclinical")
