"""G4. The commissioner may see published figures alone, in which small counts are hidden and the rest are rounded."""

import pytest

from tests.specification.saying import Asking, Example, sentences

CO = Asking("G4", "commissioner", "service-evaluation")

EXAMPLES = [
    CO.may(
        "read",
        "published-figures",
        "",
        "The commissioner reads figures in which small counts are hidden and the rest are rounded",
    ),
    CO.may_not("read", "aggregate-figures", "", "Not the figures as they are", because="S2"),
    CO.may_not("read", "identity referral attendance scores", "", "Not a word about anybody", because="S2"),
    CO.may_not("read", "published-figures", "", "Not under an agreement that has ended", because="S2", over=True),
    CO.may_not(
        "read",
        "published-figures",
        "",
        "Not without training in information sharing",
        without="training:information-sharing",
        because="S1",
    ),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_g4(example: Example) -> None:
    example.holds()
