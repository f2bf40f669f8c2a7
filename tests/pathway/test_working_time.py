"""Sessions are held on their weekday, within their period, and not while whoever holds them is away."""

from datetime import date, time

from app.pathway.working_time import Leave, Session, held

MONDAY = date(2026, 3, 2)
MORNING = Session("a", "theo", 1, time(9), time(12, 30), MONDAY, None, room="G1")
ONCE = Session("b", "tara", 3, time(13), time(17), MONDAY, date(2026, 3, 11))
EARLY = Session("c", "tara", 1, time(8), time(9), MONDAY, None)


def days(*leave: Leave) -> list[tuple[int, str]]:
    return [
        (day.day, each.id) for day, each in held((MORNING, ONCE, EARLY), leave, date(2026, 3, 1), date(2026, 3, 18))
    ]


def test_each_week_on_its_weekday_until_its_last_day() -> None:
    assert days() == [(2, "c"), (2, "a"), (4, "b"), (9, "c"), (9, "a"), (11, "b"), (16, "c"), (16, "a")]


def test_not_while_whoever_holds_it_is_away() -> None:
    """The first and the last day of leave are among it, and nobody else's sessions fall out."""
    away = (Leave("theo", date(2026, 3, 3), date(2026, 3, 9)), Leave("tara", date(2026, 3, 11), date(2026, 3, 11)))
    assert days(*away) == [(2, "c"), (2, "a"), (4, "b"), (9, "c"), (16, "c"), (16, "a")]


def test_not_before_it_begins() -> None:
    assert list(held((MORNING,), (), date(2026, 2, 1), date(2026, 3, 1))) == []
