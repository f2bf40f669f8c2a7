"""H7. A clinical system sends who a person is and how to reach them, held for matching alone; nothing tells it
whether the person exists, but H2.
"""

import pytest

from tests.specification.saying import Asking, Example, sentences

CS = Asking("H7", "clinical-system", "records-sync")

EXAMPLES = [
    CS.may(
        "create", "identity contact", "", "A clinical system sends who a person is and how to reach them, to be matched"
    ),
    CS.may(
        "create",
        "identity contact",
        "restricted",
        "It may do so whether or not the person is on file or restricted, and learns neither",
    ),
    CS.may_not("write", "identity contact", "", "It does not change who or where anybody is", because="S2"),
    CS.may_not(
        "read",
        "identity contact",
        "",
        "Nothing tells it whether the person exists, until they are referred to its service",
        because="H2",
    ),
    CS.may_not("create", "identity", "", "Not once the system is suspended", without="employed", because="S1"),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_h7(example: Example) -> None:
    example.holds()
