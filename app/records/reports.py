"""What figures are made of: one statement over the referrals of a period, and no word of whose they are.

Everybody who was referred is counted, restricted or not: figures are about nobody (G4, G7). The database counts those
together that are alike, so that a report over a million contacts moves some thousand lines and not a million rows.
"""

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial
from typing import Any

from sqlalchemy import (
    BigInteger,
    Date,
    Float,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

import app.tables
from app.db import Warrant
from app.pathway.measures import BY_CODE
from app.pathway.reports.cohort import COURSE, Alike
from app.policies.agreement import LONDON
from app.records.facts import Joined
from app.records.reading import Records

T: Any = app.tables  # SQLModel types a column as the value it holds, which SQL expressions are not
_FIRST = bindparam("first", type_=Date(), required=True)
_LAST = bindparam("last", type_=Date(), required=True)
_ZERO, _ONE = literal_column("0", Integer), literal_column("1", Integer)


async def cohort(records: Records, permit: Warrant, first: date, last: date, quarters: Sequence[date]) -> list[Alike]:
    """All that is on file of the referrals received on these days; UnpermittedRead without a permit.

    `quarters` are the first days of the quarters that the days lie in.
    """
    later = {f"quarter_{place}": day for place, day in enumerate(quarters[1:], start=1)}
    statement = records.prepared(("report", len(later)), partial(_alike, len(later)))
    rows = await records.database.fetch(statement, {"first": first, "last": last, **later}, permit)
    found = []
    for number, attended, missed, place, *kind, treated, scheme, problem, scores in rows:
        treated_on = None if treated is None else _in_london(treated)
        each = (number, attended, missed, quarters[place], *kind, treated_on, scheme, problem, scores)
        found.append(Alike._make(each))
    return found


def _in_london(moment: datetime) -> date:
    return moment.astimezone(LONDON).date()


_COUNTED = cast(func.coalesce(T.Referral.merged_into, T.Referral.id), String)
"""The referral that a row counts for: of a duplicate that was merged, the one it was merged into.

As a text, since SQLite makes no index to join by an expression of which it knows no type.
"""


def _in_period() -> Any:
    return T.Referral.received_on.between(_FIRST, _LAST)


def _of_counted(columns: Select[Any], table: Any) -> Select[Any]:
    """Rows of a table that count for a referral of the period, and of all duplicates: whatever those came to."""
    joined = columns.join(T.Referral, T.Referral.id == table.referral_id)
    return joined.where(or_(_in_period(), T.Referral.merged_into.is_not(None)))


def _is(column: Any, *words: str) -> Any:
    return column.in_([literal_column(f"'{word}'") for word in words])


def _alike(later: int) -> Select[Any]:
    """How many referrals there are of each kind, and their contacts; `later` quarters come after the first."""
    each = _one_by_one(later).subquery("each").c
    kind = [column for column in each if column.name not in ("attended", "missed")]
    counts: list[Any] = [func.count(), *(cast(func.sum(number), BigInteger) for number in (each.attended, each.missed))]
    return select(*counts, *kind).group_by(*kind)


def _one_by_one(later: int) -> Select[Any]:
    """Every referral; what tells one from all others is given of those alone whose outcome is counted by it."""
    referral, contacts = _referrals(later).subquery("of").c, _contacts().subquery("contacts").c
    problem, scores = _problems().subquery("problem").c, _scores().subquery("scores").c
    treatments = func.coalesce(contacts.treatments, _ZERO)
    is_finished = and_(referral.is_closed, treatments >= literal_column(str(COURSE), Integer))

    def times(column: Any) -> Any:
        return func.coalesce(column, _ZERO)

    columns: list[Any] = [
        times(contacts.attended).label("attended"),
        times(contacts.missed).label("missed"),
        referral.quarter,
        referral.source_of_referral,
        referral.sentence,
        problem.step,
        referral.status,
        referral.end_code,
        referral.is_closed,
        (times(contacts.attended) > _ZERO).label("was_seen"),
        (times(contacts.missed) > _ZERO).label("was_missed"),
        (times(contacts.assessments) > _ZERO).label("was_assessed"),
        case(
            (treatments > literal_column(str(COURSE), Integer), literal_column(str(COURSE), Integer)),
            else_=treatments,
        ).label("treatments"),
        case((is_finished, referral.received_on)).label("received_on"),
        case((is_finished, contacts.first_treated)).label("first_treated"),
        case((is_finished, problem.problem_scheme)).label("scheme"),
        case((is_finished, problem.problem_code)).label("problem"),
        case((is_finished, scores.scores)).label("scores"),
    ]
    return (
        select(*columns)
        .outerjoin_from(referral.id.table, contacts.referral_id.table, contacts.referral_id == referral.id)
        .outerjoin(problem.referral_id.table, problem.referral_id == referral.id)
        .outerjoin(scores.referral_id.table, scores.referral_id == referral.id)
    )


def _referrals(later: int) -> Select[Any]:
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
    starts = [bindparam(f"quarter_{place}", type_=Date(), required=True) for place in range(1, later + 1)]
    places = [(referral.received_on < day, literal_column(str(place), Integer)) for place, day in enumerate(starts)]
    last = literal_column(str(later), Integer)
    return select(
        referral.id,
        referral.received_on,
        (case(*places, else_=last) if places else last).label("quarter"),
        referral.source_of_referral,
        referral.status,
        referral.end_code,
        referral.closed_on.is_not(None).label("is_closed"),
        running.label("sentence"),
    ).where(_in_period(), referral.merged_into.is_(None))


def _contacts() -> Select[Any]:
    contact = T.Appointment
    attended = _is(contact.attendance_code, "5", "6")
    treated = attended & _is(contact.appointment_type, "02", "03", "05")

    def times(condition: Any) -> Any:
        return func.count().filter(condition)

    found = select(
        _COUNTED.label("referral_id"),
        times(attended).label("attended"),
        times(_is(contact.attendance_code, "3", "7")).label("missed"),
        times(attended & _is(contact.appointment_type, "01", "03")).label("assessments"),
        times(treated).label("treatments"),
        func.min(contact.starts_at).filter(treated).label("first_treated"),
    )
    return _of_counted(found, contact).group_by(_COUNTED)


def _problems() -> Select[Any]:
    """The newest of each referral."""
    record = T.Clinical
    newest = func.row_number().over(
        partition_by=_COUNTED, order_by=(record.written_on.desc(), record.recorded_at.desc(), record.id.desc())
    )
    named = (_COUNTED.label("referral_id"), record.step, record.problem_scheme, record.problem_code)
    found = _of_counted(select(*named, newest.label("place")), record).subquery("newest")
    return select(*list(found.c)[:4]).where(found.c.place == _ONE)


class _TotalAt(FunctionElement[float]):
    """The total at the first or the last moment of a group: no sort, and parts of it can be counted side by side."""

    name = "total_at"
    inherit_cache = True
    type = Float()

    def __init__(self, end: str, moment: Any, total: Any) -> None:
        super().__init__(literal_column(end), moment, total)


@compiles(_TotalAt, "sqlite")
def _total_in_sqlite(element: _TotalAt, compiler: Any, **options: Any) -> str:
    """Moments are texts of one width here, with which the total is looked up."""
    end, moment, total = (compiler.process(each, **options) for each in element.clauses)
    return f"CAST(substr({end}({moment} || printf('%015.5f', {total})), 28) AS REAL)"


@compiles(_TotalAt, "postgresql")
def _total_in_postgresql(element: _TotalAt, compiler: Any, **options: Any) -> str:
    end, moment, total = (compiler.process(each, **options) for each in element.clauses)
    return f"({end}(ARRAY[extract(epoch FROM {moment})::float8, {total}]))[2]"


def _scores() -> Select[Any]:
    """Of each referral that is closed, for nobody else has finished: how each questionnaire began and ended, in words.

    Of two at one moment the lower total comes first.
    """
    score = T.OutcomeScore
    found = select(
        _COUNTED.label("referral_id"),
        score.tool_code,
        func.count().label("times"),
        _TotalAt("min", score.completed_at, score.total).label("first"),
        _TotalAt("max", score.completed_at, score.total).label("last"),
    )
    may_count = or_(T.Referral.closed_on.is_not(None), T.Referral.merged_into.is_not(None))
    found = _of_counted(found, score).where(may_count, _is(score.tool_code, *_TOOLS))
    course = found.group_by(_COUNTED, score.tool_code).subquery("course").c
    colon = literal_column("':'", String)
    said: Any = course.tool_code
    for part in (course.times, course.first, course.last):
        said = said.concat(colon).concat(cast(part, String))
    return select(course.referral_id, Joined(said).label("scores")).group_by(course.referral_id)


_TOOLS = tuple(code for code, measure in BY_CODE.items() if measure.case_at is not None)
