"""S2. Prohibitions beat permissions. Nothing is permitted unless a clause permits it."""

import pytest

from tests.specification.saying import Asking, Example, sentences

OM = Asking("S2", "offender-manager", "supervision")

EXAMPLES = [
    OM.may_not(
        "write",
        "attendance progress scores",
        "caseload supervised consent:attendance consent:progress consent:scores",
        "What no clause speaks of is refused, whatever holds",
        because="S2",
    ),
    Asking("S2", "therapist", "supervision").may_not(
        "read", "notes", "treating", "So is what is permitted for another purpose", because="S2"
    ),
    OM.may_not(
        "read", "notes", "caseload supervised consent:progress", "A prohibition beats every permission", because="P3"
    ),
    OM.may(
        "read",
        "attendance",
        "caseload supervised mhtr consent:attendance",
        "Where several clauses permit, all of them are named",
        by="D1 D2",
    ),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_s2(example: Example) -> None:
    example.holds()
