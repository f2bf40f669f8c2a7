"""Every logged decision made again under its own agreement: does the log say what the agreement says?"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.policies.agreement import CompiledAgreement
from app.policies.review.again import (
    EXPLANATION,
    PARTLY,
    PERMITTED,
    REFUSED,
    WRONG_PURPOSE,
    Again,
    WordUnknown,
    asked,
    permitted_besides,
    rulings,
)
from app.policies.review.past import Logged, Said
from app.policies.review.words import listed
from app.policies.rulings import Ruling
from app.policies.versions import AgreementVersions
from app.vocabulary import Purpose, Role, Subject, names_of

KEPT = 1000
_REMEMBERED = 16_384


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One thing in which an entry and its agreement disagree: the entry's number, a stable code, and words."""

    seq: int
    code: str
    message: str


@dataclass(slots=True)
class Replayed:
    """What came of it."""

    decisions: int = 0
    not_decided: int = 0
    """Entries that hold no decision under the agreement: who could not be known, what the operator wrote."""
    found: int = 0
    disagreements: list[Disagreement] = field(default_factory=list)
    unknown: dict[str, int] = field(default_factory=dict)
    """Digests of agreements that are not at hand, and the first entry that cites each."""
    failure: str | None = None

    @property
    def exit_code(self) -> int:
        """0 clean, 1 some entry disagrees, 2 it could not be found out."""
        return 1 if self.found else 2 if self.failure or self.unknown else 0

    @property
    def first(self) -> int | None:
        """The number of the first entry that disagrees."""
        return self.disagreements[0].seq if self.disagreements else None


class Replay:
    """One pass over the log; entries that say the same are decided once."""

    def __init__(self, versions: AgreementVersions) -> None:
        self.report = Replayed()
        self._versions = versions
        self._known: dict[tuple[Said, bool], tuple[tuple[str, str], ...] | None] = {}

    def add(self, entry: Logged) -> None:
        """Decide it again and compare."""
        said = entry.said
        if said.agreement is None or said.role is None:
            self.report.not_decided += 1
            return
        try:
            agreement = self._versions.by_digest(said.agreement)
        except KeyError:
            self.report.unknown.setdefault(said.agreement, entry.seq)
            return
        try:
            at = datetime.fromisoformat(entry.occurred_at)
            ended, in_force = agreement.ended(at), self._versions.at(at)
        except (ValueError, TypeError):
            self.say(entry.seq, "entry", "its time is malformed")
            return
        if in_force is not agreement:
            message = f"decided under version '{agreement.version}' while '{in_force.version}' was in force"
            self.say(entry.seq, "agreement", message)
        found = self._compared(said, agreement, ended=ended)
        if found is None:
            self.report.not_decided += 1
            return
        self.report.decisions += 1
        for code, message in found:
            self.say(entry.seq, code, message)

    def say(self, seq: int, code: str, message: str) -> None:
        """Count a disagreement, and keep it unless there are too many."""
        self.report.found += 1
        if len(self.report.disagreements) < KEPT:
            self.report.disagreements.append(Disagreement(seq, code, message))

    def _compared(self, said: Said, agreement: CompiledAgreement, *, ended: bool) -> tuple[tuple[str, str], ...] | None:
        key = said, ended
        if key not in self._known:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[key] = compared(said, agreement, ended=ended)
        return self._known[key]


def compared(said: Said, agreement: CompiledAgreement, *, ended: bool) -> tuple[tuple[str, str], ...] | None:
    """Codes and messages of what disagrees; None where nothing was decided under the agreement."""
    try:
        if said.reason == WRONG_PURPOSE:
            return tuple(_purpose(said, agreement))
        again = asked(said)
        if again is None:
            return None
        return tuple(_differences(said, again, agreement, in_force=not ended))
    except (WordUnknown, ValueError) as fault:
        return (("entry", f"it uses a word that there is not: {fault}"),)


def _purpose(said: Said, agreement: CompiledAgreement) -> Iterator[tuple[str, str]]:
    if Purpose(said.purpose or "") in agreement.purposes_of(Role(said.role or "")):
        yield "outcome", f"refused '{said.purpose}' as no purpose of '{said.role}', which it is"


def _differences(
    said: Said, again: Again, agreement: CompiledAgreement, *, in_force: bool
) -> Iterator[tuple[str, str]]:
    if said.fact_names != tuple(fact.value for fact in names_of(again.facts)):
        yield "facts", "the names of its facts are not those of its facts"
    named = (*again.permitted, *again.withheld)
    found = {each.subject: each for each in rulings(again, named, agreement, in_force=in_force)}
    for subject in again.permitted:
        if not found[subject].permitted:
            kind = "released" if subject in again.released else "permitted"
            yield "released", f"{kind} '{subject}', which is refused ({listed(found[subject].clauses)})"
    for subject in again.withheld:
        yield from _withheld(said, found[subject])
    besides = permitted_besides(again, agreement, in_force=in_force)
    yield from _clauses(said, found.values(), besides)
    yield from _outcome(said, again)


def _withheld(said: Said, ruling: Ruling) -> Iterator[tuple[str, str]]:
    subject = ruling.subject
    if ruling.permitted:
        yield "withheld", f"withheld '{subject}', which is permitted ({listed(ruling.clauses)})"
        return
    missing = {fact.value for each in ruling.missing for fact in each.lacks}
    stopped = {fact.value for each in ruling.missing for fact in each.stopped_by}
    true = {
        "clauses": ruling.clauses,
        "missing": tuple(sorted(missing)),
        "stoppedBy": tuple(sorted(stopped)),
    }
    if dict(said.withheld[subject.value]) != true:
        yield "withheld", f"withheld '{subject}' for other reasons than {listed(ruling.clauses)}"


def _clauses(
    said: Said, found: Iterable[Ruling], besides: Mapping[Subject, tuple[str, ...]]
) -> Iterator[tuple[str, str]]:
    """The clauses that permitted something, or if nothing did those that refused; some may be of what is not named."""
    permitting: set[str] = set()
    refusing: set[str] = set()
    for ruling in found:
        (permitting if ruling.permitted else refusing).update(ruling.clauses)
    cited = set(said.clauses)
    unnamed = {clause for clauses in besides.values() for clause in clauses}
    is_good = cited == (permitting or refusing) or (
        bool(cited) and bool(besides) and permitting <= cited <= permitting | unnamed
    )
    if not is_good:
        true = sorted(permitting or refusing or unnamed) or ["none"]
        yield "clauses", f"cites {listed(sorted(cited)) or 'no clause'} instead of {listed(true)}"


def _outcome(said: Said, again: Again) -> Iterator[tuple[str, str]]:
    if said.outcome == REFUSED:
        if again.released:
            yield "outcome", "released something and says 'refused'"
        return
    permitted = bool(again.permitted or again.besides) or said.kind == EXPLANATION
    true = (PERMITTED if not again.withheld else PARTLY) if permitted else REFUSED
    if said.outcome != true:
        yield "outcome", f"says '{said.outcome}' instead of '{true}'"
