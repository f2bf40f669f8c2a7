"""H6. A system's change feed carries only what the system may read now, and drops a person the moment that stops
being so; the removal notice carries the receiver's own id alone.
"""

import pytest

from tests.specification.saying import Asking, Example, sentences

CS = Asking("H6", "clinical-system", "records-sync")
MS = Asking("H6", "case-management-system", "records-sync")

EXAMPLES = [
    MS.may(
        "read",
        "attendance",
        "supervised consent:attendance",
        "While the system may read a person's attendance its feed carries it",
        by="H3",
    ),
    MS.may_not(
        "read",
        "attendance referral identity",
        "supervised",
        "The moment consent is withdrawn there is nothing that the feed could carry",
        because="H3 H4",
    ),
    CS.may(
        "read",
        "identity",
        "service",
        "While a referral to the service is live its system's feed carries the person",
        by="H2",
    ),
    CS.may_not(
        "read",
        "identity contact referral",
        "",
        "28 days after the referral closed there is nothing that the feed could carry",
        because="H2",
    ),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_h6(example: Example) -> None:
    example.holds()
