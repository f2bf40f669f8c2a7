"""H4. Where a court has required treatment, the case-management system may know whether the person attends,
whether they agree or not.
"""

import pytest

from tests.specification.saying import Asking, Example, sentences

MS = Asking("H4", "case-management-system", "records-sync")
ORDERED = "supervised mhtr"

EXAMPLES = [
    MS.may(
        "read",
        "identity referral attendance",
        ORDERED,
        "Where a court has required treatment, the case-management system knows whether the person attends",
    ),
    MS.may(
        "read",
        "referral attendance",
        f"{ORDERED} objection:referral objection:attendance",
        "An objection does not stop court-ordered attendance",
    ),
    MS.may(
        "read",
        "attendance",
        f"{ORDERED} consent:attendance",
        "Where the person agrees as well, both clauses stand in the log",
        by="H3 H4",
    ),
    MS.may_not(
        "read",
        "attendance",
        "supervised",
        "Without a treatment requirement it takes the person's consent",
        lacks="mhtr",
    ),
    MS.may_not(
        "read", "attendance", "mhtr", "A requirement shares nothing once the sentence does not run", lacks="supervised"
    ),
    MS.may_not("read", "notes", ORDERED, "No word of the therapy itself goes to the system", because="P3"),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_h4(example: Example) -> None:
    example.holds()
