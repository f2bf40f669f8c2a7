"""G6. Auditors and Caldicott guardians review alerts about unusual access."""

import pytest

from tests.specification.saying import Asking, Example, sentences

AU = Asking("G6", "auditor", "oversight", "health")
CG = Asking("G6", "caldicott-guardian", "oversight", "justice")

EXAMPLES = [
    AU.may("review", "access-alert", "", "An auditor reviews alerts about unusual access"),
    CG.may("review", "access-alert", "", "So does a Caldicott guardian"),
    AU.may("review", "access-alert", "", "They are reviewed after the agreement has ended", over=True),
    AU.may_not(
        "review",
        "access-alert",
        "restricted",
        "An alert about a restricted record is reviewed by somebody on its list",
        stopped_by="restricted",
    ),
    AU.may_not("review", "access-alert", "excluded", "And by nobody who is excluded from it", stopped_by="excluded"),
    Asking("G6", "probation-lead", "service-evaluation").may_not(
        "review", "access-alert", "", "The leads do not review alerts, which may be about them", because="S2"
    ),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_g6(example: Example) -> None:
    example.holds()
