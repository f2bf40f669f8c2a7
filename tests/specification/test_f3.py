"""F3. They open an emergency grant for one person with a written reason; it lasts 60 minutes, is announced at once
to the Caldicott guardian and is reviewed within two working days.
"""

import pytest

from tests.specification.saying import Asking, Example, sentences

TH = Asking("F3", "therapist", "emergency")

EXAMPLES = [
    TH.may("create", "emergency-grant", "", "A therapist opens an emergency grant for anybody, on file or not"),
    Asking("F3", "clinical-lead", "emergency").may("create", "emergency-grant", "", "So does a clinical lead"),
    Asking("F3", "offender-manager", "emergency").may("create", "emergency-grant", "", "So does an offender manager"),
    Asking("F3", "probation-lead", "emergency").may("create", "emergency-grant", "", "So does a probation lead"),
    TH.may_not(
        "create",
        "emergency-grant",
        "",
        "Not with a training that has lapsed",
        without="training:information-sharing",
        because="S1",
    ),
    TH.may_not("review", "emergency-grant", "break-glass", "Whoever opened it does not review it", because="S2"),
    Asking("F3", "service-administrator", "emergency").may_not(
        "create", "emergency-grant", "service", "Administrators, trainers and systems have no emergencies", because="S2"
    ),
    TH.may_not("create", "emergency-grant", "", "Not under an agreement that has ended", because="S2", over=True),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_f3(example: Example) -> None:
    example.holds()
