"""The agreement as Cedar policies: the same law through an engine that is not ours, from the same file.

It reads the TOML by itself and shares neither loader nor compiler with `app.policies`. Each part of a clause is one
policy; what stands on top of all (S1, an exclusion, P3, who can be at which party) is a `forbid`. A policy that errors
is skipped by Cedar, so that an erring `forbid` allows: every error here is an exception, and so is `NoDecision`.
"""

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from cedarpy import AuthzResult, Decision, Entities, PolicySet, Schema, is_authorized_batch, validate_policies

FILE = Path(__file__).parents[2] / "app" / "policies" / "agreements" / "leicester-2012.toml"
SYSTEMS = ("case-management-system", "clinical-system")
NO_OBJECTION = ("risk", "safety-alert")
BATCH = 128
Answer = tuple[bool, tuple[str, ...]]


class OracleFault(Exception):
    """Cedar could not decide; whatever it answered is not an answer."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy's text, and of which purposes, actions and subjects it speaks; of all, where it stands on top."""

    text: str
    asked: frozenset[tuple[str, str, str]] | None = None

    def speaks_of(self, purpose: str, action: str, subject: str) -> bool:
        """Whether it can say anything about such a request."""
        return self.asked is None or (purpose, action, subject) in self.asked


def quoted(words: Iterable[str]) -> str:
    """A set of strings in Cedar."""
    return "[" + ", ".join(json.dumps(word) for word in words) + "]"


