"""Facts before a decision, and the columns that a permit names after it; statements are built once for each shape."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, String, and_, bindparam, case, false, literal_column, or_, select, true
from sqlmodel import SQLModel

from app.db import Database, DatabaseUnavailable, Prepared, Row, compiled_once, each_text, one_of
from app.records import facts
from app.records.life import say_outcome, say_state, say_version
from app.records.permit import PersonPermit
from app.records.views import CAVEATS, Section, T, sections
from app.vocabulary import Caller, Category, Facts

PERSON = bindparam("person", type_=String())
PERSONS = bindparam("persons", type_=String())
CRN = bindparam("crn", type_=String())
REFERRAL = bindparam("referral", type_=String())
RECORD = bindparam("record", type_=String())

SENT = frozenset({"sent"})
Rows = list[dict[str, Any]]
Content = Mapping[str, Rows]
"""A category as it is answered: section name to rows, each a field to its value."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known before a decision: of the caller's session, of the person, and of the two together."""

    session_is_live: bool
    facts: Facts
    person_id: str | None = None
    crn: str | None = None
    consents: tuple[tuple[str, str], ...] = ()
    """Scope and id of each consent that holds, for the log: who relied on which."""
    against: tuple[tuple[str, str], ...] = ()
    """Scope and id of each refusal that stands and of each permission that it outweighs, for the log as well."""


class _FactsWarrant:
    """Facts are computed from protected rows, and no column of them leaves the statement."""

    def covers(self, tables: frozenset[str]) -> bool:
        """The tables that feed a fact."""
        return tables <= FEEDING


def _of_person(match: Any) -> Select[Any]:
    nobody = select(literal_column("1").label("one")).subquery("nobody")
    person = facts.PERSON
    live = case((facts.session_is_live(), literal_column("1")), else_=literal_column("0"))
    return (
        select(
            live.label("live"),
            person.id,
            person.crn,
            facts.facts_but_consents(person).label("facts"),
            facts.cited(person),
        )
        .select_from(nobody)
        .outerjoin(T.Person.__table__, match)
    )


@cache
def standing_of(key: str) -> Select[Any]:
    """The facts of (caller, person with this CRN), or the person of this referral: what every decision rests on."""
    if key == "crn":
        return _of_person(facts.PERSON.crn == CRN)
    referral = select(T.Referral.person_id).where(T.Referral.id == REFERRAL).scalar_subquery()
    return _of_person(facts.PERSON.id == referral)


@cache
def _standing_of_record(table: str) -> Select[Any]:
    records = SQLModel.metadata.tables[table]
    return _of_person(facts.PERSON.id == select(records.c.person_id).where(records.c.id == RECORD).scalar_subquery())


@cache
def _section(category: Category, place: int, caveat: str, rows: frozenset[str]) -> Select[Any]:
    section = sections(category)[place]
    table = section.table
    statement = select(*section.selected(caveat))
    if table.name == "person":
        return statement.where(table.c.id == PERSON)
    if table.name == "consent_recipient":
        return statement.join(T.Consent, T.Consent.id == table.c.consent_id).where(T.Consent.person_id == PERSON)
    statement = statement.where(table.c.person_id == PERSON).order_by(*_order(table))
    return _as_opened(statement, section, caveat, rows)


def _as_opened(statement: Select[Any], section: Section, caveat: str, rows: frozenset[str]) -> Select[Any]:
    if section.table.name == "referral":
        statement = statement.where(rows_predicate(rows))
    elif section.taken_back is not None and "all" not in rows:
        statement = statement.where(section.taken_back.is_(None))
    if caveat == CAVEATS[2] and section.harmful:
        statement = statement.where(section.table.c.serious_harm.is_(false()))
    return statement


