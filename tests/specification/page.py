"""docs/what-may-be-shared.md, made from the agreement file and from the examples that the tests hold it to."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.oracle.cedar import FILE
from tests.specification import clauses
from tests.specification.saying import Said

PAGE = Path(__file__).parents[2] / "docs" / "what-may-be-shared.md"
GROUPS = {
    "A": "Probation's own records",
    "B": "The therapy service's own records",
    "C": "From probation to the therapy service",
    "D": "From the therapy service to probation",
    "P": "Protecting somebody, and what is never shared",
    "E": "Joint work",
    "F": "Emergencies",
    "G": "Oversight, and the person's own rights",
    "H": "Systems",
    "I": "Staff",
}
WAYS = {
    "read": "see",
    "write": "record and change",
    "create": "add",
    "check": "ask, without being told why, about",
    "acknowledge": "acknowledge",
    "withdraw": "record that the person withdraws",
    "grant": "grant",
    "revoke": "take back",
    "review": "review",
    "open": "open",
    "close": "close",
    "link": "link",
    "unlink": "part",
}
THINGS = {
    "supervision": "the sentence",
    "offence": "offences",
    "risk": "risk",
    "obligations": "obligations",
    "referral": "referrals",
    "attendance": "appointments",
    "progress": "progress",
    "scores": "scores",
    "clinical": "clinical details",
    "notes": "session notes",
    "safety": "the record of safety",
    "safety-alert": "safety alerts",
    "identity": "who the person is",
    "contact": "how to reach them",
    "meeting": "three-way meetings",
    "consent": "what the person agreed or objected to",
    "staff": "the register of staff",
    "training": "the training they took",
    "authorisation": "authorisations to criminal-justice data",
    "allocation": "allocations",
    "limits": "limits on access",
    "emergency-grant": "emergency grants",
    "subject-request": "subject access requests",
    "disclosures": "to whom the record was disclosed",
    "audit-log": "the log",
    "access-alert": "alerts about unusual access",
    "identity-link": "possible matches of two records",
    "aggregate-figures": "figures as they are",
    "published-figures": "published figures",
}
START = """# What may be shared

Who may see and record what, for which purpose, on which conditions: every clause of
*{title}* (version {version}, in force from {since}), in its own words, with examples. Each example is a test: it is
asked of the agreement whenever the tests run, and so is whether this page says what they say. `scripts/spec` writes it
anew.

