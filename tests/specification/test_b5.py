"""B5. A clinical lead allocates therapists to the referrals of their service."""

import pytest

from tests.specification.saying import Asking, Example, sentences

CL = Asking("B5", "clinical-lead", "direct-care")

EXAMPLES = [
    CL.may("write", "allocation", "service", "A clinical lead allocates a therapist to a referral of their service"),
    CL.may_not("write", "allocation", "", "They allocate nobody to a referral of another service", lacks="service"),
    CL.may_not(
        "write",
        "allocation",
        "service restricted",
        "A restricted record is not allocated by a lead who is not on its list",
        stopped_by="restricted",
    ),
    Asking("B5", "therapist", "direct-care").may_not(
        "write", "allocation", "service treating", "A therapist does not allocate themselves", because="S2"
    ),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_b5(example: Example) -> None:
    example.holds()
