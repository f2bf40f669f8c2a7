"""F. Emergency (break-glass)."""

import pytest

from app.vocabulary import UNFAVOURABLE
from tests.policies.asking import EVERYTHING, asks, facts, leicester, permitted, refused, ruled, standing
from tests.policies.clauses import EveryClause, specification


@specification("F")
class TestEveryClause(EveryClause):
    """What holds of every clause, of each of these."""


THERAPIST, OM = standing("therapist"), standing("offender-manager")
OBJECTIONS = "objection:supervision objection:referral objection:attendance objection:notes objection:identity"


def test_f1_neither_restriction_nor_objection_stops_an_emergency():
    holding = THERAPIST | facts(f"break-glass restricted {OBJECTIONS}")
    ruling = ruled(asks("therapist", "emergency", "read", "supervision"), holding)
    permitted(ruling, "F1")
    assert ruling.announce


def test_f1_an_exclusion_stops_an_emergency():
    holding = THERAPIST | facts("break-glass excluded listed")
    refused(ruled(asks("therapist", "emergency", "read", "risk"), holding), "S3", missing={"F1": "!excluded"})


@pytest.mark.parametrize("category", ["offence", "obligations", "meeting", "consent"])
def test_f1_opens_neither_offence_nor_obligations_nor_what_is_joint_beyond_who_and_where(category):
    refused(ruled(asks("therapist", "emergency", "read", category), EVERYTHING), "S2")


def test_f1_every_other_fact_together_is_not_a_grant():
    holding = EVERYTHING & ~facts("break-glass")
    refused(ruled(asks("therapist", "emergency", "read", "notes"), holding), "F1", missing={"F1": "break-glass"})


@pytest.mark.parametrize("category", ["supervision", "risk", "referral", "progress", "scores"])
def test_f2_opens_to_probation_no_more_than_finding_and_protecting_the_person(category):
    refused(ruled(asks("offender-manager", "emergency", "read", category), EVERYTHING), "S2")


def test_f2_an_objection_does_not_hide_the_next_appointment_in_an_emergency():
    holding = OM | facts("break-glass objection:attendance restricted")
    permitted(ruled(asks("offender-manager", "emergency", "read", "attendance"), holding), "F2")


def test_f3_a_grant_is_opened_on_facts_about_the_caller_alone():
    question = asks("offender-manager", "emergency", "create", "emergency-grant")
    permitted(ruled(question, OM), "F3")
    permitted(ruled(question, OM | facts("restricted")), "F3")
    assert leicester().facts_about_caller & UNFAVOURABLE == 0


def test_f3_is_for_those_who_could_use_a_grant():
    for role in ("service-administrator", "health-trainer", "records-officer", "auditor", "caldicott-guardian"):
        refused(ruled(asks(role, "emergency", "create", "emergency-grant"), EVERYTHING), "S2")
