"""G1. Auditors and Caldicott guardians read the log of decisions, which holds no content of records."""

import pytest

from tests.specification.saying import Asking, Example, sentences

AU = Asking("G1", "auditor", "oversight", "health")

EXAMPLES = [
    AU.may("read", "audit-log", "", "A health auditor reads the log of decisions"),
    Asking("G1", "auditor", "oversight", "justice").may("read", "audit-log", "", "So does a justice auditor"),
    Asking("G1", "caldicott-guardian", "oversight", "health").may(
        "read", "audit-log", "", "So does the health party's Caldicott guardian"
    ),
    Asking("G1", "caldicott-guardian", "oversight", "justice").may(
        "read", "audit-log", "", "So does the justice party's Caldicott guardian"
    ),
    AU.may(
        "read",
        "audit-log",
        "restricted",
        "What was done with a restricted record is examined like anything else, and the use is announced",
        announced=True,
    ),
    AU.may("read", "audit-log", "", "The log is examined after the agreement has ended", over=True),
    AU.may_not("read", "identity attendance notes", "", "An auditor reads the log and no record", because="S2"),
    AU.may_not(
        "read",
        "audit-log",
        "excluded",
        "Whoever is excluded from a person's record reads no entry about them",
        stopped_by="excluded",
    ),
    AU.may_not(
        "read",
        "audit-log",
        "",
        "Not without training in information sharing",
        without="training:information-sharing",
        because="S1",
    ),
    Asking("G1", "clinical-lead", "service-evaluation").may_not(
        "read", "audit-log", "service", "The leads of the services do not read the log", because="S2"
    ),
]


@pytest.mark.parametrize("example", sentences(EXAMPLES))
def test_g1(example: Example) -> None:
    example.holds()
