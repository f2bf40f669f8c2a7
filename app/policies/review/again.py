"""A past decision made again: what was asked, as far as its entry says, and the rulings of an agreement on it."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.policies.agreement import CompiledAgreement
from app.policies.review.past import Said
from app.policies.rulings import Ruling
from app.vocabulary import CATEGORIES, SUBJECTS, Action, Category, Facts, Party, Purpose, Register, Role, Subject

EXPLANATION = "explanation"
PERMITTED, PARTLY, REFUSED = "permitted", "partly-permitted", "refused"
NOBODY_THERE = "not-on-file"
WRONG_PURPOSE = "purpose-not-for-role"
_SUBJECTS: dict[str, Subject] = {subject.value: subject for subject in SUBJECTS}


class WordUnknown(ValueError):
    """An entry speaks of a role, purpose, action or subject that the vocabulary does not have."""


@dataclass(frozen=True, slots=True)
class Again:
    """What a past decision was about."""

    role: Role
    party: Party
    purpose: Purpose
    action: Action
    facts: Facts
    released: tuple[Subject, ...]
    withheld: tuple[Subject, ...]
    unnamed: tuple[Subject, ...]
    """What was permitted and released nothing: all of an explanation that is not withheld."""
    besides: tuple[Subject, ...]
    """What can have been asked for without being named; a change, for one, does not name what it changed."""

    @property
    def permitted(self) -> tuple[Subject, ...]:
        """What the entry says was permitted."""
        return (*self.released, *self.unnamed)


def asked(said: Said) -> Again | None:
    """What an entry's decision was about; None where nothing was decided on facts. WordUnknown for strange words."""
    if said.facts is None or said.role is None or said.purpose is None or said.agreement is None:
        return None
    if not (said.released or said.withheld or said.clauses):
        return None  # turned away before: a token that was revoked, a list that the role may not have
    try:
        released, withheld = _named(said.released), _named(said.withheld)
        known = _known(said)
        unnamed = tuple(each for each in known or () if each not in released and each not in withheld)
        callers = Role(said.role), Party(said.party or ""), Purpose(said.purpose), Action(said.action)
    except (ValueError, KeyError) as fault:
        raise WordUnknown(str(fault)) from fault
    besides = () if known is not None else _besides(said, released, withheld)
    return Again(*callers, said.facts, released, withheld, unnamed, besides)


def _besides(said: Said, released: tuple[Subject, ...], withheld: tuple[Subject, ...]) -> tuple[Subject, ...]:
    """None for a refusal whose reasons are all of its clauses; no category beside those that a read released."""
    reasons = {clause for why in said.withheld.values() for clause in why["clauses"]}
    if withheld and not released and reasons == set(said.clauses):
        return ()
    is_read = bool(released) and said.action == Action.READ and all(isinstance(each, Category) for each in released)
    return tuple(each for each in (Register if is_read else SUBJECTS) if each not in released and each not in withheld)


def _known(said: Said) -> tuple[Subject, ...] | None:
    if said.subjects is not None:
        return _named(said.subjects)
    return CATEGORIES if said.kind == EXPLANATION and said.outcome != REFUSED else None


def _named(words: Iterable[str]) -> tuple[Subject, ...]:
    return tuple(_SUBJECTS[word] for word in words)


def rulings(
    again: Again, subjects: tuple[Subject, ...], agreement: CompiledAgreement, *, in_force: bool
) -> tuple[Ruling, ...]:
    """The rulings on these subjects, under an agreement that runs or one that is over."""
    book = agreement.in_force if in_force else agreement.outlived
    key = again.role, again.party, again.purpose, again.action
    plan = book.plans.get((*key, subjects)) or book.plan(key, subjects)
    return plan.decide(again.facts).rulings


def permitted_besides(again: Again, agreement: CompiledAgreement, *, in_force: bool) -> dict[Subject, tuple[str, ...]]:
    """What else these facts permit, with the clauses: what an entry that does not name it can have been about."""
    found = rulings(again, again.besides, agreement, in_force=in_force)
    return {each.subject: each.clauses for each in found if each.permitted}
