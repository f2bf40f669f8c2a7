"""E3. An offender manager records what a person on their caseload agrees to and objects to; a withdrawal is never
refused to them.
"""

import pytest

from tests.specification.saying import Asking, Example, sentences

OM = Asking("E3", "offender-manager", "supervision")

EXAMPLES = [
    OM.may(
        "read",
        "consent",
        "caseload",
        "An offender manager reads what a person on their caseload agrees to and objects to",
    ),
    OM.may("write", "consent", "caseload", "They record what the person agrees to, refuses or objects to"),
    OM.may("withdraw", "consent", "caseload", "They record that the person withdraws it"),
    OM.may(
        "withdraw",
        "consent",
        "caseload restricted",
        "A restriction does not stop a withdrawal, and the use is announced",
        announced=True,
    ),
    OM.may("withdraw", "consent", "caseload", "Neither does an agreement that has ended", over=True),
    OM.may_not(
        "write",
        "consent",
        "caseload restricted",
        "A restriction stops the recording of anything but a withdrawal",
        stopped_by="restricted",
    ),
    OM.may_not("write", "consent", "caseload", "So does the end of the agreement", because="S2", over=True),
    OM.may_not(
        "withdraw",
        "consent",
        "supervised",
        "A colleague does not record a withdrawal for a person who is not theirs",
        lacks="caseload",
    ),
    OM.may_not(
        "withdraw", "consent", "caseload excluded", "Whoever is excluded records no withdrawal", stopped_by="excluded"
    ),
    OM.may_not(
        "withdraw",
        "consent",
        "caseload",
        "Nor does somebody whose training has lapsed",
        without="training:information-sharing",
        because="S1",
    ),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_e3(example: Example) -> None:
    example.holds()
