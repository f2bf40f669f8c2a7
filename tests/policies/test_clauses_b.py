"""B. The health party's own records."""

import pytest

from tests.policies.asking import asks, facts, permitted, refused, ruled, standing
from tests.policies.clauses import EveryClause, specification


@specification("B")
class TestEveryClause(EveryClause):
    """What holds of every clause, of each of these."""


THERAPIST, LEAD, ADMIN = standing("therapist"), standing("clinical-lead"), standing("service-administrator")


def test_b1_and_b3_both_permit_a_therapist_who_treats_a_person_of_their_service():
    question = asks("therapist", "direct-care", "read", "clinical")
    permitted(ruled(question, THERAPIST | facts("treating service")), "B1", "B3")
    permitted(ruled(question, THERAPIST | facts("treating")), "B1")
    permitted(ruled(question, THERAPIST | facts("service")), "B3")
    refused(ruled(question, THERAPIST), "B1", "B3", missing={"B1": "treating", "B3": "service"})


@pytest.mark.parametrize("category", ["notes", "safety", "scores", "progress", "consent", "contact"])
def test_b3_triage_opens_no_more_than_who_was_referred_and_with_what(category):
    refused(
        ruled(asks("therapist", "direct-care", "read", category), THERAPIST | facts("service")),
        "B1",
        missing={"B1": "treating"},
    )


@pytest.mark.parametrize("category", ["identity", "contact"])
def test_b1_reads_identity_and_contact_and_does_not_write_them(category):
    holding = THERAPIST | facts("treating")
    permitted(ruled(asks("therapist", "direct-care", "read", category), holding), "B1")
    refused(ruled(asks("therapist", "direct-care", "write", category), holding), "S2")


def test_b2_is_as_b1_for_the_service_and_never_refuses_a_withdrawal_where_the_lead_treats():
    holding = LEAD | facts("service")
    permitted(ruled(asks("clinical-lead", "direct-care", "write", "consent"), holding), "B2")
    permitted(ruled(asks("clinical-lead", "direct-care", "withdraw", "consent"), holding), "B2")
    refused(
        ruled(asks("clinical-lead", "direct-care", "withdraw", "consent"), holding | facts("restricted")), "S3", "B2"
    )
    treating = LEAD | facts("treating restricted")
    permitted(ruled(asks("clinical-lead", "direct-care", "withdraw", "consent"), treating), "B2")
    refused(ruled(asks("clinical-lead", "direct-care", "write", "consent"), treating), "S3")


@pytest.mark.parametrize("category", ["notes", "clinical", "scores", "safety", "safety-alert", "consent"])
def test_b4_opens_nothing_clinical(category):
    refused(ruled(asks("service-administrator", "direct-care", "read", category), ADMIN | facts("service")), "S2")


def test_b5_allocates_and_is_the_clinical_leads_alone():
    permitted(ruled(asks("clinical-lead", "direct-care", "write", "allocation"), LEAD | facts("service")), "B5")
    refused(ruled(asks("therapist", "direct-care", "write", "allocation"), THERAPIST | facts("service treating")), "S2")


def test_health_reads_its_own_records_whatever_the_person_objects_to():
    every = "objection:referral objection:clinical objection:notes objection:safety objection:scores"
    permitted(ruled(asks("therapist", "direct-care", "read", "notes"), THERAPIST | facts(f"treating {every}")), "B1")


def test_write_includes_create_and_not_read():
    holding = THERAPIST | facts("treating")
    permitted(ruled(asks("therapist", "direct-care", "create", "notes"), holding), "B1")
    refused(ruled(asks("service-administrator", "direct-care", "create", "notes"), ADMIN | facts("service")), "S2")
