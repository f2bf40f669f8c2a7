"""E1. For as long as the person agrees to three-way meetings, their offender manager arranges and records them."""

import pytest

from tests.specification.saying import Asking, Example, sentences

OM = Asking("E1", "offender-manager", "supervision")

EXAMPLES = [
    OM.may(
        "read",
        "meeting",
        "caseload consent:meeting",
        ("While the person agrees to three-way meetings, their offender manager reads what was agreed in them"),
    ),
    OM.may("write", "meeting", "caseload consent:meeting", "They arrange and record them"),
    OM.may(
        "read",
        "meeting",
        "caseload consent:meeting objection:meeting",
        ("A meeting is joint, so that there is no other party to object to: the person withdraws the consent instead"),
    ),
    OM.may_not(
        "read",
        "meeting",
        "caseload",
        "Without the person's consent there are no three-way meetings to read",
        lacks="consent:meeting",
    ),
    OM.may_not(
        "write", "meeting", "consent:meeting", "Not by an offender manager whose person it is not", lacks="caseload"
    ),
    OM.may_not(
        "read",
        "meeting",
        "caseload consent:meeting restricted",
        "Not in a restricted record from outside its list",
        stopped_by="restricted",
    ),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_e1(example: Example) -> None:
    example.holds()
