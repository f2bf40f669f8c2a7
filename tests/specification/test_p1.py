"""P1. So that somebody can be protected, an offender manager may see who a person on their caseload is and what a
clinician has released about them.
"""

import pytest

from tests.specification.saying import Asking, Example, sentences

OM = Asking("P1", "offender-manager", "public-protection")

EXAMPLES = [
    OM.may(
        "read",
        "identity safety-alert",
        "caseload",
        (
            "So that somebody can be protected, an offender manager sees who a person on their caseload is "
            "and what a clinician has released"
        ),
    ),
    OM.may(
        "read",
        "safety-alert",
        "caseload restricted",
        "A restriction does not keep a warning back, and its use is announced",
        announced=True,
    ),
    OM.may(
        "read",
        "safety-alert",
        "caseload restricted listed",
        "Nothing is announced of somebody who is on the list",
        announced=False,
    ),
    OM.may_not(
        "read", "identity safety-alert", "supervised", "Not of a person on a colleague's caseload", lacks="caseload"
    ),
    OM.may_not(
        "read", "safety-alert", "caseload excluded", "Not to whoever is excluded from the record", stopped_by="excluded"
    ),
    OM.may_not(
        "read", "safety", "caseload", "What the clinician recorded and did not release stays closed", because="P3"
    ),
    OM.may_not("read", "risk contact attendance", "caseload", "The purpose opens nothing else", because="S2"),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_p1(example: Example) -> None:
    example.holds()
