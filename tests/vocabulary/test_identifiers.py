"""Identifiers: the worked examples of the field, and what holds for every one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.vocabulary.identifiers import (
    CHECK_LETTERS,
    IdentifierInvalid,
    crn,
    cro_letter,
    cro_number,
    gp_practice,
    nhs_check_digit,
    nhs_number,
    noms_number,
    ods_provider,
    ods_site,
    pnc_letter,
    pnc_number,
    postcode,
)

PARSERS = (crn, noms_number, pnc_number, cro_number, nhs_number, ods_provider, ods_site, gp_practice, postcode)


@pytest.mark.parametrize(
    ("parse", "typed", "canonical"),
    [
        pytest.param(crn, "X320741", "X320741", id="a CRN stays as it is"),
        pytest.param(crn, " x320 741\n", "X320741", id="a CRN in lower case with stray spaces"),
        pytest.param(noms_number, "a1234aa", "A1234AA", id="a NOMS number in lower case"),
        pytest.param(pnc_number, "81/34U", "1981/0000034U", id="a short PNC id of the last century"),
        pytest.param(pnc_number, "02/73319Z", "2002/0073319Z", id="a short PNC id of this century"),
        pytest.param(pnc_number, "20020073319Z", "2002/0073319Z", id="a PNC id without its slash"),
        pytest.param(pnc_number, "2002/73319z", "2002/0073319Z", id="a PNC id without its zeros"),
        pytest.param(pnc_number, "020073319Z", "2002/0073319Z", id="a PNC id with a short year and no slash"),
        pytest.param(pnc_number, "20030011985X", "2003/0011985X", id="the letter that fits"),
        pytest.param(cro_number, "65656/91H", "065656/91H", id="a CRO number's serial is padded"),
        pytest.param(cro_number, "sf05/482703j", "SF05/482703J", id="a CRO number from a file"),
        pytest.param(nhs_number, "8429141456", "8429141456", id="an NHS number"),
        pytest.param(nhs_number, "842 914 1456", "8429141456", id="an NHS number as it is printed"),
        pytest.param(ods_provider, "rt5", "RT5", id="the trust"),
        pytest.param(ods_site, "RT5P1", "RT5P1", id="a site"),
        pytest.param(gp_practice, "c82901", "C82901", id="a GP practice"),
        pytest.param(postcode, "le13cv", "LE1 3CV", id="a postcode without its space"),
    ],
)
def test_accepts(parse, typed, canonical):
    assert parse(typed) == canonical


@pytest.mark.parametrize(
    ("parse", "typed", "wrong"),
    [
        pytest.param(crn, "X32074", "this is not a CRN", id="a digit too few"),
        pytest.param(crn, "3X20741", "this is not a CRN", id="the letter in the wrong place"),
        pytest.param(crn, "", "this is not a CRN", id="nothing"),
        pytest.param(crn, "X\uff1320741", "this is not a CRN", id="digits of another script"),
        pytest.param(crn, "\u0131320741", "this is not a CRN", id="a letter whose capital is I"),
        pytest.param(noms_number, "A1234A", "this is not a NOMS number", id="a letter too few"),
        pytest.param(pnc_number, "20030011985Z", "the PNC id's letter does not fit its digits", id="X, not Z"),
        pytest.param(pnc_number, "200/0011985Z", "this is not a PNC id", id="a year of three digits"),
        pytest.param(pnc_number, "2003/00119855X", "this is not a PNC id", id="a serial of eight digits"),
        pytest.param(pnc_number, "03/X", "this is not a PNC id", id="no serial"),
        pytest.param(cro_number, "65656/91J", "the CRO number's letter does not fit its digits", id="H, not J"),
        pytest.param(cro_number, "SF05/482703H", "the CRO number's letter does not fit its digits", id="J, not H"),
        pytest.param(cro_number, "6565691H", "this is not a CRO number", id="no slash"),
        pytest.param(nhs_number, "8429141457", "the NHS number's last digit does not fit the others", id="wrong check"),
        pytest.param(nhs_number, "1000000001", "an NHS number that reads the same backwards is never issued", id="1…1"),
        pytest.param(nhs_number, "2222222222", "an NHS number that reads the same backwards is never issued", id="2s"),
        pytest.param(nhs_number, "842914145", "this is not an NHS number", id="nine digits"),
        pytest.param(ods_provider, "RT", "this is not a provider's ODS code", id="too short a provider"),
        pytest.param(ods_site, "RT5P123456", "this is not a site's ODS code", id="too long a site"),
        pytest.param(gp_practice, "C8290", "this is not a GP practice's ODS code", id="too short a practice"),
        pytest.param(postcode, "LE1", "this is not a postcode", id="half a postcode"),
    ],
)
def test_refuses_with_a_reason_and_a_remedy(parse, typed, wrong):
    with pytest.raises(IdentifierInvalid) as refused:
        parse(typed)
    assert refused.value.wrong == wrong
    assert str(refused.value) == f"{wrong}; {refused.value.remedy}"


def test_a_two_digit_year_is_this_century_up_to_this_year():
    letter = pnc_letter("13", "1")
    assert pnc_number(f"13/1{letter}", this_year=2013) == f"2013/0000001{letter}"
    assert pnc_number(f"13/1{letter}", this_year=2012) == f"1913/0000001{letter}"


def test_a_pnc_id_that_fits_two_ways_needs_its_slash():
    typed = next(
        f"{digits}{pnc_letter(digits[:2], digits[2:])}"
        for digits in (f"{year}{serial}" for year in range(1900, 2100) for serial in (1, 12, 123, 1234, 12345))
        if pnc_letter(digits[:2], digits[2:]) == pnc_letter(digits[:4], digits[4:])
    )
    with pytest.raises(IdentifierInvalid, match="slash"):
        pnc_number(typed)


@given(st.integers(0, 99), st.integers(0, 9_999_999))
def test_every_pnc_id_parses_to_itself_and_no_other_letter_does(year, serial):
    letter = pnc_letter(f"{year:02}", str(serial))
    canonical = pnc_number(f"{year:02}/{serial}{letter}")
    assert pnc_number(canonical) == canonical
    for other in set(CHECK_LETTERS) - {letter}:
        with pytest.raises(IdentifierInvalid):
            pnc_number(f"{year:02}/{serial}{other}")


@given(st.integers(0, 99), st.integers(0, 999_999))
def test_every_cro_number_parses_to_itself(year, serial):
    standard = f"{serial:06}/{year:02}{cro_letter(f'{year:02}', f'{serial:06}')}"
    from_file = f"SF{year:02}/{serial}{cro_letter(f'{year:02}', str(serial))}"
    assert (cro_number(standard), cro_number(from_file)) == (standard, from_file)


@given(st.integers(0, 999_999_999))
def test_one_wrong_digit_in_an_nhs_number_is_noticed(nine):
    head = f"{nine:09}"
    check = nhs_check_digit(head)
    for digit in range(10):
        typed = f"{head}{digit}"
        if digit == check and typed != typed[::-1]:
            assert nhs_number(typed) == typed
        else:
            with pytest.raises(IdentifierInvalid):
                nhs_number(typed)


def message_about(parse, typed):
    try:
        parse(typed)
    except IdentifierInvalid as refused:
        return str(refused)
    return ""


@given(st.sampled_from(PARSERS), st.text(max_size=20))
def test_what_is_accepted_is_canonical_and_nothing_else_breaks(parse, typed):
    if not message_about(parse, typed):
        assert parse(parse(typed)) == parse(typed)


@given(st.sampled_from(PARSERS), st.from_regex(r"\A999\d{7}\Z"))
def test_no_message_repeats_an_nhs_number_wherever_it_was_typed(parse, typed):
    assert typed not in message_about(parse, typed)
