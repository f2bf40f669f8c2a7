"""What there is to see to, found where it follows from: missed appointments, and answers that call for a clinician.

Nothing of it is stored, so that it is right whichever system recorded last, and gone with the right to know of it. The
signs are those of `app.pathway.engagement`; that both find the same is for a test to say.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
    tuple_,
    union_all,
)

from app.pathway.attendance import ATTENDED, BY_PERSON, MISSED
from app.pathway.engagement import Sign
from app.pathway.measures import ABOUT_SAFETY, Measure
from app.records import facts
from app.records.lists import LIMIT, Condition, ListedRow, Listing, minimal, relied, start_from, when
from app.records.permit import Permit
from app.records.predicates import PARTY, TODAY, USERNAME, T, word
from app.records.reading import Records
from app.tables import Instant
from app.vocabulary import Category, Party

ACKNOWLEDGED, DONE = "acknowledged", "done"
SAFETY_PROMPT = "safety-prompt"
FIELDS = ("kind", "referralId", "about", "since", "acknowledgedAt")
_AFTER = (bindparam("after_since", type_=Instant()), bindparam("after_about", type_=String()),
          bindparam("after_kind", type_=String()))  # fmt: skip


def _codes(column: Any, codes: frozenset[str]) -> ColumnElement[bool]:
    return column.in_([word(code) for code in sorted(codes)])  # type: ignore[no-any-return]  # T is Any


def _reached(listing: Listing, *categories: Category) -> Any:
    """Referrals that are open, of people of whom each of these categories is; to health staff their own service's."""
    person, referral = facts.PERSON, T.Referral
    first, *_ = (minimal(listing.conditions[category]) for category in categories)
    statement = (
        select(referral.id, referral.person_id, person.crn)
        .join(T.Person.__table__, person.id == referral.person_id)
        .where(facts.session_is_live(), referral.status != word("draft"), referral.withdrawn_at.is_(None))
        .where(or_(referral.closed_on.is_(None), referral.closed_on > TODAY))
        .where(*(_open(listing.conditions[category], person) for category in categories))
    )
    start = start_from(first, person)
    if start is not None:
        statement = statement.where(start)
    if listing.caller.party is Party.HEALTH:
        own = select(T.Staff.service_id).where(T.Staff.username == USERNAME)
        statement = statement.where(referral.service_id == own.scalar_subquery())
    return statement.subquery("reached")


def _open(conditions: Sequence[Condition], person: Any) -> ColumnElement[bool]:
    return or_(*(when(one, person) for one in minimal(conditions)))


def _signals(listing: Listing) -> Any:
    """Every signal that stands: referral, appointment and when that was, by kind."""
    reached, contact = _reached(listing, Category.ATTENDANCE), T.Appointment
    newest = {"partition_by": contact.referral_id, "order_by": (contact.starts_at.desc(), contact.id.desc())}
    oldest = {"partition_by": contact.referral_id, "order_by": (contact.starts_at, contact.id)}
    one: ColumnElement[int] = literal_column("1")
    none: ColumnElement[int] = literal_column("0")
    said = (
        select(
            *reached.c,
            contact.id.label("about"),
            contact.starts_at.label("since"),
            contact.attendance_code.label("code"),
            func.row_number().over(**newest).label("from_end"),
            func.lag(contact.attendance_code).over(**oldest).label("before"),
            func.sum(case((_codes(contact.attendance_code, ATTENDED), one), else_=none))
            .over(partition_by=contact.referral_id)
            .label("attended"),
            func.row_number()
            .over(
                partition_by=(contact.referral_id, contact.attendance_code == word(BY_PERSON)),
                order_by=(contact.starts_at, contact.id),
            )
            .label("place"),
        )
        .join(reached, reached.c.id == contact.referral_id)
        .where(contact.withdrawn_at.is_(None), _codes(contact.attendance_code, MISSED | ATTENDED | {BY_PERSON}))
    ).cte("said")
    missed = _codes(said.c.code, MISSED)
    two = and_(missed, said.c.from_end == one, _codes(said.c.before, MISSED))
    first = and_(missed, said.c.place == one, said.c.attended == none)
    found = ((Sign.TWO_MISSED, two), (Sign.FIRST_MISSED, first))
    return union_all(
        *(
            select(word(sign.value).label("kind"), *(said.c[name] for name in _KEPT)).where(stands)
            for sign, stands in found
        )
    ).subquery("signals")


