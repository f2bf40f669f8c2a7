"""What an import remembers of the rows that it has read, on disk: of a million no more is in memory than of ten.

A temporary database of SQLite that nobody else can open, gone with the process; its pages beyond a few megabytes stand
in a file that has no name. It is here because nothing above the gate speaks SQL; nothing of the service's own is in it.
"""

import json
import pickle
import sqlite3
from collections.abc import Iterator, MutableMapping
from typing import Any, TypeVar

CACHE_KB = 8 * 1024
Key = str | tuple[str, ...]
Value = TypeVar("Value")


class Memory:
    """The database; every mapping in it lives as long as it does."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect("", isolation_level=None)  # an empty name: temporary, and on disk
        self._connection.execute(f"PRAGMA cache_size = -{CACHE_KB}")
        self._connection.execute("PRAGMA journal_mode = OFF")
        self._connection.execute("BEGIN")  # never ended: a statement at a time would end in one each
        self._count = 0

    def mapping(self) -> "Remembered[Any]":
        """A new one, with nothing in it."""
        self._count += 1
        name = f"remembered_{self._count}"
        self._connection.execute(
            f"CREATE TABLE {name} (place INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, value BLOB NOT NULL)"
        )
        return Remembered(self._connection, name)


class Remembered(MutableMapping[Key, Value]):
    """Keys of one or several texts with any values that can be pickled, in the order in which they first came."""

    def __init__(self, connection: sqlite3.Connection, name: str) -> None:
        self._run, self._size = connection.execute, 0
        self._get = f"SELECT value FROM {name} WHERE key = ?"  # noqa: S608  # a name of ours
        self._put = f"INSERT INTO {name} (key, value) VALUES (?, ?)"  # noqa: S608  # as above
        self._change = f"UPDATE {name} SET value = ? WHERE key = ?"  # noqa: S608  # as above
        self._drop = f"DELETE FROM {name} WHERE key = ?"  # noqa: S608  # as above
        self._next = f"SELECT place, key FROM {name} WHERE place > ? ORDER BY place LIMIT 1"  # noqa: S608  # as above

    def __getitem__(self, key: Key) -> Value:
        found = self._run(self._get, (_text(key),)).fetchone()
        if found is None:
            raise KeyError
        value: Value = pickle.loads(found[0])  # noqa: S301  # what this process has put there
        return value

    def __contains__(self, key: object) -> bool:
        return self._run(self._get, (_text(key),)).fetchone() is not None

    def __setitem__(self, key: Key, value: Value) -> None:
        body, text = pickle.dumps(value, pickle.HIGHEST_PROTOCOL), _text(key)
        try:
            self._run(self._put, (text, body))
            self._size += 1
        except sqlite3.IntegrityError:
            self._run(self._change, (body, text))

    def __delitem__(self, key: Key) -> None:
        if not self._run(self._drop, (_text(key),)).rowcount:
            raise KeyError
        self._size -= 1

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Key]:
        """One after the other, so that what is put in or taken out meanwhile does no harm."""
        place = 0
        while row := self._run(self._next, (place,)).fetchone():
            place, key = row
            given = json.loads(key)
            yield given if isinstance(given, str) else tuple(given)

    def add(self, key: Key) -> None:
        """A key alone, as of a set; of no effect if it is there."""
        if key not in self:
            self._run(self._put, (_text(key), b""))
            self._size += 1


def _text(key: object) -> str:
    return json.dumps(key)
