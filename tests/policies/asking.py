"""Questions and facts in the words of the agreement, for the specification of its clauses."""

from datetime import UTC, datetime
from functools import cache

from app.policies import CompiledAgreement, Decision, Ruling, decide, shipped_versions
from app.vocabulary import (
    FACTS,
    SUBJECTS,
    SYSTEM_ROLES,
    UNFAVOURABLE,
    Action,
    Caller,
    Fact,
    Facts,
    Party,
    Purpose,
    Question,
    Role,
    Subject,
    facts_of,
    parties_of,
)

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
STANDING = ("employed", "training:information-sharing")
EVERYTHING: Facts = sum(fact.bit for fact in FACTS) & ~UNFAVOURABLE & ~Fact.LISTED.bit
"""Every fact that grants, and none that withholds."""
_SUBJECTS = {subject.value: subject for subject in SUBJECTS}


@cache
def leicester() -> CompiledAgreement:
    """The agreement that ships."""
    return shipped_versions().at(NOW)


def facts(text: str = "") -> Facts:
    """Exactly these facts."""
    return facts_of(*(Fact(word) for word in text.split()))


def standing(role: str) -> Facts:
    """What S1 asks of somebody in this role."""
    return facts("employed" if Role(role) in SYSTEM_ROLES else " ".join(STANDING))


def subject(word: str) -> Subject:
    """The category or register of this name."""
    return _SUBJECTS[word]


def asks(
    role: str, purpose: str, action: str, *subjects: str, party: str | None = None, at: datetime = NOW
) -> Question:
    """A question; the party is the one at which the role can be, or the first of two."""
    where = Party(party) if party else min(parties_of(Role(role)))
    caller = Caller(where, Role(role), "a-client", "a-token", None if Role(role) in SYSTEM_ROLES else "somebody")
    named = tuple(subject(word) for word in subjects)
    return Question(caller, Purpose(purpose), Action(action), named, at, "/v1/test", "a-request")


def decided(question: Question, holding: Facts, agreement: CompiledAgreement | None = None) -> Decision:
    """The decision under the agreement that ships, or another."""
    return decide(question, holding, agreement or leicester())


def ruled(question: Question, holding: Facts, agreement: CompiledAgreement | None = None) -> Ruling:
    """The ruling on the one subject of a question."""
    (ruling,) = decided(question, holding, agreement).rulings
    return ruling


def permitted(ruling: Ruling, *clauses: str, fields: tuple[str, ...] = (), rows: str = "sent") -> None:
    """The whole of a ruling that permits, announcements apart."""
    assert (ruling.permitted, ruling.clauses, ruling.missing) == (True, clauses, ()), ruling
    assert (ruling.fields, ruling.rows) == (fields, frozenset(rows.split())), ruling


def refused(ruling: Ruling, *clauses: str, missing: dict[str, str] | None = None) -> None:
    """The whole of a ruling that refuses: causes, and for each clause what it lacks and, after `!`, what stops it."""
    assert (ruling.permitted, ruling.clauses) == (False, clauses), ruling
    assert (ruling.fields, ruling.rows, ruling.announce) == ((), frozenset(), False), ruling
    if missing is not None:
        said = {
            each.clause: " ".join(
                [*(fact.value for fact in each.lacks), *(f"!{fact.value}" for fact in each.stopped_by)]
            )
            for each in ruling.missing
        }
        assert {clause: set(text.split()) for clause, text in said.items()} == {
            clause: set(text.split()) for clause, text in missing.items()
        }, ruling
