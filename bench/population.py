"""A town whose people are on file at two systems, with the errors that both make, and who is truly whom.

Invented, and the same each time. Shares of errors stand here in the open; change them to a region's own.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import accumulate

from app.pathway.matching import Side
from app.pathway.matching.comparing import swapped
from app.vocabulary.identifiers import nhs_check_digit

SEED = 20121101
IN_BOTH, TWINS, NAMESAKES, TWICE = 0.6, 0.01, 0.005, 0.005
"""Of all people, who is at both systems; who has a twin; who shares name and birth date with a stranger; of the
registrations, which stand twice."""
JUSTICE_KNOWS_NUMBER, HEALTH_LACKS_NUMBER, NUMBER_OF_SOMEBODY_ELSE = 0.6, 0.05, 0.002
CRN_GIVEN, CRN_OF_SOMEBODY_ELSE, NAMES_GIVEN = 0.4, 0.003, 0.5
SWAPPED, OTHER_DAY, MOVED, NO_POSTCODE = 0.02, 0.025, 0.22, 0.03
TYPO, MARRIED, PET_NAME, WRONG_SEX = 0.05, 0.05, 0.04, 0.005
_FAMILY = (
    "Smith Jones Taylor Brown Williams Wilson Johnson Davies Patel Robinson Wright Thompson Evans Walker White Roberts "
    "Green Hall Wood Jackson Clarke Singh Khan Hussain Ahmed Begum Kaur Ali Shah Mistry Chauhan Okafor Adeyemi Nowak "
    "Kowalski Murphy OBrien Kelly Ward Turner Carter Phillips Mitchell Baker Harris Lewis Allen Young King Scott"
)
_MEN = (
    "David John Michael Paul Andrew Mark James Daniel Christopher Mohammed Robert Stephen Richard Peter Thomas "
    "Matthew Adam Ryan Lee Craig Amit Raj Imran Kwame Piotr Sean Liam Jack Harry Oliver"
)
_WOMEN = (
    "Susan Sarah Karen Emma Claire Lisa Laura Rebecca Michelle Nicola Fatima Priya Amara Anna Katarzyna Siobhan "
    "Chloe Emily Jessica Sophie Hannah Lucy Amy Kelly Stacey Leanne Aisha Meera Grace Ruth"
)
FAMILY, GIVEN = _FAMILY.split(), {"male": _MEN.split(), "female": _WOMEN.split()}
PET = {"David": "Dave", "Robert": "Bob", "Michael": "Mick", "Rebecca": "Becky", "Susan": "Sue", "Richard": "Dick"}


@dataclass(frozen=True, slots=True)
class Town:
    """Both sides, and the pairs of ids that are truly one person."""

    people: Sequence[Side]
    registrations: Sequence[Side]
    truth: frozenset[tuple[str, str]]


def town(size: int) -> Town:
    """So many people, each at one of the two systems or at both."""
    chance = random.Random(SEED)
    everybody = list(_everybody(chance, size))
    people, registrations, truth = [], [], set()
    for place, one in enumerate(everybody):
        where = chance.random()
        if where < IN_BOTH or where > (1 + IN_BOTH) / 2:
            people.append(_on_file(chance, one, place))
        if where <= (1 + IN_BOTH) / 2:
            other = chance.choice(everybody)
            known = chance.random() < CRN_GIVEN and where < IN_BOTH
            registrations.append(_registered(chance, one, other, f"r{place}", crn=known))
            if chance.random() < TWICE:
                registrations.append(_registered(chance, one, other, f"r{place}-again", crn=known))
        if where < IN_BOTH:
            truth |= {(each.id, f"p{place}") for each in registrations[-2:] if each.id.split("-")[0] == f"r{place}"}
    return Town(people, registrations, frozenset(truth))


def _everybody(chance: random.Random, size: int) -> Iterator[Side]:
    """People as they are, twins and namesakes among them."""
    weights = list(accumulate(1 / (rank + 1) for rank in range(len(FAMILY))))
    made = 0
    while made < size:
        sex = chance.choice(("male", "male", "male", "female"))
        one = Side(
            id=f"p{made}", nhs_number=_number(made), crn=_crn(made), sex=sex,
            date_of_birth=date(1945, 1, 1) + timedelta(days=chance.randrange(60 * 365)),
            family_name=chance.choices(FAMILY, cum_weights=weights)[0], given_names=chance.choice(GIVEN[sex]),
            postcode=_postcode(chance, size),
        )  # fmt: skip
        yield one
        made += 1
        kind = chance.random()
        if made < size and kind < TWINS + NAMESAKES:
            own = {"id": f"p{made}", "nhs_number": _number(made), "crn": _crn(made)}
            if kind < TWINS:
                yield replace(one, given_names=chance.choice(GIVEN[sex]), **own)
            else:
                yield replace(one, postcode=_postcode(chance, size), **own)
            made += 1


def _on_file(chance: random.Random, one: Side, place: int) -> Side:
    """As the probation service has them."""
    number = one.nhs_number if chance.random() < JUSTICE_KNOWS_NUMBER else None
    return _mistaken(chance, replace(one, id=f"p{place}", nhs_number=number), share=0.3)


def _registered(chance: random.Random, one: Side, other: Side, identity: str, *, crn: bool) -> Side:
    """As the clinical system has them."""
    number, own = one.nhs_number, one.crn if crn else None
    if chance.random() < HEALTH_LACKS_NUMBER:
        number = None
    elif chance.random() < NUMBER_OF_SOMEBODY_ELSE:
        number = other.nhs_number
    if crn and chance.random() < CRN_OF_SOMEBODY_ELSE:
        own = other.crn
    found = _mistaken(chance, replace(one, id=identity, source="RT5", nhs_number=number, crn=own), share=1)
    if chance.random() > NAMES_GIVEN:
        found = replace(found, family_name=None, given_names=None)
    return found


def _mistaken(chance: random.Random, one: Side, *, share: float) -> Side:
    """With such a share of the errors that are usual."""

    def happens(probability: float) -> bool:
        return chance.random() < probability * share

    born, family, given = one.date_of_birth or date.min, one.family_name or "", one.given_names or ""
    if happens(SWAPPED):
        born = swapped(born) or born
    elif happens(OTHER_DAY):
        born = born.replace(day=chance.randrange(1, 29))
    if happens(TYPO):
        family = _typo(chance, family)
    elif one.sex == "female" and happens(MARRIED):
        family = chance.choice(FAMILY)
    if happens(PET_NAME):
        given = PET.get(given, given[:1])
    elif happens(TYPO):
        given = _typo(chance, given)
    sex = {"male": "female", "female": "male"}[one.sex or "male"] if happens(WRONG_SEX) else one.sex
    where = _postcode(chance, 20_000) if happens(MOVED) else None if happens(NO_POSTCODE) else one.postcode
    return replace(one, date_of_birth=born, family_name=family, given_names=given, sex=sex, postcode=where)


def _typo(chance: random.Random, name: str) -> str:
    """A letter doubled, lost, changed, or swapped with the next."""
    place = chance.randrange(len(name) - 1)
    before, letter, following = name[:place], name[place], name[place + 1 :]
    return chance.choice((
        before + letter + letter + following, before + following, before + chance.choice("aeiou") + following,
        before + following[0] + letter + following[1:],
    ))  # fmt: skip


def _number(place: int) -> str:
    """One of those that are never issued."""
    nine = 999_000_000 + place * 7
    while nhs_check_digit(str(nine)) is None:
        nine += 1
    return f"{nine}{nhs_check_digit(str(nine))}"


def _crn(place: int) -> str:
    return f"{'XYZ'[place // 900_000]}{100_000 + place % 900_000}"


def _postcode(chance: random.Random, size: int) -> str:
    """About 15 people to each."""
    number = chance.randrange(max(20, size // 15))
    inner = f"{chr(65 + number % 20)}{chr(65 + number // 20 % 20)}"
    return f"LE{number // 4_000 % 9 + 1} {number // 400 % 10}{inner}"
