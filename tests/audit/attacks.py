"""Attacks by whoever owns the database and the log's key: all of the log made again, consistent in itself."""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any

from app.audit.merkle import Tree, leaf_data, leaf_hash
from tests.audit.logs import Owner

Row = tuple[str, str, bytes | None, str | None]
"""When, body, salt and person's part."""


def everything(owner: Owner) -> list[Row]:
    """The log as it is."""
    found = owner.rows(
        "SELECT e.recorded_at, e.body, s.salt, s.body FROM log_entry e LEFT JOIN log_subject s ON s.seq = e.seq "
        "ORDER BY e.seq"
    )
    return [(at, body, None if salt is None else bytes(salt), part) for at, body, salt, part in found]


def rebuild(owner: Owner, rows: Sequence[Row]) -> None:
    """These rows as a log with its leaves, tiles and head, in place of what was there."""
    tree, statements = Tree(), ["DELETE FROM log_subject", "DELETE FROM log_entry", "DELETE FROM log_tile"]
    sqlite = owner.address.dialect == "sqlite"
    entries, parts = [], []
    for seq, (at, body, salt, part) in enumerate(rows):
        leaf = leaf_hash(leaf_data(seq, at, sha256(body.encode()).hexdigest()))
        entries.append(f"({seq}, '{at}', {_text(body)}, {_blob(leaf, sqlite)})")
        if salt is not None:
            parts.append(f"({seq}, {_blob(salt, sqlite)}, {_text(part or '')})")
        statements += [
            f"INSERT INTO log_tile VALUES ({tile.level}, {tile.number}, {_blob(tile.root, sqlite)})"
            for tile in tree.append(leaf)
        ]
    statements.append(f"INSERT INTO log_entry (seq, recorded_at, body, leaf_hash) VALUES {', '.join(entries)}")
    if parts:
        statements.append(f"INSERT INTO log_subject (seq, salt, body) VALUES {', '.join(parts)}")
    statements.append(
        f"UPDATE log_head SET size = {tree.size}, frontier = {_blob(tree.packed(), sqlite)}, "
        f"recorded_at = '{rows[-1][0]}', root = {_blob(tree.root(), sqlite)}"
    )
    owner.tamper(*statements)


def cut(size: int) -> Callable[[Owner], None]:
    """The tail is cut off, and nothing tells that there was one."""
    return lambda owner: rebuild(owner, everything(owner)[:size])


def rewrite(seq: int) -> Callable[[Owner], None]:
    """One entry names somebody else, and everything that follows from it is made again."""

    def tamper(owner: Owner) -> None:
        rows: list[Any] = everything(owner)
        at, body, salt, part = rows[seq]
        assert "o.manager" in body
        rows[seq] = (at, body.replace("o.manager", "o.other"), salt, part)
        rebuild(owner, rows)

    return tamper


def regrow(size: int) -> Callable[[Owner], None]:
    """The tail is cut off, and as much of something else grows in its place."""

    def tamper(owner: Owner) -> None:
        rows = everything(owner)
        rebuild(
            owner, rows[:size] + [(at, body.replace("o.manager", "o.other"), *rest) for at, body, *rest in rows[size:]]
        )

    return tamper


def _blob(value: bytes, sqlite: bool) -> str:
    return f"x'{value.hex()}'" if sqlite else f"'\\x{value.hex()}'::bytea"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
