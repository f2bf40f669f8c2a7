"""The hashes of the log as the database keeps them: leaves with their entries, and the roots of full tiles."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import BigInteger, bindparam, select

from app.audit.merkle import TILE_LEVELS, node_hash
from app.audit.proofs import Part, Subtree, hashes
from app.db import Database, Prepared
from app.tables.log import LogEntry, LogHead, LogTile

_ENTRY: Any = LogEntry.__table__.c  # type: ignore[attr-defined]  # SQLModel adds it to table classes
_TILE: Any = LogTile.__table__.c  # type: ignore[attr-defined]  # SQLModel adds it to table classes
_HEAD: Any = LogHead.__table__.c  # type: ignore[attr-defined]  # SQLModel adds it to table classes
_WIDTH = 8


class NotThere(LookupError):
    """The log does not hold what a proof needs: it is shorter than it was said to be, or was cut."""


class LogTree:
    """Reads hashes alone, which hold nothing personal."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def head(self) -> tuple[int, bytes]:
        """Size and root as the head row has them."""
        ((size, root),) = await self._database.fetch(self._head, {})
        return int(size), bytes(root)

    async def hashes(self, parts: Sequence[Part]) -> list[bytes]:
        """The hashes of a proof, a root, or whatever is made of subtrees; NotThere if one is not in the log."""
        wanted = {subtree for part in parts for subtree in part}
        return hashes(parts, await self.nodes(wanted))

    async def nodes(self, wanted: Iterable[Subtree]) -> dict[Subtree, bytes]:
        """The roots of perfect subtrees, from one look at each tile of 256 that holds what they are made of."""
        made = {subtree: _made_of(*subtree) for subtree in wanted}
        needed: dict[tuple[int, int], list[int]] = defaultdict(list)
        for kept, first, stop in made.values():
            needed[kept, first >> _WIDTH] += (first, stop)
        looks = {tile: (min(places), max(places)) for tile, places in needed.items()}
        found = await asyncio.gather(*(self._nodes(kept, *look) for (kept, _), look in looks.items()))
        rows = {tile: (look[0], nodes) for (tile, look), nodes in zip(looks.items(), found, strict=True)}
        roots = {}
        for subtree, (kept, first, stop) in made.items():
            start, nodes = rows[kept, first >> _WIDTH]
            roots[subtree] = _up(nodes[first - start : stop - start])
        return roots

    async def _nodes(self, level: int, first: int, stop: int) -> list[bytes]:
        """All of a row; NotThere if one is missing."""
        row = await self.row(level, first, stop)
        if [place for place, _ in row] != list(range(first, stop)):
            raise NotThere("the log does not hold what this proof needs")
        return [node for _, node in row]

    async def row(self, level: int, first: int, stop: int) -> list[tuple[int, bytes]]:
        """Places and hashes of a kept level (0, 8, 16, 24) from `first` to before `stop`, as many as there are."""
        values = {"first": first, "stop": stop}
        if level == 0:
            found = await self._database.fetch(self._leaves, values)
        else:
            found = await self._database.fetch(self._tiles, values | {"level": level})
        return [(int(place), bytes(node)) for place, node in found]

    @cached_property
    def _head(self) -> Prepared:
        return self._database.prepare(select(_HEAD.size, _HEAD.root))

    @cached_property
    def _leaves(self) -> Prepared:
        within = (_ENTRY.seq >= _bound("first"), _ENTRY.seq < _bound("stop"))
        rows = select(_ENTRY.seq, _ENTRY.leaf_hash).where(*within).order_by(_ENTRY.seq)
        return self._database.prepare(rows, shared=True)

    @cached_property
    def _tiles(self) -> Prepared:
        within = (_TILE.level == _bound("level"), _TILE.number >= _bound("first"), _TILE.number < _bound("stop"))
        rows = select(_TILE.number, _TILE.root).where(*within).order_by(_TILE.number)
        return self._database.prepare(rows, shared=True)


def _bound(name: str) -> Any:
    return bindparam(name, type_=BigInteger(), required=True)


def _made_of(level: int, place: int) -> tuple[int, int, int]:
    """The kept level below a subtree, and the places of that level that it is made of: all within one tile."""
    kept = max((each for each in TILE_LEVELS if each <= level), default=0)
    return kept, place << (level - kept), (place + 1) << (level - kept)


def _up(nodes: Sequence[bytes]) -> bytes:
    """The root over a power of two of nodes."""
    while len(nodes) > 1:
        pairs = zip(nodes[::2], nodes[1::2], strict=True)
        nodes = [node_hash(left, right) for left, right in pairs]
    return nodes[0]
