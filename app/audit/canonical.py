"""Canonical JSON (RFC 8785) under the log's profile: the only encoder whose bytes are hashed or stored.

The profile has no floats, no integer beyond 2^53-1, ASCII keys alone, no duplicate key, no lone surrogate and no
U+0000; within it a sorted compact `json.dumps` is RFC 8785.
"""

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

GREATEST = 2**53 - 1
_encode = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False
).encode


_quote = json.encoder.encode_basestring


class Ready(str):
    """Text that is canonical already: made once, put into many entries."""

    __slots__ = ()


class OutsideProfile(ValueError):
    """A value that the log cannot hold; the message says which rule it breaks, never the value."""


def canonical(value: Any) -> str:
    """The canonical text of a JSON value; OutsideProfile for what the profile leaves out."""
    try:
        _check(value)
        text = _encode(value)
        if not text.isascii():
            text.encode()
    except UnicodeEncodeError:
        raise OutsideProfile("a lone surrogate") from None
    except RecursionError:
        raise OutsideProfile("nested too deeply") from None
    return text


def ready(value: Any) -> Ready:
    """The canonical text of a value that many entries hold, such as a permit's fields."""
    return Ready(canonical(value))


@lru_cache(maxsize=256)
def _in_order(keys: tuple[str, ...]) -> tuple[str, ...]:
    """An object's keys as they are written: the same few sets of them over and over."""
    for key in keys:
        if not key.isascii() or not key.isidentifier():
            raise OutsideProfile("a key that is no ASCII word")
    return tuple(sorted(keys))


def assemble(members: Mapping[str, Any]) -> str:
    """The canonical text of an object, given in any order; what is `Ready` goes in as it is."""
    texts = [f'"{key}":{member(members[key])}' for key in _in_order(tuple(members))]
    return "{" + ",".join(texts) + "}"


def member(value: Any) -> str:
    """The canonical text of a member of an object; what is `Ready` goes in as it is."""
    if value is None:
        return "null"
    if type(value) is Ready:
        return value
    if type(value) is str and value.isascii() and "\0" not in value:
        return _quote(value)
    if type(value) is tuple and all(type(each) is str and each.isascii() and "\0" not in each for each in value):
        return f"[{','.join(map(_quote, value))}]"
    return canonical(value)


def parse(text: str | bytes) -> Any:
    """The value of a canonical text; OutsideProfile for any other text, one of equal meaning included."""
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_float=_refuse_float, parse_constant=_refuse_float)
        given = text.decode() if isinstance(text, bytes) else text
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as fault:
        raise OutsideProfile("no JSON") from fault
    if canonical(value) != given:
        raise OutsideProfile("not canonical")
    return value


def _check(value: Any) -> None:
    """Walk a value once; strings and nulls are settled in the loops, since most nodes are leaves."""
    if isinstance(value, str):
        if "\0" in value:
            raise OutsideProfile("a U+0000")
    elif isinstance(value, dict):
        for key in value:
            if type(key) is not str or not key.isascii() or "\0" in key:
                raise OutsideProfile("a key that is not ASCII")
        _check_all(value.values())
    elif isinstance(value, list | tuple):
        _check_all(value)
    elif isinstance(value, int):
        if not -GREATEST <= value <= GREATEST:
            raise OutsideProfile("an integer beyond 2^53-1")
    elif value is not None:
        raise OutsideProfile("a float" if isinstance(value, float) else "a value that JSON does not have")


def _check_all(values: Iterable[Any]) -> None:
    for value in values:
        if type(value) is str:
            if "\0" in value:
                raise OutsideProfile("a U+0000")
        elif value is not None:
            _check(value)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise OutsideProfile("a duplicate key")
    return value


def _refuse_float(_text: str) -> Any:
    raise OutsideProfile("a float")
