"""P2. So that somebody can be protected, a probation lead may see who a person is and what a clinician has
released about them.
"""

import pytest

from tests.specification.saying import Asking, Example, sentences

LEAD = Asking("P2", "probation-lead", "public-protection")

EXAMPLES = [
    LEAD.may(
        "read",
        "identity safety-alert",
        "",
        ("So that somebody can be protected, a probation lead sees who a person is and what a clinician has released"),
    ),
    LEAD.may(
        "read",
        "identity safety-alert",
        "restricted",
        "A restriction does not keep a warning back, and its use is announced",
        announced=True,
    ),
    LEAD.may_not(
        "read", "safety-alert", "excluded", "Not to a lead who is excluded from the record", stopped_by="excluded"
    ),
    LEAD.may_not("read", "safety-alert", "", "Not to a lead who has left", without="employed", because="S1"),
    LEAD.may_not("read", "safety-alert", "", "Not under an agreement that has ended", because="S2", over=True),
    LEAD.may_not(
        "read", "safety notes", "", "What the clinician recorded and did not release stays closed", because="P3"
    ),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_p2(example: Example) -> None:
    example.holds()
