"""Random worlds: a dozen people, each with traits that make or break some fact for some caller."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from random import Random
from typing import Any

from hypothesis import strategies as st

import app.tables as t
from app.vocabulary import CATEGORIES, NEVER_OBJECTED, Scope
from tests import world
from tests.gate.house import STAFF, flat
from tests.world import NOW, TODAY

DAY = timedelta(days=1)
FAMILIES, GIVEN = ("Smith", "smith", "Smithson", "Jones"), ("Ann", "Anna Mary", "annabel", "Bo")
BIRTHS, POSTCODES = (date(1980, 1, 1), date(1990, 2, 3)), ("LE1 1AA", "LE2 2BB", None)


def _mhtr(crn: str, **values: Any) -> list[Any]:
    sentence = world.supervision(crn)
    return [sentence, world.requirement(crn, sentence, **values)]


def _treating(crn: str, **values: Any) -> list[Any]:
    referred = world.referral(crn, **values)
    return [referred, world.treating(crn, "theo", referred)]


def _draft(crn: str, author: str) -> Any:
    return world.referral(crn, status="draft", received_on=None, referred_by=author)


def _closed(crn: str, days: int) -> Any:
    return world.referral(crn, status="discharged", end_code="46", closed_on=TODAY - days * DAY)


def _superseded(crn: str) -> list[Any]:
    first, *named = world.consent(crn, "attendance")
    return [first, *named, *world.consent(crn, "attendance", decision="refuse", supersedes_id=first.id)]


def _patient(crn: str) -> list[Any]:
    return [
        world.supervision(crn),
        world.caseload(crn, "olive"),
        world.referral(crn),
        *world.consent(crn, "attendance"),
    ]


LIMITS: dict[str, Callable[[str], Any]] = {
    "restricted to nobody": lambda crn: world.limit(crn, "restriction"),
    "restricted to some": lambda crn: world.limit(crn, "restriction", "olive", "theo", "claire", "rory"),
    "restricted to everybody": lambda crn: world.limit(crn, "restriction", *STAFF),
    "excluding a stranger": lambda crn: world.limit(crn, "exclusion", "somebody.else"),
    "excluding olive": lambda crn: world.limit(crn, "exclusion", "olive"),
    "excluding health": lambda crn: world.limit(crn, "exclusion", "theo", "claire", "adam", "hana", "rory"),
}
TRAITS: dict[str, Callable[[str], Any]] = {
    "a patient": _patient,
    "a patient once more": _patient,
    "caseload of olive": lambda crn: world.caseload(crn, "olive"),
    "caseload of omar": lambda crn: world.caseload(crn, "omar"),
    "caseload ended": lambda crn: world.caseload(crn, "olive", valid_until=NOW),
    "caseload to come": lambda crn: world.caseload(crn, "olive", valid_from=NOW + DAY),
    "sentence": world.supervision,
    "sentence ended": lambda crn: world.supervision(crn, end_date=TODAY - DAY),
    "requirement": _mhtr,
    "requirement ended": lambda crn: _mhtr(crn, end_date=TODAY - DAY),
    "referral": world.referral,
    "referral elsewhere": lambda crn: world.referral(crn, service_id="another-service"),
    "referral of the same day": lambda crn: world.referral(crn, received_on=TODAY),
    "referral to come": lambda crn: world.referral(crn, received_on=TODAY + DAY),
    "referral closed lately": lambda crn: _closed(crn, 27),
    "referral closed long ago": lambda crn: _closed(crn, 28),
    "draft of olive": lambda crn: _draft(crn, "olive"),
    "draft of omar": lambda crn: _draft(crn, "omar"),
    "draft of nobody": lambda crn: world.referral(crn, status="draft", received_on=None),
    "treated by theo": _treating,
    "treated by theo elsewhere": lambda crn: _treating(crn, service_id="another-service"),
    **{f"consent to {scope}": partial(world.consent, scope=scope.value) for scope in Scope},
    "refusal": lambda crn: world.consent(crn, "attendance", decision="refuse"),
    "refusal of a trainer": lambda crn: world.consent(crn, "health-trainer", decision="refuse"),
    "superseded": _superseded,
    "unsigned": lambda crn: world.consent(crn, "attendance", recorded_by_party="justice"),
    "withdrawn": lambda crn: world.consent(crn, "attendance", withdrawn_at=NOW - DAY),
    **{
        f"objects to {category}": partial(world.objection, category=category.value)
        for category in CATEGORIES
        if category not in NEVER_OBJECTED
    },
    **LIMITS,
    "restricted once": lambda crn: world.limit(crn, "restriction", valid_until=NOW),
    "subject request": world.subject_request,
    "request closed": lambda crn: world.subject_request(crn, closed_on=TODAY),
    "grant to theo": lambda crn: world.grant(crn, "theo"),
    "grant to olive": lambda crn: world.grant(crn, "olive"),
    "grant to lena": lambda crn: world.grant(crn, "lena"),
    "grant over": lambda crn: world.grant(crn, "theo", expires_at=NOW),
}
LAPSES: dict[str, Callable[[], Any]] = {
    "olive's token revoked": lambda: t.RevokedToken(token="token-olive", expires_at=NOW, revoked_at=NOW),
    "theo's token revoked": lambda: t.RevokedToken(token="token-theo", expires_at=NOW, revoked_at=NOW),
    "the system's token revoked": lambda: t.RevokedToken(token="token-c", expires_at=NOW, revoked_at=NOW),
}


@dataclass(frozen=True)
class Somebody:
    """One person of a world."""

    crn: str
    family: str
    given: str
    born: date
    postcode: str | None
    traits: tuple[str, ...]
    merged_into: str | None = None
    is_limited_elsewhere: bool = False
    """Under another record of theirs."""

    @property
    def is_limited(self) -> bool:
        """Whether a restriction or an exclusion is live, of whomever."""
        return self.is_limited_elsewhere or any(trait in LIMITS for trait in self.traits)

    def rows(self) -> list[Any]:
        """The person and the rows that their traits put there."""
        number = self.crn[1:]
        known = world.person(
            self.crn,
            family_name=self.family,
            given_names=self.given,
            date_of_birth=self.born,
            postcode=self.postcode,
            nhs_number=f"9990{number}",
            pnc_number=f"20{number[:2]}/{number}A",
        )
        mergers = [] if self.merged_into is None else world.merged(self.crn, self.merged_into)
        return [known, *mergers, *flat(TRAITS[trait](self.crn) for trait in self.traits)]


@dataclass(frozen=True)
class RandomWorld:
    """Everybody in it, and what has lapsed among the callers."""

    people: tuple[Somebody, ...]
    lapsed: tuple[str, ...] = ()

    def rows(self) -> list[Any]:
        """Every row of it but the staff's."""
        return [*flat(each.rows() for each in self.people), *(LAPSES[lapse]() for lapse in self.lapsed)]


