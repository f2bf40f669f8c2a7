"""Tiles (C2SP tlog-tiles): how a log is cut into files of 256 hashes or leaves, and the one path of each."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from app.audit.proofs import Subtree

WIDTH = 256
HEIGHT = 8
_HIGHEST = 63
_PATH = re.compile(r"(entries|[0-9]{1,2})/((?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


class NoTile(ValueError):
    """The path is no tile's, or is another spelling of one."""


@dataclass(frozen=True, slots=True)
class TilePath:
    """Hashes of a level, or at level None the leaves themselves; `width` of them, which is 256 for a full tile."""

    level: int | None
    index: int
    width: int = WIDTH

    @classmethod
    def of(cls, path: str) -> Self:
        """From `<level>/<index>[.p/<width>]` or `entries/…`; NoTile for all that is not written as it must be."""
        found = _PATH.fullmatch(path)
        if found is None:
            raise NoTile("the path is no tile's")
        level, index = found[1], int(re.sub("[x/]", "", found[2]))
        tile = cls(None if level == "entries" else int(level), index, int(found[3] or WIDTH))
        if str(tile) != path or (tile.level or 0) > _HIGHEST:
            raise NoTile("another spelling of a tile's path")
        return tile

    def __str__(self) -> str:
        digits = str(self.index)
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        places = [digits[start : start + 3] for start in range(0, len(digits), 3)]
        index = "/".join([*(f"x{each}" for each in places[:-1]), places[-1]])
        partial = "" if self.is_full else f".p/{self.width}"
        return f"{'entries' if self.level is None else self.level}/{index}{partial}"

    @property
    def is_full(self) -> bool:
        """Whether it will never grow."""
        return self.width == WIDTH

    @property
    def places(self) -> range:
        """The places, within its level, of what it holds."""
        return range(self.index * WIDTH, self.index * WIDTH + self.width)

    def is_in(self, size: int) -> bool:
        """Whether a log of so many entries has it."""
        return self.places.stop <= size >> (HEIGHT * (self.level or 0))

    def subtrees(self) -> list[Subtree]:
        """Those whose roots it holds, in order."""
        return [(HEIGHT * (self.level or 0), place) for place in self.places]


def bundle(leaves: Iterable[bytes]) -> bytes:
    """The leaves of an entry bundle, each after its length in two bytes; OverflowError for one above 65,535."""
    return b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves)
