"""G7. The leads of both services may see figures as they are, and never publish them."""

import pytest

from tests.specification.saying import Asking, Example, sentences

CL = Asking("G7", "clinical-lead", "service-evaluation")
PL = Asking("G7", "probation-lead", "service-evaluation")

EXAMPLES = [
    CL.may("read", "aggregate-figures", "", "A clinical lead sees the service's figures as they are"),
    PL.may("read", "aggregate-figures", "", "So does a probation lead"),
    CL.may(
        "read",
        "aggregate-figures",
        "excluded restricted",
        "Figures are about nobody: an exclusion from somebody's record does not touch them",
    ),
    CL.may_not("read", "identity scores", "service", "Figures open nobody's record", because="S2"),
    CL.may_not("read", "aggregate-figures", "", "Not under an agreement that has ended", because="S2", over=True),
    Asking("G7", "commissioner", "service-evaluation").may_not(
        "read", "aggregate-figures", "", "Not to the commissioner, who reads the published ones", because="S2"
    ),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_g7(example: Example) -> None:
    example.holds()
