"""B1. A therapist keeps the records of the people they treat and may see who and where those people are; a
withdrawal of consent that such a person makes is never refused.
"""

import pytest

from tests.specification.saying import Asking, Example, sentences

TH = Asking("B1", "therapist", "direct-care")

EXAMPLES = [
    TH.may(
        "read",
        "attendance progress scores notes safety safety-alert meeting consent",
        "treating",
        "A therapist reads everything that health holds about a person they treat",
    ),
    TH.may(
        "read",
        "referral clinical",
        "treating service",
        ("Whoever treats the person may read referral and problem both as their therapist and as one of the service"),
        by="B1 B3",
    ),
    TH.may(
        "write",
        "referral attendance progress scores clinical notes safety safety-alert meeting consent",
        "treating",
        "They write it: appointments, scores, notes, the safety plan, alerts, meetings and consent",
    ),
    TH.may("read", "contact identity", "treating", "They see who and where the person is"),
    TH.may(
        "withdraw",
        "consent",
        "treating restricted",
        ("A withdrawal that the person makes to their therapist is recorded even where the record is restricted"),
        announced=True,
    ),
    TH.may("withdraw", "consent", "treating", "It is recorded even when the agreement has ended", over=True),
    TH.may_not(
        "read", "notes", "service", "Another therapist of the same service does not read the notes", lacks="treating"
    ),
    TH.may_not(
        "write", "contact identity", "treating", "A therapist does not change who or where the person is", because="S2"
    ),
    TH.may_not(
        "withdraw",
        "consent",
        "treating excluded",
        "Whoever is excluded from a record records no withdrawal in it",
        stopped_by="excluded",
    ),
    TH.may_not(
        "write",
        "supervision offence risk",
        "treating",
        "Treating somebody does not let a therapist write what probation holds",
        because="S2",
    ),
    TH.may_not(
        "read",
        "notes",
        "treating restricted",
        "A restricted record is closed to a therapist who is not on its list",
        stopped_by="restricted",
    ),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_b1(example: Example) -> None:
    example.holds()
