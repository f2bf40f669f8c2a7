"""Checkpoints, cosignatures and recoveries as the database keeps them: added once, and never changed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, LargeBinary, Text, bindparam, exists, insert, literal_column, select

from app.audit.checkpoint import Checkpoint
from app.audit.signed_note import Signature, Verifier
from app.db import Database, Prepared, Writing, compiled_once
from app.tables.log import LogCheckpoint, LogCosignature, LogHead, LogRecovery


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """A checkpoint as it was stored: what it says, when it was made (as the log writes times), and its note."""

    checkpoint: Checkpoint
    made_at: str
    note: str


@dataclass(frozen=True, slots=True)
class Recovery:
    """The log goes on under `origin` from a size, since it could not meet a checkpoint that it once signed."""

    from_size: int
    origin: str
    old_origin: str
    old_size: int


class CheckpointRows:
    """Every method raises DatabaseUnavailable if the database is gone."""

    def __init__(self, database: Database, writing: Writing) -> None:
        self._database, self._writing = database, writing
        self._prepared = compiled_once(CheckpointRows, database.dialect)

    async def newest(self, origin: str) -> StoredCheckpoint | None:
        """The largest of a log."""
        return await self._one("newest", origin=origin)

    async def at(self, origin: str, size: int) -> StoredCheckpoint | None:
        """The one of a size."""
        return await self._one("at", origin=origin, size=size)

    async def covering(self, origin: str, size: int) -> StoredCheckpoint | None:
        """The smallest of a size or a larger one that is cosigned, or if there is none, the smallest at all."""
        cosigned = await self._one("cosigned_covering", origin=origin, size=size)
        return cosigned or await self._one("covering", origin=origin, size=size)

    async def cosigned_below(self, origin: str, size: int) -> StoredCheckpoint | None:
        """The largest that is smaller than a size and has a cosignature."""
        return await self._one("cosigned_below", origin=origin, size=size)

    async def origin(self) -> str | None:
        """A name under which this log has signed; it has several only where it was recovered."""
        rows = await self._rows("origin")
        return rows[0][0] if rows else None

    async def recoveries(self) -> list[Recovery]:
        """Every change of name, oldest first."""
        return [Recovery(*row) for row in await self._rows("recoveries")]

    async def cosignatures(self, origin: str, size: int) -> list[Signature]:
        """Under one checkpoint, as they came."""
        return [Signature.of(line) for (line,) in await self._rows("cosignatures", origin=origin, size=size)]

    async def cosigned_size(self, origin: str, witness: Verifier) -> tuple[int, int] | None:
        """The largest size that a witness has cosigned, and when it says that it did (seconds since 1970)."""
        rows = await self._rows("by_witness", origin=origin, witness=witness.name, key_id=witness.key_id.hex())
        return (int(rows[0][0]), int(rows[0][1])) if rows else None

    async def add(self, stored: StoredCheckpoint) -> bool:
        """False if one of this size is there already."""
        at = {"origin": stored.checkpoint.origin, "size": stored.checkpoint.size}
        return await self._write("add", **at, root=stored.checkpoint.root, made_at=stored.made_at, note=stored.note)

    async def cosign(self, checkpoint: Checkpoint, signature: Signature) -> bool:
        """False if this key has cosigned it already."""
        return await self._write(
            "cosign",
            origin=checkpoint.origin,
            size=checkpoint.size,
            witness=signature.name,
            key_id=signature.key_id.hex(),
            line=signature.line().rstrip("\n"),
            cosigned_at=signature.time,
        )

    async def close(self) -> None:
        """Give the writing connection back."""
        await self._writing.close()

    def recover(self, recovery: Recovery, event_id: str) -> tuple[str, list[Any], int]:
        """A change to be made with the entry that says so: one row, if the log is of the size that it was."""
        statement = self._statement("recover")
        values = {"origin": recovery.origin, "old_origin": recovery.old_origin, "old_size": recovery.old_size}
        values |= {"event_id": event_id, "size": recovery.from_size - 1}
        return statement.sql, statement.arguments(values), 1

    async def _one(self, name: str, **values: Any) -> StoredCheckpoint | None:
        rows = await self._rows(name, **values)
        if not rows:
            return None
        origin, size, root, made_at, note = rows[0]
        return StoredCheckpoint(Checkpoint(origin, int(size), bytes(root)), made_at, note)

    async def _rows(self, name: str, **values: Any) -> list[tuple[Any, ...]]:
        return await self._database.fetch(self._statement(name), values)

    async def _write(self, name: str, **values: Any) -> bool:
        statement = self._statement(name)
        return await self._writing.run(statement, statement.arguments(values)) > 0

    def _statement(self, name: str) -> Prepared:
        if name not in self._prepared:
            self._prepared[name] = self._database.prepare(_STATEMENTS[name]())
        return self._prepared[name]


_C: Any = LogCheckpoint.__table__.c  # type: ignore[attr-defined]  # SQLModel adds it to table classes
_W: Any = LogCosignature.__table__.c  # type: ignore[attr-defined]  # SQLModel adds it to table classes
_R: Any = LogRecovery.__table__.c  # type: ignore[attr-defined]  # SQLModel adds it to table classes
_H: Any = LogHead.__table__.c  # type: ignore[attr-defined]  # SQLModel adds it to table classes
_ONE: Any = literal_column("1")


def _text(name: str) -> Any:
    return bindparam(name, type_=Text(), required=True)


def _number(name: str) -> Any:
    return bindparam(name, type_=BigInteger(), required=True)


def _checkpoints(*which: Any, order: Any) -> Any:
    columns = (_C.origin, _C.size, _C.root, _C.made_at, _C.note)
    return select(*columns).where(_C.origin == _text("origin"), *which).order_by(order).limit(_ONE)


def _is_cosigned() -> Any:
    return exists().where(_W.origin == _C.origin, _W.size == _C.size)


def _once(model: Any, values: dict[str, Any], *key: Any) -> Any:
    """An insert that does nothing where the key is taken: the triggers refuse to write over anything."""
    there = exists().where(*(column == values[column.key] for column in key))
    return insert(model).from_select(list(values), select(*values.values()).where(~there), include_defaults=False)


def _add() -> Any:
    values = {"origin": _text("origin"), "size": _number("size"), "made_at": _text("made_at"), "note": _text("note")}
    values["root"] = bindparam("root", type_=LargeBinary(), required=True)
    return _once(LogCheckpoint, values, _C.origin, _C.size)


def _cosign() -> Any:
    values = {name: _text(name) for name in ("origin", "witness", "key_id", "line")}
    values |= {name: _number(name) for name in ("size", "cosigned_at")}
    return _once(LogCosignature, values, _W.origin, _W.size, _W.witness, _W.key_id)


def _recover() -> Any:
    values = {"from_size": _H.size + _ONE, "origin": _text("origin"), "old_origin": _text("old_origin")}
    values |= {"old_size": _number("old_size"), "event_id": _text("event_id")}
    found = select(*values.values()).where(_H.size == _number("size"))
    return insert(LogRecovery).from_select(list(values), found, include_defaults=False)


def _by_witness() -> Any:
    mine = (_W.origin == _text("origin"), _W.witness == _text("witness"), _W.key_id == _text("key_id"))
    return select(_W.size, _W.cosigned_at).where(*mine).order_by(_W.size.desc()).limit(_ONE)


_STATEMENTS: dict[str, Callable[[], Any]] = {
    "newest": lambda: _checkpoints(order=_C.size.desc()),
    "at": lambda: _checkpoints(_C.size == _number("size"), order=_C.size),
    "covering": lambda: _checkpoints(_C.size >= _number("size"), order=_C.size),
    "cosigned_covering": lambda: _checkpoints(_C.size >= _number("size"), _is_cosigned(), order=_C.size),
    "cosigned_below": lambda: _checkpoints(_C.size < _number("size"), _is_cosigned(), order=_C.size.desc()),
    "origin": lambda: select(_C.origin).limit(_ONE),
    "recoveries": lambda: select(_R.from_size, _R.origin, _R.old_origin, _R.old_size).order_by(_R.from_size),
    "cosignatures": lambda: (
        select(_W.line).where(_W.origin == _text("origin"), _W.size == _number("size")).order_by(_W.witness, _W.key_id)
    ),
    "by_witness": _by_witness,
    "add": _add,
    "cosign": _cosign,
    "recover": _recover,
}
