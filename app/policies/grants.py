"""A clause laid flat: each thing that it grants or forbids as one value with nothing left to inherit."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from app.policies.schema import Agreement, Clause, Effect, Grant, Rows
from app.vocabulary import Action, Fact, Facts, Party, Purpose, Role, Subject, facts_of


@dataclass(frozen=True, slots=True)
class FlatGrant:
    """One part of a clause, with what it has from the clause; `create` stands beside each `write`."""

    clause: str
    effect: Effect
    place: tuple[str | int, ...]
    """Where the part begins in the file, as keys and positions."""
    callers: tuple[tuple[Role, Party], ...]
    purposes: tuple[Purpose, ...]
    actions: tuple[Action, ...]
    subjects: tuple[Subject, ...]
    needs: tuple[Fact, ...]
    fields: str | None
    rows: Rows
    despite_restriction: bool
    despite_objection: bool
    despite_end: bool

    @property
    def needed(self) -> Facts:
        """Its needs as one integer."""
        return facts_of(*self.needs)

    def asked(self) -> Iterator[tuple[Role, Party, Purpose, Action]]:
        """Everything that can be asked under it, subjects apart."""
        for (role, party), purpose, action in product(self.callers, self.purposes, self.actions):
            yield role, party, purpose, action


def flatten(agreement: Agreement) -> tuple[FlatGrant, ...]:
    """Every part of every clause that grants or forbids, in the order of the file."""
    return tuple(
        _flat(agreement, clause, part, ("clauses", place, *at))
        for place, clause in enumerate(agreement.clauses)
        if clause.effect is not Effect.LIMIT
        for part, at in _parts(clause)
    )


def _parts(clause: Clause) -> list[tuple[Grant, tuple[str | int, ...]]]:
    if clause.parts is None:
        return [(clause, ())]
    return [(part, ("parts", place)) for place, part in enumerate(clause.parts)]


def _callers(agreement: Agreement, clause: Clause, part: Grant) -> Iterator[tuple[Role, Party]]:
    for role in part.roles or clause.roles or ():
        for party in agreement.roles[role].parties:
            if clause.parties is None or party in clause.parties:
                yield role, party


def _flat(agreement: Agreement, clause: Clause, part: Grant, place: tuple[str | int, ...]) -> FlatGrant:
    return FlatGrant(
        clause=clause.id,
        effect=clause.effect,
        place=place,
        callers=tuple(_callers(agreement, clause, part)),
        purposes=clause.purposes or (),
        actions=with_create(part.actions or ()),
        subjects=(*(part.categories or ()), *(part.registers or ())),
        needs=tuple(dict.fromkeys((*(clause.needs or ()), *(part.needs or ())))),
        fields=(part.fields or clause.fields or None),
        rows=part.rows or clause.rows or Rows.SENT,
        despite_restriction=clause.despite_restriction or part.despite_restriction,
        despite_objection=clause.despite_objection or part.despite_objection,
        despite_end=clause.despite_end or part.despite_end,
    )


def with_create(actions: tuple[Action, ...]) -> tuple[Action, ...]:
    """`write` includes `create`; neither includes `read`."""
    return tuple(dict.fromkeys((*actions, *((Action.CREATE,) if Action.WRITE in actions else ()))))
