"""D5. A trained offender manager refers a person under supervision to the service; the answer is the same whether
or not a referral is open already, and health sees and merges duplicates.
"""

import pytest

from tests.specification.saying import Asking, Example, sentences

OM = Asking("D5", "offender-manager", "supervision")
TRAINED = "caseload supervised training:mental-health-awareness"

EXAMPLES = [
    OM.may(
        "create",
        "referral",
        TRAINED,
        "A trained offender manager refers a person whom they supervise, at once or as a draft of their own",
        by="D5 D6",
        rows="sent own-draft",
    ),
    OM.may_not(
        "create",
        "referral",
        "caseload supervised",
        "Not without the awareness training",
        lacks="training:mental-health-awareness",
    ),
    OM.may_not(
        "create",
        "referral",
        "caseload training:mental-health-awareness",
        "Not for somebody whose sentence has ended",
        lacks="supervised",
    ),
    OM.may_not(
        "create",
        "referral",
        "supervised training:mental-health-awareness",
        "Not for a person on a colleague's caseload",
        lacks="caseload",
    ),
    OM.may_not(
        "create",
        "referral",
        f"{TRAINED} restricted",
        "Not into a restricted record from outside its list",
        stopped_by="restricted",
    ),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_d5(example: Example) -> None:
    example.holds()
