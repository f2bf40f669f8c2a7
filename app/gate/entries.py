"""What the log says of a decision: made once for each combination of rulings, since few of them ever occur."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.audit.canonical import Ready, ready
from app.policies import CompiledAgreement, Ruling
from app.records.reading import released_fields
from app.vocabulary import Caller, Category, Facts, Question, Scope, consent_for, facts_of

PERMITTED, PARTLY, REFUSED = "permitted", "partly-permitted", "refused"
CONSENTS = facts_of(*(consent_for(scope) for scope in Scope))
_BITS = {scope.value: consent_for(scope).bit for scope in Scope}


@dataclass(frozen=True, slots=True)
class Phrases:
    """What an entry says of a set of rulings, as canonical JSON that is ready to go in."""

    rulings: tuple[Ruling, ...]
    outcome: str
    released: Ready
    withheld: Ready
    clauses: Ready
    relied_on: Facts
    """The consents that some clause which permitted something needs."""
    lacked: Facts
    """The consents for want of which some clause did not permit what was refused."""
    announce: bool

    @classmethod
    def of(cls, question: Question, rulings: tuple[Ruling, ...], agreement: CompiledAgreement) -> "Phrases":
        """Say it once."""
        permitted = [ruling for ruling in rulings if ruling.permitted]
        refused = [ruling for ruling in rulings if not ruling.permitted]
        released = {
            ruling.subject.value: list(released_fields(ruling.subject, caveat_of(ruling), ruling.rows))
            for ruling in permitted
            if isinstance(ruling.subject, Category)
        }
        withheld = {ruling.subject.value: _reasons(ruling) for ruling in refused}
        return cls(
            rulings,
            PERMITTED if not refused else PARTLY if permitted else REFUSED,
            ready(released),
            ready(withheld),
            ready(sorted({clause for ruling in permitted or refused for clause in ruling.clauses})),
            _relied_on(question, permitted, agreement),
            _lacked(refused),
            any(ruling.announce for ruling in permitted) and not question.caller.is_system,
        )


class PhraseBook:
    """Remembers phrases by the rulings they say, as long as the same tuple of rulings is in use."""

    def __init__(self, size: int = 4096) -> None:
        self._size = size
        self._known: dict[int, Phrases] = {}

    def say(self, question: Question, rulings: tuple[Ruling, ...], agreement: CompiledAgreement) -> Phrases:
        """What an entry says of these rulings."""
        known = self._known.get(id(rulings))
        if known is None or known.rulings is not rulings:
            if len(self._known) >= self._size:
                self._known.clear()
            known = self._known[id(rulings)] = Phrases.of(question, rulings, agreement)
        return known


def caveat_of(ruling: Ruling) -> str:
    """What is left of a category's fields: `all`, or one caveat."""
    return ruling.fields[0] if ruling.fields else "all"


def cited(
    phrases: Phrases, consents: Sequence[tuple[str, str]], against: Sequence[tuple[str, str]] = ()
) -> tuple[str, ...]:
    """The ids of those consents by which something was released, or which were the reason that it was not."""
    holding = _of(consents, phrases.relied_on)
    return holding + _of(against, phrases.lacked) if against else holding


def _of(consents: Sequence[tuple[str, str]], scopes: Facts) -> tuple[str, ...]:
    if not scopes:
        return ()
    return tuple(identity for scope, identity in consents if _BITS[scope] & scopes)


def _relied_on(question: Question, permitted: Sequence[Ruling], agreement: CompiledAgreement) -> Facts:
    caller: Caller = question.caller
    needed = 0
    for ruling in permitted:
        for condition in agreement.conditions(
            caller.role, caller.party, question.purpose, question.action, ruling.subject
        ):
            if condition.clause in ruling.clauses:
                needed |= condition.needs
    return needed & CONSENTS


def _lacked(refused: Sequence[Ruling]) -> Facts:
    return facts_of(*{fact for ruling in refused for each in ruling.missing for fact in each.lacks}) & CONSENTS


def _reasons(ruling: Ruling) -> Mapping[str, Sequence[str]]:
    missing = {fact.value for each in ruling.missing for fact in each.lacks}
    stopped = {fact.value for each in ruling.missing for fact in each.stopped_by}
    return {"clauses": list(ruling.clauses), "missing": sorted(missing), "stoppedBy": sorted(stopped)}
