"""S3. An exclusion denies everything about that person, an emergency included. A restriction denies everything
about that person to whoever is not on its access list, except under the clauses that say so; each such use by a
member of staff is announced to the record's owner.
"""

import pytest

from tests.specification.saying import Asking, Example, sentences

OM = Asking("S3", "offender-manager", "supervision")
TH = Asking("S3", "therapist", "emergency")
PP = Asking("S3", "offender-manager", "public-protection")

EXAMPLES = [
    OM.may_not(
        "read",
        "identity contact supervision offence risk obligations",
        "caseload excluded",
        "Whoever is excluded sees nothing of that person, though they are on their caseload",
        because="S3",
    ),
    OM.may_not(
        "read",
        "risk",
        "caseload excluded restricted listed",
        "Being on the list of a restriction does not lift an exclusion",
        because="S3",
    ),
    TH.may_not("read", "safety", "break-glass excluded", "An exclusion holds in an emergency", because="S3"),
    OM.may_not(
        "read",
        "risk",
        "caseload restricted",
        "A restricted record is closed to whoever is not on its list",
        because="S3",
    ),
    OM.may(
        "read",
        "risk",
        "caseload restricted listed",
        "It is open as ever to whoever is on it, and nothing is announced",
        by="A1",
    ),
    TH.may(
        "read",
        "safety",
        "break-glass restricted",
        "In an emergency it opens, and the use is announced to its owner",
        by="F1",
        announced=True,
    ),
    PP.may(
        "read",
        "safety-alert",
        "caseload restricted",
        "A warning reaches the offender manager past a restriction, and the use is announced",
        by="P1",
        announced=True,
    ),
    Asking("S3", "clinical-system", "records-sync").may(
        "write",
        "notes",
        "restricted",
        "Systems go on sending what their own side holds, and that is not announced",
        by="H1",
    ),
    Asking("S3", "probation-lead", "supervision").may(
        "read",
        "staff",
        "excluded",
        "An exclusion from a person's record says nothing about registers that are no person's",
        by="I1",
    ),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_s3(example: Example) -> None:
    example.holds()
