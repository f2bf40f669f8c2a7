"""What opens and what closes between two agreements: exactly, for every role, purpose, action, subject and facts."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from app.policies.agreement import CompiledAgreement
from app.policies.compile import Condition, Key
from app.policies.review.cubes import Cube
from app.policies.review.openings import Difference, Effect, Extent, clauses_in, differences
from app.vocabulary import Action, Party, Purpose, Role, Subject, names_of

IN_FORCE, ENDED = "in-force", "ended"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that one role at one party can ask for, and how an agreement that is another answers it."""

    role: Role
    party: Party
    purpose: Purpose
    action: Action
    subject: Subject
    difference: Difference
    clauses_before: tuple[str, ...]
    """Those that opened it, wholly or in part, where it was open."""
    clauses_after: tuple[str, ...]
    while_: tuple[str, ...]
    """`in-force`, `ended` or both: whether it is so under an agreement that runs, and one that is over."""

    @property
    def effect(self) -> Effect:
        """What becomes of it."""
        return self.difference.effect

    def as_data(self) -> dict[str, Any]:
        """As `--json` gives it: `where` names alternatives, each by the facts that hold and those that do not."""
        return {
            "change": self.effect.value,
            "role": self.role.value,
            "party": self.party.value,
            "purpose": self.purpose.value,
            "action": self.action.value,
            "category": self.subject.value,
            "before": _extent(self.difference.before, self.clauses_before),
            "after": _extent(self.difference.after, self.clauses_after),
            "where": [_cube(cube) for each in self.difference.where for cube in each.cubes],
            "unless": [_cube(cube) for each in self.difference.where for cube in each.unless],
            "while": list(self.while_),
        }


def compare(old: CompiledAgreement, new: CompiledAgreement) -> tuple[Change, ...]:
    """Every change, in the order of the clauses; none where the two open and refuse the same."""
    return tuple(change for key, subject in _cells(old, new) for change in _changes(old, new, key, subject))


def worded_otherwise(old: CompiledAgreement, new: CompiledAgreement) -> tuple[str, ...]:
    """Places of the file that differ, whether or not anything opens or closes by it: `clauses D1: text`."""
    before, after = _places(old), _places(new)
    found = []
    for place in dict.fromkeys((*before, *after)):
        if place not in after or place not in before:
            found.append(f"{place}: {'added' if place in after else 'gone'}")
        else:
            keys = dict.fromkeys((*before[place], *after[place]))
            found += [f"{place}: {key}" for key in keys if before[place].get(key) != after[place].get(key)]
    return tuple(found)


def _cells(old: CompiledAgreement, new: CompiledAgreement) -> Iterator[tuple[Key, Subject]]:
    yield from dict.fromkeys((*old.cells(), *new.cells()))


def _changes(old: CompiledAgreement, new: CompiledAgreement, key: Key, subject: Subject) -> Iterator[Change]:
    before, after = old.conditions(*key, subject), new.conditions(*key, subject)
    running = differences(before, after)
    lasting = [each for each in before if each.despite_end], [each for each in after if each.despite_end]
    over = differences(*lasting)
    for each in running:
        while_ = (IN_FORCE, ENDED) if each in over else (IN_FORCE,)
        yield _change(key, subject, each, (before, after), while_)
    for each in over:
        if each not in running:
            yield _change(key, subject, each, lasting, (ENDED,))


def _change(
    key: Key,
    subject: Subject,
    difference: Difference,
    conditions: tuple[tuple[Condition, ...] | list[Condition], tuple[Condition, ...] | list[Condition]],
    while_: tuple[str, ...],
) -> Change:
    before, after = conditions
    return Change(
        *key,
        subject,
        difference,
        () if difference.before is None else clauses_in(before, difference.where),
        () if difference.after is None else clauses_in(after, difference.where),
        while_,
    )


def _extent(extent: Extent | None, clauses: tuple[str, ...]) -> dict[str, Any] | None:
    if extent is None:
        return None
    return {"clauses": list(clauses), "fields": list(extent.caveats), "referrals": sorted(extent.rows)}


def _cube(cube: Cube) -> dict[str, list[str]]:
    return {
        "holds": [fact.value for fact in names_of(cube.holds)],
        "doesNotHold": [fact.value for fact in names_of(cube.lacks)],
    }


def _places(agreement: CompiledAgreement) -> dict[str, dict[str, Any]]:
    """The file by its places, each with its keys."""
    said = agreement.agreement.model_dump(mode="json", exclude_defaults=True)
    places: dict[str, dict[str, Any]] = {"agreement": {}}
    for key, value in said.items():
        if isinstance(value, list):
            places |= {f"{key} {each['id']}": each for each in value}
        elif isinstance(value, dict):
            places |= {
                f"{key} {word}": terms if isinstance(terms, dict) else {"text": terms} for word, terms in value.items()
            }
        else:
            places["agreement"][key] = value
    return places
