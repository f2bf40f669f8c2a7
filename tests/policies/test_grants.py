"""What a part of a clause has from its clause, and that a prohibition beats whatever any clause permits."""

import pytest

from app.policies import CompiledAgreement, decide
from app.policies.grants import FlatGrant, flatten
from app.policies.load import read_agreement
from app.policies.schema import Caveat, Rows
from app.vocabulary import Action, Category, Fact, Party, Purpose, Register, Role
from tests.policies.asking import asks, facts, standing
from tests.policies.faulty import PARTS, at_last, part
from tests.policies.test_load import added, clause


def last(text: str) -> tuple[FlatGrant, ...]:
    """What the clause at the end grants, laid flat."""
    return tuple(each for each in flatten(read_agreement(added(text), "draft.toml")) if each.clause == "Z1")


OTHER = part(registers='["staff"]', categories="", actions='["review"]')


def test_a_clause_without_parts_is_one_grant():
    (grant,) = last(clause(roles='["therapist", "auditor"]', actions='["write", "read"]', registers='["staff"]'))
    assert grant.callers == (
        (Role.THERAPIST, Party.HEALTH),
        (Role.AUDITOR, Party.HEALTH),
        (Role.AUDITOR, Party.JUSTICE),
    )
    assert (grant.place, grant.purposes) == (at_last(), (Purpose.DIRECT_CARE,))
    assert grant.actions == (Action.WRITE, Action.READ, Action.CREATE)
    assert grant.subjects == (Category.SCORES, Register.STAFF)
    assert (grant.needs, grant.fields, grant.rows) == ((Fact.SERVICE,), None, Rows.SENT)
    assert [grant.despite_restriction, grant.despite_objection, grant.despite_end] == [False] * 3
    assert len(list(grant.asked())) == 3 * 1 * 3


def test_a_part_needs_what_its_clause_needs_and_its_own_each_once():
    one, other = last(PARTS + part(needs='["supervised", "service"]') + OTHER)
    assert (one.needs, other.needs) == ((Fact.SERVICE, Fact.SUPERVISED), (Fact.SERVICE,))
    assert (one.place, other.place) == (at_last("parts", 0), at_last("parts", 1))
    assert (one.subjects, other.subjects) == ((Category.SCORES,), (Register.STAFF,))


def test_a_part_is_for_its_own_roles_or_those_of_its_clause():
    both = clause(roles='["therapist", "health-trainer"]', actions="", categories="")
    one, other = last(both + part(roles='["health-trainer"]') + OTHER)
    assert [role for role, _ in one.callers] == [Role.HEALTH_TRAINER]
    assert [role for role, _ in other.callers] == [Role.THERAPIST, Role.HEALTH_TRAINER]


@pytest.mark.parametrize(
    ("of_the_clause", "of_the_part", "in_the_part", "in_the_other"),
    [
        pytest.param("", "", None, None, id="nowhere, and so in full"),
        pytest.param('"totals"', "", Caveat.TOTALS, Caveat.TOTALS, id="in the clause, and so in each part"),
        pytest.param("", '"totals"', Caveat.TOTALS, None, id="in one part alone"),
        pytest.param(
            '"third-parties-withheld"',
            '"totals"',
            Caveat.TOTALS,
            Caveat.THIRD_PARTIES_WITHHELD,
            id="in both, of which the part's holds",
        ),
    ],
)
def test_how_far_a_part_is_open(of_the_clause, of_the_part, in_the_part, in_the_other):
    one, other = last(clause(actions="", categories="", fields=of_the_clause) + part(fields=of_the_part) + OTHER)
    assert (one.fields, other.fields) == (in_the_part, in_the_other)


@pytest.mark.parametrize(
    ("of_the_clause", "of_the_part", "in_the_part", "in_the_other"),
    [
        pytest.param("", "", Rows.SENT, Rows.SENT, id="nowhere, and so what was sent"),
        pytest.param('"all"', "", Rows.ALL, Rows.ALL, id="in the clause, and so in each part"),
        pytest.param("", '"all"', Rows.ALL, Rows.SENT, id="in one part alone"),
        pytest.param('"own-draft"', '"all"', Rows.ALL, Rows.OWN_DRAFT, id="in both, of which the part's holds"),
    ],
)
def test_which_referrals_a_part_reaches(of_the_clause, of_the_part, in_the_part, in_the_other):
    one, other = last(clause(actions="", categories="", rows=of_the_clause) + part(rows=of_the_part) + OTHER)
    assert (one.rows, other.rows) == (in_the_part, in_the_other)


@pytest.mark.parametrize("flag", ["despite_restriction", "despite_objection", "despite_end"])
def test_what_a_clause_goes_on_despite_each_part_does_and_a_part_alone_may(flag):
    for of_the_clause, of_the_part, expected in (
        ("", "", (False, False)),
        ("true", "", (True, True)),
        ("", "true", (True, False)),
        ("true", "true", (True, True)),
    ):
        said = PARTS.replace("basis", f"{flag} = true\nbasis") if of_the_clause else PARTS
        one, other = last(said + part(**{flag: of_the_part}) + OTHER)
        assert (getattr(one, flag), getattr(other, flag)) == expected


PROHIBITED = {"effect": '"prohibit"', "absolute": "true", "needs": "", "roles": '["offender-manager"]'}


def test_a_prohibition_beats_a_permission_and_no_more_than_it_says():
    wider = clause(
        roles='["offender-manager"]',
        purposes='["supervision"]',
        categories='["notes", "meeting"]',
        needs='["caseload"]',
    )
    agreement = CompiledAgreement(read_agreement(added(wider), "draft.toml"))
    question = asks("offender-manager", "supervision", "read", "notes", "meeting")
    decision = decide(question, standing("offender-manager") | facts("caseload"), agreement)
    notes, meeting = decision.rulings
    assert (notes.permitted, notes.clauses, notes.missing) == (False, ("P3",), ())
    assert (meeting.permitted, meeting.clauses) == (True, ("Z1",))
    caller = question.caller
    assert agreement.conditions(caller.role, caller.party, question.purpose, question.action, Category.NOTES) == ()


def test_every_clause_that_forbids_is_named():
    second = clause(**PROHIBITED | {"purposes": '["supervision"]', "categories": '["notes", "attendance"]'})
    agreement = CompiledAgreement(read_agreement(added(second), "draft.toml"))
    question = asks("offender-manager", "supervision", "read", "notes", "attendance", "clinical")
    decision = decide(question, standing("offender-manager"), agreement)
    assert [each.clauses for each in decision.rulings] == [("P3", "Z1"), ("Z1",), ("P3",)]
