"""Retention: computed from what is recorded, for whole persons; nothing live has a date, and nothing is guessed."""

from datetime import date

import pytest

from app.pathway.retention import AFTER_CLOSING, Basis, Treatment, alert_due_on, retention_of
from app.tables.alerts import OUTCOMES


def closed(day: str, end_code: str = "46") -> Treatment:
    return Treatment("discharged", date.fromisoformat(day), end_code)


OPEN, DRAFT = Treatment("in-treatment", None, None), Treatment("draft", None, None)


@pytest.mark.parametrize(
    ("referrals", "due_on", "basis"),
    [
        pytest.param([closed("2013-05-01")], "2033-05-01", Basis.TREATMENT_ENDED, id="20 years after it ended"),
        pytest.param([closed("2012-02-29")], "2032-02-29", Basis.TREATMENT_ENDED, id="from leap day to leap day"),
        pytest.param([closed("2012-02-29", "49")], "2022-02-28", Basis.DIED, id="from leap day to where there is none"),
        pytest.param([closed("2080-02-29")], "2100-02-28", Basis.TREATMENT_ENDED, id="to a year that is no leap year"),
        pytest.param(
            [closed("2001-05-01"), closed("2011-05-02", "49")],
            "2021-05-02",
            Basis.DIED,
            id="a death long after treatment",
        ),
        pytest.param(
            [closed("2013-05-01"), closed("2003-05-01", "17")],
            "2033-05-01",
            Basis.TREATMENT_ENDED,
            id="treated after they are said to have died",
        ),
        pytest.param(
            [closed("2013-05-01"), closed("2015-01-02")], "2035-01-02", Basis.TREATMENT_ENDED, id="the last one decides"
        ),
        pytest.param([closed("2013-05-01", "49")], "2023-05-01", Basis.DIED, id="10 years after a death in treatment"),
        pytest.param([closed("2013-05-01", "17")], "2023-05-01", Basis.DIED, id="10 years after a death before it"),
        pytest.param(
            [closed("2013-02-28", "49"), closed("2013-05-01", "49")], "2023-02-28", Basis.DIED, id="two say so"
        ),
        pytest.param(
            [closed("1990-01-01"), closed("2013-05-01", "49")], "2023-05-01", Basis.DIED, id="an older one too"
        ),
        pytest.param(
            [closed("2013-05-01"), closed("2013-05-01", "49")], "2023-05-01", Basis.DIED, id="both on one day"
        ),
        pytest.param([closed("2013-05-01"), OPEN], None, Basis.LIVE, id="one of them is open"),
        pytest.param([closed("2013-05-01", "49"), OPEN], None, Basis.LIVE, id="open, although one says they died"),
        pytest.param(
            [closed("2013-05-01"), DRAFT], "2033-05-01", Basis.TREATMENT_ENDED, id="a draft counts for nothing"
        ),
        pytest.param([DRAFT], None, Basis.NEVER_TREATED, id="a draft alone"),
        pytest.param([], None, Basis.NEVER_TREATED, id="nobody referred them"),
    ],
)
def test_until_when_records_are_kept(referrals: list[Treatment], due_on: str | None, basis: Basis) -> None:
    found = retention_of(referrals)
    assert (found.due_on and str(found.due_on), found.basis) == (due_on, basis)
    assert retention_of(reversed(referrals)) == found


def test_the_day_on_which_treatment_ended_is_that_of_the_last() -> None:
    dead = [closed("2013-05-01", "49"), closed("2015-01-02")]
    assert retention_of([closed("2013-05-01"), closed("2015-01-02")]).ended_on == date(2015, 1, 2)
    assert retention_of(dead).ended_on == date(2015, 1, 2)
    assert retention_of([closed("2012-05-01"), closed("2013-05-01", "49")]).ended_on == date(2013, 5, 1)
    assert retention_of([closed("2013-05-01"), OPEN]).ended_on is None


def test_it_is_due_from_its_day_on() -> None:
    found = retention_of([closed("2013-05-01")])
    assert not found.is_due(date(2033, 4, 30))
    assert found.is_due(date(2033, 5, 1))
    assert not retention_of([OPEN]).is_due(date.max)


@pytest.mark.parametrize(
    ("outcome", "closed_on", "due_on"),
    [
        pytest.param("false-positive", "2026-03-10", "2028-03-10", id="no concern: two reviews of the agreement"),
        pytest.param("justified", "2024-02-29", "2026-02-28", id="to a year that is no leap year"),
        pytest.param("concern", "2026-03-10", "2032-03-10", id="a concern: as long as it can be claimed for"),
    ],
)
def test_until_when_a_closed_alert_is_kept(outcome: str, closed_on: str, due_on: str) -> None:
    assert str(alert_due_on(outcome, date.fromisoformat(closed_on))) == due_on


def test_every_way_to_close_an_alert_has_its_time() -> None:
    assert set(AFTER_CLOSING) == set(OUTCOMES)
    with pytest.raises(KeyError):
        alert_due_on("unheard-of", date(2026, 3, 10))
