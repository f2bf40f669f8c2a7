"""Days and moments as callers send them: `2026-03-01`, or a moment with its offset; everything else is refused.

A day that begins a period stands for its first instant in Europe/London, one that ends a period for the instant after
its last: it holds to the end of that day, through both clock changes.
"""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from fastapi import Request
from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from app.policies.agreement import midnight
from app.routers.asking import BadRequest

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})", re.ASCII)
_YEARS = range(1900, 2200)
"""What anybody's records are about; the first and last days that there are mean something else to a database."""
A_DAY, A_MOMENT = "a day such as 2026-03-01", "a moment with its offset, such as 2026-03-01T09:30:00Z"


def _day(value: Any) -> date:
    """ValueError for what is no day of these centuries."""
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError(A_DAY)
    day = date.fromisoformat(value)
    if day.year not in _YEARS:
        raise ValueError(A_DAY)
    return day


def _moment(value: Any) -> datetime:
    """ValueError for what is no moment of these centuries, or leaves its offset open."""
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise ValueError(A_MOMENT)
    moment = datetime.fromisoformat(value)
    if moment.year not in _YEARS:
        raise ValueError(A_MOMENT)
    return moment.astimezone(UTC)


def _start(value: Any) -> datetime:
    return midnight(_day(value)) if isinstance(value, str) and _DAY.fullmatch(value) else _moment(value)


def _end(value: Any) -> datetime:
    if isinstance(value, str) and _DAY.fullmatch(value):
        return midnight(_day(value) + timedelta(days=1))
    return _moment(value)


def _checked(read: Any, wanted: str) -> BeforeValidator:
    def checked(value: Any) -> Any:
        try:
            return read(value)
        except ValueError:
            raise PydanticCustomError("moment", "{wanted}", {"wanted": wanted}) from None

    return BeforeValidator(checked)


def _either(description: str) -> WithJsonSchema:
    forms = [{"type": "string", "format": form} for form in ("date", "date-time")]
    return WithJsonSchema({"anyOf": forms, "description": description})


Day = Annotated[date, _checked(_day, A_DAY), WithJsonSchema({"type": "string", "format": "date"})]
Moment = Annotated[datetime, _checked(_moment, A_MOMENT), WithJsonSchema({"type": "string", "format": "date-time"})]
Start = Annotated[
    datetime,
    _checked(_start, f"{A_DAY}, or {A_MOMENT}"),
    _either("a day stands for its beginning in Europe/London"),
]
End = Annotated[
    datetime,
    _checked(_end, f"{A_DAY}, or {A_MOMENT}"),
    _either("a day holds to its end in Europe/London"),
]


def past_moment(request: Request, name: str, now: datetime) -> datetime | None:
    """A query parameter that names a moment until now; None if it is absent, BadRequest for what is no such moment."""
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        moment = _moment(text)
    except ValueError as fault:
        raise BadRequest("parameter-invalid", f"{A_MOMENT}; in an address a plus sign is written %2B", name) from fault
    if moment > now:
        raise BadRequest("parameter-invalid", "a moment that is not in the future", name)
    return moment


def moment_of(request: Request, name: str, *, ends: timedelta = timedelta()) -> datetime | None:
    """A query parameter that names a moment or a day, of which it is the beginning, or so much later.

    None if it is absent, BadRequest for what is neither.
    """
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        return midnight(_day(text) + ends) if _DAY.fullmatch(text) else _moment(text)
    except ValueError as fault:
        said = f"{A_DAY}, or {A_MOMENT}; in an address a plus sign is written %2B"
        raise BadRequest("parameter-invalid", said, name) from fault
