"""How long a safety alert may wait: the stage that it is at by its time, and by which limit the late ones are found."""

from datetime import UTC, datetime, timedelta

import pytest

from app.pathway.chasing import Patience, Stage, Urgency, due_at, overdue_if_before, skipped, stage_at

FRIDAY = datetime(2026, 3, 6, 16, 30, tzinfo=UTC)
MINUTE, MOMENT = timedelta(minutes=1), timedelta(microseconds=1)
USUAL = Patience()
IMMEDIATE, URGENT, ROUTINE = Urgency.IMMEDIATE, Urgency.URGENT, Urgency.ROUTINE

STAGES = [
    pytest.param(IMMEDIATE, FRIDAY, Stage.RELEASED, id="at once"),
    pytest.param(IMMEDIATE, FRIDAY + 30 * MINUTE - MOMENT, Stage.RELEASED, id="before half of its time"),
    pytest.param(IMMEDIATE, FRIDAY + 30 * MINUTE, Stage.REMINDED, id="at half of its time"),
    pytest.param(IMMEDIATE, FRIDAY + 60 * MINUTE - MOMENT, Stage.REMINDED, id="to the last moment"),
    pytest.param(IMMEDIATE, FRIDAY + 60 * MINUTE, Stage.OVERDUE, id="after an hour"),
    pytest.param(URGENT, FRIDAY + 119 * MINUTE, Stage.RELEASED, id="urgent for two hours"),
    pytest.param(URGENT, FRIDAY + 239 * MINUTE, Stage.REMINDED, id="urgent for four hours"),
    pytest.param(URGENT, FRIDAY + 240 * MINUTE, Stage.OVERDUE, id="urgent after four hours"),
    pytest.param(ROUTINE, datetime(2026, 3, 9, 23, 59, tzinfo=UTC), Stage.RELEASED, id="routine over a weekend"),
    pytest.param(ROUTINE, datetime(2026, 3, 10, 0, 0, tzinfo=UTC), Stage.REMINDED, id="at the end of Monday"),
    pytest.param(ROUTINE, datetime(2026, 3, 10, 23, 59, tzinfo=UTC), Stage.REMINDED, id="all of Tuesday"),
    pytest.param(ROUTINE, datetime(2026, 3, 11, 0, 0, tzinfo=UTC), Stage.OVERDUE, id="at the end of Tuesday"),
]


@pytest.mark.parametrize(("urgency", "now", "stage"), STAGES)
def test_an_alert_comes_to_a_stage_by_its_time(urgency: Urgency, now: datetime, stage: Stage) -> None:
    assert stage_at(urgency, FRIDAY, now, USUAL) is stage


def test_the_operator_says_how_long_it_may_wait() -> None:
    patient = Patience(immediate_minutes=10, urgent_minutes=20, routine_working_days=1)
    assert due_at(IMMEDIATE, FRIDAY, patient) == FRIDAY + 10 * MINUTE
    assert due_at(URGENT, FRIDAY, patient) == FRIDAY + 20 * MINUTE
    assert due_at(ROUTINE, FRIDAY, patient) == datetime(2026, 3, 10, tzinfo=UTC)
    assert stage_at(ROUTINE, FRIDAY, datetime(2026, 3, 7, tzinfo=UTC), patient) is Stage.REMINDED


@pytest.mark.parametrize("urgency", Urgency)
def test_the_limit_parts_what_is_overdue_from_what_is_not(urgency: Urgency) -> None:
    """The list is narrowed in SQL by the limit, and each row says of itself whether it is overdue: they agree."""
    due = due_at(urgency, FRIDAY, USUAL)
    for now in (due - MOMENT, due, due + MOMENT, FRIDAY, FRIDAY + timedelta(days=9)):
        late = overdue_if_before(now, USUAL)[urgency] > FRIDAY
        assert late == (stage_at(urgency, FRIDAY, now, USUAL) is Stage.OVERDUE)


def test_stages_that_passed_untold_are_told_no_more() -> None:
    assert skipped(Stage.OVERDUE, frozenset()) == (Stage.RELEASED, Stage.REMINDED)
    assert skipped(Stage.OVERDUE, frozenset({Stage.RELEASED})) == (Stage.REMINDED,)
    assert skipped(Stage.RELEASED, frozenset()) == ()
