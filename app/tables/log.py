"""The log's tables as the auditors' queries see them; migrations 0002 and 0014 make them, and nobody updates them.

They are no protected tables: they hold who asked for what and why, and the gate decides on reading them like any read.
"""

from typing import Any

from sqlalchemy import BigInteger, FetchedValue, LargeBinary
from sqlmodel import Column, Field, SQLModel, Text


def _made(*, indexed: bool = False, unique: bool = False) -> Any:
    return Field(default=None, sa_column=Column(Text, FetchedValue(), index=indexed, unique=unique))


def _key() -> Any:
    return Field(primary_key=True, sa_type=Text)


def _place(**kwargs: Any) -> Any:
    return Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False}, **kwargs)


def _bytes() -> Any:
    return Field(sa_type=LargeBinary)


def _text() -> Any:
    return Field(sa_type=Text)


class LogEntry(SQLModel, table=True):
    """One entry: its canonical bytes, its leaf, and query columns that the database makes from the bytes."""

    __tablename__ = "log_entry"

    seq: int = _place()
    recorded_at: str = _text()
    body: str = _text()
    leaf_hash: bytes = _bytes()
    event_id: str | None = _made(unique=True)
    type: str | None = _made()
    occurred_at: str | None = _made()
    staff: str | None = _made()
    party: str | None = _made()
    role: str | None = _made()
    client: str | None = _made()
    purpose: str | None = _made()
    action: str | None = _made()
    resource: str | None = _made()
    outcome: str | None = _made()
    agreement: str | None = _made()
    request_id: str | None = _made()
    subject: str | None = _made()


class LogSubject(SQLModel, table=True):
    """The person's part of an entry with its salt: the one thing in the log that can be erased by law."""

    __tablename__ = "log_subject"

    seq: int = _place(foreign_key="log_entry.seq")
    salt: bytes = _bytes()
    body: str = _text()
    person_id: str | None = _made()
    crn: str | None = _made()


class LogTile(SQLModel, table=True):
    """The root of a full subtree of 256, 65,536 or 16,777,216 leaves, so that proofs need not read them."""

    __tablename__ = "log_tile"

    level: int = _place()
    number: int = _place()
    root: bytes = _bytes()


class LogWord(SQLModel, table=True):
    """A word, such as `clause:D1`, that some entry of a tile of 256 says; without a word for the tile as a whole."""

    __tablename__ = "log_word"

    word: str = Field(sa_column=Column(Text, primary_key=True))
    tile: int = _place()


class LogHead(SQLModel, table=True):
    """The one row that orders every writer: how far the log goes and the tree over it."""

    __tablename__ = "log_head"

    id: int = _place()
    size: int = Field(sa_type=BigInteger)
    frontier: bytes = _bytes()
    recorded_at: str = _text()
    root: bytes = _bytes()


class LogCheckpoint(SQLModel, table=True):
    """What the log said of itself: its size and root under its name, and the note as it was signed, byte for byte."""

    __tablename__ = "log_checkpoint"

    origin: str = _key()
    size: int = _place()
    root: bytes = _bytes()
    made_at: str = _text()
    note: str = _text()


class LogCosignature(SQLModel, table=True):
    """A witness's signature line under a checkpoint, and when it says that it was made (seconds since 1970)."""

    __tablename__ = "log_cosignature"

    origin: str = _key()
    size: int = _place()
    witness: str = _key()
    key_id: str = _key()
    line: str = _text()
    cosigned_at: int = Field(sa_type=BigInteger)


class LogRecovery(SQLModel, table=True):
    """From which size on the log goes by another name, and the checkpoint of the old one that it could not meet."""

    __tablename__ = "log_recovery"

    from_size: int = _place()
    origin: str = _text()
    old_origin: str = _text()
    old_size: int = Field(sa_type=BigInteger)
    event_id: str = _text()
