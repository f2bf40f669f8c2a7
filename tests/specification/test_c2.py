"""C2. They may see the person's offence and previous convictions too, for as long as the person agrees."""

import pytest

from tests.specification.saying import Asking, Example, sentences

TH = Asking("C2", "therapist", "direct-care")
CL = Asking("C2", "clinical-lead", "direct-care")
CLEARED = "service training:criminal-justice-data authorised:criminal-justice"

EXAMPLES = [
    TH.may(
        "read",
        "offence",
        f"{CLEARED} consent:offence",
        (
            "A trained and authorised therapist of the service sees offence and previous convictions while "
            "the person agrees"
        ),
    ),
    CL.may("read", "offence", f"{CLEARED} consent:offence", "So does a clinical lead"),
    TH.may_not(
        "read",
        "offence",
        CLEARED,
        "Without the person's consent the offence stays closed, whatever else is open",
        lacks="consent:offence",
    ),
    TH.may_not(
        "read",
        "offence",
        "training:criminal-justice-data authorised:criminal-justice consent:offence",
        "Consent does not open it to another service",
        lacks="service",
    ),
    TH.may_not(
        "read",
        "offence",
        "service authorised:criminal-justice consent:offence",
        "Consent does not stand in for training",
        lacks="training:criminal-justice-data",
    ),
    TH.may_not(
        "read",
        "offence",
        "service training:criminal-justice-data consent:offence",
        "Consent does not stand in for authorisation",
        lacks="authorised:criminal-justice",
    ),
    TH.may_not(
        "read",
        "offence",
        f"{CLEARED} consent:offence objection:offence",
        "An objection outweighs the consent",
        stopped_by="objection:offence",
    ),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_c2(example: Example) -> None:
    example.holds()
