"""S1. A human caller needs to be employed in their role and trained in information sharing, a system to be
registered and not suspended, or nothing is permitted.
"""

import pytest

from tests.specification.saying import Asking, Example, sentences

OM = Asking("S1", "offender-manager", "supervision")
MS = Asking("S1", "case-management-system", "records-sync")

EXAMPLES = [
    OM.may(
        "read",
        "risk",
        "caseload",
        "Whoever is employed in their role and trained in information sharing may do what a clause permits",
        by="A1",
    ),
    OM.may_not(
        "read",
        "risk attendance",
        "caseload supervised consent:attendance",
        "Whoever is not employed in the role any more may do nothing",
        without="employed",
        because="S1",
    ),
    OM.may_not(
        "read",
        "risk attendance",
        "caseload supervised consent:attendance",
        "Whoever's training is older than twelve months may do nothing",
        without="training:information-sharing",
        because="S1",
    ),
    Asking("S1", "therapist", "emergency").may_not(
        "read",
        "safety",
        "break-glass",
        "An emergency does not stand in for training",
        without="training:information-sharing",
        because="S1",
    ),
    MS.may("write", "risk", "", "A system that is registered needs no training", by="H5"),
    MS.may_not("write", "risk", "", "A system that is suspended may do nothing", without="employed", because="S1"),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_s1(example: Example) -> None:
    example.holds()
