"""Whether each clause can ever apply, and says anything that another does not say already."""

from collections.abc import Iterator, Mapping
from itertools import combinations

from app.policies.compile import Compiled, compile_clauses
from app.policies.faults import Fault
from app.policies.grants import FlatGrant, flatten
from app.policies.schema import Agreement, Effect, Rows
from app.vocabulary import JUSTICE_ROLES, OVERSIGHT_ROLES, SYSTEM_ROLES, Fact, Party, Role, facts_of

_HUMAN = {
    Fact.TRAINED_SHARING,
    Fact.TRAINED_JUSTICE_DATA,
    Fact.TRAINED_AWARENESS,
    Fact.AUTHORISED_JUSTICE,
    Fact.CASELOAD,
    Fact.TREATING,
    Fact.BREAK_GLASS,
}
"""Facts that are never true of a system."""


def check_reach(agreement: Agreement) -> Iterator[Fault]:
    """Clauses that can never apply, that are redundant, or that leave open how far a category is open."""
    grants = flatten(agreement)
    compiled = compile_clauses(agreement)
    never = [fault for grant in grants for fault in _never(agreement, grant, compiled)]
    if never:  # what is empty is redundant too, and that would hide why
        yield from never
        return
    yield from _redundant(agreement, [grant for grant in grants if grant.effect is Effect.PERMIT])
    yield from _two_caveats(compiled, {grant.clause: grant for grant in grants})


def _never(agreement: Agreement, grant: FlatGrant, compiled: Compiled) -> Iterator[Fault]:
    for role in _roles_without_party(agreement, grant):
        fault = f"'{role}' is at none of the clause's parties, and so the clause can never apply to them"
        yield Fault((*grant.place[:2], "parties"), fault, "leave out the role or add its party", grant.clause)
    for fact in grant.needs:
        if fact.withholds or fact is Fact.LISTED:
            fault = f"it needs '{fact}', at which S3 or S4 withholds, and so can never apply"
            yield Fault((*grant.place, "needs"), fault, "leave it out; the standing conditions see to it", grant.clause)
        for role, party in grant.callers:
            if _is_never_true(fact, role, party):
                fault = f"'{fact}' is never true of '{role}', and so the clause can never apply to them"
                yield Fault((*grant.place, "needs"), fault, "leave out the role or the need", grant.clause)
    if grant.effect is Effect.PERMIT:
        yield from _prohibited(grant, compiled)


def _roles_without_party(agreement: Agreement, grant: FlatGrant) -> list[Role]:
    block = agreement.clauses[int(grant.place[1])]
    if len(grant.place) > 2:
        roles = (block.parts or ())[int(grant.place[3])].roles or block.roles or ()
    else:
        roles = block.roles or ()
    return [role for role in roles if role not in {one for one, _ in grant.callers}]


def _is_never_true(fact: Fact, role: Role, party: Party) -> bool:
    if role in SYSTEM_ROLES:
        return fact in _HUMAN
    if fact is Fact.CASELOAD:
        return role not in JUSTICE_ROLES | OVERSIGHT_ROLES or party is not Party.JUSTICE
    return fact in (Fact.TREATING, Fact.AUTHORISED_JUSTICE) and party is not Party.HEALTH


def _prohibited(grant: FlatGrant, compiled: Compiled) -> Iterator[Fault]:
    """A role to which nothing is left of the grant; what is left for others is theirs."""
    left: dict[Role, bool] = {}
    by: set[str] = set()
    for key in grant.asked():
        forbidden = compiled.prohibitions.get(key, {})
        left[key[0]] = left.get(key[0], False) or any(subject not in forbidden for subject in grant.subjects)
        by |= {clause for subject in grant.subjects for clause in forbidden.get(subject, ())}
    for role, is_left in left.items():
        if not is_left:
            fault = f"all that it permits '{role}' is prohibited by {', '.join(sorted(by))}, and so it can never apply"
            yield Fault(grant.place, fault, "leave out the role or the categories", grant.clause)


def _redundant(agreement: Agreement, grants: list[FlatGrant]) -> Iterator[Fault]:
    for one, other in combinations(grants, 2):
        lesser, greater = (other, one) if _covers(one, other) else (one, other)
        if _covers(greater, lesser):
            fault = f"it permits nothing that clause {greater.clause} does not permit already"
            yield Fault(lesser.place, fault, "leave it out, or say what it adds", lesser.clause)


def _covers(greater: FlatGrant, lesser: FlatGrant) -> bool:
    """Whether whatever the lesser permits is permitted by the greater, as far and at least as steadfastly."""
    return (
        set(lesser.callers) <= set(greater.callers)
        and set(lesser.purposes) <= set(greater.purposes)
        and set(lesser.actions) <= set(greater.actions)
        and set(lesser.subjects) <= set(greater.subjects)
        and facts_of(*greater.needs) & ~facts_of(*lesser.needs) == 0
        and greater.fields in (None, lesser.fields)
        and greater.rows in (Rows.ALL, lesser.rows)
        and greater.despite_restriction >= lesser.despite_restriction
        and greater.despite_objection >= lesser.despite_objection
        and greater.despite_end >= lesser.despite_end
    )


def _two_caveats(compiled: Compiled, grants: Mapping[str, FlatGrant]) -> Iterator[Fault]:
    """Two different caveats on one thing: which of the fields are open would hang on how they are read."""
    for row in compiled.conditions.values():
        for subject, conditions in row.items():
            caveats = {each.fields: each.clause for each in conditions if each.fields is not None}
            if len(caveats) > 1:
                clauses = sorted(caveats.values())
                fault = f"'{subject}' is under two caveats, by clauses {' and '.join(clauses)}"
                yield Fault((*grants[clauses[-1]].place, "fields"), fault, "give both the same caveat", clauses[-1])
