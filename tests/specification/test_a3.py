"""A3. A probation lead grants and revokes a named member of health staff's authorisation to receive
criminal-justice data.
"""

import pytest

from tests.specification.saying import Asking, Example, sentences

LEAD = Asking("A3", "probation-lead", "supervision")

EXAMPLES = [
    LEAD.may(
        "grant",
        "authorisation",
        "",
        "A probation lead authorises a named member of health staff to receive criminal-justice data",
    ),
    LEAD.may("revoke", "authorisation", "", "A probation lead takes the authorisation back"),
    LEAD.may_not(
        "grant",
        "authorisation",
        "",
        "A lead whose training has lapsed authorises nobody",
        without="training:information-sharing",
        because="S1",
    ),
    LEAD.may_not(
        "grant",
        "authorisation",
        "",
        "When the agreement has ended nobody is authorised any more",
        because="S2",
        over=True,
    ),
    Asking("A3", "offender-manager", "supervision").may_not(
        "grant", "authorisation", "caseload", "An offender manager cannot authorise anybody", because="S2"
    ),
    Asking("A3", "clinical-lead", "direct-care").may_not(
        "grant", "authorisation", "service", "Health cannot authorise itself", because="S2"
    ),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_a3(example: Example) -> None:
    example.holds()
