"""D3. While a sentence runs, and for as long as the person agrees, their offender manager may know how they engage
and what their goals are.
"""

import pytest

from tests.specification.saying import Asking, Example, sentences

OM = Asking("D3", "offender-manager", "supervision")
AGREED = "caseload supervised consent:progress"

EXAMPLES = [
    OM.may(
        "read",
        "progress",
        AGREED,
        (
            "While the person agrees and their sentence runs, their offender manager knows how they engage "
            "and what their goals are"
        ),
    ),
    OM.may_not(
        "read",
        "progress",
        "caseload supervised consent:attendance consent:scores mhtr",
        "Neither a treatment requirement nor consent to something else opens it",
        lacks="consent:progress",
    ),
    OM.may_not("read", "progress", "caseload consent:progress", "Not once the sentence has ended", lacks="supervised"),
    OM.may_not(
        "read",
        "progress",
        "supervised consent:progress",
        "Not to an offender manager whose person it is not",
        lacks="caseload",
    ),
    OM.may_not(
        "read",
        "progress",
        f"{AGREED} objection:progress",
        "Not when the person objects",
        stopped_by="objection:progress",
    ),
    OM.may_not("write", "progress", AGREED, "They read the summary and do not write it", because="S2"),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_d3(example: Example) -> None:
    example.holds()
