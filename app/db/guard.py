"""The second line: on any SQLAlchemy engine or session, whoever made it, no protected table without a warrant."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

from sqlalchemy import Engine, event
from sqlmodel import SQLModel

from app.db.base import Warrant
from app.db.faults import UnpermittedRead
from app.db.texts import PROTECTED, reads

_engine_warrant: ContextVar[Warrant | None] = ContextVar("engine_warrant", default=None)


@contextmanager
def warranted(warrant: Warrant) -> Iterator[None]:
    """Within this block SQLAlchemy engines may read what the warrant covers."""
    token = _engine_warrant.set(warrant)
    try:
        yield
    finally:
        _engine_warrant.reset(token)


@lru_cache(maxsize=4096)
def _protected_in_text(sql: str, known: frozenset[str]) -> frozenset[str]:
    if not known or not reads(sql):
        return frozenset()
    return frozenset(re.findall(r"\b(?:" + "|".join(sorted(known)) + r")\b", sql))


@event.listens_for(Engine, "before_cursor_execute")
def _refuse_unpermitted(
    _connection: Any,
    _cursor: Any,
    sql: str,
    _parameters: Any,
    _context: Any,
    _many: bool,  # noqa: FBT001  # SQLAlchemy's signature
) -> None:
    known = frozenset(table.name for table in SQLModel.metadata.tables.values() if table.info.get(PROTECTED))
    tables = _protected_in_text(sql, known)
    warrant = _engine_warrant.get()
    if tables and not (warrant is not None and warrant.covers(tables)):
        raise UnpermittedRead(f"no permit covers {', '.join(sorted(tables))}")
