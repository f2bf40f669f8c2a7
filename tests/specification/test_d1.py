"""D1. While a sentence runs, and for as long as the person agrees, their offender manager may know whether they
attend.
"""

import pytest

from tests.specification.saying import Asking, Example, sentences

OM = Asking("D1", "offender-manager", "supervision")
CONSENTED = "caseload supervised consent:attendance"

EXAMPLES = [
    OM.may(
        "read",
        "referral attendance",
        CONSENTED,
        (
            "While the person agrees and their sentence runs, their offender manager knows that they were "
            "referred and whether they come"
        ),
    ),
    OM.may_not(
        "read",
        "attendance referral",
        "caseload supervised",
        "Without the person's consent they do not know",
        lacks="consent:attendance",
    ),
    OM.may_not(
        "read",
        "attendance",
        "caseload consent:attendance",
        "When the sentence has ended they do not know any more",
        lacks="supervised",
    ),
    OM.may_not(
        "read",
        "attendance",
        "supervised consent:attendance",
        "The person's consent is not for another offender manager",
        lacks="caseload",
    ),
    OM.may_not(
        "read",
        "attendance",
        "caseload",
        "Everything that is missing is said at once, and not only the first of it",
        lacks="supervised consent:attendance",
    ),
    OM.may_not(
        "read",
        "attendance",
        f"{CONSENTED} objection:attendance",
        "An objection stops it whatever consent says",
        stopped_by="objection:attendance",
    ),
    OM.may_not(
        "read",
        "attendance",
        f"{CONSENTED} restricted",
        "A restriction stops it for whoever is not on its list",
        stopped_by="restricted",
    ),
    OM.may_not(
        "write", "attendance", CONSENTED, "They are told and record nothing: attendance belongs to health", because="S2"
    ),
    OM.may_not(
        "read",
        "clinical notes safety",
        CONSENTED,
        "Consent to attendance opens nothing of what is said there",
        because="P3",
    ),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_d1(example: Example) -> None:
    example.holds()
