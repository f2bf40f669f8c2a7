"""F1. In an emergency, with a live grant for this person, a clinician may see what is needed to keep them and
others safe.
"""

import pytest

from tests.specification.saying import Asking, Example, sentences

TH = Asking("F1", "therapist", "emergency")
CL = Asking("F1", "clinical-lead", "emergency")
NEEDED = "identity contact supervision risk referral attendance progress scores clinical notes safety safety-alert"

EXAMPLES = [
    TH.may(
        "read",
        NEEDED,
        "break-glass",
        ("In an emergency, with a grant for this person, a therapist sees what is needed to keep them and others safe"),
    ),
    CL.may("read", NEEDED, "break-glass", "So does a clinical lead"),
    TH.may(
        "read",
        NEEDED,
        "break-glass restricted",
        "A restriction does not stop it, and the use is announced",
        announced=True,
    ),
    TH.may("read", "supervision", "break-glass objection:supervision", "Neither does an objection"),
    TH.may_not(
        "read",
        NEEDED,
        "treating service",
        "Without a grant that is live, the purpose opens nothing",
        lacks="break-glass",
    ),
    TH.may_not("read", NEEDED, "break-glass excluded", "An exclusion holds in an emergency too", stopped_by="excluded"),
    TH.may_not(
        "read",
        "offence obligations meeting consent",
        "break-glass consent:offence",
        "Offences, obligations, meetings and consent are not needed for it",
        because="S2",
    ),
    TH.may_not("write", "notes safety", "break-glass", "Nothing is written under a grant", because="S2"),
    TH.may_not(
        "read",
        "safety",
        "break-glass",
        "A grant does not stand in for training",
        without="training:information-sharing",
        because="S1",
    ),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_f1(example: Example) -> None:
    example.holds()
