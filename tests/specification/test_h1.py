"""H1. A service's clinical system writes what the service records."""

import pytest

from tests.specification.saying import Asking, Example, sentences

CS = Asking("H1", "clinical-system", "records-sync")
HELD = "referral attendance progress scores clinical notes safety safety-alert"

EXAMPLES = [
    CS.may("write", HELD, "", "A service's clinical system sends what the service records"),
    CS.may("create", HELD, "", "It sends what is new"),
    CS.may(
        "write",
        HELD,
        "restricted",
        (
            "A restriction does not hold up the records of those who treat the person, and a system's use is "
            "not announced"
        ),
    ),
    CS.may_not("read", "attendance notes scores", "service", "It reads none of it back", because="S2"),
    CS.may_not("write", "supervision risk offence", "", "It writes nothing that probation holds", because="S2"),
    CS.may_not("write", "notes", "", "Not once the system is suspended", without="employed", because="S1"),
    CS.may_not("write", "notes", "", "Not under an agreement that has ended", because="S2", over=True),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_h1(example: Example) -> None:
    example.holds()
