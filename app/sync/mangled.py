"""What a spreadsheet makes of dates and codes: read where it can mean one thing alone, and otherwise named."""

import re
from collections.abc import Callable
from datetime import date

from app.vocabulary.identifiers import IdentifierInvalid

MONTHS = {name: number for number, name in enumerate(
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1)}  # fmt: skip
_SLASHED = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4}|\d{2})(?: 00:00(?::00)?)?", re.ASCII)
_NAMED = re.compile(r"(\d{1,2})[- ]([A-Za-z]{3,9})[- ](\d{4}|\d{2})", re.ASCII)
_SERIAL = re.compile(r"\d{5}(\.0+)?", re.ASCII)
_EXPONENT = re.compile(r"\d([.,]\d+)?E\+?\d+", re.ASCII | re.IGNORECASE)


def is_rounded(value: str) -> bool:
    """Whether it is a number with an exponent, `7.20433E+08`, of which nobody knows the last digits."""
    return _EXPONENT.fullmatch(value) is not None


def lacks_zeros(value: str, canonical: Callable[[str], str]) -> bool:
    """Whether digits alone would be the identifier with one or two zeros in front."""
    if not value.isascii() or not value.isdigit():
        return False
    for zeros in ("0", "00"):
        try:
            canonical(zeros + value)
        except IdentifierInvalid:
            continue
        return True
    return False


def respelled(value: str) -> tuple[date | None, str]:
    """The day that another spelling means, and the rule that says so; no day where it could be another.

    ValueError for what no calendar has.
    """
    if slashed := _SLASHED.fullmatch(value):
        return _slashed(int(slashed[1]), int(slashed[2]), slashed[3])
    if named := _NAMED.fullmatch(value):
        month = next((number for name, number in MONTHS.items() if named[2].lower().startswith(name)), 0)
        day = date(int(named[3]) if len(named[3]) == 4 else 2000 + int(named[3]), month, int(named[1]))
        return (day, "date-respelled") if len(named[3]) == 4 else (None, "date-ambiguous")
    return None, "date-serial" if _SERIAL.fullmatch(value) else "date-malformed"


def _slashed(first: int, second: int, year: str) -> tuple[date | None, str]:
    """Day and month in either order; two digits of a year are of either century."""
    full = int(year) if len(year) == 4 else 2000 + int(year)
    days = {date(full, month, day) for day, month in ((first, second), (second, first)) if month <= 12}
    if not days:
        raise ValueError("no month")
    return (days.pop(), "date-respelled") if len(days) == 1 and len(year) == 4 else (None, "date-ambiguous")
