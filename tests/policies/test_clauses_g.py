"""G. Oversight and the person's own rights."""

import pytest

from app.vocabulary import Category
from tests.policies.asking import EVERYTHING, asks, facts, permitted, refused, ruled, standing
from tests.policies.clauses import EveryClause, specification


@specification("G")
class TestEveryClause(EveryClause):
    """What holds of every clause, of each of these."""


OFFICER, GUARDIAN, AUDITOR = standing("records-officer"), standing("caldicott-guardian"), standing("auditor")


@pytest.mark.parametrize("party", ["health", "justice"])
def test_g1_oversight_reads_the_log_at_either_party(party):
    permitted(ruled(asks("auditor", "oversight", "read", "audit-log", party=party), AUDITOR), "G1")
    permitted(ruled(asks("caldicott-guardian", "oversight", "read", "audit-log", party=party), GUARDIAN), "G1")


@pytest.mark.parametrize("category", [category.value for category in Category])
def test_an_auditor_reads_no_content_at_all(category):
    assert not ruled(asks("auditor", "oversight", "read", category), EVERYTHING).permitted


def test_g2_the_guardian_reviews_grants_and_sees_consent_and_the_auditor_does_not():
    permitted(ruled(asks("caldicott-guardian", "oversight", "review", "emergency-grant"), GUARDIAN), "G2")
    permitted(ruled(asks("caldicott-guardian", "oversight", "read", "consent"), GUARDIAN | facts("restricted")), "G2")
    refused(ruled(asks("auditor", "oversight", "review", "emergency-grant"), AUDITOR), "S2")


@pytest.mark.parametrize("category", [category.value for category in Category])
def test_g3_everything_goes_to_the_person_who_asked_without_third_parties_and_serious_harm(category):
    holding = OFFICER | facts("subject-request restricted objection:offence")
    permitted(
        ruled(asks("records-officer", "subject-access", "read", category), holding),
        "G3",
        fields=("third-parties-withheld",),
        rows="all",
    )


def test_g3_needs_an_open_request():
    question = asks("records-officer", "subject-access", "read", "notes")
    refused(ruled(question, OFFICER), "G3", missing={"G3": "subject-request"})


def test_g5_opens_requests_before_there_is_one():
    for action in ("open", "close"):
        permitted(ruled(asks("records-officer", "subject-access", action, "subject-request"), OFFICER), "G5")
    permitted(ruled(asks("records-officer", "subject-access", "read", "disclosures"), OFFICER), "G5")


def test_g4_and_g7_the_commissioner_sees_published_figures_and_the_leads_the_figures_as_they_are():
    commissioner = standing("commissioner")
    permitted(ruled(asks("commissioner", "service-evaluation", "read", "published-figures"), commissioner), "G4")
    refused(ruled(asks("commissioner", "service-evaluation", "read", "aggregate-figures"), commissioner), "S2")
    permitted(ruled(asks("clinical-lead", "service-evaluation", "read", "aggregate-figures"), commissioner), "G7")
    refused(ruled(asks("clinical-lead", "service-evaluation", "read", "published-figures"), commissioner), "S2")


@pytest.mark.parametrize("category", [category.value for category in Category])
def test_g4_the_commissioner_sees_nothing_about_anybody(category):
    refused(ruled(asks("commissioner", "service-evaluation", "read", category), EVERYTHING), "S2")


def test_g6_a_restriction_holds_against_reviewing_alerts():
    question = asks("auditor", "oversight", "review", "access-alert")
    refused(ruled(question, AUDITOR | facts("restricted")), "S3", missing={"G6": "!restricted"})


def test_g8_matches_are_the_guardians():
    for action in ("read", "link", "unlink"):
        permitted(ruled(asks("caldicott-guardian", "oversight", action, "identity-link"), GUARDIAN), "G8")
        refused(ruled(asks("auditor", "oversight", action, "identity-link"), AUDITOR), "S2")
