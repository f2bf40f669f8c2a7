"""The compiled agreement grants what the law written by hand grants, and nothing beyond, over the whole space."""

from itertools import product

from app.policies.compile import Condition
from app.vocabulary import SUBJECTS, SYSTEM_ROLES, Action, Party, Purpose, Role, parties_of
from tests.policies.asking import facts
from tests.policies.clauses import just
from tests.policies.law import FIELDS, OF_NOBODY, PROHIBITED, ROWS, Line, lines
from tests.policies.test_compiled import compiled

CELLS = list(product(Role, Party, Purpose, Action, SUBJECTS))


def written(line: Line) -> set[Condition]:
    """The conditions that a line of the law amounts to, worked out by hand."""
    needs, forbids = just(line), facts(line.objection or "")
    of_person = line.subject not in OF_NOBODY
    if of_person:
        forbids |= facts("excluded")
    announce = of_person and line.despite_restriction and Role(line.role) not in SYSTEM_ROLES
    (fields,) = FIELDS.get(line.clause, (None,))
    last = (fields, ROWS.get(line.clause, "sent"), announce, line.despite_end)
    if line.despite_restriction or not of_person:
        return {Condition(line.clause, needs, forbids, *last)}
    return {
        Condition(line.clause, needs, forbids | facts("restricted"), *last),
        Condition(line.clause, needs | facts("listed"), forbids, *last),
    }


def test_every_cell_of_the_whole_space_holds_the_conditions_of_the_law_and_no_others():
    expected: dict[tuple[str, ...], set[Condition]] = {}
    for line in lines():
        for party in parties_of(Role(line.role)):
            cell = (line.role, party.value, line.purpose, line.action, line.subject)
            expected[cell] = expected.get(cell, set()) | written(line)
    assert len(CELLS) > 100_000
    agreement = compiled()
    for cell in CELLS:
        assert set(agreement.conditions(*cell)) == expected.get(cell, set()), cell


def test_p3_forbids_exactly_what_the_law_withholds_from_the_justice_party():
    agreement = compiled()
    for role, party, purpose, action, subject in CELLS:
        forbidden = (
            party is Party.JUSTICE
            and party in parties_of(role)
            and action in (Action.READ, Action.WRITE, Action.CREATE)
            and subject.value in PROHIBITED
        )
        found = agreement.prohibitions(role, party, purpose, action, subject)
        assert found == (("P3",) if forbidden else ()), (role, party, purpose, action, subject)


def test_every_clause_of_the_law_is_in_the_file_and_no_other():
    assert {clause.id for clause in compiled().clauses} == {line.clause for line in lines()} | {"P3", "H6"}
