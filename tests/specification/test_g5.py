"""G5. A records officer opens and closes subject access requests, and may see to whom that person's record was
disclosed.
"""

import pytest

from tests.specification.saying import Asking, Example, sentences

RO = Asking("G5", "records-officer", "subject-access")

EXAMPLES = [
    RO.may("open", "subject-request", "", "A records officer opens a request that a person has made"),
    RO.may("close", "subject-request", "", "They close it when it has been answered"),
    RO.may("read", "disclosures", "", "They tell the person to whom their record was disclosed"),
    RO.may(
        "open",
        "subject-request",
        "restricted",
        "A restriction does not keep a person from asking, and the use is announced",
        announced=True,
    ),
    RO.may("read", "disclosures", "", "All this goes on after the agreement has ended", over=True),
    RO.may_not(
        "open",
        "subject-request",
        "excluded",
        "Not by a records officer who is excluded from the record",
        stopped_by="excluded",
    ),
    Asking("G5", "clinical-lead", "direct-care").may_not(
        "open", "subject-request", "service", "Nobody else opens one", because="S2"
    ),
    Asking("G5", "therapist", "direct-care").may_not(
        "read", "disclosures", "treating", "Nobody else is told to whom a record was disclosed", because="S2"
    ),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_g5(example: Example) -> None:
    example.holds()
