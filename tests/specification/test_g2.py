"""G2. Caldicott guardians review emergency grants and may see what the person agreed to."""

import pytest

from tests.specification.saying import Asking, Example, sentences

CG = Asking("G2", "caldicott-guardian", "oversight", "health")
JG = Asking("G2", "caldicott-guardian", "oversight", "justice")

EXAMPLES = [
    CG.may("review", "emergency-grant", "", "A Caldicott guardian reviews emergency grants"),
    JG.may("review", "emergency-grant", "", "Those of either party do"),
    CG.may("read", "consent", "", "They see what the person agreed to and objected to"),
    CG.may(
        "review",
        "emergency-grant",
        "restricted",
        "A restriction keeps no grant from being reviewed, and the use is announced",
        announced=True,
    ),
    CG.may("review", "emergency-grant", "", "Reviews go on after the agreement has ended", over=True),
    CG.may_not(
        "review",
        "emergency-grant",
        "excluded",
        "A guardian who is excluded from the record does not review a grant for it",
        stopped_by="excluded",
    ),
    CG.may_not("write", "consent", "", "They see consent and record none", because="S2"),
    Asking("G2", "auditor", "oversight", "health").may_not(
        "review", "emergency-grant", "", "An auditor reads of grants in the log and reviews none", because="S2"
    ),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_g2(example: Example) -> None:
    example.holds()
