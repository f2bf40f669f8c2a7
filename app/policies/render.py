"""An agreement in words, as somebody from either organisation reads it, and what there is to say about it today."""

from collections.abc import Iterator
from datetime import date
from textwrap import wrap

from app.policies.agreement import CompiledAgreement
from app.policies.schema import Agreement, Clause, Effect, Grant
from app.vocabulary import Fact

WIDTH = 100
_INDENT = "      "
_FLAGS = {
    "despite_restriction": "also of a restricted record (announced where staff use it)",
    "despite_objection": "whatever the person objects to",
    "despite_end": "also after this agreement has ended",
}


def render(agreement: CompiledAgreement) -> tuple[str, ...]:
    """The lines of the agreement: parties, term, standing conditions, and each clause with its own sentence."""
    terms = agreement.agreement
    return (
        terms.title,
        f"Version {terms.version}, digest {agreement.digest}",
        _term(terms),
        "",
        *(line for one in terms.parties.values() for line in wrap(f"{one.name} ({one.code}): {one.text}", WIDTH)),
        "",
        *(line for standing in terms.standing for line in _numbered(standing.id, standing.text)),
        *(line for clause in terms.clauses for line in _clause(clause)),
    )


def findings(agreement: CompiledAgreement, today: date, reviewed: date | None = None) -> tuple[str, ...]:
    """What a reader should know of a valid agreement: that its review is overdue, that it ends, words it never uses."""
    terms = agreement.agreement
    found = []
    due = agreement.review_due(today, reviewed)
    if due is not None:
        found.append(f"a review was due on {due.isoformat()}: no later one is recorded")
    if terms.last_day is not None and today > terms.last_day:
        found.append(f"it ended with {terms.last_day.isoformat()}: only what outlives it is permitted")
    if today < terms.in_force_from:
        found.append(f"it is not in force before {terms.in_force_from.isoformat()}")
    found += [f"fact '{fact}' is described, and no clause needs it" for fact in _idle(terms)]
    found += [
        f"role '{role}' is described, and no clause is for it"
        for role in terms.roles
        if not agreement.purposes_of(role)
    ]
    return tuple(found)


def _idle(terms: Agreement) -> list[Fact]:
    needed = {Fact.EMPLOYED, Fact.TRAINED_SHARING, Fact.LISTED}
    for clause in terms.clauses:
        for block in (clause, *(clause.parts or ())):
            needed |= set(block.needs or ())
    return [fact for fact in terms.facts if fact not in needed and not fact.withholds]


def _term(terms: Agreement) -> str:
    end = "" if terms.last_day is None else f" to the end of {terms.last_day.isoformat()}"
    return f"In force from {terms.in_force_from.isoformat()}{end}, reviewed every {terms.review_months} months"


def _numbered(number: str, text: str) -> list[str]:
    return wrap(text, WIDTH, initial_indent=f"{number:<6}", subsequent_indent=_INDENT)


def _clause(clause: Clause) -> Iterator[str]:
    yield ""
    yield from _numbered(clause.id, clause.text)
    if clause.note is not None:
        yield from wrap(f"Note: {clause.note}", WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT)
    for line in _terms(clause):
        yield from wrap(line, WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT + "  ")


def _terms(clause: Clause) -> Iterator[str]:
    if clause.effect is Effect.LIMIT:
        yield f"Narrows {', '.join(clause.narrows or ())}"
    else:
        verb = "Prohibits" if clause.effect is Effect.PROHIBIT else "Permits"
        yield f"{verb} {', '.join(clause.roles or ())} for {', '.join(clause.purposes or ())}"
        for block in (clause, *(clause.parts or ())):
            yield from _block(block, clause)
    yield f"Basis: {'; '.join(clause.basis)}"


def _block(block: Grant, clause: Clause) -> Iterator[str]:
    if block.actions is not None:
        subjects = (*(block.categories or ()), *(block.registers or ()))
        whom = f"{', '.join(block.roles)}: " if block.roles and block is not clause else ""
        yield f"{whom}{', '.join(block.actions)}: {', '.join(subjects)}"
    if block.needs is not None:
        yield f"needs {', '.join(block.needs)}"
    if block.fields is not None:
        yield f"as far as: {block.fields}"
    if block.rows is not None:
        yield f"referrals: {block.rows}"
    for flag, text in _FLAGS.items():
        if getattr(block, flag):
            yield text
