"""B4. A service administrator keeps the referrals and appointments of their service and may see who the people are
and how to reach them.
"""

import pytest

from tests.specification.saying import Asking, Example, sentences

AD = Asking("B4", "service-administrator", "direct-care")

EXAMPLES = [
    AD.may(
        "read",
        "referral attendance identity contact",
        "service",
        (
            "An administrator of the service sees who the people are, how to reach them, and their referrals "
            "and appointments"
        ),
    ),
    AD.may("write", "referral attendance", "service", "They book appointments and record who came"),
    AD.may_not(
        "read", "attendance identity", "", "Of a person who is not with their service they see nothing", lacks="service"
    ),
    AD.may_not("write", "identity contact", "service", "They do not change who or where the person is", because="S2"),
    AD.may_not(
        "read",
        "clinical notes scores safety progress",
        "service",
        "What is wrong with the person and what they say in therapy is not for the administrator",
        because="S2",
    ),
    AD.may_not(
        "write",
        "attendance",
        "service",
        "When the agreement has ended nothing is booked under it",
        because="S2",
        over=True,
    ),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_b4(example: Example) -> None:
    example.holds()
