"""What the rules are told of an entry: the quick reading says what parsing says, of whatever the log can hold."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.audit.entry import PersonPart
from app.audit.history import Unreadable
from app.audit.looks import _looks, _parsed, _told
from app.pathway.watching import Look
from app.vocabulary import Caller, Fact, Party, Role, facts_of
from tests.audit.logs import CALLER, make_entry

ODD = Caller(Party.HEALTH, Role.THERAPIST, 'c"},"staff":"x', "t\\", 'o"d,d\\', "s{}")
SYSTEM = Caller(Party.JUSTICE, Role.CASE_MANAGEMENT_SYSTEM, "probation", "t")
OF_A_SERVICE = Caller(Party.HEALTH, Role.SERVICE_ADMINISTRATOR, "c", "t", "adam", "open-mind")
AT = "2026-03-02T10:00:00.000000Z"
REFUSED: dict[str, Any] = {"outcome": "refused", "released": {}, "answer": None}


def told(**values: Any) -> list[Look]:
    """What is told of one entry, read quickly; checked to be what parsing it says."""
    entry = make_entry(7, **values)
    if entry.person is not None:
        assert _told(entry.body) == _parsed(entry.body)
    return list(_looks([(7, AT, entry.body, entry.person)]))


def test_an_answer_is_a_look_at_what_it_carried() -> None:
    facts = facts_of(Fact.EMPLOYED, Fact.CASELOAD)
    (look,) = told(released={"attendance": ("id",), "referral": ("id",)}, facts=facts)
    assert look == Look(
        7, AT, "o.manager", "justice", "offender-manager", "supervision", True, "person-7", "X000007", True, True,
        frozenset({"attendance", "referral"}),
    )  # fmt: skip


def test_a_refusal_is_one_of_everything_that_was_asked_for() -> None:
    withheld = {"notes": {"clauses": ("P3",), "missing": ()}, "scores": {"clauses": ("D4",), "missing": ("caseload",)}}
    (look,) = told(**REFUSED, reason="not-permitted", withheld=withheld)
    assert (look.obtained, look.subjects) == (False, {"notes", "scores"})


@pytest.mark.parametrize(
    ("facts", "related", "own"),
    [
        ((Fact.EMPLOYED,), False, False),
        ((Fact.SERVICE,), True, False),
        ((Fact.TREATING,), True, True),
        ((Fact.CASELOAD, Fact.SERVICE), True, True),
        ((Fact.BREAK_GLASS,), False, False),
    ],
)
def test_whether_the_person_was_theirs_is_in_the_facts(facts: tuple[Fact, ...], related: bool, own: bool) -> None:
    (look,) = told(facts=facts_of(*facts))
    assert (look.related, look.own) == (related, own)


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"kind": "explanation", "released": {}}, id="an explanation, which releases nothing"),
        pytest.param({"kind": "change", "action": "write"}, id="a change"),
        pytest.param({"action": "review"}, id="a review"),
        pytest.param({"action": "write"}, id="a write that was refused"),
        pytest.param({"caller": SYSTEM}, id="a system's"),
        pytest.param({"caller": None, "facts": None}, id="nobody's"),
        pytest.param({"purpose": None, "facts": None}, id="for no purpose"),
        pytest.param({"released": {}}, id="an answer with nothing in it"),
        pytest.param({**REFUSED, "reason": "not-on-file"}, id="refused of nobody"),
        pytest.param({**REFUSED, "reason": "purpose-not-for-role", "facts": None}, id="refused before it was decided"),
        pytest.param({**REFUSED, "reason": "session-revoked"}, id="refused to whoever may not ask at all"),
        pytest.param({"person": False}, id="about no person"),
    ],
)
def test_what_is_no_look(values: dict[str, Any]) -> None:
    assert told(**values) == []


@pytest.mark.parametrize(
    ("values", "staff"),
    [
        pytest.param({"caller": ODD}, 'o"d,d\\', id="names with quotes and backslashes"),
        pytest.param({"caller": OF_A_SERVICE}, "adam", id="a caller with a service"),
        pytest.param({"details": {"facts": {"bits": 0}, "released": {}}}, "o.manager", id="details that say the same"),
        pytest.param({"request_id": '"type":"access","v":1,"withheld":{}'}, "o.manager", id="a request id of its own"),
        pytest.param({"reason": 'a "reason", of {sorts}'}, "o.manager", id="a reason"),
        pytest.param({"action": "check"}, "o.manager", id="a check"),
        pytest.param({"outcome": "partly-permitted"}, "o.manager", id="a part of what was asked for"),
        pytest.param({"resource": "/v1/\u00e9/{crn}"}, "o.manager", id="what is not ASCII"),
        pytest.param({"released": {"disclosures": ["*"]}}, "o.manager", id="a register"),
    ],
)
def test_what_is_written_otherwise_is_read_all_the_same(values: dict[str, Any], staff: str) -> None:
    (look,) = told(**values)
    assert (look.staff, look.obtained) == (staff, True)


@pytest.mark.parametrize(
    "part",
    [
        PersonPart("p-1", "X000001"),
        PersonPart(None, "X000001", ("consent-1",)),
        PersonPart("p-1", None),
        PersonPart('p"1\\', "X000001", ('"crn":"X999999","personId":"x"}',)),
    ],
)
def test_whom_it_is_about_is_read_from_the_persons_part(part: PersonPart) -> None:
    (look,) = _looks([(7, AT, make_entry(7).body, part.body())])
    assert (look.person, look.crn) == (part.person_id, part.crn)


@pytest.mark.parametrize("body", ["", "{}", "[]", '{"action":"read"}', "no JSON"])
def test_what_says_too_little_is_named_by_its_number(body: str) -> None:
    with pytest.raises(Unreadable, match="entry 7"):
        list(_looks([(7, AT, body, PersonPart("p", "X000001").body())]))


def test_an_entry_whose_person_was_erased_says_nothing() -> None:
    assert list(_looks([(7, AT, make_entry(7, caller=CALLER, occurred_at=datetime.now(UTC)).body, None)])) == []
