"""Where a list goes on: the last key shown, bound to the list and the filters that it was made for."""

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

_LONGEST = 300


class CursorInvalid(ValueError):
    """The cursor was not made by this list with these filters."""


def _bound_to(listing: str, filters: Mapping[str, Any]) -> str:
    return sha256(json.dumps([listing, sorted(filters.items())], default=str).encode()).hexdigest()[:12]


def encode(key: tuple[Any, ...], listing: str, filters: Mapping[str, Any]) -> str:
    """A cursor for URLs; it names the last row's key, and of filters a digest alone."""
    body = json.dumps([_bound_to(listing, filters), *key], default=str, separators=(",", ":"))
    return base64.urlsafe_b64encode(body.encode()).rstrip(b"=").decode()


def decode(cursor: str, shape: tuple[type, ...], listing: str, filters: Mapping[str, Any]) -> tuple[Any, ...]:
    """The key; CursorInvalid for anything that `encode` would not have made here."""
    try:
        if len(cursor) > _LONGEST:
            raise CursorInvalid
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        bound, *key = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        read = tuple(_read(value, kind) for value, kind in zip(key, shape, strict=True))
    except (ValueError, TypeError, binascii.Error) as fault:
        raise CursorInvalid("the cursor cannot be read") from fault
    if bound != _bound_to(listing, filters):
        raise CursorInvalid("the cursor belongs to another list or other filters")
    if encode(read, listing, filters) != cursor:
        raise CursorInvalid("the cursor is written in another way than here")
    return read


def decode_moment(text: str) -> datetime:
    """A moment of a key, as `isoformat` wrote it; CursorInvalid for anything else."""
    try:
        moment = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as fault:
        raise CursorInvalid("the cursor cannot be read") from fault
    if moment.isoformat() != text:
        raise CursorInvalid("the cursor is written in another way than here")
    return moment


def _read(value: Any, kind: type) -> Any:
    if not isinstance(value, str) or "\x00" in value:
        raise TypeError(value)
    value.encode()  # half a character is no key
    if kind is not date:
        return value
    day = date.fromisoformat(value)
    if day in (date.min, date.max):  # asyncpg sends them as infinities
        raise ValueError(value)
    return day


def number(text: str) -> int:
    """An entry's number out of a key; CursorInvalid for what is none."""
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise CursorInvalid("the cursor's key is no number of an entry")
    return int(text)
