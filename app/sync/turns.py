"""In which order the records of a file are written: each after what it refers to, and those that bear on each other
one by one, as they were recorded.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice

from app.services.receiving import among
from app.sync.records import Incoming, Reference

Turn = tuple[object, ...]
Key = tuple[str, str]


def parts(records: Iterable[Incoming], most: int | None) -> Iterator[list[Incoming]]:
    """So many records at a time, as they are read; with None all of them."""
    rest = iter(records)
    while part := list(islice(rest, most)):
        yield part


def waves(records: Sequence[Incoming]) -> Iterator[list[Incoming]]:
    """Records that can be written at once, one wave after another; a circle comes last, and is refused."""
    waiting = sorted(records, key=lambda record: record.recorded_at)
    while waiting:
        there = {_key(record) for record in waiting}
        free = [record for record in waiting if not _refers(record.needs, there)]
        wave = _next(waiting, there) or free or waiting
        yield wave
        written = set(map(id, wave))
        waiting = [record for record in waiting if id(record) not in written]


def _next(waiting: Sequence[Incoming], there: Collection[Key]) -> list[Incoming]:
    """Of each turn the record that was recorded first, in all its versions, unless it has to wait itself."""
    taken: dict[Turn, Key] = {}
    wave = []
    for record in waiting:
        turn = _turn(record)
        is_next = turn is None or taken.setdefault(turn, _key(record)) == _key(record)
        if is_next and not _refers(record.needs, there):
            wave.append(record)
    return wave


def _key(record: Incoming) -> Key:
    return record.table, record.row["id"]


def _turn(record: Incoming) -> Turn | None:
    shared = among(record.table, record.row)
    return (record.table, *shared.values()) if shared is not None else None


def _refers(needs: Iterable[Reference], to: Collection[Key]) -> bool:
    return any((needed.table, needed.id) in to for needed in needs)
