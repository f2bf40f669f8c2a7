"""Moments as an operator types them: a day, or a moment with its offset; without one it could mean any of two hours."""

from datetime import date, datetime

_A_DAY = len("2026-03-01")


def day_or_moment(text: str) -> date | datetime:
    """What a text says; ValueError in words for what is neither."""
    try:
        if len(text) <= _A_DAY:
            return date.fromisoformat(text)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"'{text}' is neither a day nor a moment") from None
    if moment.tzinfo is None:
        raise ValueError(f"'{text}' has no offset, such as Z")
    return moment
