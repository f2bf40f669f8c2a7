"""P4. Whoever may see a safety alert acknowledges that they have seen it."""

import pytest

from tests.specification.saying import Asking, Example, sentences

OM = Asking("P4", "offender-manager", "public-protection")
LEAD = Asking("P4", "probation-lead", "public-protection")

EXAMPLES = [
    OM.may(
        "acknowledge",
        "safety-alert",
        "caseload",
        "An offender manager acknowledges an alert about a person on their caseload",
    ),
    LEAD.may("acknowledge", "safety-alert", "", "A probation lead acknowledges any alert"),
    OM.may(
        "acknowledge",
        "safety-alert",
        "caseload restricted",
        "A restriction does not stop it, and the use is announced",
        announced=True,
    ),
    OM.may_not(
        "acknowledge",
        "safety-alert",
        "supervised",
        "An offender manager does not acknowledge what is a colleague's to act on",
        lacks="caseload",
    ),
    LEAD.may_not(
        "acknowledge",
        "safety-alert",
        "excluded",
        "A lead who is excluded from the record acknowledges nothing in it",
        stopped_by="excluded",
    ),
    OM.may_not(
        "write",
        "safety-alert",
        "caseload",
        "To acknowledge is not to write: the alert stays as the clinician released it",
        because="S2",
    ),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_p4(example: Example) -> None:
    example.holds()
