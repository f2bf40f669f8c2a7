"""C3. A trained and authorised administrator of the service may see what a person has to attend, so that therapy
does not clash with it.
"""

import pytest

from tests.specification.saying import Asking, Example, sentences

AD = Asking("C3", "service-administrator", "direct-care")
CLEARED = "service training:criminal-justice-data authorised:criminal-justice"

EXAMPLES = [
    AD.may(
        "read",
        "obligations",
        CLEARED,
        (
            "A trained and authorised administrator sees what the person has to attend, so that therapy does "
            "not clash with it"
        ),
    ),
    AD.may_not(
        "read",
        "obligations",
        "training:criminal-justice-data authorised:criminal-justice",
        "Not of a person who is with another service",
        lacks="service",
    ),
    AD.may_not(
        "read",
        "obligations",
        "service authorised:criminal-justice",
        "Not without the training in criminal-justice data",
        lacks="training:criminal-justice-data",
    ),
    AD.may_not(
        "read",
        "obligations",
        "service training:criminal-justice-data",
        "Not without a probation lead's authorisation",
        lacks="authorised:criminal-justice",
    ),
    AD.may_not(
        "read",
        "obligations",
        f"{CLEARED} objection:obligations",
        "Not when the person objects to it",
        stopped_by="objection:obligations",
    ),
    AD.may_not(
        "read",
        "supervision risk offence",
        f"{CLEARED} consent:offence",
        "The sentence, the risk and the offence are not for the administrator",
        because="S2",
    ),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_c3(example: Example) -> None:
    example.holds()
