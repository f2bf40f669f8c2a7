"""Lines that wait, as an operator may know of them: how many and since when, and never what they say or of whom."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, bindparam, case, cast, func, literal_column, or_, select, update

import app.tables
from app.db import Warrant
from app.records import predicates
from app.records.reading import Records
from app.tables import Instant

T: Any = app.tables  # SQLModel types a column as the value it holds, which SQL expressions are not
HELD_TABLES = frozenset({"sync_held", "sync_batch"})
Change = tuple[str, list[Any], int | None]
_H, _B = T.SyncHeld, T.SyncBatch
EMPTY: Any = literal_column("''")
"""A line that was dropped: that it was taken stays, so that its sender is told the same when it comes again (H7)."""
_IS_KEPT = _H.line != EMPTY
_BEFORE = bindparam("before", type_=Instant(), required=True)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Lines of one system that wait for the same kind of thing."""

    client: str
    waits_for: str
    """`link`, `person` or `record`."""
    lines: int
    oldest: datetime | None
    newest: datetime | None
    dropped: int
    """Lines of which nothing is left but that they were taken."""


def _kind() -> Any:
    known = [(_H.waits_for.startswith(f"{kind}:"), predicates.word(kind)) for kind in ("link", "person")]
    return case(*known, else_=predicates.word("record"))


def _waiting() -> Any:
    kept = cast(func.coalesce(func.sum(case((_IS_KEPT, literal_column("1")), else_=literal_column("0"))), 0), Integer)
    oldest = func.min(case((_IS_KEPT, _H.recorded_at)), type_=Instant())
    newest = func.max(case((_IS_KEPT, _H.recorded_at)), type_=Instant())
    everything = func.count(type_=Integer())
    kind = _kind().label("kind")
    statement = select(_B.client, kind, kept, oldest, newest, everything - kept).join(_B, _B.number == _H.batch)
    return statement.group_by(_B.client, kind).order_by(_B.client, kind)


async def waiting(records: Records, permit: Warrant) -> list[Waiting]:
    """By system and kind; UnpermittedRead without a permit."""
    statement = records.prepared("held by kind", _waiting)
    return [Waiting(*row) for row in await records.database.fetch(statement, {}, permit)]


def _count() -> Any:
    return select(func.count()).select_from(_H).where(_IS_KEPT, _H.recorded_at < _BEFORE)


async def count(records: Records, permit: Warrant, before: datetime) -> int:
    """How many wait that were taken before a moment."""
    found = await records.database.fetch(records.prepared("held before", _count), {"before": before}, permit)
    return int(found[0][0])


def dropped(records: Records, before: datetime, lines: int) -> Change:
    """What these say is gone; refused unless they are as many as were counted."""
    statement = records.prepared(
        "held dropped",
        lambda: update(_H).where(_IS_KEPT, _H.recorded_at < _BEFORE).values(line=EMPTY, due_at=None),
    )
    return statement.sql, statement.arguments({"before": before}), lines


def tried_again(records: Records, now: datetime) -> Change:
    """Every line that is kept is due; `now` by the real clock."""
    due = bindparam("due", type_=Instant(), required=True)
    statement = records.prepared(
        "held tried again",
        lambda: update(_H).where(_IS_KEPT, or_(_H.due_at.is_(None), _H.due_at > due)).values(due_at=due),
    )
    return statement.sql, statement.arguments({"due": now}), None
