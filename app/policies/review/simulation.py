"""Past decisions made again under another agreement: how many would change, for whom, and which entries they are."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.policies.agreement import CompiledAgreement
from app.policies.review.again import NOBODY_THERE, WRONG_PURPOSE, Again, WordUnknown, asked, permitted_besides, rulings
from app.policies.review.openings import Effect, effect_of, extent_of
from app.policies.review.past import Logged, Said
from app.policies.versions import AgreementVersions
from app.vocabulary import Purpose, Role, Subject

READ, ACCESS = "read", "access"
_REMEMBERED = 16_384
Group = tuple[str, str, str, str, str, str]
"""Effect, role, party, purpose, action and subject."""


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What another agreement would have made of one decision."""

    groups: tuple[Group, ...] = ()
    loses: bool = False
    """Whether something that was disclosed would not have been."""
    opens: bool = False
    """Whether it was a refusal and something would have been open."""
    is_decided: bool = True
    could_be_asked: bool = False
    is_uncertain: bool = False


_NOTHING = _Verdict()
_NOT_DECIDED = _Verdict(is_decided=False)
_UNCERTAIN = _Verdict(is_uncertain=True)


@dataclass(slots=True)
class Simulated:
    """What came of it; every list holds entry numbers in their order."""

    entries: int = 0
    decisions: int = 0
    changed: int = 0
    groups: dict[Group, list[int]] = field(default_factory=dict)
    disclosures_lost: list[int] = field(default_factory=list)
    refusals_opened: list[int] = field(default_factory=list)
    could_be_asked: list[int] = field(default_factory=list)
    """Refused since the role could not use the purpose, which it then could; with what answer is not known."""
    uncertain: list[int] = field(default_factory=list)
    """Decisions whose entries do not say enough of what they were about."""

    def as_data(self, most: int | None = None) -> dict[str, Any]:
        """As data; of each list at most so many numbers, with how many are left out."""
        return {
            "entries": self.entries,
            "decisions": self.decisions,
            "changed": self.changed,
            "changes": [_group(group, numbers, most) for group, numbers in sorted(self.groups.items())],
            "disclosuresLost": _numbers(self.disclosures_lost, most),
            "refusalsOpened": _numbers(self.refusals_opened, most),
            "couldBeAsked": _numbers(self.could_be_asked, most),
            "uncertain": _numbers(self.uncertain, most),
        }


def _group(group: Group, numbers: Sequence[int], most: int | None) -> dict[str, Any]:
    words = dict(zip(("change", "role", "party", "purpose", "action", "category"), group, strict=True))
    return words | _numbers(numbers, most)


def _numbers(numbers: Sequence[int], most: int | None) -> dict[str, Any]:
    kept = numbers if most is None else numbers[:most]
    return {"count": len(numbers), "entryNumbers": list(kept), "leftOut": len(numbers) - len(kept)}


class Simulation:
    """One pass over past decisions; entries that say the same are decided once.

    `versions` are those that the entries cite: without the one of an entry, what was narrowed or widened is not seen.
    """

    def __init__(self, new: CompiledAgreement, versions: AgreementVersions) -> None:
        self.result = Simulated()
        self._new, self._versions = new, versions
        self._known: dict[Said, _Verdict] = {}

    def add(self, entries: Iterable[Logged]) -> None:
        """Decide them again."""
        known = self._known
        for seq, _, said in entries:
            verdict = known.get(said)
            if verdict is None:
                if len(known) >= _REMEMBERED:
                    known.clear()
                verdict = known[said] = self._verdict(said)
            self._count(seq, verdict)

    def _count(self, seq: int, verdict: _Verdict) -> None:
        result = self.result
        result.entries += 1
        result.decisions += verdict.is_decided
        if verdict.groups:
            result.changed += 1
            for group in verdict.groups:
                result.groups.setdefault(group, []).append(seq)
        for applies, numbers in (
            (verdict.loses, result.disclosures_lost),
            (verdict.opens, result.refusals_opened),
            (verdict.could_be_asked, result.could_be_asked),
            (verdict.is_uncertain, result.uncertain),
        ):
            if applies:
                numbers.append(seq)

    def _verdict(self, said: Said) -> _Verdict:
        try:
            if said.reason == WRONG_PURPOSE:
                is_open = Purpose(said.purpose or "") in self._new.purposes_of(Role(said.role or ""))
                return _Verdict(could_be_asked=is_open)
            again = asked(said)
        except (WordUnknown, ValueError):
            return _UNCERTAIN
        if again is None:
            return _NOT_DECIDED
        if said.reason == NOBODY_THERE:
            return _NOTHING  # nobody is there under any agreement
        found = list(self._effects(said, again))
        if again.besides:
            unnamed = self._unnamed(said, again)
            if unnamed is None:
                return _UNCERTAIN
            found += unnamed
        who = (again.role.value, again.party.value, again.purpose.value, again.action.value)
        effects = {effect for effect, _ in found}
        return _Verdict(
            tuple((effect.value, *who, subject) for effect, subject in found),
            loses=said.kind == ACCESS and said.action == READ and Effect.CLOSES in effects and bool(again.released),
            opens=not again.permitted and Effect.OPENS in effects,
        )

    def _effects(self, said: Said, again: Again) -> Iterator[tuple[Effect, str]]:
        """What becomes of each subject that the entry names."""
        named = (*again.permitted, *again.withheld)
        now = rulings(again, named, self._new, in_force=True)
        before = dict(zip(named, self._before(said, again, named), strict=True))
        for ruling in now:
            was_open = ruling.subject not in again.withheld
            if was_open != ruling.permitted:
                yield Effect.CLOSES if was_open else Effect.OPENS, ruling.subject.value
            elif was_open and (old := before[ruling.subject]) is not None and old.permitted:
                effect = effect_of(extent_of(old), extent_of(ruling))
                if effect is not None:
                    yield effect, ruling.subject.value

    def _before(self, said: Said, again: Again, named: tuple[Subject, ...]) -> Sequence[Any]:
        """The rulings that the entry's own agreement gives; none where it is not at hand."""
        try:
            agreement = self._versions.by_digest(said.agreement or "")
        except KeyError:
            return [None] * len(named)
        return rulings(again, named, agreement, in_force=True)

    def _unnamed(self, said: Said, again: Again) -> list[tuple[Effect, str]] | None:
        """What becomes of what the entry permitted without naming it; None where that is not certain.

        It is one or several of what its own clauses permit on its facts: certain only where all of these go one way.
        """
        try:
            old = self._versions.by_digest(said.agreement or "")
        except KeyError:
            return [] if again.released else None
        named = rulings(again, again.released, old, in_force=True)
        cited = set(said.clauses) - {clause for ruling in named for clause in ruling.clauses}
        if again.released and not cited:
            return []
        able = tuple(
            subject for subject, clauses in permitted_besides(again, old, in_force=True).items() if cited & set(clauses)
        )
        now = {each.permitted for each in rulings(again, able, self._new, in_force=True)}
        if len(now) != 1:
            return None
        return [] if now == {True} else [(Effect.CLOSES, " or ".join(able))]
