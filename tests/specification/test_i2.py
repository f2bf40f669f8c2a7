"""I2. A clinical lead keeps the register of health staff, their managers and their training, and never their own."""

import pytest

from tests.specification.saying import Asking, Example, sentences

CL = Asking("I2", "clinical-lead", "direct-care")

EXAMPLES = [
    CL.may("read", "staff training", "", "A clinical lead sees health staff, their managers and their training"),
    CL.may("write", "staff training", "", "They keep that register"),
    CL.may_not("write", "training", "", "Not once they have left", without="employed", because="S1"),
    CL.may_not("write", "staff training", "", "Not under an agreement that has ended", because="S2", over=True),
    Asking("I2", "therapist", "direct-care").may_not(
        "write",
        "training staff",
        "treating",
        "Nobody else at health enters training, their own least of all",
        because="S2",
    ),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_i2(example: Example) -> None:
    example.holds()
