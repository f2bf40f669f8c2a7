"""The statements about batches, their lines and what waits; each is compiled once, for one database or the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    String,
    bindparam,
    case,
    delete,
    insert,
    literal_column,
    null,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel

import app.tables
from app.db import each_text, one_of
from app.records.held import EMPTY
from app.tables import Instant

T: Any = app.tables  # SQLModel types a column as the value it holds, which SQL expressions are not
COUNTS = ("accepted", "unchanged", "superseded", "conflict", "rejected", "not_kept", "warned")
_B, _C, _R, _H, _A = T.SyncBatch, T.SyncChunk, T.SyncResult, T.SyncHeld, T.PartedRecord


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch as it stands."""

    number: int
    client: str
    batch_id: str
    party: str
    role: str
    service: str | None
    token: str
    upload: str
    digest: str
    records: int
    chunks: int
    state: str
    chunk: int
    place: int
    accepted: int
    unchanged: int
    superseded: int
    conflict: int
    rejected: int
    not_kept: int
    warned: int
    claimed_until: datetime | None
    received_at: datetime
    finished_at: datetime | None


_COLUMNS = tuple(getattr(_B, name) for name in Batch.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Held:
    """A line that waits, with whose batch it came in."""

    record_id: str
    record_table: str
    source_version: str
    waits_for: str
    crn: str | None
    line: str
    batch: int
    chunk: int
    number: int
    party: str
    role: str
    client: str
    token: str
    service: str | None
    batch_id: str
    received_at: datetime


_HELD = (
    *(getattr(_H, name) for name in list(Held.__dataclass_fields__)[:9]),
    *(getattr(_B, name) for name in list(Held.__dataclass_fields__)[9:]),
)


def _given(name: str, type_: Any = None) -> Any:
    return bindparam(name, type_=type_ or String(), required=True)


def _among(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    return one_of(column, select(each_text(_given(name), "asked").c.value))


def there(kind: str) -> Any:
    """What waits for records that are there: in their table, or, where to know them is enough, waiting themselves."""
    asked = each_text(_given("ids"), "asked").c.value
    prefix: Any = literal_column(f"'{kind}:'")
    found: Any
    if kind == "link":
        linked = T.Patient.person_id.concat(literal_column("''")).is_not(None)  # not by the index of all who are
        found = select(prefix + T.Patient.id).where(one_of(T.Patient.id, select(asked)), linked)
    else:
        rows = SQLModel.metadata.tables[kind.removeprefix("row-")].c
        found = select(prefix + rows.id).where(one_of(rows.id, select(asked)))
        if not kind.startswith("row-"):
            known = (
                select(prefix + each.record_id).where(one_of(each.record_id, select(asked)), each.known.is_not(None))
                for each in (_H, _A)
            )
            found = union_all(found, *known)
    present = found.subquery("there")
    return (
        update(_H)
        .where(_H.due_at.is_(None), one_of(_H.waits_for, select(present.c[0])))
        .values(due_at=_given("now", Instant()))
        .execution_options(synchronize_session=False)
    )


def _upserted(dialect: str, model: Any, keys: Sequence[str]) -> Any:
    """What is there is written over, unless it is as new and says anything."""
    kinds: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
    columns = model.__table__.c
    statement = kinds[dialect](model).values({each.name: _given(each.name, each.type) for each in columns})
    changed = {each.name: statement.excluded[each.name] for each in columns if each.name not in keys}
    is_versioned = "source_version" in columns
    is_newer = columns.source_version < statement.excluded.source_version if is_versioned else None
    where = None if is_newer is None else or_(is_newer, columns.line == EMPTY)
    return statement.on_conflict_do_update(index_elements=list(keys), set_=changed, where=where)


def _due_lines() -> Select[Any]:
    order = {table: place for place, table in enumerate(("person", "patient", "referral", "appointment"))}
    whens = " ".join(f"WHEN '{table}' THEN {place}" for table, place in order.items())
    rank: Any = literal_column(f"CASE record_table {whens} ELSE {len(order)} END", Integer())
    return (
        select(*_HELD)
        .join(_B, _B.number == _H.batch)
        .where(_H.due_at <= _given("now", Instant()), _H.line != EMPTY)
        .order_by(_H.batch, rank, _H.number, _H.record_id)
        .limit(_given("most", Integer()))
    )


_OURS = (_B.number == _given("batch", BigInteger()), _B.claim == _given("mine"))
_OPEN = _B.state.in_([literal_column("'received'"), literal_column("'applying'")])
_FREE = or_(_B.claimed_until.is_(None), _B.claimed_until <= _given("now", Instant()))
_UNTIL = _given("until", Instant())

STATEMENTS: dict[str, Any] = {
    "keep": insert(_C.__table__).values({each.name: _given(each.name, each.type) for each in _C.__table__.c}),
    "forget": delete(_C).where(_C.upload == _given("upload")),
    "sweep": delete(_C).where(
        _C.recorded_at < _given("before", Instant()),
        _C.upload.not_in(select(_B.upload).where(_OPEN)),
    ),
    "find": select(*_COLUMNS).where(_B.client == _given("client"), _B.batch_id == _given("batch_id")),
    "results": select(_R.body)
    .where(_R.batch == _given("batch", BigInteger()), _R.chunk == _given("chunk", Integer()))
    .order_by(_R.part),
    "next": select(*_COLUMNS).where(_OPEN, _FREE).order_by(_B.number).limit(literal_column("1")),
    "claim": update(_B)
    .where(_B.number == _given("batch", BigInteger()), _OPEN, _FREE)
    .values(claim=_given("mine"), claimed_until=_UNTIL, state=literal_column("'applying'")),
    "give_back": update(_B).where(*_OURS).values(claim=None, claimed_until=_UNTIL),
    "lines": select(_C.first_line, _C.body).where(
        _C.upload == _given("upload"), _C.number == _given("number", Integer())
    ),
    "moved": update(_B)
    .where(*_OURS, _B.chunk == _given("seen_chunk", Integer()), _B.place == _given("seen_place", Integer()))
    .values(
        chunk=_given("chunk", Integer()),
        place=_given("place", Integer()),
        claimed_until=_UNTIL,
        **{name: getattr(_B, name) + _given(f"add_{name}", Integer()) for name in COUNTS},
    ),
    "ended": update(_B)
    .where(*_OURS)
    .values(state=_given("state"), finished_at=_given("at", Instant()), claim=None, claimed_until=None),
    "recounted": update(_B)
    .where(_B.number == _given("batch", BigInteger()))
    .values(accepted=_B.accepted - literal_column("1"), rejected=_B.rejected + literal_column("1")),
    "resumed": update(_B)
    .where(_B.number == _given("batch", BigInteger()), _B.state == literal_column("'stopped'"))
    .values(state=literal_column("'received'"), finished_at=None, upload=_given("again")),
    "came_to": lambda dialect: _upserted(dialect, _R, ("batch", "chunk", "part")),
    "held": lambda dialect: _upserted(dialect, _H, ("record_id",)),
    "due": update(_H).where(_H.due_at.is_(None), _among(_H.waits_for, "keys")).values(due_at=_given("now", Instant())),
    "release": delete(_H).where(_H.record_id == _given("record_id"), _H.source_version <= _given("version")),
    "put_off": update(_H).where(_among(_H.record_id, "ids")).values(due_at=_UNTIL),
    "due_lines": _due_lines(),
    "refilled": update(_H)
    .where(_H.record_id == _given("record_id"), _H.line == EMPTY)
    .values(line=_given("line"), recorded_at=_given("at", Instant())),
    "waiting": union_all(
        *(
            select(each.record_id, each.source_version, each.known, dropped_for).where(_among(each.record_id, "ids"))
            for each, dropped_for in ((_H, case((_H.line == EMPTY, _H.waits_for))), (_A, null()))
        )
    ),
}
AWAKE = update(_H).where(_H.due_at.is_(None), _among(_H.waits_for, "keys")).values(due_at=_given("now", Instant()))
"""What waits for these is tried again."""