@cache
def section_of_many(category: Category, place: int, caveat: str, rows: frozenset[str]) -> Select[Any]:
    """The same rows of everybody named in the parameter `persons`, a JSON array of ids: each begins with whose it is.

    ValueError for a section whose rows do not say whose they are.
    """
    section = sections(category)[place]
    table = section.table
    whose = table.c.get("id" if table.name == "person" else "person_id")
    if whose is None:
        raise ValueError(f"rows of {table.name} do not say whose they are")
    asked = each_text(PERSONS, "asked")
    statement = select(whose, *section.selected(caveat)).where(one_of(whose, select(asked.c.value)))
    order = () if table.name == "person" else _order(table)
    return _as_opened(statement.order_by(*order), section, caveat, rows)


def rows_predicate(rows: frozenset[str]) -> Any:
    """Which referrals a caller reaches: what was sent, or their own draft, neither taken back nor merged; or all."""
    referral = T.Referral
    if "all" in rows:
        return true()
    reached = []
    if "sent" in rows:
        standing = referral.withdrawn_at.is_(None) & referral.merged_into.is_(None)
        reached.append(and_(referral.status != literal_column("'draft'"), standing))
    if "own-draft" in rows:
        own = and_(referral.referred_by == facts.USERNAME, referral.withdrawn_at.is_(None))
        reached.append(and_(referral.status == literal_column("'draft'"), own))
    return or_(false(), *reached)


_MOMENTS = (
    "starts_at",
    "held_at",
    "completed_at",
    "written_at",
    "released_at",
    "told_at",
    "responded_at",
    "signed_at",
    "valid_from",
    "received_on",
    "start_date",
    "referred_on",
    "started_on",
    "corrected_at",
    "marked_at",
    "occurred_on",
    "triaged_on",
)


def _order(table: Any) -> tuple[Any, ...]:
    moments = [table.c[name] for name in _MOMENTS if name in table.c]
    return (*moments[:1], table.c.id)


MANAGERS, MANAGERS_FIELDS = "offenderManagers", ("username", "name", "team", "since")
"""A section of `supervision` that is drawn from allocations and staff."""


@cache
def _offender_manager() -> Select[Any]:
    allocation, staff = T.Allocation, T.Staff
    return (
        select(staff.username, staff.name, staff.team, allocation.valid_from)
        .join(staff, staff.id == allocation.staff_id)
        .where(allocation.person_id == PERSON, allocation.kind == literal_column("'caseload'"), facts.live(allocation))
    )


@cache
def _versions_of_meetings() -> Select[Any]:
    return select(T.Meeting.id, T.Meeting.source_version).where(T.Meeting.person_id == PERSON)


FEEDING = frozenset(
    {"person", "supervision", "requirement", "referral", "consent", "consent_recipient", "objection", "allocation"}
    | {"access_limit", "access_limit_name", "emergency_grant", "subject_request", "merged_person"}
)


