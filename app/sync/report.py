"""What an import did: counts for each file, and findings that name file, line, field and rule, and never a value."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from app.sync.rules import RULES, Rule, Severity


class Outcome(StrEnum):
    """What became of a row."""

    ACCEPTED = "accepted"
    UNCHANGED = "unchanged"
    SUPERSEDED = "superseded"
    CONFLICT = "conflict"
    """Written but for a field that belongs to the other side, or that another record has."""
    REJECTED = "rejected"
    WAITING = "waiting"
    """Well-formed, and about a person whom the justice side has not sent; told to nobody but the operator (H7)."""
    NOT_KEPT = "not-kept"
    """Checked, and of a kind that nothing here has a place for."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One rule broken at one place."""

    file: str
    line: int
    field: str
    rule_id: str

    @property
    def rule(self) -> Rule:
        """The rule, with its severity and remedy."""
        return RULES[self.rule_id]

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        named = f" {self.field}:" if self.field else ""
        return f"{place}:{named} {self.rule.wrong} [{self.rule.severity}, {self.rule_id}]; {self.rule.remedy}"


@dataclass(slots=True)
class Counts:
    """How many rows of a file came to what."""

    accepted: int = 0
    unchanged: int = 0
    superseded: int = 0
    rejected: int = 0
    not_kept: int = 0
    warned: int = 0
    """Rows with a warning, whatever else became of them."""

    @property
    def rows(self) -> int:
        """Every row of the file."""
        return self.accepted + self.unchanged + self.superseded + self.rejected + self.not_kept


@dataclass(slots=True)
class ImportReport:
    """The whole import."""

    entries: int = 0
    """Changed records: each has its entry in the log."""
    ended: int = 0
    """Records that a newer submission of their period does not have any more."""
    restored: int = 0
    """Records that were ended so and are in it again."""
    waiting: int = 0
    """Rows about people whom the justice side has not sent; among `accepted` in the counts of their files."""
    findings: list[Finding] = field(default_factory=list)
    _outcomes: dict[str, Counter[Outcome]] = field(default_factory=dict)
    _warned: dict[str, set[int]] = field(default_factory=dict)

    def opened(self, file: str) -> None:
        """A file that was found, whatever is in it."""
        self._outcomes.setdefault(file, Counter())

    def found(self, file: str, line: int, field: str, rule: str) -> None:
        """A rule is broken."""
        self.findings.append(Finding(file, line, field, rule))
        if RULES[rule].severity is Severity.WARNING:
            self._warned.setdefault(file, set()).add(line)

    def found_once(self, file: str, line: int, field: str, rule: str) -> None:
        """The same of what is looked at more than once."""
        if Finding(file, line, field, rule) not in self.findings:
            self.found(file, line, field, rule)

    def came_to(self, file: str, outcome: Outcome, rows: int = 1) -> None:
        """What became of rows of a file."""
        self._outcomes.setdefault(file, Counter())[outcome] += rows
        self.waiting += rows if outcome is Outcome.WAITING else 0

    @property
    def files(self) -> dict[str, Counts]:
        """Counts by file, in the order in which the files were opened."""
        return {
            file: Counts(
                accepted=outcomes[Outcome.ACCEPTED] + outcomes[Outcome.WAITING],
                unchanged=outcomes[Outcome.UNCHANGED],
                superseded=outcomes[Outcome.SUPERSEDED],
                rejected=outcomes[Outcome.REJECTED],
                not_kept=outcomes[Outcome.NOT_KEPT],
                warned=len(self._warned.get(file, ())),
            )
            for file, outcomes in self._outcomes.items()
        }

    @property
    def rejected(self) -> int:
        """Rows that were not loaded although they should have been."""
        return sum(counts[Outcome.REJECTED] for counts in self._outcomes.values())

    @property
    def exit_code(self) -> int:
        """0 everything is loaded, 1 something was rejected."""
        severe = any(finding.rule.severity is not Severity.WARNING for finding in self.findings)
        return 1 if self.rejected or severe else 0

    def as_data(self) -> dict[str, Any]:
        """For other programs."""
        return {
            "entries": self.entries,
            "ended": self.ended,
            "restored": self.restored,
            "files": {
                file: {
                    "accepted": counts.accepted,
                    "unchanged": counts.unchanged,
                    "superseded": counts.superseded,
                    "rejected": counts.rejected,
                    "notKept": counts.not_kept,
                    "warned": counts.warned,
                }
                for file, counts in self.files.items()
            },
            "findings": [
                {
                    "file": finding.file,
                    "line": finding.line or None,
                    "field": finding.field or None,
                    "rule": finding.rule_id,
                    "severity": finding.rule.severity.value,
                    "wrong": finding.rule.wrong,
                    "remedy": finding.rule.remedy,
                }
                for finding in sorted(self.findings)
            ],
        }
