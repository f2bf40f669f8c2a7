"""The hashes of the log as the database keeps them: leaves with their entries, and the roots of full tiles."""

import asyncio
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, bindparam, select

from app.audit.merkle import TILE_LEVELS, node_hash
from app.audit.proofs import Part, Subtree, hashes
from app.audit.rows import ENTRY, Entries, entries_within
from app.audit.tiles import HEIGHT, WIDTH
from app.db import Database, Prepared, prepare
from app.tables.log import LogHead, LogTile

_TILE: Any = LogTile.__table__.c  # type: ignore[attr-defined]  # SQLModel adds it to table classes
_HEAD: Any = LogHead.__table__.c  # type: ignore[attr-defined]  # SQLModel adds it to table classes
MOST_TILES = 256
"""How many full tiles are remembered: 4 MB, and enough for 16,777,216 entries."""
_Rising = list[list[bytes]]


class NotThere(LookupError):
    """The log does not hold what a proof needs: it is shorter than it was said to be, or was cut."""


class LogTree:
    """Reads hashes alone, which hold nothing personal."""

    def __init__(self, database: Database) -> None:
        self._database, self._entries = database, Entries(database)
        self._full: dict[Subtree, _Rising] = {}
        self._head, self._leaves, self._tiles = _compiled(database.dialect)

    async def head(self) -> tuple[int, bytes]:
        """Size and root as the head row has them."""
        ((size, root, _),) = await self._database.fetch(self._head, {})
        return int(size), bytes(root)

    async def last_recorded_at(self) -> str:
        """The time of the last entry; empty for an empty log."""
        ((_, _, recorded_at),) = await self._database.fetch(self._head, {})
        return str(recorded_at)

    async def hashes(self, parts: Sequence[Part]) -> list[bytes]:
        """The hashes of a proof, a root, or whatever is made of subtrees; NotThere if one is not in the log."""
        wanted = {subtree for part in parts for subtree in part}
        return hashes(parts, await self.nodes(wanted))

    async def nodes(self, wanted: Iterable[Subtree]) -> dict[Subtree, bytes]:
        """The roots of perfect subtrees, from one look at each tile of 256 that holds what they are made of."""
        made = {subtree: _made_of(*subtree) for subtree in wanted}
        needed: dict[Subtree, tuple[int, int]] = {}
        for (level, _), (kept, first, stop) in made.items():
            stops, height = needed.get((kept, first >> HEIGHT), (0, 0))
            needed[kept, first >> HEIGHT] = max(stops, stop), max(height, level - kept)
        found = await asyncio.gather(*(self._tile(*tile, *about) for tile, about in needed.items()))
        tiles = dict(zip(needed, found, strict=True))
        return {
            (level, place): tiles[kept, first >> HEIGHT][level - kept][first % WIDTH >> level - kept]
            for (level, place), (kept, first, _) in made.items()
        }

    async def _tile(self, level: int, index: int, stop: int, height: int) -> _Rising:
        """A tile as far as `stop`, and what its hashes make up to a height; NotThere if one is missing.

        Full tiles above the leaves are remembered by their roots, which are looked up each time: in a long log a proof
        then costs what it does in a short one, and what is remembered is never another log's.
        """
        known = self._full.get((level, index))
        if known is not None and await self.row(level + HEIGHT, index, index + 1) == [(index, known[-1][0])]:
            return known
        start = index << HEIGHT
        row = await self.row(level, start, start + WIDTH if level else stop)
        if start + len(row) < stop or [place for place, _ in row] != list(range(start, start + len(row))):
            raise NotThere("the log does not hold what this proof needs")
        tile = _rising([node for _, node in row], HEIGHT if level else height)
        if level > 0 and level + HEIGHT in TILE_LEVELS and len(row) == WIDTH:
            if len(self._full) >= MOST_TILES:
                del self._full[next(iter(self._full))]
            self._full[level, index] = tile
        return tile

    async def row(self, level: int, first: int, stop: int) -> list[tuple[int, bytes]]:
        """Places and hashes of a kept level (0, 8, 16, 24) from `first` to before `stop`, as many as there are."""
        values = {"first": first, "stop": stop}
        if level == 0:
            found = await self._entries.by_number(range(first, stop), self._leaves, lambda entry: (entry[0], entry[3]))
        else:
            found = await self._database.fetch(self._tiles, values | {"level": level})
        return [(int(place), bytes(node)) for place, node in found]


@cache
def _compiled(dialect: str) -> tuple[Prepared, Prepared, Prepared]:
    """The head, leaves and full tiles: once a process."""
    head = select(_HEAD.size, _HEAD.root, _HEAD.recorded_at)
    leaves = select(ENTRY.seq, ENTRY.leaf_hash).where(*entries_within(dialect)).order_by(ENTRY.seq)
    inside = (_TILE.level == _bound("level"), _TILE.number >= _bound("first"), _TILE.number < _bound("stop"))
    tiles = select(_TILE.number, _TILE.root).where(*inside).order_by(_TILE.number)
    return prepare(head, dialect), prepare(leaves, dialect, shared=True), prepare(tiles, dialect, shared=True)


def _bound(name: str) -> Any:
    return bindparam(name, type_=BigInteger(), required=True)


def _made_of(level: int, place: int) -> tuple[int, int, int]:
    """The kept level below a subtree, and the places of that level that it is made of: all within one tile."""
    kept = max((each for each in TILE_LEVELS if each <= level), default=0)
    return kept, place << (level - kept), (place + 1) << (level - kept)


def _rising(nodes: list[bytes], height: int) -> _Rising:
    """The hashes of a tile, those over each two of them, and so on; what is not complete is left out."""
    levels = [nodes]
    for _ in range(height):
        nodes = [node_hash(left, right) for left, right in zip(nodes[::2], nodes[1::2], strict=False)]
        levels.append(nodes)
    return levels
