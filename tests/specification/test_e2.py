"""E2. For as long as the person agrees to a health trainer, the trainer may see who and where the person is, their
referral and their appointments.
"""

import pytest

from tests.specification.saying import Asking, Example, sentences

HT = Asking("E2", "health-trainer", "direct-care")

EXAMPLES = [
    HT.may(
        "read",
        "identity contact referral attendance",
        "service consent:health-trainer",
        (
            "While the person agrees to a health trainer, the trainer sees who and where they are, their "
            "referral and their appointments"
        ),
    ),
    HT.may_not(
        "read",
        "identity contact referral attendance",
        "service",
        "Without the person's consent the trainer sees nobody",
        lacks="consent:health-trainer",
    ),
    HT.may_not(
        "read",
        "attendance",
        "consent:health-trainer",
        "The consent is for the trainer of the service, and for no other",
        lacks="service",
    ),
    HT.may_not(
        "write", "attendance referral", "service consent:health-trainer", "The trainer books nothing", because="S2"
    ),
    HT.may_not(
        "read",
        "clinical notes scores progress safety",
        "service consent:health-trainer",
        "Nothing of the treatment is open to the trainer",
        because="S2",
    ),
    HT.may_not(
        "read",
        "identity",
        "service consent:health-trainer excluded",
        "A trainer who is excluded sees nobody, consent or not",
        stopped_by="excluded",
    ),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_e2(example: Example) -> None:
    example.holds()
