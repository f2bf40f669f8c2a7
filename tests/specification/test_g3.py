"""G3. A records officer gives a person who has asked for it everything that is held about them, without the names
of third parties and without what a clinician has recorded as likely to cause serious harm.
"""

import pytest

from tests.specification.saying import Asking, Example, sentences

RO = Asking("G3", "records-officer", "subject-access")
ALL = (
    "identity contact supervision offence risk obligations referral attendance progress scores "
    "clinical notes safety safety-alert meeting consent"
)

EXAMPLES = [
    RO.may(
        "read",
        ALL,
        "subject-request",
        (
            "Whoever has asked for it is given everything that is held about them, without third parties' "
            "names and without what is likely to cause serious harm"
        ),
        rows="all",
        fields="third-parties-withheld",
    ),
    RO.may(
        "read",
        ALL,
        "subject-request objection:offence objection:supervision objection:obligations",
        "What the person objected to others reading is still theirs to read",
        rows="all",
        fields="third-parties-withheld",
    ),
    RO.may(
        "read",
        ALL,
        "subject-request restricted",
        "A restriction does not stop it, and the use is announced",
        rows="all",
        fields="third-parties-withheld",
        announced=True,
    ),
    RO.may(
        "read",
        ALL,
        "subject-request",
        "A person may ask after the agreement has ended",
        rows="all",
        fields="third-parties-withheld",
        over=True,
    ),
    RO.may_not(
        "read",
        ALL,
        "",
        "Without an open request of the person's a records officer reads nothing",
        lacks="subject-request",
    ),
    RO.may_not(
        "read",
        "notes",
        "subject-request excluded",
        "A records officer who is excluded from the record leaves it to a colleague",
        stopped_by="excluded",
    ),
    RO.may_not("write", "identity notes", "subject-request", "They change nothing in the record", because="S2"),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_g3(example: Example) -> None:
    example.holds()
