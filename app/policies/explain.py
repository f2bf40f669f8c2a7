"""Say a refusal in words: what is missing and the smallest changes that would permit, naming nothing undisclosed.

Another purpose is never suggested. A fact about the person is named only to a caller to whom its category is open in
the same decision; what may not be named leaves no trace in the clauses that are cited either.
"""

from dataclasses import dataclass
from typing import Any

from app.policies.agreement import CompiledAgreement
from app.policies.rulings import Decision, Missing, Ruling
from app.vocabulary import Fact, Facts, Subject, facts_of, names_of

NO_CLAUSE, PROHIBITED, NOT_IN_FORCE = "no-clause", "prohibited", "not-in-force"
MISSING, UNDISCLOSED = "missing", "undisclosed"


@dataclass(frozen=True, slots=True)
class Reason:
    """A fact that stands in the way, in words."""

    fact: Fact
    text: str


@dataclass(frozen=True, slots=True)
class Remedy:
    """What would open the subject, and whom to ask; `facts` are those that have to change."""

    text: str
    ask: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a subject is not permitted, as far as this caller may be told."""

    subject: Subject
    code: str
    clauses: tuple[tuple[str, str], ...]
    """Ids and sentences."""
    missing: tuple[Reason, ...] = ()
    remedies: tuple[Remedy, ...] = ()

    def as_data(self) -> dict[str, Any]:
        """As an answer carries it."""
        return {
            "category": self.subject.value,
            "code": self.code,
            "text": " ".join(text for _, text in self.clauses),
            "clauses": [clause for clause, _ in self.clauses],
            "missing": [{"fact": each.fact.value, "text": each.text} for each in self.missing],
            "remedies": [
                {"text": each.text, "ask": each.ask, "facts": [fact.value for fact in each.facts]}
                for each in self.remedies
            ],
        }


def explain(decision: Decision, agreement: CompiledAgreement, told: Facts | None = None) -> tuple[Explanation, ...]:
    """An explanation for each subject that is not permitted, in the order of the question.

    `told` are the facts that may be named, for oversight of somebody else's decision (G1); without it those that
    whoever gets this decision may be told.
    """
    told = told_facts(decision, agreement) if told is None else told
    return tuple(_explanation(each, decision, told, agreement) for each in decision.rulings if not each.permitted)


def told_facts(decision: Decision, agreement: CompiledAgreement) -> Facts:
    """The facts that may be named to whoever gets this decision."""
    open_to = {subject.value for subject in decision.permitted} | {"caller"}
    return facts_of(*(fact for fact, terms in agreement.agreement.facts.items() if terms.told_with in open_to))


def remedies(ruling: Ruling, told: Facts, agreement: CompiledAgreement) -> tuple[Remedy, ...]:
    """The smallest changes of facts that would permit, smallest first.

    None by a clause that hinges on a fact which may not be named: whether it is offered would tell that fact.
    """
    open_ways = [each for each in ruling.missing if each.hinges_on & ~told & ~_never(agreement) == 0]
    changes = [change for each in open_ways if (change := _change(each)) & ~told == 0]
    smallest = [
        one for one in dict.fromkeys(changes) if not any(other != one and other & ~one == 0 for other in changes)
    ]
    return tuple(Remedy(*_words(change, agreement), names_of(change)) for change in sorted(smallest, key=int.bit_count))


def _partial(ruling: Ruling, told: Facts, agreement: CompiledAgreement) -> tuple[Remedy, ...]:
    """What may be said where the whole may not: it names no facts, since following it may not be enough."""
    hidden = agreement.agreement.undisclosed
    said = dict.fromkeys(_change(each) & told for each in ruling.missing)
    words = (_words(change, agreement) for change in said)
    return tuple(
        Remedy(f"{text} {hidden.text}".strip(), f"{ask}; {hidden.ask}".removeprefix("; "), ()) for text, ask in words
    )


def _change(missing: Missing) -> Facts:
    return facts_of(*missing.lacks, *missing.stopped_by)


def _never(agreement: CompiledAgreement) -> Facts:
    return facts_of(*(fact for fact, terms in agreement.agreement.facts.items() if terms.told_with == "never"))


def _words(change: Facts, agreement: CompiledAgreement) -> tuple[str, str]:
    terms = [agreement.agreement.facts[fact] for fact in names_of(change)]
    return " ".join(dict.fromkeys(each.remedy for each in terms)), "; ".join(dict.fromkeys(each.ask for each in terms))


def _explanation(ruling: Ruling, decision: Decision, told: Facts, agreement: CompiledAgreement) -> Explanation:
    if not ruling.missing:
        prohibited = ruling.clauses != ("S2",)
        code = PROHIBITED if prohibited else NO_CLAUSE if decision.in_force else NOT_IN_FORCE
        return Explanation(ruling.subject, code, _sentences(ruling.clauses, agreement))
    named = told & facts_of(*(fact for each in ruling.missing for fact in (*each.lacks, *each.stopped_by)))
    reasons = tuple(Reason(fact, agreement.agreement.facts[fact].text) for fact in names_of(named))
    ways = remedies(ruling, told, agreement)
    code = MISSING if ways else UNDISCLOSED
    cited = _sentences(_cited(ruling, named), agreement)
    return Explanation(ruling.subject, code, cited, reasons, ways or _partial(ruling, told, agreement))


def _cited(ruling: Ruling, named: Facts) -> tuple[str, ...]:
    """Every candidate, and before them the standing conditions by facts that are named: the rest would tell."""
    standing = []
    if named & facts_of(Fact.EMPLOYED, Fact.TRAINED_SHARING):
        standing.append("S1")
    if named & facts_of(Fact.EXCLUDED, Fact.RESTRICTED):
        standing.append("S3")
    if any(fact.withholds and fact not in (Fact.EXCLUDED, Fact.RESTRICTED) for fact in names_of(named)):
        standing.append("S4")
    return (*standing, *dict.fromkeys(each.clause for each in ruling.missing))


def _sentences(clauses: tuple[str, ...], agreement: CompiledAgreement) -> tuple[tuple[str, str], ...]:
    return tuple((clause, agreement.sentence(clause)) for clause in clauses)
