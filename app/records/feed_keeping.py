"""Changes to what is kept of a feed: each goes with an entry of the log, and fails if somebody was faster.

Whoever changes rows of a receiver moves its version too, and whoever worked something out says which version it saw.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    String,
    bindparam,
    case,
    cast,
    delete,
    func,
    insert,
    literal_column,
    null,
    select,
    true,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from app.db import apart, each_row, each_text, joined, one_of
from app.records.feed import IDS, NUMBER, Receiver, array
from app.records.feed_people import Known
from app.records.predicates import AT, CLIENT, T
from app.records.reading import Records

Change = tuple[Any, ...]
_F, _R, _REMOVAL = T.FeedPerson.__table__.c, T.FeedReceiver.__table__.c, T.FeedRemoval.__table__.c
ROWS = bindparam("rows", type_=String())
_KEPT = ("person_id", *Known._fields)
_ONE: ColumnElement[Any] = literal_column("1")


def _change(records: Records, key: str, build: Any, values: dict[str, Any], touches: int | None = None) -> Change:
    statement = records.prepared(("feed", key), build)
    return statement.sql, statement.arguments(values), touches


def begun(records: Records, client: str, position: int, basis: str) -> Change:
    """A feed that nobody has been put into yet; refused if there is one."""
    values = {"receiver": client, "number": 0, "version": 0, "position": position, "basis": basis}

    def build() -> Any:
        named = {name: bindparam(name, type_=_R[name].type) for name in values}
        return insert(T.FeedReceiver).inline().values(named)

    return _change(records, "begun", build, values, 1)


def moved(records: Records, client: str, seen: Receiver, **now: Any) -> Change:
    """How far the feed is worked out: `number`, `position`, `basis`, `round_at` and `swept_to`, on what was seen."""
    names = ("number", "position", "basis", "round_at", "swept_to")

    def build() -> Any:
        same = _R.receiver == CLIENT, _R.version == bindparam("seen", type_=BigInteger())
        named = {name: bindparam(f"new_{name}", type_=_R[name].type) for name in names}
        return update(T.FeedReceiver).where(*same).values(version=_R.version + _ONE, **named)

    values = {"client": client, "seen": seen.version} | {f"new_{name}": now[name] for name in names}
    return _change(records, "moved", build, values, 1)


def touched(records: Records, client: str) -> Change:
    """That rows of the receiver are others now."""

    def build() -> Any:
        return update(T.FeedReceiver).where(_R.receiver == CLIENT).values(version=_R.version + _ONE)

    return _change(records, "touched", build, {"client": client}, 1)


def answered(records: Records, client: str, version: int) -> Change:
    """That an answer was made of the receiver's rows as they were at a version; refused if they are others by now."""

    def build() -> Any:
        same = _R.receiver == CLIENT, _R.version == NUMBER
        return update(T.FeedReceiver).where(*same).values(version=_R.version + _ONE)

    return _change(records, "answered", build, {"client": client, "number": version}, 1)


def shifted(records: Records, client: str, by: int) -> Change:
    """Everybody in the feed after every cursor that was ever given, in the order in which they stand."""

    def build() -> Any:
        mine = _F.receiver == CLIENT, _F.number > literal_column("0")
        return update(T.FeedPerson).where(*mine).values(number=_F.number + NUMBER)

    return _change(records, "shifted", build, {"client": client, "number": by})


def row(person: str, known: Known) -> Sequence[Any]:
    """Somebody as `kept` takes them."""
    return person, *known


def kept(records: Records, client: str, at: datetime, rows: Sequence[Sequence[Any]]) -> Change:
    """People as the feed has them from now on; each row as in `_KEPT`."""

    values = {"client": client, "at": at}
    if records.database.dialect == "sqlite" or len(rows) == 1:
        build = partial(_kept_each, records.database.dialect)
        return _change(records, "kept", build, values | {"rows": array(rows)}, len(rows))
    texts = {name: joined(column) for name, column in zip(_KEPT, zip(*rows, strict=True), strict=True)}
    return _change(records, "kept at once", _kept_at_once, values | texts, len(rows))


def _kept(dialect: str, source: Any, columns: Sequence[Any]) -> Any:
    kinds: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
    given = select(CLIENT, AT, *columns).select_from(source).where(true())
    names = ["receiver", "recorded_at", *_KEPT]
    into: Any = kinds[dialect](T.FeedPerson).from_select(names, given, include_defaults=False)
    changed = {name: into.excluded[name] for name in ("recorded_at", *_KEPT[1:])}
    return into.on_conflict_do_update(index_elements=["receiver", "person_id"], set_=changed)


def _kept_each(dialect: str) -> Any:
    return _kept(dialect, *each_row(ROWS, "kept", *(_F[name].type for name in _KEPT)))


