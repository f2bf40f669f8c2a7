"""C. Justice to health."""

import pytest

from tests.policies.asking import asks, facts, permitted, refused, ruled, standing
from tests.policies.clauses import EveryClause, specification


@specification("C")
class TestEveryClause(EveryClause):
    """What holds of every clause, of each of these."""


THERAPIST = standing("therapist")
CLEARED = THERAPIST | facts("service training:criminal-justice-data authorised:criminal-justice")


def test_c1_every_missing_condition_is_given_not_only_the_first():
    refused(
        ruled(asks("therapist", "direct-care", "read", "risk"), THERAPIST),
        "C1",
        missing={"C1": "service training:criminal-justice-data authorised:criminal-justice"},
    )


def test_c2_needs_consent_on_top_of_c1():
    question = asks("therapist", "direct-care", "read", "offence")
    refused(ruled(question, CLEARED), "C2", missing={"C2": "consent:offence"})
    permitted(ruled(question, CLEARED | facts("consent:offence")), "C2")
    refused(
        ruled(question, CLEARED | facts("consent:offence objection:offence")),
        "S4",
        missing={"C2": "!objection:offence"},
    )


def test_nobody_can_object_to_risk_being_read():
    every = "objection:supervision objection:obligations objection:offence"
    permitted(ruled(asks("therapist", "direct-care", "read", "risk"), CLEARED | facts(every)), "C1")


def test_treating_alone_opens_nothing_of_the_justice_party():
    holding = CLEARED & ~facts("service") | facts("treating")
    refused(ruled(asks("therapist", "direct-care", "read", "risk"), holding), "C1", missing={"C1": "service"})


@pytest.mark.parametrize("category", ["supervision", "risk", "offence"])
def test_c3_opens_obligations_alone_to_an_administrator(category):
    holding = standing("service-administrator") | CLEARED | facts("consent:offence")
    permitted(ruled(asks("service-administrator", "direct-care", "read", "obligations"), holding), "C3")
    refused(ruled(asks("service-administrator", "direct-care", "read", category), holding), "S2")


@pytest.mark.parametrize("category", ["obligations", "risk", "supervision"])
def test_c4_checks_without_authorisation_and_reads_nothing(category):
    holding = THERAPIST | facts("service")
    permitted(ruled(asks("therapist", "direct-care", "check", category), holding), "C4")
    assert not ruled(asks("therapist", "direct-care", "read", category), holding).permitted


def test_c4_an_objection_does_not_stop_a_check_since_nothing_is_read():
    holding = THERAPIST | facts("service objection:obligations objection:supervision")
    permitted(ruled(asks("therapist", "direct-care", "check", "obligations"), holding), "C4")
