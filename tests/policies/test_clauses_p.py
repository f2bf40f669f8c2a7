"""P. Protection of others, and what is never shared."""

import pytest

from app.vocabulary import Purpose
from tests.policies.asking import EVERYTHING, asks, facts, permitted, refused, ruled, standing
from tests.policies.clauses import AFTER, EveryClause, ended, specification


@specification("P")
class TestEveryClause(EveryClause):
    """What holds of every clause, of each of these."""


OM, LEAD = standing("offender-manager"), standing("probation-lead")
JUSTICE = ["offender-manager", "probation-lead", "case-management-system", "auditor", "caldicott-guardian"]
WITHHELD = ["clinical", "notes", "safety"]


def test_p1_neither_restriction_nor_objection_keeps_a_warning_from_the_caseload():
    ruling = ruled(
        asks("offender-manager", "public-protection", "read", "safety-alert"),
        OM | facts("caseload restricted objection:safety objection:identity"),
    )
    permitted(ruling, "P1")
    assert ruling.announce


def test_p2_a_probation_lead_needs_no_caseload():
    permitted(ruled(asks("probation-lead", "public-protection", "read", "safety-alert"), LEAD), "P2")


def test_p4_acknowledging_needs_the_caseload_of_an_offender_manager_alone():
    refused(
        ruled(asks("offender-manager", "public-protection", "acknowledge", "safety-alert"), OM),
        "P4",
        missing={"P4": "caseload"},
    )
    permitted(ruled(asks("probation-lead", "public-protection", "acknowledge", "safety-alert"), LEAD), "P4")


def test_p1_and_p2_read_and_never_write():
    for role in ("offender-manager", "probation-lead"):
        refused(ruled(asks(role, "public-protection", "write", "safety-alert"), EVERYTHING), "S2")


@pytest.mark.parametrize("category", WITHHELD)
@pytest.mark.parametrize("action", ["read", "write", "create"])
@pytest.mark.parametrize("role", JUSTICE)
def test_p3_no_purpose_and_no_fact_opens_it_to_the_justice_party(role, action, category):
    for purpose in Purpose:
        for holding in (0, EVERYTHING, EVERYTHING | facts("listed restricted"), facts("employed break-glass")):
            ruling = ruled(asks(role, purpose.value, action, category, party="justice"), holding)
            refused(ruling, "P3", missing={})


@pytest.mark.parametrize("category", WITHHELD)
@pytest.mark.parametrize("role", ["offender-manager", "probation-lead"])
def test_p3_holds_in_an_emergency_and_after_the_agreement_has_ended(role, category):
    refused(ruled(asks(role, "emergency", "read", category), EVERYTHING), "P3", missing={})
    refused(ruled(asks(role, "emergency", "read", category, at=AFTER), EVERYTHING, ended()), "P3", missing={})


def test_p3_does_not_reach_the_health_party():
    permitted(ruled(asks("therapist", "emergency", "read", "notes"), EVERYTHING), "F1")
