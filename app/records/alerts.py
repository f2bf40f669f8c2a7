"""Alerts about unusual access: new ones, the review list, how one was closed, and their destruction in the end."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Integer, Select, String, bindparam, delete, not_, or_, select, tuple_
from sqlmodel import SQLModel

import app.tables
from app.db import Warrant
from app.records import predicates
from app.records.reading import Records
from app.records.writing import Writer
from app.tables import Instant
from app.vocabulary import Caller

T: Any = app.tables  # SQLModel types a column as the value it holds, which SQL expressions are not
Found = dict[str, Any]
Change = tuple[str, Sequence[Any], int]

ALERTS = ("access_alert_note", "access_alert_person", "access_alert_review", "access_alert")
"""Every table with something of an alert, in the order in which they can be emptied."""
_LISTED = ("id", "recorded_at", "rule", "staff", "party", "role", "tripped_at", "entries", "explanation")
_IN_FULL = (*_LISTED, "figures", "ask", "event_id")
IDENTITY = bindparam("identity", type_=String())
_REVIEW = ("outcome", "reviewed_by", "reviewed_at")


def raised(writer: Writer, alert: Mapping[str, Any], person: Mapping[str, Any] | None) -> list[Change]:
    """The changes that keep a new alert, and whom it is about if it is about one person."""
    rows = [writer.insert("access_alert", alert)]
    return rows if person is None else [*rows, writer.insert("access_alert_person", person)]


def reviewed(writer: Writer, review: Mapping[str, Any], note: Mapping[str, Any]) -> list[Change]:
    """The changes that close an alert; they are refused where somebody else has."""
    return [writer.insert("access_alert_review", review), writer.insert("access_alert_note", note)]


def _joined(columns: Sequence[str], *more: Any) -> Select[Any]:
    alert, person, review, staff, note = (
        T.AccessAlert, T.AccessAlertPerson, T.AccessAlertReview, T.Staff, T.AccessAlertNote,
    )  # fmt: skip
    return (
        select(
            *(getattr(alert, name) for name in columns),
            person.crn,
            person.person_id,
            *(getattr(review, name) for name in _REVIEW),
            staff.name.label("staff_name"),
            staff.manager,
            *more,
        )
        .outerjoin(person, person.alert_id == alert.id)
        .outerjoin(review, review.alert_id == alert.id)
        .outerjoin(note, note.alert_id == alert.id)
        .outerjoin(staff, staff.username == alert.staff)
    )


def _named(columns: Sequence[str], row: Sequence[Any]) -> Found:
    names = (*columns, "crn", "person_id", *_REVIEW, "staff_name", "manager")
    return dict(zip((*names, "note")[: len(row)], row, strict=True))


async def one(records: Records, permit: Warrant, identity: str) -> Found | None:
    """An alert with its figures, whom it is about, and its review with the note, if there is one."""

    def build() -> Select[Any]:
        return _joined(_IN_FULL, T.AccessAlertNote.note).where(T.AccessAlert.id == IDENTITY)

    found = await records.database.fetch(records.prepared("alerts-one", build), {"identity": identity}, permit)
    return _named(_IN_FULL, found[0]) if found else None


def _filters() -> dict[str, ColumnElement[bool]]:
    alert, review = T.AccessAlert, T.AccessAlertReview
    return {
        "open": review.alert_id.is_(None),
        "closed": review.alert_id.is_not(None),
        "rule": alert.rule == bindparam("rule", type_=String()),
        "staff": alert.staff == bindparam("of_staff", type_=String()),
        "since": alert.recorded_at >= bindparam("since", type_=Instant()),
        "after": tuple_(alert.recorded_at, alert.id)
        < tuple_(bindparam("last_at", type_=Instant()), bindparam("last_id", type_=String())),
    }


async def page(
    records: Records, permit: Warrant, caller: Caller, at: datetime, filters: Mapping[str, Mapping[str, Any]], size: int
) -> list[Found]:
    """Alerts, newest first: those that meet every filter, and one more than `size`.

    A filter's name goes with what it compares with: `open` and `closed` with nothing, `rule` with `rule`, `staff` with
    `of_staff`, `since` with `since`, `after` with `last_at` and `last_id`. What is about the caller is left out, and
    what is about somebody whose record is kept from them.
    """
    names = tuple(sorted(filters))

    def build() -> Select[Any]:
        alert, person, known = T.AccessAlert, T.AccessAlertPerson, _filters()
        statement = _joined(_LISTED).where(
            alert.staff != predicates.USERNAME,
            or_(person.alert_id.is_(None), not_(predicates.kept_from_caller(person.person_id))),
            *(known[name] for name in names),
        )
        ordered = statement.order_by(alert.recorded_at.desc(), alert.id.desc())
        return ordered.limit(bindparam("size", type_=Integer()))

    statement = records.prepared(("alerts-page", names), build)
    values = {**predicates.parameters(caller, at), "size": size + 1}
    for given in filters.values():
        values |= given
    found = await records.database.fetch(statement, values, permit)
    return [_named(_LISTED, row) for row in found]


class Closed(NamedTuple):
    """An alert that was closed, as far as its retention goes; of person and note, its own id if they are there."""

    id: str
    rule: str
    outcome: str
    closed_at: datetime
    about: str | None
    noted: str | None

    def rows(self) -> Mapping[str, int]:
        """How many rows of each table it is."""
        there = (self.noted is not None, self.about is not None, True, True)
        return {table: int(is_there) for table, is_there in zip(ALERTS, there, strict=True)}


async def closed(records: Records, permit: Warrant) -> list[Closed]:
    """Every alert that was closed, in the order of their closing."""

    def build() -> Select[Any]:
        alert, person, review, note = T.AccessAlert, T.AccessAlertPerson, T.AccessAlertReview, T.AccessAlertNote
        columns = (alert.id, alert.rule, review.outcome, review.reviewed_at, person.alert_id, note.alert_id)
        return (
            select(*columns)
            .join(review, review.alert_id == alert.id)
            .outerjoin(person, person.alert_id == alert.id)
            .outerjoin(note, note.alert_id == alert.id)
            .order_by(review.reviewed_at, alert.id)
        )

    return [Closed(*row) for row in await records.database.fetch(records.prepared("alerts-closed", build), {}, permit)]


def destroyed(records: Records, alert: Closed) -> list[Change]:
    """The changes that destroy an alert whole; the database lets them through for the newest entry that names it."""
    made: list[Change] = []
    for name, rows in alert.rows().items():
        table = SQLModel.metadata.tables[name]
        key = table.c.id if name == "access_alert" else table.c.alert_id
        statement = records.prepared(("alerts-destroy", name), lambda: delete(table).where(key == IDENTITY))  # noqa: B023  # called at once
        made.append((statement.sql, statement.arguments({"identity": alert.id}), rows))
    return made
