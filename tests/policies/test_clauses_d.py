"""D. Health to justice."""

import pytest

from tests.policies.asking import asks, facts, permitted, refused, ruled, standing
from tests.policies.clauses import EveryClause, specification


@specification("D")
class TestEveryClause(EveryClause):
    """What holds of every clause, of each of these."""


OM = standing("offender-manager")
CASE = OM | facts("caseload supervised")


def test_d1_every_missing_condition_is_given_not_only_the_first():
    refused(
        ruled(asks("offender-manager", "supervision", "read", "attendance"), OM | facts("caseload")),
        "D1",
        "D2",
        missing={"D1": "supervised consent:attendance", "D2": "supervised mhtr"},
    )


def test_d1_an_objection_stops_it_whatever_consent_says():
    refused(
        ruled(asks("offender-manager", "supervision", "read", "attendance"),
              CASE | facts("consent:attendance objection:attendance")),
        "S4",
        "D2",
        missing={"D1": "!objection:attendance", "D2": "mhtr"},
    )  # fmt: skip


def test_d2_no_objection_stops_court_ordered_attendance():
    holding = CASE | facts("mhtr consent:attendance objection:attendance objection:referral")
    permitted(ruled(asks("offender-manager", "supervision", "read", "attendance"), holding), "D2")
    permitted(ruled(asks("offender-manager", "supervision", "read", "referral"), holding), "D2")


def test_d1_and_d2_are_both_cited_where_both_permit():
    holding = CASE | facts("mhtr consent:attendance")
    permitted(ruled(asks("offender-manager", "supervision", "read", "attendance"), holding), "D1", "D2")


@pytest.mark.parametrize(
    ("category", "scope"), [("progress", "scores"), ("scores", "progress"), ("progress", "attendance")]
)
def test_consent_for_one_thing_opens_no_other(category, scope):
    assert not ruled(
        asks("offender-manager", "supervision", "read", category), CASE | facts(f"consent:{scope}")
    ).permitted


def test_a_treatment_requirement_opens_attendance_alone():
    for category in ("progress", "scores", "safety-alert"):
        assert not ruled(asks("offender-manager", "supervision", "read", category), CASE | facts("mhtr")).permitted


def test_d4_totals_and_bands_alone():
    permitted(
        ruled(asks("offender-manager", "supervision", "read", "scores"), CASE | facts("consent:scores")),
        "D4",
        fields=("totals",),
    )


def test_d5_and_d6_let_a_trained_offender_manager_refer():
    holding = CASE | facts("training:mental-health-awareness")
    permitted(
        ruled(asks("offender-manager", "supervision", "create", "referral"), holding), "D5", "D6", rows="sent own-draft"
    )
    permitted(ruled(asks("offender-manager", "supervision", "write", "referral"), holding), "D6", rows="own-draft")


def test_d6_reads_their_own_draft_alone():
    holding = CASE | facts("training:mental-health-awareness")
    question = asks("offender-manager", "supervision", "read", "referral")
    permitted(ruled(question, holding), "D6", rows="own-draft")
    permitted(ruled(question, holding | facts("consent:attendance")), "D1", "D6", rows="sent own-draft")


def test_d_gives_a_probation_lead_nothing():
    holding = CASE | facts("consent:attendance consent:progress consent:scores mhtr")
    for category in ("referral", "attendance", "progress", "scores"):
        refused(ruled(asks("probation-lead", "supervision", "read", category), holding), "S2")
