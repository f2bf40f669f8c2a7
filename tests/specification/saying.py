"""How a clause's examples are said: who asks, for what, knowing which facts, and what the agreement answers.

`holding` is what holds beside S1, which every caller here meets unless `without` says otherwise.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

import pytest

from app.policies import CompiledAgreement, Ruling
from tests.policies.asking import asks, facts, leicester, ruled, standing
from tests.policies.clauses import AFTER, ended

DURING = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


class Said(Protocol):
    """An example as the page shows it."""

    says: str
    is_permitted: bool


@dataclass(frozen=True, kw_only=True)
class Example:
    """One answer of the agreement, on each of some subjects."""

    clause: str
    says: str
    is_permitted: bool
    role: str
    purpose: str
    action: str
    subjects: tuple[str, ...]
    party: str | None
    holding: frozenset[str]
    over: bool
    by: tuple[str, ...] = ()
    rows: frozenset[str] = frozenset()
    fields: tuple[str, ...] = ()
    announced: bool = False
    lacks: frozenset[str] = frozenset()
    stopped_by: frozenset[str] = frozenset()
    because: tuple[str, ...] = ()

    def holds(self, agreement: CompiledAgreement | None = None) -> None:
        """Assert the whole of each ruling, under the agreement that ships or another that ends before AFTER."""
        assert self.subjects
        for subject in self.subjects:
            ruling = self._ruling(subject, agreement or (ended() if self.over else leicester()))
            assert ruling.permitted is self.is_permitted, ruling
            if self.is_permitted:
                assert (ruling.clauses, ruling.missing) == (self.by, ()), ruling
                assert (ruling.rows, ruling.fields) == (self.rows, self.fields), ruling
            else:
                self._check_refusal(ruling)
            assert ruling.announce is self.announced, ruling

    def _ruling(self, subject: str, agreement: CompiledAgreement) -> Ruling:
        question = asks(
            self.role, self.purpose, self.action, subject, party=self.party, at=AFTER if self.over else DURING
        )
        return ruled(question, facts(" ".join(self.holding)), agreement)

    def _check_refusal(self, ruling: Ruling) -> None:
        if self.because:
            assert ruling.clauses == self.because, ruling
        if self.lacks or self.stopped_by:
            missing = (each for each in ruling.missing if each.clause == self.clause)
            said = [({fact.value for fact in each.lacks}, {fact.value for fact in each.stopped_by}) for each in missing]
            assert (self.lacks, self.stopped_by) in said, ruling


@dataclass(frozen=True)
class Asking:
    """Somebody in a role, asking for a purpose under a clause."""

    clause: str
    role: str
    purpose: str
    party: str | None = None

    def may(
        self,
        action: str,
        subjects: str,
        holding: str,
        says: str,
        *,
        by: str | None = None,
        rows: str = "sent",
        fields: str = "",
        announced: bool = False,
        over: bool = False,
    ) -> Example:
        """It is permitted by this clause, or by all of those that `by` names."""
        return Example(
            **self._asked(action, subjects, holding, says, "", over),
            is_permitted=True,
            by=tuple((by or self.clause).split()),
            rows=frozenset(rows.split()),
            fields=tuple(fields.split()),
            announced=announced,
        )

    def may_not(
        self,
        action: str,
        subjects: str,
        holding: str,
        says: str,
        *,
        lacks: str = "",
        stopped_by: str = "",
        because: str = "",
        without: str = "",
        over: bool = False,
    ) -> Example:
        """It is refused: the clause lacks facts or is stopped by some, or these clauses are all that is cited."""
        if not (lacks or stopped_by or because):
            raise ValueError(f"no reason is given: {says}")
        return Example(
            **self._asked(action, subjects, holding, says, without, over),
            is_permitted=False,
            lacks=frozenset(lacks.split()),
            stopped_by=frozenset(stopped_by.split()),
            because=tuple(because.split()),
        )

    def _asked(self, action: str, subjects: str, holding: str, says: str, without: str, over: bool) -> dict[str, Any]:
        known = {fact for fact in ("employed", "training:information-sharing") if standing(self.role) & facts(fact)}
        return {
            "clause": self.clause,
            "says": says,
            "role": self.role,
            "purpose": self.purpose,
            "action": action,
            "subjects": tuple(subjects.split()),
            "party": self.party,
            "holding": frozenset([*known - set(without.split()), *holding.split()]),
            "over": over,
        }


def sentences(examples: Iterable[Said]) -> list[Any]:
    """The examples as test cases, each named by its sentence."""
    return [pytest.param(example, id=example.says) for example in examples]
