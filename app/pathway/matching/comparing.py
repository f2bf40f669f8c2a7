"""How far two records of people agree, field by field; which of the two is given first makes no difference."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache


class Field(StrEnum):
    """What is compared."""

    NHS_NUMBER = "nhs-number"
    CRN = "crn"
    PNC_NUMBER = "pnc-number"
    DATE_OF_BIRTH = "date-of-birth"
    FAMILY_NAME = "family-name"
    GIVEN_NAMES = "given-names"
    POSTCODE = "postcode"
    SEX = "sex"


class Level(StrEnum):
    """How far a field agrees."""

    SAME = "same"
    SWAPPED = "swapped"
    """Day and month the other way round."""
    ALIKE = "alike"
    """A slip of the pen apart: of a date one of its three parts, of a name a letter or two, of a postcode the end."""
    DIFFERENT = "different"
    UNKNOWN = "unknown"
    """One side or both do not say."""


@dataclass(frozen=True, slots=True)
class Side:
    """A record of a person at one of the two parties: canonical identifiers, and None for whatever is not known."""

    id: str
    source: str | None = None
    """The system that a registration comes from; of it each person is meant to have one."""
    nhs_number: str | None = None
    crn: str | None = None
    pnc_number: str | None = None
    date_of_birth: date | None = None
    family_name: str | None = None
    given_names: str | None = None
    postcode: str | None = None
    sex: str | None = None
    """`male` or `female`."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Two records side by side."""

    levels: Mapping[Field, Level]

    def is_same(self, field: Field) -> bool:
        """Whether both say the same."""
        return self.levels[field] is Level.SAME

    def differs(self, field: Field) -> bool:
        """Whether both say something, and not the same nor nearly."""
        return self.levels[field] is Level.DIFFERENT


def compare(one: Side, other: Side) -> Compared:
    """Every field of the two."""
    return Compared(
        {
            Field.NHS_NUMBER: _exactly(one.nhs_number, other.nhs_number),
            Field.CRN: _exactly(one.crn, other.crn),
            Field.PNC_NUMBER: _exactly(one.pnc_number, other.pnc_number),
            Field.DATE_OF_BIRTH: _dates(one.date_of_birth, other.date_of_birth),
            Field.FAMILY_NAME: _names(one.family_name, other.family_name),
            Field.GIVEN_NAMES: _given_names(one.given_names, other.given_names),
            Field.POSTCODE: _postcodes(one.postcode, other.postcode),
            Field.SEX: _exactly(one.sex, other.sex),
        }
    )


def _exactly(one: str | None, other: str | None) -> Level:
    if one is None or other is None:
        return Level.UNKNOWN
    return Level.SAME if one == other else Level.DIFFERENT


def _dates(one: date | None, other: date | None) -> Level:
    if one is None or other is None:
        return Level.UNKNOWN
    if one == other:
        return Level.SAME
    if (one.year, one.month, one.day) == (other.year, other.day, other.month):
        return Level.SWAPPED
    return Level.ALIKE if are_near(one, other) else Level.DIFFERENT


def are_near(one: date | None, other: date | None) -> bool:
    """Whether two of the three parts of both dates agree, or all of them."""
    if one is None or other is None:
        return False
    return sum((one.year == other.year, one.month == other.month, one.day == other.day)) >= 2


def swapped(day: date) -> date | None:
    """The date with day and month the other way round; None where there is no other such date."""
    return None if day.day > 12 or day.day == day.month else day.replace(month=day.day, day=day.month)


def _postcodes(one: str | None, other: str | None) -> Level:
    """LE1 1AA and LE1 1AB are of one sector."""
    if one is None or other is None:
        return Level.UNKNOWN
    if one == other:
        return Level.SAME
    return Level.ALIKE if one[:-2] == other[:-2] else Level.DIFFERENT


def _names(one: str | None, other: str | None) -> Level:
    """Of names in parts it is enough that one has all parts of the other."""
    first, second = name_parts(one or ""), name_parts(other or "")
    if not first or not second:
        return Level.UNKNOWN
    if sorted(first) == sorted(second) or "".join(first) == "".join(second):
        return Level.SAME
    if set(first) <= set(second) or set(second) <= set(first):
        return Level.ALIKE
    return Level.ALIKE if _are_alike("".join(first), "".join(second)) else Level.DIFFERENT


def _given_names(one: str | None, other: str | None) -> Level:
    """The first of them counts, in full or as its letter; so do two that stand in another order."""
    first, second = name_parts(one or ""), name_parts(other or "")
    if not first or not second:
        return Level.UNKNOWN
    if first[0] == second[0]:
        return Level.SAME
    is_letter = min(len(first[0]), len(second[0])) == 1 and first[0][0] == second[0][0]
    if is_letter or set(first) & set(second):
        return Level.ALIKE
    return Level.ALIKE if _are_alike(first[0], second[0]) else Level.DIFFERENT


@lru_cache(maxsize=4096)
def name_parts(name: str) -> tuple[str, ...]:
    """The parts of a name in plain small letters: `O'Brien-Müller` is `obrien` and `muller`."""
    plain = unicodedata.normalize("NFKD", name).casefold().replace("-", " ")
    return tuple(
        letters for part in plain.split() if (letters := "".join(letter for letter in part if letter.isalnum()))
    )


def _are_alike(one: str, other: str) -> bool:
    """One slip apart, or two in a long name."""
    shorter = min(len(one), len(other))
    return shorter >= 3 and slips(one, other, 2 if shorter >= 7 else 1) is not None


def slips(one: str, other: str, most: int) -> int | None:
    """The fewest letters added, left out, changed or swapped with the next; None for more than `most`.

    The optimal string alignment distance (a restricted Damerau-Levenshtein distance).
    """
    if abs(len(one) - len(other)) > most:
        return None
    before, row = [0] * (len(other) + 1), list(range(len(other) + 1))
    for place, letter in enumerate(one, 1):
        last, before, row = before, row, [place]
        for there, counterpart in enumerate(other, 1):
            cost = min(before[there] + 1, row[there - 1] + 1, before[there - 1] + (letter != counterpart))
            is_swapped = place > 1 and there > 1 and letter == other[there - 2] and one[place - 2] == counterpart
            row.append(min(cost, last[there - 2] + 1) if is_swapped else cost)
    return row[-1] if row[-1] <= most else None
