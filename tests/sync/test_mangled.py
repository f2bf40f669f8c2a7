"""What spreadsheets make of dates, codes and identifiers: read where there is one reading, and otherwise named."""

from datetime import date

import pytest

from app.sync.fields import Fields
from app.sync.mangled import is_rounded
from app.sync.reading import Source
from app.sync.report import ImportReport
from app.vocabulary.identifiers import crn, nhs_number


def read(getter, value):
    """What a getter makes of one value, and the rules that it finds broken."""
    report = ImportReport()
    fields = Fields(Source("health/T.csv", 2, {"F": value}), report)
    return getter(fields), [each.rule_id for each in report.findings], fields.is_broken


@pytest.mark.parametrize(
    ("value", "day", "rules"),
    [
        ("2013-04-01", date(2013, 4, 1), []),
        ("2013-04-01 00:00:00", date(2013, 4, 1), []),
        ("13/04/2013", date(2013, 4, 13), ["date-respelled"]),
        ("04/13/2013", date(2013, 4, 13), ["date-respelled"]),
        ("4/4/2013", date(2013, 4, 4), ["date-respelled"]),
        ("13/04/2013 00:00", date(2013, 4, 13), ["date-respelled"]),
        ("1-Apr-2013", date(2013, 4, 1), ["date-respelled"]),
        ("01 April 2013", date(2013, 4, 1), ["date-respelled"]),
        ("01/04/2013", None, ["date-ambiguous"]),
        ("13/04/13", None, ["date-ambiguous"]),
        ("1-Apr-13", None, ["date-ambiguous"]),
        ("41365", None, ["date-serial"]),
        ("41365.0", None, ["date-serial"]),
        ("31/02/2013", None, ["date-malformed"]),
        ("13/13/2013", None, ["date-malformed"]),
        ("1-Foo-2013", None, ["date-malformed"]),
        ("2013-04-01 10:00:00", None, ["date-malformed"]),
        ("#########", None, ["date-malformed"]),
    ],
)
def test_a_date(value, day, rules):
    got, found, is_broken = read(lambda fields: fields.day("F"), value)
    assert (got, found) == (day, rules)
    assert is_broken is (day is None)


@pytest.mark.parametrize(
    ("value", "code", "rules"),
    [
        ("01", "01", []),
        ("1", "01", ["zero-restored"]),
        ("7", None, ["code-unknown"]),
        ("1.0", None, ["code-unknown"]),
        ("1E+00", None, ["number-rounded"]),
    ],
)
def test_a_code_without_its_zero(value, code, rules):
    assert read(lambda fields: fields.code("F", ("01", "02")), value)[:2] == (code, rules)


def test_a_code_that_is_one_without_a_zero_as_well_stays_as_it_is():
    assert read(lambda fields: fields.code("F", ("1", "01")), "1")[:2] == ("1", [])


@pytest.mark.parametrize(
    ("value", "rules"),
    [
        ("9.99745E+09", ["number-rounded", "nhs-number-invalid"]),
        ("9997450443", ["nhs-number-invalid"]),
        ("12345676", ["nhs-number-invalid"]),
    ],
)
def test_an_nhs_number_always_rejects_the_file(value, rules):
    assert read(lambda fields: fields.identifier("F", nhs_number, "nhs-number-invalid"), value)[1] == rules


def test_an_nhs_number_that_lost_its_zero_is_named():
    zero = next(f"0{digits}" for digits in map(str, range(100_000_001, 100_000_400)) if _is_nhs_number(f"0{digits}"))
    got, rules, _ = read(lambda fields: fields.identifier("F", nhs_number, "nhs-number-invalid"), zero[1:])
    assert (got, rules) == (None, ["zeros-dropped", "nhs-number-invalid"])


def _is_nhs_number(text):
    try:
        return nhs_number(text) == text
    except ValueError:
        return False


def test_another_identifier_says_what_it_always_did():
    assert read(lambda fields: fields.identifier("F", crn), "X1")[1] == ["identifier-invalid"]


@pytest.mark.parametrize(("value", "code"), [("720433000", "720433000"), ("7.20433E+08", None), ("7E8", None)])
def test_a_snomed_code_with_an_exponent_is_never_guessed(value, code):
    got, rules, _ = read(lambda fields: fields.concept("F"), value)
    assert (got, rules) == (code, [] if code else ["number-rounded"])
    assert is_rounded(value) is (code is None)


def test_a_time_of_day_from_access():
    got, rules, _ = read(lambda fields: fields.clock("F"), "1899-12-30 10:40:00")
    assert (str(got), rules) == ("10:40:00", [])
