"""B2. A clinical lead keeps the records of the people referred to their service, as a therapist does; a withdrawal of
consent that a person whom they treat makes is never refused.
"""

import pytest

from tests.specification.saying import Asking, Example, sentences

CL = Asking("B2", "clinical-lead", "direct-care")

EXAMPLES = [
    CL.may(
        "read",
        "referral attendance progress scores clinical notes safety safety-alert meeting consent",
        "service",
        "A clinical lead reads what health holds about a person referred to their service",
    ),
    CL.may(
        "write",
        "referral attendance progress scores clinical notes safety safety-alert meeting consent",
        "service",
        "They write it too",
    ),
    CL.may("read", "identity contact", "service", "They see who and where the person is"),
    CL.may_not(
        "read",
        "identity notes",
        "",
        ("Of a person who was referred to another service, or whose referral closed 28 days ago, they see nothing"),
        lacks="service",
    ),
    CL.may_not("write", "identity contact", "service", "They do not change who or where the person is", because="S2"),
    CL.may(
        "withdraw",
        "consent",
        "treating restricted",
        "A withdrawal that a person makes to a lead who treats them is recorded even where the record is restricted",
        announced=True,
    ),
    CL.may("withdraw", "consent", "treating", "It is recorded even when the agreement has ended", over=True),
    CL.may("withdraw", "consent", "service", "They record a withdrawal like anything else that the person says"),
    CL.may_not(
        "withdraw",
        "consent",
        "",
        "Of a person who is neither referred to their service nor treated by them they record none",
        lacks="treating",
    ),
    CL.may_not(
        "withdraw",
        "consent",
        "service restricted",
        "Of a restricted record, a lead who does not treat the person leaves it to whoever treats or supervises them",
        stopped_by="restricted",
    ),
    CL.may_not(
        "read",
        "notes",
        "service restricted",
        "A restricted record is closed to a lead who is not on its list",
        stopped_by="restricted",
    ),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_b2(example: Example) -> None:
    example.holds()