def _kept_at_once() -> Any:
    """On PostgreSQL a text for each column, which it takes apart faster than JSON."""
    texts = ((_F[name].type, apart(bindparam(name, type_=String(), required=True))) for name in _KEPT)
    arrays = (each if isinstance(kind, String) else cast(each, postgresql.ARRAY(kind)) for kind, each in texts)
    source = func.unnest(*arrays).table_valued(*_KEPT, name="kept").render_derived()
    return _kept("postgresql", source, [source.c[name] for name in _KEPT])


def forgotten(records: Records, client: str, persons: Sequence[str]) -> Change:
    """People whom the receiver was never given."""

    def build() -> Any:
        named = one_of(_F.person_id, select(each_text(IDS, "asked").c.value))
        return delete(T.FeedPerson).where(_F.receiver == CLIENT, named)

    return _change(records, "forgotten", build, {"client": client, "ids": array(persons)}, len(persons))


def told(records: Records, client: str, at: datetime, rows: Sequence[tuple[int, str]]) -> Change:
    """Removal notices: number and identifiers."""

    def build() -> Any:
        source, columns = each_row(ROWS, "told", BigInteger(), String())
        given = select(CLIENT, AT, *columns).select_from(source)
        names = ["receiver", "made_at", "number", "identifiers"]
        return insert(T.FeedRemoval).from_select(names, given, include_defaults=False)

    return _change(records, "told", build, {"client": client, "at": at, "rows": array(rows)}, len(rows))


def announced(records: Records, client: str, at: datetime, rows: Sequence[tuple[str, str, str, int]]) -> Change:
    """That the system is told of changes in its feed: id and event id of each, its kind, and the feed's number."""

    def build() -> Any:
        target = T.Announcement.__table__.c
        names = ("id", "event_id", "kind", "feed_number")
        source, columns = each_row(ROWS, "told", *(target[name].type for name in names))
        party = literal_column("'system:'", String()).concat(CLIENT)
        return insert(T.Announcement).from_select(
            ["party", "created_at", *names], select(party, AT, *columns).select_from(source), include_defaults=False
        )

    return _change(records, "announced", build, {"client": client, "at": at, "rows": array(rows)}, len(rows))


def voided(records: Records, client: str, at: datetime, persons: Sequence[str]) -> Change:
    """That notices about people who are sent again hold no longer."""

    def build() -> Any:
        named = one_of(_F.person_id, select(each_text(IDS, "asked").c.value))
        theirs = select(_F.removal).where(_F.receiver == CLIENT, named, _F.removal.is_not(None))
        is_theirs = _REMOVAL.receiver == CLIENT, _REMOVAL.number.in_(theirs), _REMOVAL.closed_at.is_(None)
        return update(T.FeedRemoval).where(*is_theirs).values(closed_at=AT, identifiers=null())

    return _change(records, "voided", build, {"client": client, "at": at, "ids": array(persons)})


def acknowledged(records: Records, client: str, at: datetime, number: int) -> list[Change]:
    """That the receiver has dropped somebody: from now on nothing here says whom it had."""

    def close() -> Any:
        mine = _REMOVAL.receiver == CLIENT, _REMOVAL.number == NUMBER, _REMOVAL.closed_at.is_(None)
        return update(T.FeedRemoval).where(*mine).values(acknowledged_at=AT, closed_at=AT, identifiers=null())

    about = _F.receiver == CLIENT, _F.removal == NUMBER
    values = {"client": client, "number": number}
    return [
        _change(records, "closed", close, values | {"at": at}, 1),
        _change(
            records, "dropped", lambda: delete(T.FeedPerson).where(*about, _F.number == literal_column("0")), values
        ),
        _change(records, "settled", lambda: update(T.FeedPerson).where(*about).values(removal=null()), values),
        touched(records, client),
    ]


def erased(records: Records, person: str, at: datetime) -> list[Change]:
    """Before somebody is erased: a notice to each receiver that was given them, since nothing else will be left.

    Every receiver's version moves, so that nobody who had found the person before puts them back.
    """

    def tell() -> Any:
        had = select(_F.receiver, _R.number + _ONE, _F.identifiers, AT).join(T.FeedReceiver, _R.receiver == _F.receiver)
        names = ["receiver", "number", "identifiers", "made_at"]
        mine = had.where(_F.person_id == IDS, _F.given == literal_column("1"))
        return insert(T.FeedRemoval).from_select(names, mine, include_defaults=False)

    def move() -> Any:
        given = select(_F.receiver).where(_F.person_id == IDS, _F.given == literal_column("1"))
        told = case((_R.receiver.in_(given), _ONE), else_=literal_column("0"))
        return update(T.FeedReceiver).values(number=_R.number + told, version=_R.version + _ONE)

    return [
        _change(records, "erased", tell, {"ids": person, "at": at}),
        _change(records, "moved on", move, {"ids": person}),
    ]
