"""G8. Caldicott guardians decide whether two records are of one person, and may see who the two are said to be."""

import pytest

from tests.specification.saying import Asking, Example, sentences

CG = Asking("G8", "caldicott-guardian", "oversight", "health")
JG = Asking("G8", "caldicott-guardian", "oversight", "justice")

EXAMPLES = [
    CG.may("read", "identity identity-link", "", "A Caldicott guardian sees who the two are that may be one person"),
    CG.may("link", "identity identity-link", "", "They decide that two records are of one person"),
    JG.may("unlink", "identity identity-link", "", "They decide that they are not"),
    CG.may("link", "identity", "", "They do so after the agreement has ended", over=True),
    CG.may_not(
        "link",
        "identity identity-link",
        "restricted",
        "A restricted record is matched by a guardian on its list alone",
        stopped_by="restricted",
    ),
    CG.may_not(
        "read",
        "identity",
        "excluded",
        "A guardian who is excluded from the record leaves it to the other one",
        stopped_by="excluded",
    ),
    CG.may_not("read", "contact referral notes", "", "More than who somebody is they do not see", because="S2"),
    Asking("G8", "auditor", "oversight", "health").may_not(
        "link", "identity-link", "", "An auditor matches nobody", because="S2"
    ),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_g8(example: Example) -> None:
    example.holds()
