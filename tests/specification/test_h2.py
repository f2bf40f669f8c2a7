"""H2. A service's clinical system may know who is referred to that service and how to reach them."""

import pytest

from tests.specification.saying import Asking, Example, sentences

CS = Asking("H2", "clinical-system", "records-sync")

EXAMPLES = [
    CS.may(
        "read",
        "identity contact referral",
        "service",
        "A service's clinical system knows who is referred to that service and how to reach them",
    ),
    CS.may_not(
        "read",
        "identity contact referral",
        "",
        "Of anybody else it knows nothing, not even that they are on file",
        lacks="service",
    ),
    CS.may_not(
        "read", "identity", "service restricted", "A restricted record is not sent to it", stopped_by="restricted"
    ),
    CS.may_not("read", "supervision risk obligations", "service", "Nothing of the sentence goes to it", because="S2"),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_h2(example: Example) -> None:
    example.holds()
