"""A cursor gives back the key that it was made from; whatever else is sent is refused, and in no other way."""

import base64
import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.cursors import CursorInvalid, decode, encode

WORDS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=12)
FILTERS = st.dictionaries(st.sampled_from(("crn", "familyName", "dateOfBirth")), WORDS | st.dates(), max_size=3)
SHAPES: dict[str, tuple[type, ...]] = {"people": (str,), "referrals": (date, str)}
LISTS = st.sampled_from(sorted(SHAPES))


@st.composite
def keys(draw: st.DrawFn) -> tuple[str, tuple[Any, ...]]:
    listing = draw(LISTS)
    return listing, tuple(draw(st.dates() if kind is date else WORDS) for kind in SHAPES[listing])


def packed(body: bytes) -> str:
    return base64.urlsafe_b64encode(body).rstrip(b"=").decode()


def unpacked(cursor: str) -> list[Any]:
    return json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))


@given(keys(), FILTERS)
def test_a_cursor_is_read_as_it_was_made(made: tuple[str, tuple[Any, ...]], filters: dict[str, Any]) -> None:
    listing, key = made
    cursor = encode(key, listing, filters)
    assert decode(cursor, SHAPES[listing], listing, filters) == key
    assert set(cursor) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@given(keys(), FILTERS, LISTS, FILTERS)
def test_a_cursor_of_another_list_or_of_other_filters(made: Any, filters: Any, other: str, others: Any) -> None:
    listing, key = made
    if (listing, filters) != (other, others):
        with pytest.raises(CursorInvalid):
            decode(encode(key, listing, filters), SHAPES[other], other, others)


def accepted(cursor: str, listing: str) -> tuple[Any, ...] | None:
    """The key, None if it is refused; anything but CursorInvalid fails the test."""
    try:
        return decode(cursor, SHAPES[listing], listing, {})
    except CursorInvalid:
        return None


@given(st.text(max_size=320) | st.binary(max_size=200).map(packed), LISTS)
def test_whatever_is_sent_is_refused(sent: str, listing: str) -> None:
    assert accepted(sent, listing) is None


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(VALUES, st.lists(VALUES, max_size=3), LISTS)
def test_a_cursor_of_other_values_is_refused(bound: Any, key: list[Any], listing: str) -> None:
    assert accepted(packed(json.dumps([bound, *key]).encode()), listing) is None
    ours = unpacked(encode(("x",), listing, {}))[0]
    found = accepted(packed(json.dumps([ours, *key]).encode()), listing)
    assert found is None or tuple(map(type, found)) == SHAPES[listing]


@given(keys(), st.data())
def test_a_changed_cursor_is_refused_or_names_a_key_of_the_same_shape(made: Any, data: st.DataObject) -> None:
    """It is no secret and bears no signature: to start at another key shows nothing that the list would not."""
    listing, key = made
    cursor = encode(key, listing, {})
    place = data.draw(st.integers(0, len(cursor) - 1))
    changed = cursor[:place] + data.draw(st.characters()) + cursor[place + 1 :]
    found = accepted(changed, listing)
    assert found is None or tuple(map(type, found)) == SHAPES[listing]
    shorter = accepted(cursor[:place], listing)
    assert shorter is None


def bound(listing: str) -> str:
    return unpacked(encode(("x",), listing, {}))[0]


@pytest.mark.parametrize(
    ("listing", "body"),
    [
        pytest.param("people", b'["%b","\\ud800"]', id="a lone surrogate, which no database takes"),
        pytest.param("people", b'["%b","a\\u0000"]', id="a NUL"),
        pytest.param("people", b'{"%b":1,"X000001":2}', id="an object in place of a list"),
        pytest.param("people", b' [ "%b", "X000001" ] ', id="white space"),
        pytest.param("people", b'["%b","\\u0058000001"]', id="an escape that is not needed"),
        pytest.param("people", b'["%b","X000001","X000002"]', id="one value more"),
        pytest.param("people", b'["%b"]', id="one value less"),
        pytest.param("people", b'["%b",NaN]', id="no number"),
        pytest.param("referrals", b'["%b","20260310","r"]', id="a date in another form"),
        pytest.param("referrals", b'["%b","2026-W11-2","r"]', id="a date by week"),
        pytest.param("referrals", b'["%b","2026-02-30","r"]', id="no date"),
    ],
)
def test_what_encode_would_not_have_made_is_refused(listing: str, body: bytes) -> None:
    assert accepted(packed(body.replace(b"%b", bound(listing).encode())), listing) is None


def test_bits_that_nobody_reads_are_part_of_the_cursor() -> None:
    """The last character of unpadded base64 has spare bits; another one that reads the same is another cursor."""
    cursor = next(made for size in range(3) if len(made := encode(("X" * (7 + size),), "people", {})) % 4 == 2)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    other = cursor[:-1] + alphabet[alphabet.index(cursor[-1]) ^ 1]
    assert accepted(other, "people") is None


def test_a_cursor_says_nothing_of_the_filters() -> None:
    cursor = encode(("X000001",), "people", {"familyName": "Smith", "dateOfBirth": date(1980, 1, 1)})
    assert b"Smith" not in base64.urlsafe_b64decode(cursor + "==")
    assert b"1980" not in base64.urlsafe_b64decode(cursor + "==")
