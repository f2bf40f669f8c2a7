"""How long somebody has waited: days from the receipt of their referral; pauses stand beside and are not subtracted."""

from collections.abc import Iterable
from datetime import date, timedelta

WAITING = ("received", "triaged", "waiting", "offered", "assessed")
"""The states of a referral in which treatment has not begun."""
Pause = tuple[date, date | None]
"""The first and the last day of a pause; None for one that goes on."""


def days_waited(received_on: date, today: date) -> int:
    """Whole days since the day of receipt."""
    return (today - received_on).days


def days_paused(pauses: Iterable[Pause], received_on: date, today: date) -> int:
    """On how many of the days waited the waiting was paused; a day in two pauses counts once."""
    paused = set()
    for first, last in pauses:
        start, end = max(first, received_on), min(last or today, today - timedelta(days=1))
        paused |= {start + timedelta(days=number) for number in range((end - start).days + 1)}
    return len(paused)
