"""F2. In an emergency, with a live grant for this person, probation may see who and where they are, their
appointments and the safety alerts released.
"""

import pytest

from tests.specification.saying import Asking, Example, sentences

OM = Asking("F2", "offender-manager", "emergency")
LEAD = Asking("F2", "probation-lead", "emergency")
NEEDED = "identity contact attendance safety-alert"

EXAMPLES = [
    OM.may(
        "read",
        NEEDED,
        "break-glass",
        (
            "In an emergency, with a grant for this person, an offender manager sees who and where they are, "
            "their appointments and the alerts"
        ),
    ),
    LEAD.may("read", NEEDED, "break-glass", "So does a probation lead"),
    OM.may("read", "attendance", "break-glass objection:attendance", "An objection does not stop it"),
    OM.may(
        "read", NEEDED, "break-glass restricted", "Neither does a restriction, and the use is announced", announced=True
    ),
    OM.may_not(
        "read",
        NEEDED,
        "caseload supervised consent:attendance",
        ("Without a grant that is live, the purpose opens nothing, not even to the person's own offender manager"),
        lacks="break-glass",
    ),
    LEAD.may_not(
        "read", NEEDED, "break-glass excluded", "An exclusion holds in an emergency too", stopped_by="excluded"
    ),
    OM.may_not("read", "progress scores referral risk", "break-glass", "No more than that is open", because="S2"),
    OM.may_not("read", "clinical notes safety", "break-glass", "And never the therapy itself", because="P3"),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_f2(example: Example) -> None:
    example.holds()
