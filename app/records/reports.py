"""What figures are made of: a statement a table over the referrals of a period, and no word of whose they are.

Everybody who was referred is counted, restricted or not: figures are about nobody (G4, G7).
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Date, Integer, Select, bindparam, case, func, literal_column, or_, select
from sqlalchemy.orm import aliased

import app.tables
from app.db import Row, Warrant
from app.pathway.measures import BY_CODE
from app.pathway.reports.cohort import Cohort, Contacts, Problem, Referred, Scored
from app.policies.agreement import LONDON
from app.records.reading import Records

T: Any = app.tables  # SQLModel types a column as the value it holds, which SQL expressions are not
_FIRST = bindparam("first", type_=Date(), required=True)
_LAST = bindparam("last", type_=Date(), required=True)


async def cohort(records: Records, permit: Warrant, first: date, last: date) -> Cohort:
    """All that is on file of the referrals received on these days; UnpermittedRead without a permit."""
    days = {"first": first, "last": last}

    async def rows(name: str, build: Any) -> list[Row]:
        return await records.database.fetch(records.prepared(("report", name), build), days, permit)

    referrals, contacts, problems, scored = await asyncio.gather(
        rows("referrals", _referrals),
        rows("contacts", _contacts_of),
        rows("problems", _problems),
        rows("scores", _scores),
    )
    scores: Mapping[str, list[Scored]] = defaultdict(list)
    for key, *rest in scored:
        scores[key].append(Scored(*rest))
    return Cohort(
        [Referred(*row) for row in referrals],
        {key: _contacts(*rest) for key, *rest in contacts},
        {key: Problem(*rest) for key, *rest in problems},
        scores,
    )


def _contacts(attended: int, missed: int, assessments: int, treatments: int, first: Any) -> Contacts:
    return Contacts(attended, missed, assessments, treatments, first.astimezone(LONDON).date() if first else None)


_SURVIVOR = aliased(T.Referral)
_COUNTED = func.coalesce(_SURVIVOR.id, T.Referral.id)
"""The referral that a row counts for: of a duplicate that was merged, the one it was merged into."""


def _of_counted(statement: Select[Any], table: Any) -> Select[Any]:
    """Rows of a table that count for a referral of the period."""
    return (
        statement.join(T.Referral, T.Referral.id == table.referral_id)
        .outerjoin(_SURVIVOR, _SURVIVOR.id == T.Referral.merged_into)
        .where(_of_counted_that(lambda one: one.received_on.between(_FIRST, _LAST)))
    )


def _of_counted_that(holds: Callable[[Any], Any]) -> Any:
    return or_(T.Referral.merged_into.is_(None) & holds(T.Referral), holds(_SURVIVOR))


def _is(column: Any, *words: str) -> Any:
    return column.in_([literal_column(f"'{word}'") for word in words])


def _referrals() -> Select[Any]:
    """Each with the sentence that ran when it was received; of several the one that began last."""
    referral, sentence = T.Referral, T.Supervision
    running = (
        select(sentence.sentence_type)
        .where(
            sentence.person_id == referral.person_id,
            sentence.start_date <= referral.received_on,
            or_(sentence.end_date.is_(None), sentence.end_date >= referral.received_on),
            or_(sentence.terminated_on.is_(None), sentence.terminated_on >= referral.received_on),
        )
        .order_by(sentence.start_date.desc(), sentence.id)
        .limit(literal_column("1"))
        .scalar_subquery()
    )
    return select(
        referral.id,
        referral.received_on,
        referral.source_of_referral,
        referral.status,
        referral.end_code,
        referral.closed_on.is_not(None),
        running,
    ).where(referral.received_on.between(_FIRST, _LAST), referral.merged_into.is_(None))


def _contacts_of() -> Select[Any]:
    contact = T.Appointment
    attended = _is(contact.attendance_code, "5", "6")
    treated = attended & _is(contact.appointment_type, "02", "03", "05")

    def times(condition: Any) -> Any:
        return func.sum(case((condition, literal_column("1", Integer)), else_=literal_column("0", Integer)))

    found = _of_counted(
        select(
            _COUNTED,
            times(attended),
            times(_is(contact.attendance_code, "3", "7")),
            times(attended & _is(contact.appointment_type, "01", "03")),
            times(treated),
            func.min(case((treated, contact.starts_at))),
        ),
        contact,
    )
    return found.group_by(_COUNTED)


def _problems() -> Select[Any]:
    """The newest of each referral."""
    record = T.Clinical
    newest = func.row_number().over(
        partition_by=_COUNTED, order_by=(record.written_on.desc(), record.recorded_at.desc(), record.id.desc())
    )
    named = (_COUNTED.label("counted"), record.step, record.problem_scheme, record.problem_code)
    found = _of_counted(select(*named, newest.label("place")), record).subquery()
    return select(*list(found.c)[:4]).where(found.c.place == literal_column("1"))


def _scores() -> Select[Any]:
    """The first and the last of each questionnaire in each referral that is closed: nobody else has finished."""
    score = T.OutcomeScore
    over: dict[str, Any] = {
        "partition_by": (_COUNTED, score.tool_code),
        "order_by": (score.completed_at, score.id),
    }
    whole = {**over, "rows": (None, None)}
    rows = _of_counted(
        select(
            _COUNTED.label("counted"),
            score.tool_code,
            func.count().over(**whole).label("times"),
            func.first_value(score.total).over(**over).label("first"),
            func.last_value(score.total).over(**whole).label("last"),
            func.row_number().over(**over).label("place"),
        ),
        score,
    )
    is_closed = _of_counted_that(lambda one: one.closed_on.is_not(None))
    found = rows.where(is_closed, _is(score.tool_code, *_TOOLS)).subquery()
    return select(*list(found.c)[:5]).where(found.c.place == literal_column("1"))


_TOOLS = tuple(code for code, measure in BY_CODE.items() if measure.case_at is not None)
