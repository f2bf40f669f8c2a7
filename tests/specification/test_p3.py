"""P3. Nobody of the justice party ever sees or writes clinical details, session notes or the clinician's record of
safety: no clause, no consent and no emergency lifts this.
"""

import pytest

from tests.specification.saying import Asking, Example, sentences

OM = Asking("P3", "offender-manager", "supervision")
EVERYTHING = (
    "caseload supervised mhtr break-glass subject-request listed consent:attendance consent:progress "
    "consent:scores consent:meeting"
)

EXAMPLES = [
    OM.may_not(
        "read",
        "clinical notes safety",
        EVERYTHING,
        ("No offender manager reads diagnosis, session notes or the clinician's record of safety, whatever holds"),
        because="P3",
    ),
    OM.may_not("write", "clinical notes safety", EVERYTHING, "Nor do they write them", because="P3"),
    OM.may_not("create", "clinical notes safety", EVERYTHING, "Nor do they add to them", because="P3"),
    Asking("P3", "offender-manager", "emergency").may_not(
        "read", "clinical notes safety", EVERYTHING, "No emergency lifts this", because="P3"
    ),
    Asking("P3", "offender-manager", "public-protection").may_not(
        "read",
        "clinical notes safety",
        EVERYTHING,
        "Nor does the protection of somebody: what is needed for it a clinician releases as an alert",
        because="P3",
    ),
    Asking("P3", "probation-lead", "emergency").may_not(
        "read", "clinical notes safety", EVERYTHING, "It holds for probation leads", because="P3"
    ),
    Asking("P3", "case-management-system", "records-sync").may_not(
        "read", "clinical notes safety", EVERYTHING, "It holds for their systems", because="P3"
    ),
    Asking("P3", "case-management-system", "records-sync").may_not(
        "write", "clinical notes safety", EVERYTHING, "Which do not write them either", because="P3"
    ),
    Asking("P3", "auditor", "oversight", "justice").may_not(
        "read", "clinical notes safety", EVERYTHING, "It holds for the justice party's auditors", because="P3"
    ),
    Asking("P3", "caldicott-guardian", "oversight", "justice").may_not(
        "read", "clinical notes safety", EVERYTHING, "It holds for the justice party's Caldicott guardian", because="P3"
    ),
    Asking("P3", "therapist", "direct-care").may(
        "read", "notes safety", "treating", "It does not stand between a therapist and the people they treat", by="B1"
    ),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_p3(example: Example) -> None:
    example.holds()
