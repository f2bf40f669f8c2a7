"""I. Staff standing."""

from tests.policies.asking import asks, facts, permitted, refused, ruled, standing
from tests.policies.clauses import EveryClause, specification


@specification("I")
class TestEveryClause(EveryClause):
    """What holds of every clause, of each of these."""


def test_each_lead_keeps_the_register_for_their_own_purpose():
    lead = standing("probation-lead")
    permitted(ruled(asks("probation-lead", "supervision", "write", "training"), lead), "I1")
    permitted(ruled(asks("clinical-lead", "direct-care", "write", "training"), lead), "I2")
    refused(ruled(asks("clinical-lead", "supervision", "write", "training"), lead), "S2")
    refused(ruled(asks("probation-lead", "direct-care", "write", "training"), lead), "S2")


def test_the_register_is_about_nobody_whose_record_could_be_restricted():
    holding = standing("probation-lead") | facts("excluded restricted")
    permitted(ruled(asks("probation-lead", "supervision", "read", "staff"), holding), "I1")


def test_nobody_else_keeps_it():
    for role in ("offender-manager", "case-management-system"):
        refused(ruled(asks(role, "supervision", "write", "staff"), standing(role)), "S2")
