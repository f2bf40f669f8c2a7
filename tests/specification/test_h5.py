"""H5. The case-management system writes what probation records; a person exists once it has written them."""

import pytest

from tests.specification.saying import Asking, Example, sentences

MS = Asking("H5", "case-management-system", "records-sync")
HELD = "identity contact supervision offence risk obligations"

EXAMPLES = [
    MS.may("write", HELD, "", "The case-management system sends what probation records"),
    MS.may("create", HELD, "", "A person exists here once it has sent them"),
    MS.may("write", HELD, "restricted", "A restriction does not hold up the records of those who supervise the person"),
    MS.may_not("read", "risk offence", "supervised", "It reads none of it back", because="S2"),
    MS.may_not("write", "attendance referral", "supervised", "It writes nothing that health holds", because="S2"),
    MS.may_not("write", "risk", "", "Not once the system is suspended", without="employed", because="S1"),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_h5(example: Example) -> None:
    example.holds()
