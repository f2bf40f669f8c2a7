"""D6. They may read and change their own draft of a referral until it is sent."""

import pytest

from tests.specification.saying import Asking, Example, sentences

OM = Asking("D6", "offender-manager", "supervision")
TRAINED = "caseload supervised training:mental-health-awareness"

EXAMPLES = [
    OM.may(
        "read", "referral", TRAINED, "They read their own draft of a referral, and no other referral", rows="own-draft"
    ),
    OM.may("write", "referral", TRAINED, "They change it until it is sent", rows="own-draft"),
    OM.may(
        "read",
        "referral",
        f"{TRAINED} consent:attendance",
        "With the person's consent they read the referrals that were sent as well",
        by="D1 D6",
        rows="sent own-draft",
    ),
    OM.may_not(
        "write",
        "referral",
        "caseload supervised",
        "Not without the awareness training",
        lacks="training:mental-health-awareness",
    ),
    OM.may_not(
        "write",
        "referral",
        "caseload training:mental-health-awareness",
        "Not when the sentence has ended",
        lacks="supervised",
    ),
    OM.may_not(
        "write",
        "referral",
        "supervised training:mental-health-awareness",
        "Not when the person is somebody else's now",
        lacks="caseload",
    ),
    OM.may_not(
        "read",
        "referral",
        f"{TRAINED} objection:referral",
        "An objection to the referral being read closes the draft as well",
        stopped_by="objection:referral",
    ),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_d6(example: Example) -> None:
    example.holds()
