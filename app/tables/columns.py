"""How columns are declared: each with the category it belongs to, its type on both databases, and what it may hold."""

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, DateTime, Dialect, Index, String, TypeDecorator, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.db import PROTECTED
from app.vocabulary import Subject

CATEGORY = "category"
OUTPUT = "output"
TOTALS = "totals"
THIRD_PARTY = "third_party"
FOR_SUBJECT = "for_subject"
TAKEN_BACK = "taken_back"
ON = "on"
"""The one database that an index is for."""


class Instant(TypeDecorator[datetime]):
    """A moment in UTC: `timestamptz` on PostgreSQL; on SQLite text of one width, so that it sorts as it passes."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """The column's type in this database."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(DateTime(timezone=True))
        return dialect.type_descriptor(String(27))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """ValueError for a naive moment: it could mean any of two hours."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs an offset")
        moment = value.astimezone(UTC)
        return moment if dialect.name == "postgresql" else moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """None on PostgreSQL, where the driver gives every moment in UTC."""
        return None if dialect.name == "postgresql" else super().result_processor(dialect, coltype)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Always in UTC."""
        if value is None:
            return None
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        return moment.astimezone(UTC)


def kept(subject: Subject, *, info: dict[str, Any] | None = None, **field: Any) -> Any:
    """A column of this category; it is part of answers unless its info says otherwise."""
    tags = {CATEGORY: subject, OUTPUT: True, **(info or {})}
    return Field(sa_column_kwargs={"info": tags}, **field)


def inner(subject: Subject, *, info: dict[str, Any] | None = None, **field: Any) -> Any:
    """A column of this category that no answer carries: keys, flags and provenance."""
    return kept(subject, info={OUTPUT: False, **(info or {})}, **field)


def withdrawal(subject: Subject) -> Any:
    """When its sender took it back: from then on it is in no answer but to who asks for all that is held (G3)."""
    return kept(subject, info={TAKEN_BACK: True}, default=None, sa_type=Instant)


def counted(table: str, *columns: str) -> Index:
    """All that is counted of each referral, for SQLite alone: it counts on one core, and need not look up each row."""
    return Index(f"ix_{table}_counted", "referral_id", *columns, info={ON: "sqlite"})


def one_of(column: str, words: Iterable[str]) -> CheckConstraint:
    """The column holds one of these words."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_is_known")


def ordered(start: str, end: str) -> CheckConstraint:
    """A period does not end before it starts."""
    return CheckConstraint(f"{end} IS NULL OR {end} >= {start}", name=f"{end}_not_before_{start}")


def words(enum: type[StrEnum]) -> tuple[str, ...]:
    """The values of an enumeration."""
    return tuple(member.value for member in enum)


def options(
    *constraints: Any, section: str | None = None, feeds_facts: bool = False, for_subject: bool = False
) -> tuple[Any, ...]:
    """A protected table's arguments: its constraints, the name its rows have in answers, whether its past is kept.

    `for_subject`: its rows are in no answer but that of everything that is held, to the person themselves (G3).
    """
    info = {PROTECTED: True, "section": section, "feeds_facts": feeds_facts, FOR_SUBJECT: for_subject}
    return (*constraints, {"info": info})


def from_source() -> UniqueConstraint:
    """The same record synced twice is one record."""
    return UniqueConstraint("source", "source_id")


class Kept(SQLModel):
    """What every record has; its columns take the category of the class (`subject`)."""

    subject: ClassVar[Subject]

    id: str = Field(primary_key=True, max_length=36, sa_column_kwargs={"info": {OUTPUT: True}})
    recorded_at: datetime = Field(sa_type=Instant, sa_column_kwargs={"info": {OUTPUT: False}})


class Synced(Kept):
    """A record that a neighbouring system owns: where it came from and how new it is."""

    source: str = Field(max_length=20, sa_column_kwargs={"info": {OUTPUT: False}})
    source_id: str = Field(max_length=40, sa_column_kwargs={"info": {OUTPUT: False}})
    source_version: str = Field(max_length=32, sa_column_kwargs={"info": {OUTPUT: False}})


class OfPerson(Synced):
    """A synced record of one person."""

    person_id: str = Field(foreign_key="person.id", index=True, sa_column_kwargs={"info": {OUTPUT: False}})


class OfReferral(OfPerson):
    """A synced record that belongs to one referral of the person."""

    referral_id: str = Field(foreign_key="referral.id", index=True, sa_column_kwargs={"info": {OUTPUT: True}})


def tag_inherited(model: type[Kept]) -> None:
    """Give the columns that a class inherits its own category; what it declares itself must say so itself."""
    inherited = {name for base in model.__mro__[1:] for name in getattr(base, "__annotations__", {})}
    for column in model.__table__.columns:  # type: ignore[attr-defined]  # SQLModel adds it to table classes
        if column.name in inherited:
            column.info = {**column.info, CATEGORY: model.subject}  # the classes share what they inherit


def untagged() -> list[str]:
    """Columns of protected tables without exactly one category; anything here fails the build."""
    return [
        f"{table.name}.{column.name}"
        for table in SQLModel.metadata.tables.values()
        if table.info.get(PROTECTED)
        for column in table.columns
        if CATEGORY not in column.info
    ]
