"""I1. A probation lead keeps the register of justice staff, their managers and their training, and never their
own.
"""

import pytest

from tests.specification.saying import Asking, Example, sentences

LEAD = Asking("I1", "probation-lead", "supervision")

EXAMPLES = [
    LEAD.may("read", "staff training", "", "A probation lead sees justice staff, their managers and their training"),
    LEAD.may("write", "staff training", "", "They keep that register"),
    LEAD.may(
        "write",
        "staff training",
        "excluded restricted",
        "Staff are no person's record: a limit on one does not touch the register",
    ),
    LEAD.may_not(
        "write",
        "staff",
        "",
        "Not with a training of their own that has lapsed",
        without="training:information-sharing",
        because="S1",
    ),
    LEAD.may_not("write", "staff training", "", "Not under an agreement that has ended", because="S2", over=True),
    Asking("I1", "offender-manager", "supervision").may_not(
        "write",
        "training staff",
        "caseload",
        "Nobody else at probation enters training, their own least of all",
        because="S2",
    ),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_i1(example: Example) -> None:
    example.holds()
