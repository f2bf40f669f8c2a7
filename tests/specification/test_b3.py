"""B3. Before anyone is allocated, a therapist of the service may see who was referred and with what problem, for
triage.
"""

import pytest

from tests.specification.saying import Asking, Example, sentences

TH = Asking("B3", "therapist", "direct-care")

EXAMPLES = [
    TH.may(
        "read",
        "identity referral clinical",
        "service",
        ("Before anybody is allocated, a therapist of the service sees who was referred, why, and with what problem"),
    ),
    TH.may_not(
        "read",
        "identity referral clinical",
        "",
        "A therapist of another service sees nobody who was referred to this one",
        lacks="service",
    ),
    TH.may_not(
        "read",
        "notes safety scores contact",
        "service",
        "For triage neither notes, safety, scores nor the address are open",
        because="B1",
    ),
    TH.may_not("write", "referral", "service", "Triage reads the referral and does not change it", because="B1"),
    TH.may_not(
        "read",
        "referral",
        "service restricted",
        "Nobody triages from a restricted record unless they are on its list",
        stopped_by="restricted",
    ),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_b3(example: Example) -> None:
    example.holds()
