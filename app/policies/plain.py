"""Why a subject is open or withheld, as one paragraph that a practitioner reads without a manual."""

from app.policies.agreement import CompiledAgreement
from app.policies.explain import MISSING, NO_CLAUSE, NOT_IN_FORCE, PROHIBITED, Explanation
from app.policies.rulings import Ruling
from app.vocabulary import Category, Subject

_WITHHELD = {
    NO_CLAUSE: "no clause lets this role do this for this purpose.",
    NOT_IN_FORCE: "the agreement is not in force, and no clause that outlives it permits this.",
    PROHIBITED: "it is forbidden, whatever else holds.",
}


def permitted_in_words(ruling: Ruling, agreement: CompiledAgreement) -> str:
    """What is open, under which clauses, and as far as what."""
    extent = " ".join(agreement.caveats[caveat] for caveat in ruling.fields)
    parts = [f"{_named(ruling.subject)} is open. {_about(ruling.subject, agreement)}", extent]
    return _joined(parts + [f"Clause {clause}: {agreement.sentence(clause)}" for clause in ruling.clauses])


def withheld_in_words(explanation: Explanation, agreement: CompiledAgreement) -> str:
    """What is withheld, by which sentences, what is missing or stands in the way, and whom to ask for what."""
    clauses = [f"{_number(clause)}: {text}" for clause, text in explanation.clauses]
    head = f"{_named(explanation.subject)} is withheld"
    if explanation.code in _WITHHELD:
        return _joined([f"{head}: {_WITHHELD[explanation.code]}", *clauses])
    lacks = [each.text for each in explanation.missing if not each.fact.withholds]
    stops = [each.text for each in explanation.missing if each.fact.withholds]
    parts = [f"{head}.", *clauses]
    parts += [f"What is missing: {' '.join(lacks)}"] if lacks else []
    parts += [f"What stands in the way: {' '.join(stops)}"] if stops else []
    parts += [f"{_first(place)}: {each.text} Ask: {each.ask}." for place, each in enumerate(explanation.remedies)]
    if explanation.code != MISSING and not explanation.remedies:
        hidden = agreement.agreement.undisclosed
        parts.append(f"{hidden.text} Ask: {hidden.ask}.")
    return _joined(parts)


def _named(subject: Subject) -> str:
    return subject.value.replace("-", " ").capitalize()


def _about(subject: Subject, agreement: CompiledAgreement) -> str:
    terms = agreement.agreement
    found = terms.categories.get(subject) if isinstance(subject, Category) else terms.registers.get(subject)
    return "" if found is None else f"It holds: {found.text}"


def _number(clause: str) -> str:
    return f"Standing condition {clause}" if clause.startswith("S") else f"Clause {clause}"


def _first(place: int) -> str:
    return "What would open it" if place == 0 else "Or"


def _joined(parts: list[str]) -> str:
    return " ".join(part.strip() for part in parts if part.strip())
