"""What figures are made of: one statement over the referrals of a period, and no word of whose they are.

Everybody who was referred is counted, restricted or not: figures are about nobody (G4, G7). The database counts those
together that are alike, so that a report over a million contacts moves some thousand lines and not a million rows.
"""

from collections.abc import Callable, Sequence
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
    true,
    union,
    union_all,
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
    statement = records.prepared(("report", len(later)), partial(_alike, len(later), records.database.dialect))
    rows = await records.database.fetch(statement, {"first": first, "last": last, **later}, permit)
    found = []
    for number, attended, missed, place, *kind, treated, scheme, problem, scores in rows:
        treated_on = None if treated is None else _in_london(treated)
        each = (number, attended, missed, quarters[place], *kind, treated_on, scheme, problem, scores)
        found.append(Alike._make(each))
    return found


def _in_london(moment: datetime) -> date:
    return moment.astimezone(LONDON).date()


def _in_period() -> Any:
    return T.Referral.received_on.between(_FIRST, _LAST)


def _counted(of_each: Callable[[Any], Select[Any]], dialect: str) -> Any:
    """What each referral has, with that of the duplicates that were merged into it.

    SQLite sorts whatever does not come in the order of an index: those that stand alone, which is all but a few, do.
    PostgreSQL hashes, and misjudges how many rows such a union has.
    """
    return union_all(of_each(_alone()), of_each(_of_one())) if dialect == "sqlite" else of_each(_of_any())


def _members(counts_for: Any, *where: Any) -> Any:
    """Which referral counts for which, and whether its scores may count."""
    referral = T.Referral
    may_count = or_(referral.closed_on.is_not(None), referral.merged_into.is_not(None))
    columns = (referral.id.label("id"), counts_for.label("counts_for"), may_count.label("may_count"))
    return select(*columns).where(*where)


def _of_any() -> Any:
    """Those of the period, and all duplicates, whenever what those were merged into was received."""
    referral = T.Referral
    counts_for = func.coalesce(referral.merged_into, referral.id)
    return _members(counts_for, or_(_in_period(), referral.merged_into.is_not(None))).subquery("of_any").c


def _alone() -> Any:
    referral = T.Referral
    merged_into = select(referral.merged_into).where(referral.merged_into.is_not(None))
    where = (_in_period(), referral.merged_into.is_(None), referral.id.not_in(merged_into))
    return _members(referral.id, *where).subquery("alone").c


def _of_one() -> Any:
    """The duplicates, and what they were merged into."""
    merged = T.Referral.merged_into
    into = select(merged, merged, true()).where(merged.is_not(None))
    return union(_members(merged, merged.is_not(None)), into).subquery("of_one").c


def _is(column: Any, *words: str) -> Any:
    return column.in_([literal_column(f"'{word}'") for word in words])


def _alike(later: int, dialect: str) -> Select[Any]:
    """How many referrals there are of each kind, and their contacts; `later` quarters come after the first."""
    each = _one_by_one(later, dialect).subquery("each").c
    kind = [column for column in each if column.name not in ("attended", "missed")]
    counts: list[Any] = [func.count(), *(cast(func.sum(number), BigInteger) for number in (each.attended, each.missed))]
    return select(*counts, *kind).group_by(*kind)


def _one_by_one(later: int, dialect: str) -> Select[Any]:
    """Every referral; what tells one from all others is given of those alone whose outcome is counted by it."""
    referral = _referrals(later).cte("of").prefix_with("MATERIALIZED", dialect="sqlite").c
    contacts = _counted(_contacts, dialect).subquery("contacts").c
    problem = _counted(_problems, dialect).subquery("problem").c
    scores = _counted(_scores, dialect).subquery("scores").c
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
    ).where(_in_period(), referral.merged_into.is_(None), referral.withdrawn_at.is_(None))


def _contacts(of: Any) -> Select[Any]:
    contact = T.Appointment
    attended = _is(contact.attendance_code, "5", "6")
    treated = attended & _is(contact.appointment_type, "02", "03", "05")

    def times(condition: Any) -> Any:
        return func.count().filter(condition)

    found = select(
        of.counts_for.label("referral_id"),
        times(attended).label("attended"),
        times(_is(contact.attendance_code, "3", "7")).label("missed"),
        times(attended & _is(contact.appointment_type, "01", "03")).label("assessments"),
        times(treated).label("treatments"),
        func.min(contact.starts_at).filter(treated).label("first_treated"),
    )
    found = found.join(contact, contact.referral_id == of.id).where(contact.withdrawn_at.is_(None))
    return found.group_by(of.counts_for)


def _problems(of: Any) -> Select[Any]:
    """The newest of each referral."""
    record = T.Clinical
    newest = func.row_number().over(
        partition_by=of.counts_for, order_by=(record.written_on.desc(), record.recorded_at.desc(), record.id.desc())
    )
    named = (of.counts_for.label("referral_id"), record.step, record.problem_scheme, record.problem_code)
    ranked = (
        select(*named, newest.label("place"))
        .join(record, record.referral_id == of.id)
        .where(record.withdrawn_at.is_(None))
        .subquery("newest")
    )
    return select(*list(ranked.c)[:4]).where(ranked.c.place == _ONE)


class _TotalAt(FunctionElement[float]):
    """The total at the first or the last moment of a group: no sort, and parts of it can be counted side by side."""

    name = "total_at"
    inherit_cache = True
    type = Float()

    def __init__(self, end: str, moment: Any, total: Any) -> None:
        super().__init__(literal_column(end), moment, total)


@compiles(_TotalAt, "sqlite")
def _total_in_sqlite(element: _TotalAt, compiler: Any, **options: Any) -> str:
    """Moments are texts of one width here, with which the total is looked up: in hundred thousandths after a 1."""
    end, moment, total = (compiler.process(each, **options) for each in element.clauses)
    dated = f"{end}({moment} || ({_AHEAD} + CAST({total} * {_PARTS} + 0.5 AS INTEGER)))"
    return f"((CAST(substr({dated}, 28) AS INTEGER) - {_AHEAD}) / {_PARTS}.0)"


_PARTS, _AHEAD = 10**5, 10**14


@compiles(_TotalAt, "postgresql")
def _total_in_postgresql(element: _TotalAt, compiler: Any, **options: Any) -> str:
    end, moment, total = (compiler.process(each, **options) for each in element.clauses)
    return f"({end}(ARRAY[extract(epoch FROM {moment})::float8, {total}]))[2]"


def _scores(of: Any) -> Select[Any]:
    """Of each referral that is closed, for nobody else has finished: how each questionnaire began and ended, in words.

    Of two at one moment the lower total comes first.
    """
    score = T.OutcomeScore
    course = (
        select(
            of.counts_for,
            score.tool_code,
            func.count().label("times"),
            _TotalAt("min", score.completed_at, score.total).label("first"),
            _TotalAt("max", score.completed_at, score.total).label("last"),
        )
        .join(score, score.referral_id == of.id)
        .where(of.may_count, score.withdrawn_at.is_(None), _is(score.tool_code, *_TOOLS))
        .group_by(of.counts_for, score.tool_code)
        .subquery("course")
        .c
    )
    colon = literal_column("':'", String)
    said: Any = course.tool_code
    for part in (course.times, course.first, course.last):
        said = said.concat(colon).concat(cast(part, String))
    return select(course.counts_for.label("referral_id"), Joined(said).label("scores")).group_by(course.counts_for)


_TOOLS = tuple(code for code, measure in BY_CODE.items() if measure.case_at is not None)
