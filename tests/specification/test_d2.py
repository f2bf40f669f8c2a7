"""D2. Where a court has required treatment, the offender manager may know whether the person attends, whether they
agree or not.
"""

import pytest

from tests.specification.saying import Asking, Example, sentences

OM = Asking("D2", "offender-manager", "supervision")
ORDERED = "caseload supervised mhtr"

EXAMPLES = [
    OM.may(
        "read",
        "referral attendance",
        ORDERED,
        "Where a court has required treatment, the offender manager knows whether the person attends",
    ),
    OM.may(
        "read",
        "referral attendance",
        f"{ORDERED} objection:referral objection:attendance",
        "An objection does not stop court-ordered attendance",
    ),
    OM.may(
        "read",
        "attendance",
        f"{ORDERED} consent:attendance",
        "Where the person agrees as well, both clauses stand in the log",
        by="D1 D2",
    ),
    OM.may_not(
        "read",
        "attendance",
        "caseload supervised",
        "Without a treatment requirement it takes the person's consent",
        lacks="mhtr",
    ),
    OM.may_not(
        "read",
        "attendance",
        "caseload mhtr",
        "A requirement shares nothing once the sentence does not run",
        lacks="supervised",
    ),
    OM.may_not(
        "read", "attendance", "supervised mhtr", "The requirement is not for another offender manager", lacks="caseload"
    ),
    OM.may_not(
        "read",
        "attendance",
        f"{ORDERED} excluded",
        "Whoever is excluded does not know, requirement or not",
        stopped_by="excluded",
    ),
    OM.may_not(
        "read", "clinical notes", ORDERED, "A court's requirement opens no word of the therapy itself", because="P3"
    ),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_d2(example: Example) -> None:
    example.holds()
