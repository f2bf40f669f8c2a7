"""H8. The case-management system writes exclusions, restrictions and the allocation of caseloads."""

import pytest

from tests.specification.saying import Asking, Example, sentences

MS = Asking("H8", "case-management-system", "records-sync")

EXAMPLES = [
    MS.may(
        "write",
        "limits allocation",
        "",
        ("The case-management system sends who is excluded, who is on which list, and whose caseload a person is on"),
    ),
    MS.may("write", "limits allocation", "restricted", "It does so for a record that is restricted already"),
    MS.may_not("write", "authorisation training staff", "", "It authorises, trains and employs nobody", because="S2"),
    MS.may_not("write", "limits", "", "Not once the system is suspended", without="employed", because="S1"),
    Asking("H8", "clinical-system", "records-sync").may_not(
        "write", "limits allocation", "service", "Health's systems limit nobody's access", because="S2"
    ),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_h8(example: Example) -> None:
    example.holds()
