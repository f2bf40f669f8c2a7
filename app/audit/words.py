"""Which tiles of the log say a word: a query goes by it to where something can be found, and past all the rest.

A word is what many entries have in common, such as `clause:D1` or `outcome:refused`. Words are kept for full tiles of
256 entries, some time after the tile was filled, and what has none yet counts as saying everything. They are made
from the entries, say nothing of a person, and decide nothing: every entry that they lead to is looked at.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import BigInteger, String, bindparam, exists, func, literal_column, select
from sqlalchemy.orm import aliased

from app.audit.rows import ENTRY, Entries, Order, check, in_order, within
from app.audit.shelf import at_the_time, shelf_of
from app.db import Warrant
from app.tables.log import LogWord

TILE = 256
INDEXED = ""
"""The word of every tile that has its words."""
OF_ENTRY = ("type", "purpose", "action", "outcome", "agreement")
OF_CALLER = ("party", "role", "client")
OF_SUBJECTS = ("released", "withheld")
CLAUSE = "clause"
_RAREST_FIRST = (CLAUSE, *OF_SUBJECTS, "type", "purpose", "action", "role", "agreement", "client", "outcome", "party")
_WORD: Any = LogWord

Group = tuple[str, ...]
"""Words of which a tile has to say one."""


def words_of(entry: Mapping[str, Any]) -> Iterator[str]:
    """Every word that an entry says, some of them more than once."""
    caller = entry.get("caller") or {}
    for name in OF_ENTRY:
        if entry.get(name) is not None:
            yield f"{name}:{entry[name]}"
    for name in OF_CALLER:
        if caller.get(name) is not None:
            yield f"{name}:{caller[name]}"
    for clause in entry.get("clauses") or ():
        yield f"{CLAUSE}:{clause}"
    for name in OF_SUBJECTS:
        for subject in entry.get(name) or ():
            yield f"{name}:{subject}"


@dataclass(frozen=True, slots=True)
class Sought:
    """What a tile has to say to be worth looking at: a word of each group, and an entry of this member of staff."""

    groups: tuple[Group, ...] = ()
    staff: str | None = None

    def ordered(self) -> tuple[Group, ...]:
        """The likeliest to be rare first; with nothing sought, every tile."""
        ranked = sorted(self.groups, key=lambda group: _RAREST_FIRST.index(group[0].partition(":")[0]))
        return tuple(ranked) or ((INDEXED,),)


class Words:
    """Reads the words of the log."""

    def __init__(self, entries: Entries) -> None:
        self._entries = entries

    async def indexed(self) -> int:
        """How many tiles have their words, from the first on without a gap."""
        ((last,),) = await self._entries.database.fetch(self._last, {})
        return 0 if last is None else int(last) + 1

    async def tiles(self, permit: Warrant, sought: Sought, among: range, order: Order) -> list[int]:
        """Those of these indexed tiles that say what is sought, in order."""
        check(permit)
        groups = sought.ordered()
        shape = tuple(len(group) for group in groups)

        def build() -> Any:
            return _saying(self._entries.database.dialect, shape, order, of_staff=sought.staff is not None)

        statement = self._entries.prepared(("tiles", shape, sought.staff is None, order), build)
        words = {_name(place, each): word for place, group in enumerate(groups) for each, word in enumerate(group)}
        values: dict[str, Any] = words | {"staff": sought.staff, "start": among.start, "stop": among.stop}
        if sought.staff is not None:
            values |= await shelf_of(self._entries.database).times(range(among.start * TILE, among.stop * TILE))
        return [tile for (tile,) in await self._entries.database.fetch(statement, values)]

    @cached_property
    def _last(self) -> Any:
        own = _WORD.word == literal_column(f"'{INDEXED}'")
        return self._entries.database.prepare(select(func.max(_WORD.tile)).where(own))


def _name(place: int, each: int) -> str:
    return f"word_{place}_{each}"


def _one_of(word: Any, place: int, size: int) -> Any:
    named = [bindparam(_name(place, each), type_=String(), required=True) for each in range(size)]
    return word == named[0] if size == 1 else word.in_(named)


def _saying(dialect: str, shape: Sequence[int], order: Order, *, of_staff: bool) -> Any:
    """Tiles of the first group's words, each looked up among the words of the other groups."""
    others = []
    for place, size in list(enumerate(shape))[1:]:
        other = aliased(_WORD)
        others.append(exists().where(_one_of(other.word, place, size), other.tile == _WORD.tile))
    if of_staff:
        first = _WORD.tile * literal_column(str(TILE), BigInteger())
        last = first + literal_column(str(TILE), BigInteger())
        own = ENTRY.staff == bindparam("staff", type_=String(), required=True)
        months = at_the_time() if dialect == "postgresql" else ()
        others.append(exists().where(own, ENTRY.seq >= first, ENTRY.seq < last, *months))
    found = select(_WORD.tile).where(_one_of(_WORD.word, 0, shape[0]), *within(_WORD.tile), *others)
    return (found if shape[0] == 1 else found.distinct()).order_by(in_order(_WORD.tile, order))
