"""S4. An objection stops its category from being read by a caller of the party that does not own it, whatever
consent says. It does not stop court-ordered attendance, an emergency or subject access. Joint categories have
no other party, and nobody can object to risk or safety alerts.
"""

import pytest

from tests.specification.saying import Asking, Example, sentences

OM = Asking("S4", "offender-manager", "supervision")
TH = Asking("S4", "therapist", "direct-care")
CLEARED = "service training:criminal-justice-data authorised:criminal-justice"

EXAMPLES = [
    OM.may_not(
        "read",
        "attendance",
        "caseload supervised consent:attendance objection:attendance",
        "An objection stops the other party from reading, whatever consent says",
        because="S4 D2",
    ),
    OM.may(
        "read",
        "referral",
        "caseload supervised consent:attendance objection:attendance",
        "It stops its own category and no other",
        by="D1",
    ),
    OM.may(
        "read",
        "attendance",
        "caseload supervised mhtr objection:attendance",
        "It does not stop court-ordered attendance",
        by="D2",
    ),
    Asking("S4", "clinical-lead", "emergency").may(
        "read", "supervision", "break-glass objection:supervision", "It does not stop an emergency", by="F1"
    ),
    Asking("S4", "records-officer", "subject-access").may(
        "read",
        "offence",
        "subject-request objection:offence",
        "It does not stop subject access",
        by="G3",
        rows="all",
        fields="third-parties-withheld",
    ),
    TH.may("read", "notes", "treating objection:notes", "It does not stop the party whose record it is", by="B1"),
    TH.may_not(
        "read",
        "supervision",
        f"{CLEARED} objection:supervision",
        "What probation holds can be objected to as well",
        because="S4",
    ),
    TH.may(
        "read",
        "risk",
        f"{CLEARED} objection:supervision objection:obligations",
        "Nobody can object to risk being known",
        by="C1",
    ),
    OM.may("read", "contact", "caseload objection:contact", "Joint categories have no other party", by="A1"),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_s4(example: Example) -> None:
    example.holds()
