"""The agreement as decisions use it: compiled once, with its digest, its sentences and its dates."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from app.policies.compile import Condition, Key, compile_clauses
from app.policies.load import digest_of, read_file
from app.policies.rulings import Book
from app.policies.schema import Agreement, Clause
from app.vocabulary import Action, Fact, Facts, Party, Purpose, Role, Subject, facts_of

Conditions = Mapping[Key, Mapping[Subject, tuple[Condition, ...]]]
LONDON = ZoneInfo("Europe/London")


class CompiledAgreement:
    """One version of the agreement; what it answers depends on nothing but its file and the arguments."""

    def __init__(self, agreement: Agreement) -> None:
        compiled = compile_clauses(agreement)
        self.agreement = agreement
        self.digest = digest_of(agreement)
        self.title = agreement.title
        self.version = agreement.version
        self.caveats: Mapping[str, str] = {str(word): text for word, text in agreement.caveats.items()}
        self.begins: datetime = midnight(agreement.in_force_from)
        self.ends: datetime | None = (
            None if agreement.last_day is None else midnight(agreement.last_day + timedelta(days=1))
        )
        self._conditions = compiled.conditions
        self._prohibitions = compiled.prohibitions
        self._clauses = {clause.id: clause for clause in agreement.clauses}
        self._purposes = _purposes(compiled.conditions)
        self._sentences = {one.id: one.text for one in agreement.standing} | {
            one.id: one.text for one in agreement.clauses
        }
        self.in_force = Book(compiled.conditions, compiled.prohibitions, self.digest, in_force=True)
        self.outlived = Book(_outliving(compiled.conditions), compiled.prohibitions, self.digest, in_force=False)

    def conditions(
        self, role: Role, party: Party, purpose: Purpose, action: Action, subject: Subject
    ) -> tuple[Condition, ...]:
        """When a subject is permitted: if any of these holds. While `ended`, those with `despite_end` alone count."""
        return self._conditions.get((role, party, purpose, action), {}).get(subject, ())

    def cells(self) -> Iterator[tuple[Key, Subject]]:
        """Everything that some clause permits on some facts, in the order of the file."""
        for key, row in self._conditions.items():
            for subject in row:
                yield key, subject

    def prohibitions(
        self, role: Role, party: Party, purpose: Purpose, action: Action, subject: Subject
    ) -> tuple[str, ...]:
        """The clauses that forbid a subject whatever the facts."""
        return self._prohibitions.get((role, party, purpose, action), {}).get(subject, ())

    def purposes_of(self, role: Role) -> frozenset[Purpose]:
        """The purposes that a role may ever use."""
        return self._purposes.get(role, frozenset())

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """Every clause, in the order of the file."""
        return self.agreement.clauses

    def clause(self, clause: str) -> Clause:
        """The clause with this id; KeyError for a standing condition or one that there is not."""
        return self._clauses[clause]

    def sentence(self, clause: str) -> str:
        """The sentence of a clause or of a standing condition."""
        return self._sentences[clause]

    @property
    def facts_about_caller(self) -> Facts:
        """What a question about nobody in particular is decided on: the facts that are the caller's own (S1, C1)."""
        return _CALLERS_OWN

    def ended(self, moment: datetime) -> bool:
        """Whether it is not in force at this moment: over, or not begun yet."""
        return moment < self.begins or (self.ends is not None and moment >= self.ends)

    def review_due(self, today: date, reviewed: date | None = None) -> date | None:
        """The day on which a review was due, if it is overdue; `reviewed` is the day of the last one."""
        due = (reviewed or self.agreement.in_force_from) + relativedelta(months=self.agreement.review_months)
        return due if today > due else None

    def as_data(self) -> dict[str, Any]:
        """The whole agreement for anybody to read, in camelCase, with its digest."""
        return {"digest": self.digest, **_camel(self.agreement.model_dump(mode="json", exclude_defaults=True))}

    def forget(self) -> None:
        """Empty every memo; decisions stay what they are."""
        self.in_force.forget()
        self.outlived.forget()


_CALLERS_OWN = facts_of(
    Fact.EMPLOYED, Fact.TRAINED_SHARING, Fact.TRAINED_JUSTICE_DATA, Fact.TRAINED_AWARENESS, Fact.AUTHORISED_JUSTICE
)


def _outliving(conditions: Conditions) -> Conditions:
    """What goes on when the agreement has ended: oversight, subject access, and withdrawal."""
    return {
        key: {subject: tuple(each for each in row[subject] if each.despite_end) for subject in row}
        for key, row in conditions.items()
    }


def _purposes(conditions: Conditions) -> dict[Role, frozenset[Purpose]]:
    purposes: dict[Role, frozenset[Purpose]] = {}
    for role, _, purpose, _ in conditions:
        purposes[role] = purposes.get(role, frozenset()) | {purpose}
    return purposes


def _camel(said: dict[str, Any]) -> dict[str, Any]:
    """The file's keys in camelCase; its own words, such as `offender-manager`, stay as they are."""
    return {_camel_key(key): _camel_value(value) for key, value in said.items()}


def _camel_key(key: str) -> str:
    head, *rest = key.split("_")
    return head + "".join(word.capitalize() for word in rest)


def _camel_value(value: Any) -> Any:
    if isinstance(value, dict):
        return _camel(value)
    return [_camel_value(each) for each in value] if isinstance(value, list) else value


def midnight(day: date) -> datetime:
    """The moment at which a day begins in Europe/London."""
    return datetime.combine(day, time(), LONDON).astimezone(UTC)


def compile_agreement(agreement: Agreement) -> CompiledAgreement:
    """Make a validated agreement ready for decisions."""
    return CompiledAgreement(agreement)


def load_agreement(path: Path | str) -> CompiledAgreement:
    """Read, validate and compile a file; AgreementInvalid says what is wrong with it."""
    return compile_agreement(read_file(Path(path)))
