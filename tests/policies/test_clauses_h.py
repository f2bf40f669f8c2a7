"""H. Systems."""

from app.vocabulary import SUBJECTS, Action, Party, Purpose, Role
from tests.policies.asking import asks, facts, leicester, permitted, refused, ruled
from tests.policies.clauses import EveryClause, specification


@specification("H")
class TestEveryClause(EveryClause):
    """What holds of every clause, of each of these."""


SYSTEM = facts("employed")


def test_a_system_needs_registration_and_no_training():
    question = asks("clinical-system", "records-sync", "read", "referral")
    permitted(ruled(question, facts("employed service")), "H2")
    refused(ruled(question, facts("service training:information-sharing")), "S1", missing={"H2": "employed"})


def test_h1_writes_what_it_may_not_read_back():
    permitted(ruled(asks("clinical-system", "records-sync", "write", "notes"), SYSTEM), "H1")
    refused(ruled(asks("clinical-system", "records-sync", "read", "notes"), SYSTEM | facts("service")), "S2")


def test_h3_an_objection_stops_the_feed_and_h4_goes_on():
    question = asks("case-management-system", "records-sync", "read", "attendance")
    holding = SYSTEM | facts("supervised consent:attendance objection:attendance")
    refused(ruled(question, holding), "S4", "H4", missing={"H3": "!objection:attendance", "H4": "mhtr"})
    permitted(ruled(question, holding | facts("mhtr")), "H4")


def test_h3_and_h4_stop_at_a_restriction_since_no_system_is_told_what_its_users_may_not_see():
    question = asks("case-management-system", "records-sync", "read", "referral")
    refused(ruled(question, SYSTEM | facts("supervised mhtr consent:attendance restricted")), "S3")


def test_h5_writes_a_restricted_record_without_announcing_it():
    ruling = ruled(asks("case-management-system", "records-sync", "write", "risk"), SYSTEM | facts("restricted"))
    permitted(ruling, "H5")
    assert not ruling.announce


def test_h6_narrows_and_grants_nothing():
    assert leicester().clause("H6").narrows == ("H2", "H3", "H4")
    for role in Role:
        for party in Party:
            for purpose in Purpose:
                for action in Action:
                    for subject in SUBJECTS:
                        conditions = leicester().conditions(role, party, purpose, action, subject)
                        assert "H6" not in {each.clause for each in conditions}


def test_h7_sends_for_matching_and_cannot_change_what_is_there():
    permitted(ruled(asks("clinical-system", "records-sync", "create", "identity"), SYSTEM), "H7")
    refused(ruled(asks("clinical-system", "records-sync", "write", "identity"), SYSTEM), "S2")


def test_h8_and_h9_limits_are_written_and_asked_for_whatever_they_are():
    for action, clause in (("write", "H8"), ("read", "H9")):
        question = asks("case-management-system", "records-sync", action, "limits")
        permitted(ruled(question, SYSTEM | facts("restricted")), clause)
    refused(ruled(asks("clinical-system", "records-sync", "read", "limits"), SYSTEM | facts("service")), "S2")
