"""C1. Trained and authorised clinicians of the service may see how a person is supervised, at what risk and with
what obligations.
"""

import pytest

from tests.specification.saying import Asking, Example, sentences

TH = Asking("C1", "therapist", "direct-care")
CL = Asking("C1", "clinical-lead", "direct-care")
CLEARED = "service training:criminal-justice-data authorised:criminal-justice"

EXAMPLES = [
    TH.may(
        "read",
        "supervision risk obligations",
        CLEARED,
        (
            "A trained and authorised therapist of the service sees how a person is supervised, at what risk "
            "and with what obligations"
        ),
    ),
    CL.may("read", "supervision risk obligations", CLEARED, "So does a trained and authorised clinical lead"),
    TH.may(
        "read",
        "risk",
        f"{CLEARED} objection:supervision objection:obligations",
        "Nobody can object to risk being known to those who are treating the person",
    ),
    TH.may_not(
        "read",
        "risk",
        "service training:criminal-justice-data",
        "Without a probation lead's authorisation nothing of it is open",
        lacks="authorised:criminal-justice",
    ),
    TH.may_not(
        "read",
        "risk",
        "service authorised:criminal-justice",
        "With a training in criminal-justice data that has run out nothing of it is open",
        lacks="training:criminal-justice-data",
    ),
    TH.may_not(
        "read",
        "risk",
        "training:criminal-justice-data authorised:criminal-justice",
        "Of a person who is not with the service nothing of it is open",
        lacks="service",
    ),
    TH.may_not(
        "read",
        "supervision",
        f"{CLEARED} objection:supervision",
        "The person's objection stops their sentence from being read by health",
        stopped_by="objection:supervision",
    ),
    TH.may_not(
        "write",
        "supervision risk obligations",
        CLEARED,
        "Health reads these records and never writes them",
        because="S2",
    ),
    CL.may_not(
        "read",
        "risk",
        f"{CLEARED} restricted",
        "A restricted record is closed to whoever is not on its list",
        stopped_by="restricted",
    ),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_c1(example: Example) -> None:
    example.holds()