def _somebody(draw: st.DrawFn, number: int) -> Somebody:
    traits = draw(st.lists(st.sampled_from(sorted(TRAITS)), max_size=9, unique=True))
    return Somebody(
        f"X{number:06}",
        draw(st.sampled_from(FAMILIES)),
        draw(st.sampled_from(GIVEN)),
        draw(st.sampled_from(BIRTHS)),
        draw(st.sampled_from(POSTCODES)),
        tuple(traits),
    )


def merged(people: Iterable[Somebody], mergers: Sequence[tuple[int, int]]) -> tuple[Somebody, ...]:
    """The same people, of whom some records are merged into others; each by its place."""
    known = list(people)
    for one, other in mergers:
        if one != other:
            known[one] = replace(known[one], merged_into=known[other].crn)
    sets = {each.crn: {each.crn} for each in known}
    for each in known:
        if each.merged_into is not None:
            together = sets[each.crn] | sets[each.merged_into]
            sets |= dict.fromkeys(together, together)
    limited = {each.crn for each in known if each.is_limited}
    return tuple(replace(each, is_limited_elsewhere=bool(limited & sets[each.crn])) for each in known)


@st.composite
def worlds(draw: st.DrawFn) -> RandomWorld:
    """Up to a dozen people; now and then a caller's token is revoked."""
    people = tuple(_somebody(draw, number) for number in range(1, draw(st.integers(8, 12)) + 1))
    lapsed = draw(st.lists(st.sampled_from(sorted(LAPSES)), max_size=1)) if draw(st.integers(0, 3)) == 0 else []
    place = st.integers(0, len(people) - 1)
    return RandomWorld(merged(people, draw(st.lists(st.tuples(place, place), max_size=4))), tuple(lapsed))


def world_of(seed: int, size: int = 12) -> RandomWorld:
    """A world that is the same for the same seed."""
    chance = Random(seed)
    people = (
        Somebody(
            f"X{number:06}",
            chance.choice(FAMILIES),
            chance.choice(GIVEN),
            chance.choice(BIRTHS),
            chance.choice(POSTCODES),
            tuple(chance.sample(sorted(TRAITS), chance.randint(0, 12))),
        )
        for number in range(1, size + 1)
    )
    known = tuple(people)
    mergers = [(chance.randrange(size), chance.randrange(size)) for _ in range(size // 4)]
    return RandomWorld(merged(known, mergers))
