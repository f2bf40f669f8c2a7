"""Two worlds for one caller, which differ in nothing that this caller may see, as the law written by hand has it."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import create_engine, select
from sqlalchemy.pool import NullPool

import app.tables as t
from app.db import warranted
from app.records import facts
from app.records.facts import PERSON
from app.vocabulary import Register, names_of
from tests import world
from tests.gate.house import CALLERS
from tests.gate.house import everybody as house
from tests.gate.worlds import Somebody, world_of
from tests.model import prose
from tests.routers.cast import meeting, sentence, treatment
from tests.world import NOW, TestWarrant

EVERYBODY = select(PERSON.crn, facts.facts_of(PERSON))
TELLS_NOTHING = {"emergency-grant"}
"""F3: whoever asks for a grant gets the same answer about everybody."""
TEXTS: dict[Any, dict[str, Any]] = {
    t.Offence: {"description": "HIDDEN"},
    t.RiskAssessment: {"rosh_level": "LOW"},
    t.RiskAlert: {"description": "HIDDEN"},
    t.LicenceCondition: {"description": "HIDDEN"},
    t.Obligation: {"description": "HIDDEN", "place": "HIDDEN"},
    t.Appointment: {"minutes": 10, "attendance_code": "7"},
    t.Progress: {"goals": "HIDDEN"},
    t.CorrectedOutcome: {"attendance_code": "7"},
    t.EngagementMark: {"mark": "acknowledged"},
    t.OutcomeScore: {"total": 1.0, "band": "HIDDEN", "tool_code": "720433000", "items": "3 3 3 3 3 3 3 3 3"},
    t.SafetyPromptMark: {"mark": "acknowledged"},
    t.Clinical: {"problem": "HIDDEN", "medication": "HIDDEN"},
    t.SessionNote: {"text": "HIDDEN", "author": "HIDDEN"},
    t.SafetyRecord: {"plan": "HIDDEN"},
    t.SafetyAlert: {"summary": "HIDDEN"},
    t.Meeting: {"agreed": "HIDDEN"},
}
"""What no fact is made from, and how it can differ."""
CONTACT = {"address": "HIDDEN Road", "postcode": "LE9 9ZZ", "phone": "HIDDEN", "email": "HIDDEN"}
IDENTITY = {"family_name": "HIDDEN", "given_names": "HIDDEN"}


@dataclass(frozen=True)
class Rows:
    """The rows of one person, by the person's CRN; what is nobody's is under None."""

    of: dict[str | None, tuple[Any, ...]] = field(default_factory=dict)

    def all(self) -> Iterator[Any]:
        """Every row, in an order in which it can be put in."""
        for rows in self.of.values():
            yield from rows

    def but(self, crn: str | None, rows: Sequence[Any]) -> "Rows":
        """The same with other rows of this person; without them, where there are none."""
        of = {**self.of, crn: tuple(rows)}
        return Rows(of if rows else {known: each for known, each in of.items() if known != crn})


def world_like(seed: int, size: int = 5) -> Rows:
    """A world with something in every table about everybody in it."""
    people = world_of(seed, size).people
    return Rows({None: tuple(house()), **{each.crn: tuple(_everything(each)) for each in people}})


def _everything(somebody: Somebody) -> list[Any]:
    crn = somebody.crn
    elsewhere = world.referral(crn, id=f"elsewhere-{crn}", service_id="another-service")
    notes = treatment(crn, crn, of_referral=elsewhere)
    flagged = [row for row in notes if isinstance(row, t.SessionNote)]
    for row in flagged:
        again = row.model_dump() | {"id": f"harm-{crn}", "source_id": f"harm-{crn}", "serious_harm": True}
        notes.append(t.SessionNote(**again))
    return [*somebody.rows(), elsewhere, *notes, *sentence(crn, crn), meeting(crn, crn)]


@dataclass(frozen=True)
class Sight:
    """What one caller may do for one purpose with each person of a world."""

    facts: dict[str, frozenset[str]]
    may: dict[str, dict[tuple[str, str], prose.Answer]]

    def sees(self, crn: str) -> bool:
        """Whether anything at all is permitted that tells of the person."""
        return any(subject not in TELLS_NOTHING for _, subject in self.may.get(crn, {}))

    def is_open(self, crn: str, category: str) -> bool:
        """Whether the category is open in any way: to whoever writes or checks it, something of it shows."""
        return any(subject == category for _, subject in self.may[crn])


def sight(path: Path, who: str, purpose: str) -> Sight:
    """What a caller may do, from the facts in a file and the law written by hand."""
    caller = CALLERS[who]
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    with warranted(TestWarrant()), engine.connect() as connection:
        found = connection.execute(EVERYBODY, facts.parameters(caller, NOW)).all()
    known = {crn: frozenset(fact.value for fact in names_of(bits)) for crn, bits in found}
    of_nobody = {register.value for register in Register if register.value in prose.OF_NOBODY}
    may = {}
    for crn, held in known.items():
        every = prose.permitted(caller.role.value, caller.party.value, held, is_over=False)
        may[crn] = {
            (action, subject): answer
            for (asked, action, subject), answer in every.items()
            if asked == purpose and subject not in of_nobody
        }
    return Sight(known, may)


@dataclass(frozen=True)
class Pair:
    """Two worlds in files, and what the caller may do in both."""

    one: Path
    other: Path
    rows: tuple[Rows, Rows]
    sight: Sight

    @property
    def hidden(self) -> list[str]:
        """People who are another in the other world, or in one alone."""
        one, other = (each.of for each in self.rows)
        return sorted({crn for crn in {*one, *other} if crn and _said(one.get(crn)) != _said(other.get(crn))})


def pair(template: Path, folder: Path, who: str, purpose: str, seed: int) -> Pair:
    """Two worlds that are alike to a caller, from a seed."""
    chance = Random(seed)
    rows = world_like(seed)
    one = _file(template, folder / "one.db", rows)
    seen = sight(one, who, purpose)
    changed = _changed(rows, seen, who, chance)
    for number in range(2):
        other = _file(template, folder / f"other-{number}.db", changed)
        differing = _differing(seen, sight(other, who, purpose))
        if not differing:
            return Pair(one, other, (rows, changed), seen)
        for crn in set().union(*(_one_with(rows, each) for each in differing)):
            changed = changed.but(crn, rows.of.get(crn, ()))  # what was to be hidden is not, or tells itself by a fact
    raise AssertionError(f"{who} can tell {differing} apart, who were put back")


def _one_with(rows: Rows, crn: str) -> set[str]:
    """The records that are of one person with this one: what withholds follows from all of them."""
    pairs = [(row.crn, row.other_crn) for row in rows.all() if isinstance(row, t.PersonAlias)]
    found, before = {crn}, set[str]()
    while found != before:
        before = found
        found = before | {other for one, other in pairs if one in before}
    return found


def _file(template: Path, path: Path, rows: Rows) -> Path:
    shutil.copy(template, path)
    world.run(world.put(f"sqlite:///{path}", rows.all()))
    return path


def _said(rows: Sequence[Any] | None) -> list[Any] | None:
    return None if rows is None else [row.model_dump() for row in rows]


def _differing(one: Sight, other: Sight) -> list[str]:
    """People of whom something is open in either world, and of whom other facts hold in the other."""
    known = {crn for each in (one, other) for crn in each.may if each.sees(crn)}
    return sorted(crn for crn in known if one.facts.get(crn) != other.facts.get(crn))


def _changed(rows: Rows, seen: Sight, who: str, chance: Random) -> Rows:
    """The world with everything changed, one way or another, that the caller may not see."""
    reads_the_log = any(("read", "audit-log") in may for may in seen.may.values())
    for crn in sorted(seen.may):
        if seen.sees(crn):
            rows = rows.but(crn, _redacted(rows.of[crn], crn, seen, who, chance))
        elif not reads_the_log:  # in which it stands whether somebody asked for was on file
            way = chance.choice(["gone", "another", "bare"])
            rows = rows.but(crn, [] if way == "gone" else _stranger(crn, chance, way))
    for _ in range(0 if reads_the_log else chance.randint(1, 2)):
        crn = f"W{chance.randint(1, 999_999):06}"
        rows = rows.but(crn, [*_stranger(crn, chance, "another"), *world.limit(crn, "restriction", "nobody")])
    return rows


def _stranger(crn: str, chance: Random, way: str) -> list[Any]:
    """Somebody who has nothing to do with any caller."""
    if way == "bare":
        return [world.person(crn)]
    (somebody,) = world_of(chance.randint(0, 999_999), 1).people
    return _everything(replace(somebody, crn=crn, traits=()))


def _redacted(rows: Sequence[Any], crn: str, seen: Sight, who: str, chance: Random) -> list[Any]:
    """The rows of somebody of whom something is open, with everything else dropped, changed or doubled."""
    changed: list[Any] = []
    for row in rows:
        if isinstance(row, t.Person):
            changed.append(_person(row, crn, seen))
        elif type(row) in TEXTS and not seen.is_open(crn, row.subject.value):
            changed += _otherwise(row, chance)
        else:
            changed.append(_narrowed(row, crn, seen))
    return changed + _besides(crn, seen, who)


def _person(row: Any, crn: str, seen: Sight) -> Any:
    values = {} if seen.is_open(crn, "contact") else CONTACT
    return _but(row, **values, **({} if seen.is_open(crn, "identity") else IDENTITY))


def _otherwise(row: Any, chance: Random) -> list[Any]:
    """Gone, another, or twice."""
    match chance.choice(["gone", "another", "twice"]):
        case "gone" if not isinstance(row, (t.Appointment, t.OutcomeScore)):  # to which other rows refer
            return []
        case "twice":
            twin = {"id": f"{row.id}-2", "source_id": f"{row.id}-2"}
            return [row, _but(row, **twin, **TEXTS[type(row)])]
        case _:
            return [_but(row, **TEXTS[type(row)])]


def _narrowed(row: Any, crn: str, seen: Sight) -> Any:
    """A caveat hides something of what is open: single answers, and what would cause serious harm."""
    answer = seen.may[crn].get(("read", row.subject.value)) if hasattr(row, "subject") else None
    if answer and answer.fields == ("totals",) and isinstance(row, t.OutcomeScore):
        return _but(row, items="HIDDEN")
    if answer and "third-parties-withheld" in answer.fields and getattr(row, "serious_harm", False):
        return _but(row, text="HIDDEN")
    return row


def _besides(crn: str, seen: Sight, who: str) -> list[Any]:
    """What concerns others: their emergencies, and drafts that are not the caller's own."""
    others = [
        other for other in ("claire", "olive") if other != who and ("review", "emergency-grant") not in seen.may[crn]
    ]
    rows: list[Any] = [world.grant(crn, other) for other in others]
    if ("review", "access-alert") not in seen.may[crn]:
        rows += world.alert(crn, "theo")
    reads = seen.may[crn].get(("read", "referral"))
    if reads is None or "all" not in reads.rows:
        rows.append(world.referral(crn, status="draft", received_on=None, referred_by="nobody", reason="HIDDEN"))
    if reads is None or not {"all", "sent"} & reads.rows:
        rows.append(world.referral(crn, service_id="another-service", reason="HIDDEN"))
    if not seen.is_open(crn, "consent") and CALLERS[who].party.value == "justice":
        rows += world.consent(crn, "offence", "health")
    return rows


def _but(row: Any, **values: Any) -> Any:
    return type(row)(**(row.model_dump() | values))


PURPOSES: dict[str, tuple[str, ...]] = {
    who: tuple(sorted({line.purpose for line in prose.lines() if line.role == caller.role.value}))
    for who, caller in CALLERS.items()
}
"""What each caller can ask for."""
