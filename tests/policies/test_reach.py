"""Clauses that can never apply or that say nothing more than others: each with what makes it so, and no other."""

import pytest

from app.policies.faults import Fault
from tests.policies.faulty import LAST, PARTS, PROHIBITION, at_last, found, part
from tests.policies.test_load import added, clause


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            added(clause(roles='["auditor"]', purposes='["oversight"]', needs='["caseload"]', parties='["justice"]')),
            id="a caseload of oversight at the justice party",
        ),
        pytest.param(
            added(clause(roles='["therapist"]', needs='["treating", "supervised"]', despite_restriction="true")),
            id="more needs, and despite a restriction",
        ),
        pytest.param(
            added(clause(roles='["therapist"]', needs='["treating", "supervised"]', despite_objection="true")),
            id="more needs, and despite an objection",
        ),
        pytest.param(
            added(clause(roles='["therapist"]', needs='["treating", "supervised"]', despite_end="true")),
            id="more needs, and despite the end",
        ),
        pytest.param(
            added(clause(roles='["therapist"]', needs='["treating", "supervised"]', rows='"all"')),
            id="more needs, and more rows",
        ),
        pytest.param(
            added(clause(roles='["offender-manager"]', purposes='["supervision"]', categories='["notes", "scores"]')),
            id="more than what is prohibited",
        ),
        pytest.param(
            added(clause(roles='["offender-manager"]', actions='["check", "read"]', categories='["notes"]')),
            id="an action that is prohibited after one that is not",
        ),
    ],
)
def test_has_no_fault(text):
    assert found(text) == []


ONE_FAULT = [
    pytest.param(
        added(clause(roles='["auditor", "therapist"]', parties='["justice"]')),
        Fault(
            at_last("parties"),
            "'therapist' is at none of the clause's parties, and so the clause can never apply to them",
            "leave out the role or add its party",
            "Z1",
        ),
        id="a role at none of the parties",
    ),
    *(
        pytest.param(
            added(clause(roles=f'["{role}"]', needs=f'["{fact}"]')),
            Fault(
                at_last("needs"),
                f"'{fact}' is never true of '{role}', and so the clause can never apply to them",
                "leave out the role or the need",
                "Z1",
            ),
            id=f"{fact} of {role}",
        )
        for role, fact in (
            ("offender-manager", "treating"),
            ("probation-lead", "authorised:criminal-justice"),
            ("therapist", "caseload"),
            ("commissioner", "treating"),
            ("case-management-system", "caseload"),
            ("clinical-system", "treating"),
            ("clinical-system", "break-glass"),
            ("clinical-system", "authorised:criminal-justice"),
            ("clinical-system", "training:mental-health-awareness"),
            ("clinical-system", "training:criminal-justice-data"),
        )
    ),
    *(
        pytest.param(
            added(clause(needs=f'["service", "{fact}"]')),
            Fault(
                at_last("needs"),
                f"it needs '{fact}', at which S3 or S4 withholds, and so can never apply",
                "leave it out; the standing conditions see to it",
                "Z1",
            ),
            id=f"a need of {fact}",
        )
        for fact in ("listed", "excluded", "objection:scores")
    ),
    pytest.param(
        added(PARTS + part() + part(categories='["notes"]', needs='["caseload"]')),
        Fault(
            at_last("parts", 1, "needs"),
            "'caseload' is never true of 'health-trainer', and so the clause can never apply to them",
            "leave out the role or the need",
            "Z1",
        ),
        id="a need of a part",
    ),
    pytest.param(
        added(clause(roles='["offender-manager", "therapist"]', categories='["notes", "safety"]', needs='["service"]')),
        Fault(
            at_last(),
            "all that it permits 'offender-manager' is prohibited by P3, and so it can never apply",
            "leave out the role or the categories",
            "Z1",
        ),
        id="a permission that is prohibited to one of its roles",
    ),
    pytest.param(
        added(
            clause(id='"Z2"', **PROHIBITION | {"roles": '["offender-manager"]', "categories": '["scores"]'})
            + "\n[[clauses]]\n"
            + clause(roles='["offender-manager"]', categories='["notes", "scores"]')
        ),
        Fault(
            ("clauses", LAST + 1),
            "all that it permits 'offender-manager' is prohibited by P3, Z2, and so it can never apply",
            "leave out the role or the categories",
            "Z1",
        ),
        id="a permission that two clauses prohibit",
    ),
    pytest.param(
        added(clause(roles='["therapist"]', categories='["scores", "notes"]', needs='["treating"]')),
        Fault(
            at_last(),
            "it permits nothing that clause B1 does not permit already",
            "leave it out, or say what it adds",
            "Z1",
        ),
        id="a clause that an earlier one makes redundant",
    ),
    pytest.param(
        added(
            clause(needs='["service", "supervised"]')
            + "\n[[clauses]]\n"
            + clause(id='"Z2"', categories='["scores", "notes"]')
        ),
        Fault(
            at_last(),
            "it permits nothing that clause Z2 does not permit already",
            "leave it out, or say what it adds",
            "Z1",
        ),
        id="a clause that a later one makes redundant",
    ),
    pytest.param(
        added(clause(needs='["service", "supervised"]') + "\n[[clauses]]\n" + clause(id='"Z2"')),
        Fault(
            at_last(),
            "it permits nothing that clause Z2 does not permit already",
            "leave it out, or say what it adds",
            "Z1",
        ),
        id="a clause that says the same with more needs",
    ),
    pytest.param(
        added(PARTS + part(categories='["scores", "notes"]') + part(needs='["supervised"]')),
        Fault(
            at_last("parts", 1),
            "it permits nothing that clause Z1 does not permit already",
            "leave it out, or say what it adds",
            "Z1",
        ),
        id="a part that another makes redundant",
    ),
    pytest.param(
        added(clause(roles='["records-officer"]', purposes='["subject-access"]', needs="", fields='"totals"')),
        Fault(
            at_last("fields"), "'scores' is under two caveats, by clauses G3 and Z1", "give both the same caveat", "Z1"
        ),
        id="two caveats on one thing",
    ),
]


@pytest.mark.parametrize(("text", "fault"), ONE_FAULT)
def test_has_one_fault(text, fault):
    assert found(text) == [fault]


def test_a_role_at_none_of_the_parties_is_found_in_each_part_that_is_for_it():
    said = clause(roles='["auditor", "therapist"]', parties='["justice"]', actions="", categories="")
    fault = Fault(
        at_last("parties"),
        "'therapist' is at none of the clause's parties, and so the clause can never apply to them",
        "leave out the role or add its party",
        "Z1",
    )
    named = part(roles='["auditor"]') + part(roles='["therapist"]', categories='["meeting"]')
    assert found(added(said + named)) == [fault]
    assert found(added(said + part() + part(categories='["meeting"]'))) == [fault, fault]


def test_nobody_at_the_health_party_has_a_caseload():
    at_both = clause(roles='["auditor"]', purposes='["oversight"]', needs='["caseload"]')
    (fault,) = found(added(at_both))
    assert fault.fault == "'caseload' is never true of 'auditor', and so the clause can never apply to them"


def test_what_can_never_apply_hides_what_is_redundant():
    both = (
        clause(roles='["therapist"]', needs='["treating"]')
        + "\n[[clauses]]\n"
        + clause(id='"Z2"', needs='["caseload"]')
    )
    assert [each.clause for each in found(added(both))] == ["Z2"]
