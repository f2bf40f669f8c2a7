"""C4. The service may ask whether a time or a place is unsuitable and whether two staff are needed, and is never
told why.
"""

import pytest

from tests.specification.saying import Asking, Example, sentences

TH = Asking("C4", "therapist", "direct-care")
CL = Asking("C4", "clinical-lead", "direct-care")
AD = Asking("C4", "service-administrator", "direct-care")

EXAMPLES = [
    TH.may(
        "check",
        "obligations risk supervision",
        "service",
        "A therapist asks whether a time or a place is unsuitable and whether two staff are needed",
    ),
    CL.may("check", "obligations risk supervision", "service", "A clinical lead asks the same"),
    AD.may("check", "obligations risk supervision", "service", "An administrator asks the same before booking"),
    AD.may(
        "check",
        "obligations supervision",
        "service objection:obligations objection:supervision",
        "An objection does not stop the check: it tells nothing and keeps people safe",
    ),
    AD.may_not(
        "check",
        "obligations risk supervision",
        "",
        "Nobody checks about a person who is not with their service",
        lacks="service",
    ),
    AD.may_not(
        "read",
        "risk supervision",
        "service",
        "Being told that a place is unsuitable does not open the reason",
        because="S2",
    ),
    TH.may_not("check", "offence", "service", "Nothing is checked against the offence", because="S2"),
    AD.may_not(
        "check",
        "risk",
        "service restricted",
        "A restricted record answers no check of somebody who is not on its list",
        stopped_by="restricted",
    ),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_c4(example: Example) -> None:
    example.holds()
