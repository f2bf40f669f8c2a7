"""What a report counts, by the worked examples of the national definitions; rates, intervals, years and quarters."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import pytest

from app.pathway.measures import BY_CODE, GAD_7, PHQ_9, anxiety_measure
from app.pathway.measures import Measure as Questionnaire
from app.pathway.reports import (
    ALL,
    RATES,
    Alike,
    Measure,
    Period,
    Rate,
    as_they_are,
    difference,
    interval,
    percent,
    quarter_of,
    tally,
    units,
    year_of,
)
from app.pathway.reports.outcomes import Course, Outcome, outcome
from tests.pathway.referred import Contacts, Problem, Referred, Scored, cohort

WHOLE = (ALL, ALL)
SPIN, PCL_5 = BY_CODE["445552006"], BY_CODE["491581000000104"]


def course(measure: Questionnaire, first: str, last: str | None) -> Course:
    return Course(measure, Decimal(first), None if last is None else Decimal(last))


def became(phq: tuple[str, str | None] | None, gad: tuple[str, str | None] | None) -> Outcome:
    return outcome(phq and course(PHQ_9, *phq).told, gad and course(GAD_7, *gad).told)


@pytest.mark.parametrize(
    ("phq", "gad", "expected"),
    [
        pytest.param(
            ("16", "8"), ("12", "7"), "case recovered improved", id="both below in the end, and both fell far"
        ),
        pytest.param(("10", "9"), ("8", "7"), "case recovered", id="recovered without a reliable change"),
        pytest.param(("9", "3"), ("7", "2"), "improved", id="never at caseness, so that there is nothing to recover"),
        pytest.param(("9", "3"), ("8", "7"), "case recovered improved", id="one measure at caseness is enough"),
        pytest.param(("16", "9"), ("12", "8"), "case improved", id="one still at caseness is not recovered"),
        pytest.param(("16", "10"), ("12", "16"), "case", id="one falls and one rises by its own change: neither"),
        pytest.param(("16", "10"), ("12", "15"), "case improved", id="a rise below the reliable change does not count"),
        pytest.param(("16", "22"), ("12", "9"), "case deteriorated", id="nor does such a fall"),
        pytest.param(("16", "11"), ("12", "9"), "case", id="five and three points are no reliable change"),
        pytest.param(("16", None), ("12", "7"), "case improved unpaired", id="one score alone is no pair"),
        pytest.param(None, None, "case unpaired", id="nothing known is not below caseness"),
        pytest.param(("9", None), None, "unpaired", id="a single score below caseness is"),
    ],
)
def test_outcomes(phq: tuple[str, str | None] | None, gad: tuple[str, str | None] | None, expected: str) -> None:
    words = expected.split()
    assert became(phq, gad) == Outcome(
        below_caseness_at_start="case" not in words,
        is_paired="unpaired" not in words,
        recovered="recovered" in words,
        improved="improved" in words,
        deteriorated="deteriorated" in words,
    )


@pytest.mark.parametrize(
    ("scheme", "code", "name"),
    [
        ("01", "F40.1", "SPIN"), ("01", "F401", "SPIN"), ("01", "F43.1", "PCL-5"), ("01", "F40.0", "MI-A"),
        ("01", "F42", "OCI"), ("01", "F42.2", "OCI"), ("01", "F41.0", "PDSS"), ("01", "F45.2", "HAI"),
        ("01", "F41.1", "GAD-7"), ("01", "F32.1", "GAD-7"), ("04", "F40.1", "GAD-7"), (None, None, "GAD-7"),
    ],
)  # fmt: skip
def test_the_anxiety_measure_is_the_problems(scheme: str | None, code: str | None, name: str) -> None:
    assert anxiety_measure(scheme, code).name == name


def test_spin_decides_over_social_phobia_and_gad_where_it_is_missing() -> None:
    phq, low = course(PHQ_9, "9", "9").told, course(SPIN, "18", "8").told
    assert outcome(phq, low).below_caseness_at_start
    assert outcome(phq, low).improved
    assert not outcome(phq, course(SPIN, "19", "10").told).below_caseness_at_start


def finished(number: int, phq: tuple[int, int], gad: tuple[int, int]) -> tuple[Referred, list[Scored]]:
    scored = [Scored(PHQ_9.code, 2, *map(float, phq)), Scored(GAD_7.code, 2, *map(float, gad))]
    return Referred(f"R{number}", date(2026, 1, 5), "E3", "discharged", "46", True, "community-order"), scored


def counted(found: list[Alike]) -> Mapping[Measure, int]:
    cells = tally(units(found))
    return {measure: cells[WHOLE, measure] for measure in Measure}


def test_rates_of_twenty_who_finished() -> None:
    courses = [
        *[((9, 8), (7, 7))] * 2,  # not at caseness
        *[((16, 8), (12, 7))] * 8,  # recovered and improved
        ((10, 9), (8, 7)),  # recovered alone
        *[((20, 12), (12, 12))] * 5,  # improved alone
        ((12, 19), (12, 12)),  # deteriorated
        *[((15, 15), (12, 12))] * 3,
    ]
    people = [finished(number, *each) for number, each in enumerate(courses)]
    contacts = Contacts(3, 0, 1, 2, date(2026, 1, 20))
    found = cohort(
        [referred for referred, _ in people],
        {referred.key: contacts for referred, _ in people},
        {},
        {referred.key: scored for referred, scored in people},
    )
    cells = tally(units(found))
    shown = as_they_are(cells)
    tenths = {rate: str(shown.share(WHOLE, rate).tenths) for rate in RATES}
    assert cells[WHOLE, Measure.FINISHED] == 20
    assert (tenths[Rate.RECOVERY], tenths[Rate.RELIABLE_RECOVERY]) == ("50.0", "44.4")
    assert (tenths[Rate.IMPROVEMENT], tenths[Rate.DETERIORATION]) == ("65.0", "5.0")


@pytest.mark.parametrize(
    ("day", "counts"),
    [
        pytest.param(date(2026, 2, 16), (1, 1), id="the 42nd day is within six weeks"),
        pytest.param(date(2026, 2, 17), (0, 1), id="the 43rd is not"),
        pytest.param(date(2026, 5, 11), (0, 1), id="the 126th day is within eighteen weeks"),
        pytest.param(date(2026, 5, 12), (0, 0), id="the 127th is not"),
    ],
)
def test_waits_are_counted_in_days_from_receipt(day: date, counts: tuple[int, int]) -> None:
    referred, _ = finished(1, (9, 9), (7, 7))
    found = counted(cohort([referred], {"R1": Contacts(3, 0, 1, 2, day)}, {}, {}))
    assert (found[Measure.WITHIN_6_WEEKS], found[Measure.WITHIN_18_WEEKS]) == counts


@pytest.mark.parametrize(
    ("closed", "treatments", "counts"),
    [
        pytest.param(True, 2, (1, 1), id="closed after two treatment contacts"),
        pytest.param(True, 1, (1, 0), id="one is no course of treatment"),
        pytest.param(False, 5, (1, 0), id="not finished while it is open"),
        pytest.param(True, 0, (0, 0), id="never treated"),
    ],
)
def test_who_entered_and_who_finished(closed: bool, treatments: int, counts: tuple[int, int]) -> None:
    referred = Referred("R1", date(2026, 1, 5), "E3", "discharged", None, closed, None)
    first = date(2026, 1, 20) if treatments else None
    found = counted(cohort([referred], {"R1": Contacts(treatments, 0, 0, treatments, first)}, {}, {}))
    assert (found[Measure.ENTERED], found[Measure.FINISHED]) == counts


@pytest.mark.parametrize(
    ("status", "end_code", "contacts", "measures"),
    [
        ("not-suitable", None, Contacts(1, 0, 1, 0, None), {Measure.NOT_SUITABLE, Measure.ASSESSED}),
        ("discharged", "11", Contacts(1, 0, 1, 0, None), {Measure.NOT_SUITABLE, Measure.ASSESSED}),
        ("discharged", "50", Contacts(0, 2, 0, 0, None), {Measure.FIRST_MISSED}),
        ("offered", None, Contacts(0, 0, 0, 0, None), set()),
        ("assessed", None, Contacts(1, 1, 1, 0, None), {Measure.ASSESSED}),
    ],
    ids=["by its status", "by its end code", "never seen", "nothing due yet", "came after all"],
)
def test_the_funnel(status: str, end_code: str | None, contacts: Contacts, measures: set[Measure]) -> None:
    referred = Referred("R1", date(2026, 1, 5), "E3", status, end_code, end_code is not None, None)
    found = counted(cohort([referred], {"R1": contacts}, {"R1": Problem(3, None, None)}, {}))
    of_contacts = {Measure.CONTACTS_DUE, Measure.CONTACTS_MISSED}
    assert {measure for measure, count in found.items() if count} - of_contacts == measures | {Measure.REFERRED}
    assert found[Measure.CONTACTS_DUE] == contacts.attended + contacts.missed


def test_every_table_adds_up_to_the_whole() -> None:
    referred = [
        Referred("R1", date(2026, 1, 31), "E3", "offered", None, False, "community-order"),
        Referred("R2", date(2026, 2, 1), "A1", "offered", None, False, None),
    ]
    cells = tally(units(cohort(referred, {}, {"R1": Problem(3, "01", "F32.1")}, {})))
    rows = Counter({row: count for (row, measure), count in cells.items() if measure is Measure.REFERRED})
    assert rows == {
        WHOLE: 2, ("quarter", "2025-11-01"): 1, ("quarter", "2026-02-01"): 1, ("source", "E3"): 1, ("source", "A1"): 1,
        ("sentence", "community-order"): 1, ("sentence", "not recorded"): 1, ("step", "3"): 1,
        ("step", "not recorded"): 1,
    }  # fmt: skip


def test_percentages_round_a_half_up_and_there_is_none_of_nothing() -> None:
    assert [str(percent(part, 104)) for part in (13, 43, 48)] == ["13", "41", "46"]
    assert (percent(0, 0), percent(0, 8), str(percent(1, 3, "0.1"))) == (None, 0, "33.3")


@pytest.mark.parametrize(
    ("part", "whole", "bounds"),
    [(0, 10, ("0.0", "27.8")), (5, 10, ("23.7", "76.3")), (10, 10, ("72.2", "100.0")), (81, 263, ("25.5", "36.6"))],
)
def test_intervals_are_wilsons(part: int, whole: int, bounds: tuple[str, str]) -> None:
    """Source of the last: R. G. Newcombe, "Two-sided confidence intervals …", Statistics in Medicine 17 (1998)."""
    found = interval(part, whole)
    assert found is not None
    assert tuple(map(str, found)) == bounds


@pytest.mark.parametrize(
    ("day", "year", "quarter"),
    [
        (date(2012, 11, 1), Period(date(2012, 11, 1), date(2013, 10, 31)), date(2012, 11, 1)),
        (date(2013, 1, 31), Period(date(2012, 11, 1), date(2013, 10, 31)), date(2012, 11, 1)),
        (date(2013, 2, 1), Period(date(2012, 11, 1), date(2013, 10, 31)), date(2013, 2, 1)),
        (date(2012, 10, 31), Period(date(2011, 11, 1), date(2012, 10, 31)), date(2012, 8, 1)),
        (date(2026, 3, 9), Period(date(2025, 11, 1), date(2026, 10, 31)), date(2026, 2, 1)),
    ],
)
def test_years_and_quarters_begin_with_the_agreement(day: date, year: Period, quarter: date) -> None:
    assert (year_of(day, date(2012, 11, 1)), quarter_of(day, date(2012, 11, 1))) == (year, quarter)


@pytest.mark.parametrize(
    ("one", "other", "bounds"),
    [
        ((56, 70), (48, 80), ("5.2", "33.4")),
        ((6, 7), (2, 7), ("5.8", "80.6")),
        ((10, 10), (0, 20), ("67.9", "100.0")),
        ((10, 10), (0, 10), ("60.8", "100.0")),
    ],
)
def test_differences_are_newcombes(one: tuple[int, int], other: tuple[int, int], bounds: tuple[str, str]) -> None:
    """Source: R. G. Newcombe, "Interval estimation for the difference …", Statistics in Medicine 17 (1998), 873-890."""
    found = difference(one, other)
    assert found is not None
    assert tuple(map(str, found)) == bounds
    assert difference(other, one) == (-found[1], -found[0])
    assert difference((0, 0), other) is None