def entities_of(agreement: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Categories and registers, each with its owner, whether it is about a person, and what objects to it."""
    subjects: dict[str, tuple[str, bool, str]] = {}
    for word, terms in agreement["categories"].items():
        subjects[word] = (terms["owner"], True, "none" if word in NO_OBJECTION else f"objection:{word}")
    for word, terms in agreement["registers"].items():
        subjects[word] = ("joint", terms["of_person"], "none")
    return [
        {
            "uid": {"type": "Subject", "id": word},
            "attrs": {"owner": owner, "ofPerson": of_person, "objection": objection},
            "parents": [],
        }
        for word, (owner, of_person, objection) in subjects.items()
    ]


def schema_of(agreement: Mapping[str, Any]) -> str:
    """Types, so that a policy which could err is refused before it is asked."""
    purposes = ", ".join(json.dumps(purpose) for purpose in agreement["purposes"])
    return f"""
        entity Role enum {quoted(agreement["roles"])};
        entity Subject = {{ owner: String, ofPerson: Bool, objection: String }};
        action {purposes} appliesTo {{
            principal: Role, resource: Subject,
            context: {{ party: String, action: String, facts: Set<String>, ended: Bool }}
        }};
    """


def policies_of(agreement: Mapping[str, Any]) -> dict[str, Policy]:
    """Every policy under an id of its own: the clause's, and the number of its part."""
    policies = {name: Policy(text) for name, text in _standing(agreement)}
    for clause in agreement["clauses"]:
        if clause["effect"] == "limit":
            continue
        for number, part in enumerate(clause.get("parts", [clause])):
            policies[f"{clause['id']}.{number}"] = _policy(clause, part)
    return policies


def _standing(agreement: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    systems = f"[{', '.join(_role(role) for role in SYSTEMS)}].contains(principal)"
    trained = 'context.facts.containsAll(["employed", "training:information-sharing"])'
    able = f'({systems} && context.facts.contains("employed")) || (!{systems} && {trained})'
    yield "S1.0", f"forbid (principal, action, resource) unless {{ {able} }};"
    yield (
        "S3.0",
        'forbid (principal, action, resource) when { resource.ofPerson && context.facts.contains("excluded") };',
    )
    homes = " || ".join(
        f"(principal == {_role(role)} && {quoted(terms['parties'])}.contains(context.party))"
        for role, terms in agreement["roles"].items()
    )
    yield "party.0", f"forbid (principal, action, resource) unless {{ {homes} }};"


def _role(word: str) -> str:
    return f"Role::{json.dumps(word)}"


def _policy(clause: Mapping[str, Any], part: Mapping[str, Any]) -> Policy:
    purposes = ", ".join(f"Action::{json.dumps(purpose)}" for purpose in clause["purposes"])
    actions = [*part["actions"], *(["create"] if "write" in part["actions"] else [])]
    subjects = [*part.get("categories", []), *part.get("registers", [])]
    roles = ", ".join(_role(role) for role in part.get("roles", clause.get("roles")))
    when = [
        f"[{roles}].contains(principal)",
        f"{quoted(actions)}.contains(context.action)",
        f"[{', '.join(f'Subject::{json.dumps(subject)}' for subject in subjects)}].contains(resource)",
    ]
    if "parties" in clause:
        when.append(f"{quoted(clause['parties'])}.contains(context.party)")
    needs = sorted({*clause.get("needs", []), *part.get("needs", [])})
    if needs:
        when.append(f"context.facts.containsAll({quoted(needs)})")
    effect = "forbid" if clause["effect"] == "prohibit" else "permit"
    unless = [] if effect == "forbid" else _unless(clause, part)
    text = f"{effect} (principal, action in [{purposes}], resource) when {{ {' && '.join(when)} }}"
    text += "".join(f" unless {{ {each} }}" for each in unless) + ";"
    return Policy(text, frozenset(product(clause["purposes"], actions, subjects)))


def _unless(clause: Mapping[str, Any], part: Mapping[str, Any]) -> Iterable[str]:
    def goes_on(flag: str) -> bool:
        return bool(clause.get(flag) or part.get(flag))

    if not goes_on("despite_end"):
        yield "context.ended"
    if not goes_on("despite_restriction"):
        yield 'resource.ofPerson && context.facts.contains("restricted") && !context.facts.contains("listed")'
    if not goes_on("despite_objection"):
        yield (
            'context.action == "read" && resource.owner != "joint" && resource.owner != context.party'
            " && context.facts.contains(resource.objection)"
        )


def _text(policies: Mapping[str, Policy]) -> str:
    return "\n".join(f"@id({json.dumps(name)})\n{policy.text}" for name, policy in policies.items())


class CedarOracle:
    """The agreement behind Cedar, with policies and entities parsed once."""

    def __init__(self, file: Path = FILE) -> None:
        agreement = tomllib.loads(file.read_text(encoding="utf-8"))
        self.policies = policies_of(agreement)
        ids = [clause["id"] for clause in agreement["clauses"]]
        if len(set(ids)) != len(ids):
            raise OracleFault("two clauses of one id, which Cedar would accept")
        self._order = {clause: place for place, clause in enumerate(ids)}
        schema = schema_of(agreement)
        checked = validate_policies(_text(self.policies), schema)
        if not checked.validation_passed:
            raise OracleFault("; ".join(str(error) for error in checked.errors))
        self._set = PolicySet.from_str(_text(self.policies))
        self._parts: dict[tuple[str, ...], PolicySet] = {}
        self._entities = Entities.from_json_str(json.dumps(entities_of(agreement)), Schema.from_str(schema))

    def request(
        self,
        role: str,
        party: str,
        purpose: str,
        action: str,
        subject: str,
        facts: Iterable[str],
        *,
        ended: bool = False,
    ) -> dict[str, Any]:
        """A request as Cedar takes it."""
        context = {"party": party, "action": action, "facts": sorted(facts), "ended": ended}
        return {
            "principal": f"Role::{json.dumps(role)}",
            "action": f"Action::{json.dumps(purpose)}",
            "resource": f"Subject::{json.dumps(subject)}",
            "context": json.dumps(context),
        }

    def decide(
        self,
        role: str,
        party: str,
        purpose: str,
        action: str,
        subject: str,
        facts: Iterable[str],
        *,
        ended: bool = False,
    ) -> Answer:
        """Whether it is permitted, and the clauses that permit it in the order of the file."""
        (answer,) = self.decide_all([self.request(role, party, purpose, action, subject, facts, ended=ended)])
        return answer

    def decide_person(
        self, role: str, party: str, purpose: str, action: str, subjects: Sequence[str], facts: Iterable[str]
    ) -> list[Answer]:
        """The answers on several subjects of one person, in one batch."""
        held = sorted(facts)
        return self.decide_all([self.request(role, party, purpose, action, subject, held) for subject in subjects])

    def decide_all(self, requests: Sequence[dict[str, Any]]) -> list[Answer]:
        """The answers to many requests, in batches."""
        return list(self._answers(requests, self._set))

    def decide_cell(
        self, role: str, party: str, purpose: str, action: str, subject: str, contexts: Iterable[tuple[list[str], bool]]
    ) -> Iterator[Answer]:
        """The answers to one request with many facts, each with whether the agreement has ended.

        Cedar is given only the policies that speak of the purpose, action and subject, since each of the others costs
        it time and none of them can match.
        """
        known = [self.request(role, party, purpose, action, subject, facts, ended=ended) for facts, ended in contexts]
        return self._answers(known, self._part(purpose, action, subject))

    def _part(self, *asked: str) -> PolicySet:
        if asked not in self._parts:
            speaking = {name: policy for name, policy in self.policies.items() if policy.speaks_of(*asked)}
            self._parts[asked] = PolicySet.from_str(_text(speaking))
        return self._parts[asked]

    def _answers(self, requests: Sequence[dict[str, Any]], policies: PolicySet) -> Iterator[Answer]:
        for start in range(0, len(requests), BATCH):
            batch = list(requests[start : start + BATCH])
            yield from map(self._answer, is_authorized_batch(batch, policies, self._entities))

    def _answer(self, result: AuthzResult) -> Answer:
        if result.diagnostics.errors or result.decision is Decision.NoDecision:
            raise OracleFault(f"{result.decision}: {result.diagnostics.errors}")
        if not result.allowed:
            return False, ()
        names = result.diagnostics.id_annotations_by_reason.values()
        clauses = {name.partition(".")[0] for name in names}
        return True, tuple(sorted(clauses, key=self._order.__getitem__))
