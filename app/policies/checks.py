"""What an agreement may not say although its words are known: contradictions, and clauses that can never apply."""

from collections import Counter
from collections.abc import Iterator
from difflib import get_close_matches
from enum import StrEnum
from typing import Any

from app.policies.faults import Fault, Place
from app.policies.schema import Agreement, Clause, Effect, Grant, Owner
from app.vocabulary import NEVER_OBJECTED, Fact, objection_to, parties_of

STANDING = ("S1", "S2", "S3", "S4", "S5")
ON_TOP = (Fact.EMPLOYED, Fact.TRAINED_SHARING, Fact.EXCLUDED, Fact.RESTRICTED, Fact.LISTED)
NEVER_TOLD = (Fact.EXCLUDED, Fact.RESTRICTED, Fact.LISTED)
CONSENT_BASIS = "common law: consent to disclose"


def check_terms(agreement: Agreement) -> Iterator[Fault]:
    """The parts of the file that stand around its clauses."""
    if agreement.last_day is not None and agreement.last_day < agreement.in_force_from:
        yield Fault(("last_day",), "the agreement ends before it begins", "give a `last_day` after `in_force_from`")
    if (ids := [each.id for each in agreement.standing]) != list(STANDING):
        place = next((n for n, one in enumerate(ids) if n >= len(STANDING) or one != STANDING[n]), 0)
        yield Fault(
            ("standing", place, "id"), "S1 to S5 do not each stand there once, in order", "write each of them once"
        )
    for role, terms in agreement.roles.items():
        for party in terms.parties:
            if party not in parties_of(role):
                fault = f"role '{role}' cannot be at party '{party}'"
                able = " or ".join(sorted(parties_of(role)))
                yield Fault(("roles", role, "parties"), fault, f"its party is {able}")
            elif party not in agreement.parties:
                fault = f"'{party}' is not described under [parties]"
                yield Fault(("roles", role, "parties"), fault, "describe it under [parties]")
    yield from _check_facts(agreement)


def _check_facts(agreement: Agreement) -> Iterator[Fault]:
    """Those of the standing conditions are described too, and what may never be told is marked so."""
    owned = {category for category, terms in agreement.categories.items() if terms.owner is not Owner.JOINT}
    for fact in (*ON_TOP, *(objection_to(category) for category in sorted(owned - NEVER_OBJECTED))):
        if fact not in agreement.facts:
            fault = f"'{fact}' is not described under [facts]"
            yield Fault(("facts",), fault, "describe it: a standing condition depends on it")
    for fact, about in agreement.facts.items():
        if fact.value.startswith("training:") and about.valid_months is None:
            yield Fault(("facts", fact), f"training '{fact}' has no `valid_months`", "say how long it is valid")
        if fact in NEVER_TOLD and about.told_with != "never":
            fault = f"'{fact}' would be told, and with it that access to the person is limited"
            yield Fault(("facts", fact, "told_with"), fault, 'say `told_with = "never"`')
        if fact.value.startswith(("consent:", "objection:")) and about.told_with == "caller":
            fault = f"'{fact}' is about the person, not the caller"
            yield Fault(("facts", fact, "told_with"), fault, "name the category with which it is told")


def check_clauses(agreement: Agreement) -> Iterator[Fault]:
    """Each clause by itself: a number of its own, words that the file describes, a shape that fits its effect."""
    counts: Counter[str] = Counter()
    known = {clause.id: clause for clause in agreement.clauses}
    for place, clause in enumerate(agreement.clauses):
        counts[clause.id] += 1
        if counts[clause.id] > 1:
            yield Fault(
                ("clauses", place, "id"), f"a second clause '{clause.id}'", "give it a number of its own", clause.id
            )
        if clause.id in STANDING:
            fault = f"'{clause.id}' is a standing condition"
            yield Fault(("clauses", place, "id"), fault, "give the clause a number of its own", clause.id)
        yield from _check_words(agreement, clause, ("clauses", place))
        shape = _limit(clause, known) if clause.effect is Effect.LIMIT else _grant(clause)
        for key, fault, remedy in shape:
            yield Fault(("clauses", place, *key), fault, remedy, clause.id)


