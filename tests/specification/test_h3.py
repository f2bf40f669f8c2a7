"""H3. While a sentence runs, and for as long as the person agrees, the case-management system may know whether
they attend.
"""

import pytest

from tests.specification.saying import Asking, Example, sentences

MS = Asking("H3", "case-management-system", "records-sync")
AGREED = "supervised consent:attendance"

EXAMPLES = [
    MS.may(
        "read",
        "identity referral attendance",
        AGREED,
        "While a sentence runs and the person agrees, the case-management system knows whether they attend",
    ),
    MS.may_not(
        "read", "attendance", "supervised", "Without the person's consent it does not", lacks="consent:attendance"
    ),
    MS.may_not("read", "attendance", "consent:attendance", "Nor when the sentence has ended", lacks="supervised"),
    MS.may_not(
        "read",
        "attendance",
        f"{AGREED} objection:attendance",
        "Nor when the person objects",
        stopped_by="objection:attendance",
    ),
    MS.may_not(
        "read", "attendance", f"{AGREED} restricted", "A restricted record is not sent to it", stopped_by="restricted"
    ),
    MS.may_not(
        "read",
        "progress scores",
        f"{AGREED} consent:progress consent:scores",
        "Progress and scores go to the offender manager and never to the system",
        because="S2",
    ),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_h3(example: Example) -> None:
    example.holds()
