"""A2. A probation lead may see who is supervised, how, at what risk and with what obligations."""

import pytest

from tests.specification.saying import Asking, Example, sentences

LEAD = Asking("A2", "probation-lead", "supervision")

EXAMPLES = [
    LEAD.may(
        "read",
        "identity supervision risk obligations",
        "",
        (
            "A probation lead reads who is supervised, how, at what risk and with what obligations, whoever's "
            "caseload it is"
        ),
    ),
    LEAD.may("read", "risk", "restricted listed", "They read a restricted record if they are on its access list"),
    LEAD.may_not(
        "read", "contact offence", "", "Addresses and previous convictions are not for the lead", because="S2"
    ),
    LEAD.may_not(
        "write",
        "identity supervision risk obligations",
        "",
        "The lead reads these records and does not change them",
        because="S2",
    ),
    LEAD.may_not(
        "read",
        "supervision",
        "restricted",
        "A restricted record is closed to a lead who is not on its list",
        stopped_by="restricted",
    ),
    LEAD.may_not(
        "read",
        "attendance",
        "supervised consent:attendance mhtr",
        "What health shares goes to the offender manager and not to their lead",
        because="S2",
    ),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_a2(example: Example) -> None:
    example.holds()