**Nothing is permitted that no clause permits.** Find yourself under [Who may do what](#who-may-do-what), or read the
[standing conditions](#standing-conditions), which apply on top of every clause. A word in grey, such as `caseload`, is
the one that answers use for a condition when they say what is missing.
"""


def page() -> str:
    """The whole page."""
    agreement = tomllib.loads(FILE.read_text(encoding="utf-8"))
    parts = [
        START.format(title=agreement["title"], version=agreement["version"], since=agreement["in_force_from"]),
        "\n".join(_roles(agreement)),
        "\n".join(_standing(agreement)),
    ]
    for letter, title in GROUPS.items():
        parts.append(f"## {letter}. {title}\n")
        parts += ["\n".join(_clause(each, agreement)) for each in agreement["clauses"] if each["id"][0] == letter]
    return "\n".join(parts)


def _roles(agreement: Mapping[str, Any]) -> Iterator[str]:
    yield "## Who may do what\n"
    for role, terms in agreement["roles"].items():
        yield f"### {_plain(role).capitalize()}\n\n{terms['text']} At the {_listed(terms['parties'], 'or')} party.\n"
        yield "| for | may | if | clause |\n| --- | --- | --- | --- |"
        for purpose in agreement["purposes"]:
            for clause in agreement["clauses"]:
                if clause["effect"] == "permit" and purpose in clause["purposes"]:
                    yield from _rows(role, purpose, clause, agreement)
        yield ""


def _rows(role: str, purpose: str, clause: Mapping[str, Any], agreement: Mapping[str, Any]) -> Iterator[str]:
    for part in clause.get("parts", [clause]):
        if role in part.get("roles", clause["roles"]):
            needs = ", ".join(f"`{need}`" for need in _needs(clause, part))
            narrowed = "".join(f": {said}" for said in _narrowed(clause, part, agreement))
            where = f"[{clause['id']}](#{clause['id'].lower()})"
            yield f"| {_plain(purpose)} | {_may(part)}{narrowed} | {needs} | {where} |"


def _needs(clause: Mapping[str, Any], part: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys([*clause.get("needs", []), *part.get("needs", [])]))


def _standing(agreement: Mapping[str, Any]) -> Iterator[str]:
    yield "## Standing conditions\n"
    for condition in agreement["standing"]:
        yield f"### {condition['id']}\n\n> {condition['text']}\n"
        yield from _examples(clauses.examples(condition["id"]))


def _clause(clause: Mapping[str, Any], agreement: Mapping[str, Any]) -> Iterator[str]:
    yield f"### {clause['id']}\n\n> {clause['text']}\n"
    if "note" in clause:
        yield f"{clause['note']}\n"
    if clause["effect"] == "limit":
        yield f"- **Narrows:** {_listed(f'[{each}](#{each.lower()})' for each in clause['narrows'])}"
    else:
        yield f"- **Who:** {_listed(map(_plain, clause['roles']), 'or')}{_where(clause)}"
        yield f"- **What for:** {_purposes(clause, agreement)}"
        for part in clause.get("parts", [clause]):
            yield from _part(clause, part, agreement)
    yield f"- **Basis:** {'; '.join(clause['basis'])}\n"
    yield from _examples(clauses.examples(clause["id"]))


def _where(clause: Mapping[str, Any]) -> str:
    return f", at the {_listed(clause['parties'])} party" if "parties" in clause else ""


def _purposes(clause: Mapping[str, Any], agreement: Mapping[str, Any]) -> str:
    if set(clause["purposes"]) == set(agreement["purposes"]):
        return "any purpose"
    return _listed(f"{_plain(each)} ({_lower(agreement['purposes'][each]['text'])})" for each in clause["purposes"])


def _narrowed(clause: Mapping[str, Any], part: Mapping[str, Any], agreement: Mapping[str, Any]) -> Iterator[str]:
    for key, words in (("fields", "caveats"), ("rows", "rows")):
        word = part.get(key, clause.get(key))
        if word:
            yield _lower(agreement[words][word])


def _part(clause: Mapping[str, Any], part: Mapping[str, Any], agreement: Mapping[str, Any]) -> Iterator[str]:
    whose = f" ({_plain(part['roles'][0])})" if len(part.get("roles", [])) == 1 and part is not clause else ""
    yield f"- **{'Never' if clause['effect'] == 'prohibit' else 'May'}{whose}:** {_may(part)}"
    facts = agreement["facts"]
    yield from (f"  - only if {_lower(facts[need]['text'])} (`{need}`)" for need in _needs(clause, part))
    yield from (f"  - as far as: {said}" for said in _narrowed(clause, part, agreement))
    yield from (f"  - {said}" for flag, said in GOES_ON.items() if part.get(flag) or clause.get(flag))


GOES_ON = {
    "despite_restriction": "even where the record is restricted: what staff do who are not on its list is announced",
    "despite_objection": "even where the person objects",
    "despite_end": "even after the agreement has ended",
}


def _may(part: Mapping[str, Any]) -> str:
    things = [THINGS[each] for each in (*part.get("categories", []), *part.get("registers", []))]
    what = "everything that is held" if len(things) == 16 else _listed(things)
    if {"read", "write"} <= set(part["actions"]):
        return f"see, record and change {what}"
    return f"{_listed([WAYS[each] for each in part['actions']])} {what}"


def _examples(said: Iterable[Said]) -> Iterator[str]:
    for title, is_permitted in (("Yes", True), ("No", False)):
        sentences = [each.says for each in said if each.is_permitted is is_permitted]
        if sentences:
            yield f"{title}:\n"
            yield from (f"- {'✓' if is_permitted else '✗'} {sentence}." for sentence in sentences)
            yield ""


def _plain(word: str) -> str:
    return word.replace("-", " ")


def _lower(text: str) -> str:
    return text[0].lower() + text[1:].rstrip(".") if text[:2] != "PH" else text


def _listed(words: Iterable[str], last: str = "and") -> str:
    several = list(words)
    return several[0] if len(several) == 1 else f"{', '.join(several[:-1])} {last} {several[-1]}"