_KEPT = ("id", "person_id", "crn", "about", "since")


def _prompts(listing: Listing) -> Any:
    """Every answer that calls for a clinician."""
    reached, score = _reached(listing, Category.SAFETY, Category.SCORES), T.OutcomeScore
    said = or_(*(_says(score, measure) for measure in ABOUT_SAFETY))
    return (
        select(
            word(SAFETY_PROMPT).label("kind"), *reached.c, score.id.label("about"), score.completed_at.label("since")
        )
        .join(reached, reached.c.id == score.referral_id)
        .where(score.withdrawn_at.is_(None), said)
        .subquery("prompts")
    )


def _says(score: Any, measure: Measure) -> ColumnElement[bool]:
    """Whether the answer about safety is above 0; answers stand in their order, one character each."""
    place, length = 2 * (measure.safety_item or 0) - 1, 2 * (measure.items or 0) - 1
    answer = func.substr(score.items, literal_column(str(place)), literal_column("1"))
    return and_(
        score.tool_code == word(measure.code),
        func.length(score.items) == literal_column(str(length)),
        answer.in_([word(str(each)) for each in range(1, (measure.highest_item or 0) + 1)]),
    )


def _page(listing: Listing, found: Any, marks: Any) -> Select[Any]:
    """Those that the caller's side has not done yet, newest first."""
    wanted = select(*found.c).where(~marks(found, DONE).exists())
    key = (found.c.since, found.c.about, found.c.kind)
    if listing.after is not None:
        wanted = wanted.where(tuple_(*key) < tuple_(*_AFTER))
    page = wanted.order_by(*(column.desc() for column in key)).limit(LIMIT).subquery("page")

    class Whose:
        id, crn = page.c.person_id, page.c.crn

    acknowledged = marks(page, ACKNOWLEDGED).scalar_subquery()
    return select(
        page.c.person_id, page.c.crn, facts.facts_of(Whose).label("facts"), facts.is_limited(Whose), relied(page),
        page.c.kind, page.c.id, page.c.about, page.c.since, acknowledged,
    ).order_by(*(page.c[name].desc() for name in ("since", "about", "kind")))  # fmt: skip


def _of_side(found: Any, mark: str) -> Select[Any]:
    marked = T.EngagementMark
    return select(marked.marked_at).where(
        marked.appointment_id == found.c.about,
        marked.kind == found.c.kind,
        marked.mark == word(mark),
        marked.party == PARTY,
    )


def _of_prompt(found: Any, mark: str) -> Select[Any]:
    marked = T.SafetyPromptMark
    return select(marked.marked_at).where(marked.score_id == found.c.about, marked.mark == word(mark))


async def signals(records: Records, permit: Permit, listing: Listing) -> list[ListedRow]:
    """Signals of engagement, newest first, one more than the page holds if there are more."""
    return await _listed(records, permit, listing, "signals", lambda: _page(listing, _signals(listing), _of_side))


async def prompts(records: Records, permit: Permit, listing: Listing) -> list[ListedRow]:
    """Safety prompts, newest first, one more than the page holds if there are more."""
    return await _listed(records, permit, listing, "prompts", lambda: _page(listing, _prompts(listing), _of_prompt))


async def _listed(records: Records, permit: Permit, listing: Listing, name: str, build: Any) -> list[ListedRow]:
    conditions = tuple((category, tuple(each)) for category, each in listing.conditions.items())
    shape = (name, conditions, listing.caller.party is Party.HEALTH, listing.after is None)
    since, about, kind = listing.after or (None, None, None)
    values: Mapping[str, Any] = {
        **facts.parameters(listing.caller, listing.at),
        "after_since": since, "after_about": about, "after_kind": kind, "limit": listing.size + 1,
    }  # fmt: skip
    listed = []
    for person_id, crn, bits, is_limited, consents, *rest in await records.database.fetch(
        records.prepared(shape, build), values, permit
    ):
        fields = dict(zip(FIELDS, rest, strict=True))
        key = (fields["since"], fields["about"], fields["kind"])
        listed.append(ListedRow(person_id, crn, bits, bool(is_limited), fields, consents, key))
    return listed
