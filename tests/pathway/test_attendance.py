"""What became of an appointment in words, how late it was cancelled, and the signs that somebody is being lost."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.pathway import attendance
from app.pathway.attendance import Wrong, notice_hours, outcome_of, short_notice
from app.pathway.engagement import Contact, Sign, signals

START = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("5", "attended"),
        ("6", "arrived late but seen"),
        ("7", "arrived too late to be seen"),
        ("2", "cancelled by the person"),
        ("3", "did not attend"),
        ("4", "cancelled by the service"),
        pytest.param(None, "not recorded yet", id="nobody has said is not missed"),
    ],
)
def test_a_code_in_words_of_fact(code, words):
    assert outcome_of(code).value == words


@pytest.mark.parametrize("code", ["5", "6", "7", "3"])
def test_nobody_attends_or_misses_what_has_not_begun(code):
    assert attendance.cancelled_at(code, None, START, START) is None
    with pytest.raises(Wrong) as wrong:
        attendance.cancelled_at(code, None, START, START - HOUR)
    assert (wrong.value.code, wrong.value.field) == ("appointment-not-begun", "attendanceCode")


@pytest.mark.parametrize("code", ["2", "4"])
def test_a_cancellation_is_not_in_the_future(code):
    said = START - 3 * HOUR
    assert attendance.cancelled_at(code, said, START, START + HOUR) == said
    assert attendance.cancelled_at(code, None, START, START - HOUR) == START - HOUR
    with pytest.raises(Wrong) as wrong:
        attendance.cancelled_at(code, START - HOUR, START, START - 2 * HOUR)
    assert (wrong.value.code, wrong.value.field) == ("cancellation-in-future", "cancelledAt")


@pytest.mark.parametrize(("said", "at"), [(None, START), (START, START + HOUR)])
def test_the_person_cancels_before_it_begins_and_the_service_may_fail_them_later(said, at):
    with pytest.raises(Wrong) as wrong:
        attendance.cancelled_at("2", said, START, at)
    assert (wrong.value.code, wrong.value.field) == ("cancelled-after-start", "cancelledAt")
    assert attendance.cancelled_at("4", said, START, at) == said
    assert notice_hours(said, START) == (None if said is None else 0)


def test_only_what_was_cancelled_has_a_moment_of_it():
    for code in ("5", "3", None):
        with pytest.raises(Wrong) as wrong:
            attendance.cancelled_at(code, START - HOUR, START, START + HOUR)
        assert wrong.value.code == "cancellation-unfit"


@pytest.mark.parametrize(
    ("code", "before", "hours", "short"),
    [
        pytest.param("2", 24 * HOUR, 24, "N", id="a whole day is enough"),
        pytest.param("2", 24 * HOUR - timedelta(seconds=1), 23, "Y", id="a second less is not"),
        pytest.param("2", timedelta(minutes=5), 0, "Y", id="minutes before"),
        pytest.param("4", HOUR, 1, None, id="what the service cancels is nobody's short notice"),
    ],
)
def test_how_late_it_was_cancelled(code, before, hours, short):
    assert notice_hours(START - before, START) == hours
    assert short_notice(code, START - before, START, 24) == short


def row(codes):
    """Appointments a week apart with these codes; a dot has none."""
    return [
        Contact(f"a{place}", START + timedelta(days=7 * place), None if code == "." else code)
        for place, code in enumerate(codes)
    ]


@pytest.mark.parametrize(
    ("codes", "found"),
    [
        pytest.param("533", {(Sign.TWO_MISSED, "a2")}, id="two in a row"),
        pytest.param("5343", {(Sign.TWO_MISSED, "a3")}, id="one that the service cancelled breaks no row"),
        pytest.param("53.7", {(Sign.TWO_MISSED, "a3")}, id="nor does one that is not recorded yet"),
        pytest.param("533..", {(Sign.TWO_MISSED, "a2")}, id="nor do those that are to come"),
        pytest.param("5333", {(Sign.TWO_MISSED, "a3")}, id="a third is a new signal"),
        pytest.param("5323", set(), id="who cancels has been in touch"),
        pytest.param("5335", set(), id="who has come since is not being lost"),
        pytest.param("53", set(), id="one alone"),
        pytest.param("3", {(Sign.FIRST_MISSED, "a0")}, id="the first"),
        pytest.param("423.", {(Sign.FIRST_MISSED, "a2")}, id="the first that was not cancelled"),
        pytest.param("37", {(Sign.FIRST_MISSED, "a0"), (Sign.TWO_MISSED, "a1")}, id="the first two"),
        pytest.param("35", set(), id="the first, and seen since"),
        pytest.param("..44", set(), id="nothing that says anything of the person"),
        pytest.param("", set(), id="nothing at all"),
    ],
)
def test_signs_of_somebody_being_lost(codes, found):
    assert {(each.sign, each.appointment_id) for each in signals(row(codes))} == found


@given(st.text(alphabet="234567.", max_size=12), st.randoms(use_true_random=False))
def test_the_signs_against_a_plain_reading_of_them(codes, chance):
    """By regular expressions over the codes in their order; the order in which they come says nothing."""
    said = re.sub(r"[.4]", "", codes)
    expected = set()
    if re.search(r"[37][37]$", said):
        expected.add(Sign.TWO_MISSED)
    if re.fullmatch(r"[237]*[37][237]*", said):
        expected.add(Sign.FIRST_MISSED)
    shuffled = row(codes)
    chance.shuffle(shuffled)
    assert {each.sign for each in signals(shuffled)} == expected