def _check_words(agreement: Agreement, clause: Clause, place: Place) -> Iterator[Fault]:
    described: dict[str, Any] = {
        "roles": agreement.roles,
        "parties": agreement.parties,
        "purposes": agreement.purposes,
        "categories": agreement.categories,
        "registers": agreement.registers,
        "needs": agreement.facts,
        "fields": agreement.caveats,
        "rows": agreement.rows,
    }
    blocks: list[tuple[Grant, Place]] = [(clause, place)]
    blocks += [(part, (*place, "parts", number)) for number, part in enumerate(clause.parts or ())]
    for block, at in blocks:
        for key, words in described.items():
            used = getattr(block, key, None)
            for word in (used,) if isinstance(used, StrEnum) else used or ():
                if word not in words:
                    table = {"needs": "facts", "fields": "caveats"}.get(key, key)
                    near = get_close_matches(word, list(words), n=1, cutoff=0.5)
                    remedy = f"describe it under [{table}]" + (f" or use '{near[0]}'" if near else "")
                    yield Fault((*at, key), f"'{word}' is not described under [{table}]", remedy, clause.id)


_Said = Iterator[tuple[Place, str, str]]
_FLAGS = ("despite_restriction", "despite_objection", "despite_end")


def _limit(clause: Clause, known: dict[str, Clause]) -> _Said:
    if clause.narrows is None:
        yield (), "a limit narrows nothing", "name the clauses that it narrows in `narrows`"
    for one in clause.narrows or ():
        if one not in known or known[one].effect is not Effect.PERMIT:
            yield ("narrows",), f"'{one}' is no clause that permits", "name clauses that permit"
    for key in sorted(clause.model_fields_set - {"id", "text", "effect", "basis", "note", "narrows"}):
        yield (key,), f"a limit has no `{key}`: it grants nothing", "leave it out"


def _grant(clause: Clause) -> _Said:
    if clause.narrows is not None:
        yield ("narrows",), "only a limit narrows other clauses", "leave `narrows` out"
    for key in ("roles", "purposes"):
        if getattr(clause, key) is None:
            yield (), f"the clause has no `{key}` and so can never apply", f"add `{key}`"
    if clause.parts is None:
        yield from _block(clause, ())
    else:
        for key in ("actions", "categories", "registers"):
            if getattr(clause, key) is not None:
                yield (key,), f"`{key}` stands beside parts", "move it into a part"
        for number, part in enumerate(clause.parts):
            yield from _block(part, ("parts", number))
        yield from _part_roles(clause)
    if clause.effect is Effect.PROHIBIT:
        yield from _prohibition(clause)
    elif clause.absolute:
        yield ("absolute",), "only a prohibition is absolute", "leave `absolute` out"
    else:
        yield from _consent(clause)


def _block(block: Grant, at: Place) -> _Said:
    if block.actions is None:
        yield at, "it has no `actions` and so can never apply", "add `actions`"
    if block.categories is None and block.registers is None:
        yield at, "it has neither `categories` nor `registers` and so can never apply", "add one of them"


def _part_roles(clause: Clause) -> _Said:
    reached, foreign = set(), False
    for number, part in enumerate(clause.parts or ()):
        reached |= set(part.roles or clause.roles or ())
        for role in set(part.roles or ()) - set(clause.roles or ()):
            foreign = True
            yield ("parts", number, "roles"), f"the clause is not for '{role}'", "name the role in the clause too"
    for role in () if foreign else sorted(set(clause.roles or ()) - reached):
        yield ("roles",), f"no part is for '{role}'", "leave the role out or give it a part"


def _prohibition(clause: Clause) -> _Said:
    if not clause.absolute:
        yield (), "a prohibition that something could lift", "say `absolute = true`, or leave the grant out instead"
    blocks: list[tuple[Grant, Place]] = [(clause, ())]
    blocks += [(part, ("parts", number)) for number, part in enumerate(clause.parts or ())]
    for block, at in blocks:
        for key in sorted(block.model_fields_set & {"needs", "rows", "fields", *_FLAGS}):
            yield (*at, key), f"a prohibition has no `{key}`: nothing lifts it", "leave it out"


def _consent(clause: Clause) -> _Said:
    needs: set[Fact] = set(clause.needs or ())
    for part in clause.parts or ():
        needs |= set(part.needs or ())
    if any(fact.value.startswith("consent:") for fact in needs) and not any(
        basis.startswith(CONSENT_BASIS) for basis in clause.basis
    ):
        remedy = f"add '{CONSENT_BASIS} (not the UK GDPR basis)'"
        yield ("basis",), "the clause needs consent and its basis does not say of which law", remedy