class Records:
    """The rows of both parties: facts about a person, then no more of them than a permit opens."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._prepared = compiled_once(Records, database.dialect)
        self._facts = _FactsWarrant()

    def prepared(
        self, key: Any, build: Any, *, shared: bool = False, then: Callable[[Prepared], Prepared] | None = None
    ) -> Prepared:
        """A statement compiled once for each key; `shared` ones about one person run together with other requests'.

        `then` makes of what was compiled what is kept.
        """
        statement = self._prepared.get(key)
        if statement is None:
            statement = self.database.prepare(build(), shared=shared)
            statement = self._prepared[key] = then(statement) if then else statement
        return statement

    async def standing(self, caller: Caller, at: datetime, *, crn: str) -> Standing:
        """The facts of (caller, person with this CRN) in one statement."""
        return await self._standing("crn", {"crn": crn}, caller, at)

    async def standing_by_referral(self, caller: Caller, at: datetime, *, referral: str) -> Standing:
        """The facts of (caller, person of this referral) in one statement."""
        return await self._standing("referral", {"referral": referral}, caller, at)

    async def standing_by_record(self, caller: Caller, at: datetime, table: str, record: str) -> Standing:
        """The facts of (caller, person of this record of a table that feeds facts) in one statement."""
        return await self._standing(("record", table), {"record": record}, caller, at)

    async def answers(self) -> bool:
        """Whether the database does."""
        try:
            await self.database.fetch(self.prepared("ping", lambda: select(literal_column("1"))), {})
        except DatabaseUnavailable:
            return False
        return True

    async def standings(self, caller: Caller, at: datetime, crns: Sequence[str]) -> list[Standing]:
        """The facts of (caller, person) for each of these CRNs, in one statement for many of them."""
        statement = self._prepared.get("standings")
        if statement is None:
            statement = self._prepared["standings"] = self.database.prepare_each(standing_of("crn"), "crn")
        about = facts.parameters(caller, at)
        found = await self.database.fetch_each(statement, about, "crn", crns, self._facts)
        return [_said(*rows[0]) for rows in found]

    async def _standing(
        self, key: str | tuple[str, str], whom: dict[str, str], caller: Caller, at: datetime
    ) -> Standing:
        def build() -> Select[Any]:
            return standing_of(key) if isinstance(key, str) else _standing_of_record(key[1])

        statement = self.prepared(("standing", key), build, shared=True)
        (row,) = await self.database.fetch(statement, {**facts.parameters(caller, at), **whom}, self._facts)
        return _said(*row)

    async def read(self, permit: PersonPermit, category: Category) -> Content:
        """The sections of one category, with the columns and rows that the permit names."""
        opening = permit.openings[category]
        content: dict[str, Rows] = {}
        for place, section in enumerate(sections(category)):
            key = (category, place, opening.caveat, opening.rows)
            fields = section.fields(opening.caveat)
            if fields and section.is_shown(opening.rows):
                content[section.name] = self._named(fields, await self._rows(permit, key, lambda: _section(*key)))  # noqa: B023  # called at once
        if category is Category.SUPERVISION:
            rows = await self._rows(permit, "offender-manager", _offender_manager)
            content[MANAGERS] = self._named(MANAGERS_FIELDS, rows)
        if category is Category.CONSENT:
            say_state(content, permit.at)
        if category is Category.ATTENDANCE:
            say_outcome(content)
        if category is Category.MEETING:
            say_version(content, dict(await self._rows(permit, "versions of meetings", _versions_of_meetings)))
        return content

    async def _rows(self, permit: PersonPermit, key: Any, build: Any) -> list[Row]:
        values = {**facts.parameters(permit.caller, permit.at), "person": permit.person_id}
        return await self.database.fetch(self.prepared(key, build, shared=True), values, permit)

    @staticmethod
    def _named(fields: tuple[str, ...], rows: list[Row]) -> Rows:
        return [dict(zip(fields, row, strict=True)) for row in rows]


def _said(live: Any, person_id: str | None, crn: str | None, bits: int, consents: str | None) -> Standing:
    named = consents_in(consents)
    against = consents_in(consents, "!")
    return Standing(bool(live), bits | facts.consents_relied_on(named), person_id, crn, named, against)


def consents_in(joined: str | None, sign: str = "=") -> tuple[tuple[str, str], ...]:
    """Scope and id of each consent that `facts.relied_on` or, by its sign, `facts.cited` names."""
    if not joined:
        return ()
    parts = (part.partition(sign) for part in joined.split() if sign in part)
    return tuple(sorted((scope, identity) for scope, _, identity in parts))


@cache
def released_fields(category: Category, opening_caveat: str, rows: frozenset[str] = SENT) -> tuple[str, ...]:
    """Every field of a category that an answer carries under a caveat, as `section.field`, for the log."""
    shown = (section for section in sections(category) if section.is_shown(rows))
    own = {section.name: section.released(opening_caveat) for section in shown}
    if category is Category.SUPERVISION:
        own[MANAGERS] = MANAGERS_FIELDS
    return tuple(f"{section}.{field}" for section, fields in own.items() for field in fields)
