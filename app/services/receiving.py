"""What another system brings of what is recorded here as well: under the same rules, beside what there is.

It came to pass before it came here. So it is looked at for what it would do from now on: what is over changes nothing,
and what closes something is never turned away for standing beside another.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from app.gate import Act, Gate, Unacceptable
from app.pathway.allocations import CASELOAD, Allocation, placed
from app.pathway.consents import Consent, is_replaced
from app.records.predicates import LONDON
from app.records.rows import Found, rows
from app.records.writing import OWN
from app.services.allocations import ALLOCATION, ending
from app.services.authorisations import check_free as check_authorisation_free
from app.services.consents import CONSENT, check_chain, check_free
from app.services.objections import OBJECTION
from app.services.subject_access import REQUESTS, is_open
from app.vocabulary import Question

AUTHORISATION = "authorisation"
_AMONG = {
    CONSENT: ("person_id", "scope"),
    OBJECTION: ("person_id", "category"),
    REQUESTS: ("person_id",),
    AUTHORISATION: ("staff_id", "kind"),
}
Row = Mapping[str, Any]
Change = tuple[Any, ...]


def among(table: str, row: Row) -> dict[str, Any] | None:
    """The columns whose values a record has in common with those that it has to fit in with; None if with none."""
    if table == ALLOCATION:
        names: Sequence[str] = ("kind", "person_id" if row["kind"] == CASELOAD else "referral_id")
    elif table in _AMONG:
        names = _AMONG[table]
    else:
        return None
    return {name: row[name] for name in names}


@dataclass(frozen=True, slots=True)
class Arriving:
    """A record as it comes; `facts_at` as for `Gate.change`."""

    table: str
    row: Row
    modified_at: datetime
    changes: Callable[[Row], Sequence[Change]]
    """What writes the row, as it is in the end."""
    details: Mapping[str, Any]
    facts_at: datetime | None = None


class ReceivingService:
    """Writes records that have to fit in with others."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def receive(self, question: Question, arriving: Arriving) -> None:
        """Write it with its entry; AccessRefused or Unacceptable with the entry that says so.

        Unacceptable `changed-meanwhile` if what it has to fit in with is not what it was: to be looked at again.
        """
        table, row = arriving.table, arriving.row
        same = among(table, row)
        if same is None:
            raise ValueError(f"a record of {table} has to fit in with nothing")
        async with self._gate.act(question, facts_at=arriving.facts_at) as act:
            seen = await rows(self._gate.records, act.permit, table, **same)
            act.changes.append(self._gate.writer.unchanged(table, same, seen))
            act.details |= arriving.details
            if table == ALLOCATION:
                row = self._placed(act, arriving, seen)
            else:
                others = [each for each in seen if each["id"] != row["id"]]
                before = next((each for each in seen if each["id"] == row["id"]), None)
                _CHECKS[table](row, before, others, question.at)
            act.changes.extend(arriving.changes(row))

    def _placed(self, act: Act, arriving: Arriving, seen: Sequence[Found]) -> Row:
        """The allocation as it holds among the others; those that it ends end with it."""
        row, found = arriving.row, {each["id"]: each for each in seen}
        said = {**row, "recorded_at": arriving.modified_at, "ended_here_at": None}
        holds, ended = placed(Allocation.of(said, OWN), [Allocation.of(each, OWN) for each in seen])
        for each in ended:
            if each.valid_until is not None:
                act.changes.append(ending(self._gate.writer, found[each.id], each.valid_until, arriving.modified_at))
        act.details |= {"ended": len(ended)} if ended else {}
        return {**row, "valid_until": holds.valid_until, "ended_here_at": holds.ended_here_at}


def _check_consent(row: Row, before: Found | None, others: Sequence[Found], at: datetime) -> None:
    """A permission that would hold from now on, as if it were recorded now; a refusal always comes in."""
    withdrawn = before["withdrawn_at"] if before and before["withdrawn_at"] else row["withdrawn_at"]
    new, known = Consent.of({**row, "withdrawn_at": withdrawn}), [Consent.of(each) for each in others]
    is_over = new.valid_until is not None and new.valid_until <= at
    if not new.permits or is_over or new.is_withdrawn(at) or is_replaced(new, known, at):
        return
    check_chain(new, known, at)
    check_free(replace(new, valid_from=max(new.valid_from, at)), known, at)


def _check_objection(row: Row, _before: Found | None, others: Sequence[Found], _at: datetime) -> None:
    """One that stands for good adds nothing to another; of a shorter one that may be, so that it comes in."""

    def for_good(one: Row) -> bool:
        return one["valid_until"] is None and one["withdrawn_at"] is None

    if for_good(row) and any(map(for_good, others)):
        raise Unacceptable("objection-overlaps", field="category")


def _check_request(row: Row, _before: Found | None, others: Sequence[Found], at: datetime) -> None:
    today = at.astimezone(LONDON).date()
    if is_open(row, today) and any(is_open(each, today) for each in others):
        raise Unacceptable("subject-request-open")


def _check_authorisation(row: Row, before: Found | None, others: Sequence[Found], at: datetime) -> None:
    if row["revoked_at"] is None and (before is None or before["revoked_at"] is None):
        check_authorisation_free(others, max(row["valid_from"], at), row["valid_until"])


_CHECKS: Mapping[str, Callable[[Row, Found | None, Sequence[Found], datetime], None]] = {
    CONSENT: _check_consent,
    OBJECTION: _check_objection,
    REQUESTS: _check_request,
    AUTHORISATION: _check_authorisation,
}
