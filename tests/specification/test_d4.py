"""D4. While a sentence runs, and for as long as the person agrees, their offender manager may know the totals and
severity bands of outcome measures, and never a single answer.
"""

import pytest

from tests.specification.saying import Asking, Example, sentences

OM = Asking("D4", "offender-manager", "supervision")
AGREED = "caseload supervised consent:scores"

EXAMPLES = [
    OM.may(
        "read",
        "scores",
        AGREED,
        (
            "While the person agrees and their sentence runs, their offender manager knows totals and "
            "severity bands, and never a single answer"
        ),
        fields="totals",
    ),
    OM.may_not(
        "read",
        "scores",
        "caseload supervised consent:progress",
        "Consent to progress does not open the scores",
        lacks="consent:scores",
    ),
    OM.may_not("read", "scores", "caseload consent:scores", "Not once the sentence has ended", lacks="supervised"),
    OM.may_not(
        "read",
        "scores",
        "supervised consent:scores",
        "Not to an offender manager whose person it is not",
        lacks="caseload",
    ),
    OM.may_not(
        "read", "scores", f"{AGREED} objection:scores", "Not when the person objects", stopped_by="objection:scores"
    ),
    OM.may_not("write", "scores", AGREED, "They record no scores", because="S2"),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_d4(example: Example) -> None:
    example.holds()
