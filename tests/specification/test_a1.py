"""A1. An offender manager keeps the records of the people on their caseload."""

import pytest

from tests.specification.saying import Asking, Example, sentences

OM = Asking("A1", "offender-manager", "supervision")

EXAMPLES = [
    OM.may(
        "read",
        "identity contact supervision offence risk obligations",
        "caseload",
        (
            "An offender manager reads who and where a person on their caseload is, their sentence, offences, "
            "risk and obligations"
        ),
    ),
    OM.may(
        "write",
        "identity contact supervision offence risk obligations",
        "caseload",
        "They keep those records up to date",
    ),
    OM.may(
        "create",
        "obligations",
        "caseload",
        "They enter a new appointment into the diary of what the person has to attend",
    ),
    OM.may(
        "read", "risk", "caseload restricted listed", "They read a restricted record if they are on its access list"
    ),
    OM.may_not(
        "read",
        "identity offence risk",
        "supervised",
        "Of a person on a colleague's caseload they read nothing under this clause",
        lacks="caseload",
    ),
    OM.may_not(
        "read",
        "risk",
        "caseload",
        "Without a valid training in information sharing they read nothing",
        without="training:information-sharing",
        because="S1",
    ),
    OM.may_not(
        "read",
        "identity",
        "caseload restricted",
        (
            "A restricted record is closed to them while they are not on its list, though the person is on "
            "their caseload"
        ),
        stopped_by="restricted",
    ),
    OM.may_not(
        "write",
        "risk",
        "caseload excluded",
        "Whoever is excluded from a record neither reads nor writes it",
        stopped_by="excluded",
    ),
    OM.may_not("read", "notes", "caseload", "The caseload opens nothing of what was said in therapy", because="P3"),
    OM.may_not(
        "read", "risk", "caseload", "When the agreement has ended it opens nothing any more", because="S2", over=True
    ),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_a1(example: Example) -> None:
    example.holds()
