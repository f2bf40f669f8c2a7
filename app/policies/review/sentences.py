"""The changes between two agreements as sentences: what is alike for several roles, actions and subjects said once."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from app.policies.agreement import CompiledAgreement
from app.policies.review.diff import ENDED, IN_FORCE, Change
from app.policies.review.openings import Effect, Extent
from app.policies.review.words import Phrases, extent_in_words, listed, phrases, with_article
from app.vocabulary import Action, Category, Party, Purpose, Role, Subject

ON_TOP = (
    "S1 (employed and trained) and S3 (exclusions and restrictions) apply on top, unless a sentence says otherwise."
)
NOTHING = "Nothing opens and nothing closes: the two agreements permit and refuse the same."
NOTHING_ON_FACTS = "On the same facts, while both are in force, nothing opens and nothing closes."


class _Alike(NamedTuple):
    """What several changes have in common."""

    effect: Effect
    purpose: Purpose
    before: Extent | None
    after: Extent | None
    where: Phrases
    unless: Phrases
    clauses_before: tuple[str, ...]
    clauses_after: tuple[str, ...]
    while_: tuple[str, ...]


Who = tuple[Role, Party]
What = tuple[Action, Subject]


def sentences(changes: Sequence[Change], old: CompiledAgreement, new: CompiledAgreement) -> tuple[str, ...]:
    """Each change in one sentence, some with others."""
    return tuple(_sentence(alike, who, what, old, new) for alike, who, what in _grouped(changes, new, old))


def beside_clauses(old: CompiledAgreement, new: CompiledAgreement) -> tuple[str, ...]:
    """What changes by no clause: until when the agreement runs, and for how long a course counts."""
    return (*_end(old.agreement.last_day, new.agreement.last_day), *_courses(old, new))


def _end(before: date | None, after: date | None) -> Iterator[str]:
    if before == after:
        return
    ends = "Ends: with {}, after which only what outlives the agreement is open; {}."
    if after is None:
        yield f"Goes on: the agreement no longer ends with {before}."
    elif before is None:
        yield ends.format(after, "before it had no end")
    else:
        yield ends.format(after, f"before it ended with {before}")


def _courses(old: CompiledAgreement, new: CompiledAgreement) -> Iterator[str]:
    for fact, terms in new.agreement.facts.items():
        known = old.agreement.facts.get(fact)
        if known is not None and known.valid_months != terms.valid_months:
            yield (
                f"Counts: {fact} for {terms.valid_months} months after the course instead of {known.valid_months}, "
                "for what is recorded from then on."
            )


def _grouped(
    changes: Iterable[Change], new: CompiledAgreement, old: CompiledAgreement
) -> list[tuple[_Alike, tuple[Who, ...], tuple[What, ...]]]:
    by_who: dict[tuple[_Alike, Who], list[What]] = {}
    for change in changes:
        alike = _alike(change, new, old)
        by_who.setdefault((alike, (change.role, change.party)), []).append((change.action, change.subject))
    by_what: dict[tuple[_Alike, tuple[What, ...]], list[Who]] = {}
    for (alike, who), what in by_who.items():
        by_what.setdefault((alike, tuple(what)), []).append(who)
    return [(alike, tuple(who), what) for (alike, what), who in by_what.items()]


def _alike(change: Change, new: CompiledAgreement, old: CompiledAgreement) -> _Alike:
    where = change.difference.where
    of_person = isinstance(change.subject, Category) or any(
        register.of_person
        for each in (old, new)
        if (register := each.agreement.registers.get(change.subject)) is not None
    )
    cubes, unless = (tuple(cube for each in where for cube in getattr(each, name)) for name in ("cubes", "unless"))
    return _Alike(
        change.effect,
        change.purpose,
        change.difference.before,
        change.difference.after,
        phrases(cubes, change.role, change.subject, of_person=of_person),
        phrases(unless, change.role, change.subject, of_person=False),
        change.clauses_before,
        change.clauses_after,
        change.while_,
    )


_VERBS = {
    Effect.OPENS: "may now",
    Effect.CLOSES: "may no longer",
    Effect.WIDENS: "may, and now further than before,",
    Effect.NARROWS: "may, and now less far than before,",
    Effect.ALTERS: "may, and now in another way than before,",
}


def _sentence(
    alike: _Alike, who: Sequence[Who], what: Sequence[What], old: CompiledAgreement, new: CompiledAgreement
) -> str:
    parts = [
        f"{alike.effect.value.capitalize()}: for {alike.purpose}, {_callers(who)}",
        f"{_VERBS[alike.effect]} {_asked(what)}",
        _where(alike),
        _how_far(alike, old, new),
        _while(alike.while_),
        f"({_by(alike)})",
    ]
    return " ".join(part for part in parts if part) + "."


def _callers(who: Sequence[Who]) -> str:
    roles: dict[Role, list[str]] = {}
    for role, party in who:
        roles.setdefault(role, []).append(party.value)
    return listed([f"{with_article(role)} ({', '.join(parties)})" for role, parties in roles.items()], "or")


def _asked(what: Sequence[What]) -> str:
    """`read referral and attendance; write attendance`, actions with the same subjects together."""
    by_action: dict[Action, list[str]] = {}
    for action, subject in what:
        by_action.setdefault(action, []).append(subject.value)
    by_subjects: dict[tuple[str, ...], list[str]] = {}
    for action, subjects in by_action.items():
        by_subjects.setdefault(tuple(subjects), []).append(action.value)
    return "; ".join(f"{listed(actions)} {listed(subjects)}" for subjects, actions in by_subjects.items())


def _where(alike: _Alike) -> str:
    said = _cases(alike.where)
    if alike.unless.cases:
        said += f", unless {_cases(alike.unless).removeprefix('where ')}"
    if alike.where.also_restricted:
        said += ", also of a restricted record"
    return said


def _cases(found: Phrases) -> str:
    cases = [listed(case) if case else "S1 and S3 are met" for case in found.cases]
    if len(cases) == 1:
        return f"where {cases[0]}" if found.cases[0] else "whenever S1 and S3 are met"
    return "where " + "; or ".join(f"({place}) {case}" for place, case in enumerate(cases, 1))


def _how_far(alike: _Alike, old: CompiledAgreement, new: CompiledAgreement) -> str:
    before = "" if alike.before is None else extent_in_words(alike.before, old)
    after = "" if alike.after is None else extent_in_words(alike.after, new)
    if alike.before is not None and alike.after is not None:
        return f"- before: {before or 'in full'}; now: {after or 'in full'}"
    return f"- {before or after}" if before or after else ""


def _while(while_: Sequence[str]) -> str:
    if IN_FORCE not in while_:
        return "once the agreement has ended"
    return "also once the agreement has ended" if ENDED in while_ else ""


def _by(alike: _Alike) -> str:
    before, after = listed(alike.clauses_before), listed(alike.clauses_after)
    if alike.effect is Effect.OPENS:
        return f"under {after}; no clause opened it before"
    if alike.effect is Effect.CLOSES:
        return f"it was open under {before}"
    return f"under {after}; before under {before}" if before != after else f"under {after}"
