"""Tiles have one path each, as C2SP tlog-tiles writes it, and a log has those that its size makes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.audit.tiles import NoTile, TilePath, bundle

WRITTEN = {
    "0/000": TilePath(0, 0),
    "0/273.p/112": TilePath(0, 273, 112),
    "1/000.p/17": TilePath(1, 0, 17),
    "63/999": TilePath(63, 999),
    "0/x001/x234/067": TilePath(0, 1234067),
    "entries/x001/000.p/1": TilePath(None, 1000, 1),
}


@pytest.mark.parametrize(("path", "tile"), WRITTEN.items(), ids=WRITTEN)
def test_a_path_is_the_standards(path: str, tile: TilePath) -> None:
    """1234067 is the standard's own example."""
    assert TilePath.of(path) == tile
    assert str(tile) == path


@given(st.none() | st.integers(0, 63), st.integers(0, 10**18 - 1), st.integers(1, 256))
def test_every_tile_is_read_from_its_own_path(level: int | None, index: int, width: int) -> None:
    """There and back."""
    tile = TilePath(level, index, width)
    assert TilePath.of(str(tile)) == tile


OTHERS = (
    "",
    "0",
    "0/",
    "0/0",
    "0/00",
    "0/0000",
    "00/000",
    "01/000",
    "64/000",
    "99/000",
    "-1/000",
    "+1/000",
    "0/-01",
    "0/x000/001",
    "0/x001/x000",
    "0/001/001",
    "0/x01/001",
    "0/X001/001",
    "0/000/",
    "/0/000",
    "0//000",
    "0/000.p",
    "0/000.p/",
    "0/000.p/0",
    "0/000.p/01",
    "0/000.p/256",
    "0/000.p/1000",
    "0/000.p/1/",
    "0/000.p/1\n",
    "0/000.P/1",
    "0/\u0660\u0660\u0660",
    "entries/0",
    "Entries/000",
    "entry/000",
    "8/0/000",
    "0/" + "x001/" * 6 + "001",
)


@pytest.mark.parametrize("path", OTHERS)
def test_another_spelling_is_no_tile(path: str) -> None:
    """Two paths for one tile are two copies in every cache."""
    with pytest.raises(NoTile):
        TilePath.of(path)


def test_a_log_has_the_tiles_of_its_size() -> None:
    """The standard's example of 70,000 entries."""
    there = ("0/272", "0/273.p/112", "0/273.p/1", "1/000", "1/001.p/17", "2/000.p/1", "entries/273.p/112")
    missing = ("0/273", "0/273.p/113", "0/274.p/1", "1/001", "1/001.p/18", "2/000.p/2", "3/000.p/1", "63/000.p/1")
    assert [path for path in there if not TilePath.of(path).is_in(70_000)] == []
    assert [path for path in missing if TilePath.of(path).is_in(70_000)] == []
    assert TilePath.of("1/001.p/17").subtrees() == [(8, place) for place in range(256, 273)]


def test_a_bundle_says_how_long_each_leaf_is() -> None:
    """Two bytes, the large one first."""
    assert bundle([b"abc", b"", b"x" * 258]) == b"\0\3abc" + b"\0\0" + b"\1\2" + b"x" * 258
    with pytest.raises(OverflowError):
        bundle([b"x" * 65_536])
