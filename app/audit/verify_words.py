"""The words of each tile against what its entries say: a word that is left out would hide entries from whoever asks."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.audit.verify_read import Finding, Reading

TILE = 256
_PLAIN = ("type", "purpose", "action", "outcome", "agreement")
_OF_CALLER = ("party", "role", "client")
_MANY = {"clauses": "clause", "released": "released", "withheld": "withheld"}


class TileWords:
    """Hears every entry once, in order; of a tile whose first entries it does not hear it says nothing."""

    def __init__(self, source: Reading, first: int) -> None:
        self._whole_from = -(-first // TILE)
        self._rows = source.words(self._whole_from)
        self._row: Sequence[Any] | None = next(self._rows, None)
        self._said: set[str] = set()
        self._first_without: int | None = None

    def hear(self, entry: Mapping[str, Any]) -> None:
        """What one more entry of the tile says; KeyError, TypeError or AttributeError for what is no entry."""
        said, caller = self._said, entry["caller"]
        said.update(f"{name}:{entry[name]}" for name in _PLAIN if entry[name] is not None)
        if caller is not None:
            said.update(f"{name}:{caller[name]}" for name in _OF_CALLER if caller[name] is not None)
        for member, name in _MANY.items():
            said.update(f"{name}:{one}" for one in entry[member])

    def end(self, tile: int) -> Iterator[Finding]:
        """The tile is full: it has its words, all of them and no other, or with every later tile has none yet."""
        true, self._said = self._said | {""}, set()
        if tile < self._whole_from:
            return
        kept = set(self._kept(tile))
        if not kept:
            self._first_without = tile if self._first_without is None else self._first_without
        elif self._first_without is not None:
            yield _finding(self._first_without, "has no words, and later ones have")
            self._first_without = None
        if kept and true - kept:
            yield _finding(tile, f"is not found by {_quoted(true - kept)}")
        if kept - true:
            yield _finding(tile, f"is found by {_quoted(kept - true)}, which no entry of it says")

    def rest(self, tile: int) -> Iterator[Finding]:
        """After the last entry, in a tile that is not full: nothing more has words."""
        if self._row is not None:
            yield Finding(None, "word-extra", f"tile {max(tile, self._row[0])} has words and is not full")

    def _kept(self, tile: int) -> Iterator[str]:
        while self._row is not None and self._row[0] <= tile:
            yield self._row[1] if self._row[0] == tile else f"{self._row[1]} (tile {self._row[0]})"
            self._row = next(self._rows, None)


def _finding(tile: int, what: str) -> Finding:
    return Finding(None, "word", f"the tile of entries {tile * TILE} to {tile * TILE + TILE - 1} {what}")


def _quoted(words: set[str]) -> str:
    return ", ".join(f"'{word}'" for word in sorted(words)[:5])
