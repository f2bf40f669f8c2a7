"""E. Joint work."""

import pytest

from tests.policies.asking import asks, facts, permitted, refused, ruled, standing
from tests.policies.clauses import AFTER, EveryClause, ended, specification


@specification("E")
class TestEveryClause(EveryClause):
    """What holds of every clause, of each of these."""


OM, THERAPIST = standing("offender-manager"), standing("therapist")


def test_e1_meetings_are_joint_and_so_never_objected_to():
    holding = OM | facts("caseload consent:meeting objection:meeting")
    permitted(ruled(asks("offender-manager", "supervision", "read", "meeting"), holding), "E1")


def test_e2_the_trainer_joins_with_consent_alone():
    question = asks("health-trainer", "direct-care", "read", "attendance")
    holding = standing("health-trainer") | facts("service")
    refused(ruled(question, holding), "E2", missing={"E2": "consent:health-trainer"})
    permitted(ruled(question, holding | facts("consent:health-trainer")), "E2")


WITHDRAWALS = [("offender-manager", "supervision", "caseload", "E3"), ("therapist", "direct-care", "treating", "B1")]


@pytest.mark.parametrize(("role", "purpose", "need", "clause"), WITHDRAWALS)
def test_e3_neither_a_restriction_nor_an_ended_agreement_stops_a_withdrawal(role, purpose, need, clause):
    holding = standing(role) | facts(f"{need} restricted objection:consent")
    permitted(ruled(asks(role, purpose, "withdraw", "consent"), holding), clause)
    permitted(ruled(asks(role, purpose, "withdraw", "consent", at=AFTER), holding, ended()), clause)


@pytest.mark.parametrize(("role", "purpose", "need", "clause"), WITHDRAWALS)
def test_e3_an_exclusion_a_lapsed_training_and_a_stranger_stop_a_withdrawal(role, purpose, need, clause):
    question = asks(role, purpose, "withdraw", "consent")
    holding = standing(role) | facts(need)
    refused(ruled(question, holding | facts("excluded")), "S3", missing={clause: "!excluded"})
    refused(ruled(question, holding & ~facts("training:information-sharing")), "S1")
    refused(ruled(question, standing(role)), clause, missing={clause: need})


def test_e3_a_restriction_does_stop_reading_and_recording_consent():
    holding = OM | facts("caseload restricted")
    for action in ("read", "write", "create"):
        refused(
            ruled(asks("offender-manager", "supervision", action, "consent"), holding),
            "S3",
            missing={"E3": "!restricted"},
        )
