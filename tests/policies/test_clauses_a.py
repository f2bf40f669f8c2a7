"""A. The justice party's own records."""

import pytest

from tests.policies.asking import asks, facts, permitted, refused, ruled, standing
from tests.policies.clauses import EveryClause, specification


@specification("A")
class TestEveryClause(EveryClause):
    """What holds of every clause, of each of these."""


OM, LEAD = standing("offender-manager"), standing("probation-lead")


def test_a1_needs_the_caseload_and_says_so():
    question = asks("offender-manager", "supervision", "read", "risk")
    permitted(ruled(question, OM | facts("caseload")), "A1")
    refused(ruled(question, OM), "A1", missing={"A1": "caseload"})


def test_a2_reads_and_never_writes():
    permitted(ruled(asks("probation-lead", "supervision", "read", "risk"), LEAD), "A2")
    refused(ruled(asks("probation-lead", "supervision", "write", "risk"), LEAD), "S2", missing={})


@pytest.mark.parametrize("category", ["contact", "offence"])
def test_a2_opens_neither_contact_nor_offence(category):
    refused(ruled(asks("probation-lead", "supervision", "read", category), LEAD), "S2", missing={})


def test_a1_gives_nothing_for_another_purpose():
    refused(ruled(asks("offender-manager", "direct-care", "read", "risk"), OM | facts("caseload")), "S2", missing={})


def test_a3_grants_authorisations_and_does_not_read_them():
    permitted(ruled(asks("probation-lead", "supervision", "grant", "authorisation"), LEAD), "A3")
    permitted(ruled(asks("probation-lead", "supervision", "revoke", "authorisation"), LEAD), "A3")
    refused(ruled(asks("probation-lead", "supervision", "read", "authorisation"), LEAD), "S2")
    refused(ruled(asks("offender-manager", "supervision", "grant", "authorisation"), OM | facts("caseload")), "S2")
