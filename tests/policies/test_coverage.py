"""Every clause is cited, is somewhere the only reason, and each of its conditions decides somewhere."""

import pytest

from app.policies import Ruling
from app.vocabulary import Fact, Party, Role, names_of, parties_of
from tests.policies.asking import EVERYTHING, asks, facts, leicester, ruled
from tests.policies.clauses import just
from tests.policies.law import OF_NOBODY, Line, lines

CLAUSES = [clause.id for clause in leicester().clauses]
LINES = lines()
CITING = sorted({line.clause for line in LINES})


def of(clause: str) -> list[Line]:
    """What a clause grants, by the law written by hand."""
    return [line for line in LINES if line.clause == clause]


def ruling(line: Line, holding: int) -> Ruling:
    """What is ruled on a line's own request."""
    return ruled(asks(line.role, line.purpose, line.action, line.subject), holding)


def permits(clause: str, line: Line, holding: int) -> bool:
    """Whether this clause is among those that permit it."""
    ruled = ruling(line, holding)
    return ruled.permitted and clause in ruled.clauses


def test_every_clause_is_cited_somewhere():
    cited = {clause for line in LINES for clause in ruling(line, just(line)).clauses}
    notes = ruled(asks("offender-manager", "supervision", "read", "notes"), EVERYTHING)
    assert cited | set(notes.clauses) == set(CLAUSES) - {"H6"}, "H6 grants nothing; it narrows what others grant"
    assert leicester().clause("H6").narrows == ("H2", "H3", "H4")


@pytest.mark.parametrize("clause", [each for each in CITING if each != "D5"])
def test_a_clause_is_somewhere_the_only_reason(clause):
    """With everything else true that does not lead to another clause, it alone permits."""
    alone = [line for line in of(clause) if ruling(line, just(line)).clauses == (clause,)]
    assert alone
    assert {line.role for line in alone} == {line.role for line in of(clause)}


def test_d5_is_the_only_reason_for_which_a_referral_is_sent_and_not_kept_as_a_draft():
    """D6 permits the same request by the same conditions, as far as the caller's own draft."""
    (line,) = of("D5")
    both = ruling(line, just(line))
    assert (both.clauses, both.rows) == (("D5", "D6"), {"sent", "own-draft"})
    (draft,) = (one for one in of("D6") if one.action == "write")
    assert ruling(draft, just(draft)).rows == {"own-draft"}


def test_p3_is_the_only_reason_of_its_refusals_and_nothing_lifts_it():
    for role in Role:
        if Party.JUSTICE in parties_of(role):
            for purpose in leicester().purposes_of(role):
                question = asks(role.value, purpose.value, "read", "notes", party="justice")
                for holding in (0, EVERYTHING, (1 << len(Fact)) - 1):
                    assert ruled(question, holding).clauses == ("P3",)


@pytest.mark.parametrize("clause", CITING)
def test_each_condition_of_a_clause_decides_somewhere(clause):
    """There is a request that is permitted with it, and refused without it for want of nothing else."""
    decisive, named = set(), set()
    for line in of(clause):
        for fact in names_of(just(line)):
            named.add(fact)
            without = ruling(line, just(line) & ~fact.bit)
            lacking = [each.lacks for each in without.missing if each.clause == clause]
            if not without.permitted and (fact,) in lacking:
                decisive.add(fact)
    assert decisive == named


@pytest.mark.parametrize("clause", CITING)
def test_each_thing_that_withholds_decides_somewhere_or_nowhere_as_the_law_says(clause):
    """S3 and S4: an exclusion, a restriction and an objection each stop what they stop and nothing else."""
    for line in of(clause):
        might = {"excluded", "restricted", line.objection} - {None}
        stops = {word for word in might if not permits(clause, line, just(line) | facts(word))}
        of_person = line.subject not in OF_NOBODY
        expected = {line.objection} - {None} | ({"excluded"} if of_person else set())
        assert stops == expected | ({"restricted"} if of_person and not line.despite_restriction else set())
