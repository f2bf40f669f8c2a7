"""Compile an agreement: for each thing that can be asked, the conditions under which some clause permits it.

The conditions already hold S1, S3 and S4, so that a subject is permitted exactly if one of them is met. Decisions and
the SQL of lists are made from these same conditions.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from app.policies.grants import FlatGrant, flatten
from app.policies.schema import Agreement, Effect, Owner
from app.vocabulary import (
    NEVER_OBJECTED,
    SYSTEM_ROLES,
    Action,
    Category,
    Fact,
    Facts,
    Party,
    Purpose,
    Role,
    Subject,
    facts_of,
    objection_to,
)

Key = tuple[Role, Party, Purpose, Action]
EMPLOYED = facts_of(Fact.EMPLOYED)
TRAINED = facts_of(Fact.EMPLOYED, Fact.TRAINED_SHARING)
RESTRICTED, LISTED, EXCLUDED = Fact.RESTRICTED.bit, Fact.LISTED.bit, Fact.EXCLUDED.bit


@dataclass(frozen=True, slots=True)
class Condition:
    """When a clause permits: every fact of `needs` holds and none of `forbids` does."""

    clause: str
    needs: Facts
    forbids: Facts
    fields: str | None
    """The caveat under which it opens its subject; None opens it in full."""
    rows: str
    announce: bool
    """Whether a use while the record is restricted, by somebody not listed, is announced to its owner (S3)."""
    despite_end: bool = False
    """Whether it goes on when the agreement is not in force."""

    def holds(self, facts: Facts) -> bool:
        """Whether these facts meet it."""
        return facts & (self.needs | self.forbids) == self.needs


@dataclass(frozen=True, slots=True)
class Compiled:
    """Conditions by what is asked, and the clauses that forbid it whatever the facts."""

    conditions: Mapping[Key, Mapping[Subject, tuple[Condition, ...]]]
    prohibitions: Mapping[Key, Mapping[Subject, tuple[str, ...]]]


def compile_clauses(agreement: Agreement) -> Compiled:
    """Lay the clauses flat, take out what is prohibited, and put the standing conditions in."""
    grants = flatten(agreement)
    prohibitions: dict[Key, dict[Subject, tuple[str, ...]]] = {}
    for grant in grants:
        if grant.effect is Effect.PROHIBIT:
            for key in grant.asked():
                forbidden = prohibitions.setdefault(key, {})
                for subject in grant.subjects:
                    forbidden[subject] = (*forbidden.get(subject, ()), grant.clause)
    conditions: dict[Key, dict[Subject, tuple[Condition, ...]]] = {}
    for grant in grants:
        if grant.effect is Effect.PERMIT:
            for key in grant.asked():
                for subject in grant.subjects:
                    if subject not in prohibitions.get(key, {}):
                        _add(conditions.setdefault(key, {}), subject, _conditions(agreement, grant, key, subject))
    return Compiled(conditions, prohibitions)


def _add(row: dict[Subject, tuple[Condition, ...]], subject: Subject, more: tuple[Condition, ...]) -> None:
    known = row.get(subject, ())
    row[subject] = (*known, *(each for each in more if each not in known))


def _conditions(agreement: Agreement, grant: FlatGrant, key: Key, subject: Subject) -> tuple[Condition, ...]:
    """One condition, or two where a restriction asks for the access list (S3)."""
    role, party, _, action = key
    is_system = role in SYSTEM_ROLES
    needs = grant.needed | (EMPLOYED if is_system else TRAINED)
    forbids = _objection(agreement, grant, party, action, subject)
    of_person = isinstance(subject, Category) or agreement.registers[subject].of_person
    if of_person:
        forbids |= EXCLUDED
    fields = None if grant.fields is None else str(grant.fields)

    def condition(needs: Facts, forbids: Facts) -> Condition:
        announce = of_person and grant.despite_restriction and not is_system
        return Condition(grant.clause, needs, forbids, fields, str(grant.rows), announce, grant.despite_end)

    if grant.despite_restriction or not of_person:
        return (condition(needs, forbids),)
    return (condition(needs, forbids | RESTRICTED), condition(needs | LISTED, forbids))


def _objection(agreement: Agreement, grant: FlatGrant, party: Party, action: Action, subject: Subject) -> Facts:
    """S4: reading what the other party owns, unless the clause goes on despite an objection."""
    if action is not Action.READ or grant.despite_objection or not isinstance(subject, Category):
        return 0
    owner = agreement.categories[subject].owner
    if owner is Owner.JOINT or owner.value == party.value or subject in NEVER_OBJECTED:
        return 0
    return objection_to(subject).bit
