"""A question about many people: one statement, then the same decision for each row, and an entry for each person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any

from app.audit.submission import Receipt
from app.gate.refusals import DecisionMismatch
from app.policies import CompiledAgreement, Decision, decide
from app.records import calendars, lists, safety, tasks, waiting
from app.records.lists import Condition, Conditions, Filter, ListedRow, Listing
from app.records.permit import issue_tables
from app.records.reading import FEEDING, Records
from app.records.views import tables_of
from app.vocabulary import Category, Question, Register, Subject

if TYPE_CHECKING:
    from app.gate.door import Gate


@dataclass(frozen=True, slots=True)
class Kind:
    """A list there is: its category, its filters, and the read that fills it."""

    category: Subject
    filters: Mapping[str, Filter]
    read: Any
    alone: frozenset[str]
    """Fields that stay when the record is limited; the others name the person."""
    also: tuple[Category, ...] = ()
    """Further categories that have to be open on a row."""
    tables: frozenset[str] = frozenset()
    """What it reads besides what feeds facts."""
    beside: Mapping[Category, tuple[str, ...]] = field(default_factory=dict)
    """Fields of a row that belong to another category, and are null where that is not open."""


PEOPLE = Kind(Category.IDENTITY, lists.PEOPLE_FILTERS, lists.people, frozenset({"crn"}))
REFERRALS = Kind(Category.REFERRAL, lists.REFERRAL_FILTERS, lists.referrals, frozenset())
CALENDAR = Kind(Category.ATTENDANCE, calendars.FILTERS, calendars.held, frozenset(), tables=calendars.TABLES)
SIGNALS = Kind(
    Category.ATTENDANCE, {}, tasks.signals, frozenset(), tables=frozenset({"appointment", "engagement_mark"})
)
PROMPTS = Kind(
    Category.SAFETY,
    {},
    tasks.prompts,
    frozenset(),
    also=(Category.SCORES,),
    tables=frozenset({"outcome_score", "safety_prompt_mark"}),
)
WAITING = Kind(Category.REFERRAL, {}, waiting.waiting, frozenset(), beside={Category.CLINICAL: ("pauses",)})
CASELOADS = Kind(Register.ALLOCATION, waiting.CASELOAD_FILTERS, waiting.caseloads, frozenset())
SAFETY_ALERTS = Kind(
    Category.SAFETY_ALERT, safety.FILTERS, safety.alerts, frozenset(), tables=tables_of(Category.SAFETY_ALERT)
)


@dataclass(slots=True)
class Listed:
    """The rows of one page, each decided; the service puts each row's bytes into `answers`, in the same order."""

    rows: list[ListedRow]
    decisions: list[Decision]
    has_more: bool
    answers: list[bytes] = field(default_factory=list)
    receipts: Sequence[Receipt] = ()


class AskingMany:
    """`async with`: the page on the way in, an entry for each person of it on the way out."""

    __slots__ = ("_agreement", "_gate", "_kind", "_listed", "_listing", "_question")

    def __init__(self, gate: "Gate", question: Question, kind: Kind, filters: Mapping[str, Any],
                 after: tuple[Any, ...] | None, size: int) -> None:  # fmt: skip
        self._gate, self._question, self._kind = gate, question, kind
        self._listing = Listing(question.caller, question.at, {}, filters, after, size)
        self._listed: Listed | None = None
        self._agreement: CompiledAgreement | None = None

    async def __aenter__(self) -> Listed:
        gate, question, asked = self._gate, self._question, self._listing
        agreement = self._agreement = await gate.check_purpose(question)
        asked_for: tuple[Subject, ...] = (self._kind.category, *self._kind.also)
        wanted: dict[Subject, str] = dict.fromkeys(asked_for, "not-permitted-for-role")
        for name in asked.filters:
            wanted.setdefault(self._kind.filters[name].category, "filter-not-permitted")
        conditions = {each: conditions_for(question, each, agreement) for each in (*wanted, *self._kind.beside)}
        for category, code in wanted.items():
            if not conditions[category]:
                await gate.check_caller(question)
                raise await gate.refuse(question, code)
        listing = Listing(asked.caller, asked.at, conditions, asked.filters, asked.after, asked.size)
        rows = await self._read(gate.records, listing)
        if not rows:
            await gate.check_caller(question)
        page = rows[: listing.size]
        decisions = [self._decided(row, agreement) for row in page]
        self._listed = Listed(page, decisions, len(rows) > listing.size)
        return self._listed

    async def _read(self, records: Records, listing: Listing) -> list[ListedRow]:
        beside = (tables_of(category) for category in self._kind.beside)
        permit = issue_tables(FEEDING.union(self._kind.tables, *beside))
        try:
            rows: list[ListedRow] = await self._kind.read(records, permit, listing)
            return rows
        finally:
            permit.close()

    def _decided(self, row: ListedRow, agreement: CompiledAgreement) -> Decision:
        decision = decide(self._question, row.facts, agreement)
        if not decision.rulings[0].permitted:
            raise DecisionMismatch(f"a row was listed that {', '.join(decision.rulings[0].clauses)} refuses")
        return decision

    async def __aexit__(
        self, kind: type[BaseException] | None, _fault: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if kind is None and self._listed is not None and self._agreement is not None:
            self._listed.receipts = await self._gate.append_page(
                self._question, self._agreement, self._listed, self._kind
            )


def conditions_for(question: Question, category: Subject, agreement: CompiledAgreement) -> Conditions:
    """Under which the category is open to the question's caller; none if it never is."""
    caller, has_ended = question.caller, agreement.ended(question.at)
    return [
        Condition(each.needs, each.forbids, each.rows)
        for each in agreement.conditions(caller.role, caller.party, question.purpose, question.action, category)
        if each.despite_end or not has_ended
    ]
