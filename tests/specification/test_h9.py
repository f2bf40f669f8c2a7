"""H9. The case-management system may ask how access to a person's record is limited for its own users."""

import pytest

from tests.specification.saying import Asking, Example, sentences

MS = Asking("H9", "case-management-system", "records-sync")

EXAMPLES = [
    MS.may("read", "limits", "", "The case-management system asks which of its own users a record is closed to"),
    MS.may("read", "limits", "restricted", "It does so of a restricted record, which is what the question is about"),
    MS.may_not("read", "limits", "", "Not once the system is suspended", without="employed", because="S1"),
    Asking("H9", "clinical-system", "records-sync").may_not(
        "read", "limits", "service", "Health's systems are not told who is limited", because="S2"
    ),
    Asking("H9", "offender-manager", "supervision").may_not(
        "read", "limits", "caseload", "Nor is a member of staff, about others", because="S2"
    ),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_h9(example: Example) -> None:
    example.holds()
