"""What becomes of a registration among the people it may be of: one is surely theirs, some may be, or none.

Surely means: an identifier that only one person has agrees, so does the whole date of birth, nothing contradicts, and
nobody else has a claim to either. Names, dates, postcodes and sex make a pair worth looking at, and never a link.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.pathway.matching.comparing import Compared, Field, Side, compare
from app.pathway.matching.weights import Weights


class State(StrEnum):
    """Where a pair stands."""

    LINKED = "linked"
    POSSIBLE = "possible"
    """For somebody to look at."""
    DISMISSED = "dismissed"
    """Somebody looked: they are two people."""
    LAPSED = "lapsed"
    """Nothing speaks for it any more, and nobody had decided."""


class Basis(StrEnum):
    """Why a pair is where it is."""

    NHS_NUMBER = "nhs-number-and-birth-date"
    CRN = "crn-and-birth-date"
    SEVERAL = "claimed-by-several"
    """By the identifiers alone there is more than one such person, or such registration."""
    CONTRADICTED = "identifier-contradicted"
    """An identifier agrees, and the date of birth or something else says otherwise."""
    WEIGHT = "weight"
    """No identifier agrees; the rest does by so much."""
    NOTHING = "nothing"
    """Of what lapsed."""
    DECIDED = "decided"
    """Somebody looked, and said so."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A registration beside a person."""

    registration: Side
    person: Side
    compared: Compared

    @classmethod
    def of(cls, registration: Side, person: Side) -> "Pair":
        """The two compared."""
        return cls(registration, person, compare(registration, person))

    @property
    def key(self) -> tuple[str, str]:
        """The ids of the two."""
        return self.registration.id, self.person.id

    @property
    def claims(self) -> bool:
        """Whether an identifier that one person alone has says that they are one."""
        return self.compared.is_same(Field.NHS_NUMBER) or self.compared.is_same(Field.CRN)

    @property
    def is_contradicted(self) -> bool:
        """Whether anything says that they are two; a family name changes with marriage, and says nothing.

        Where both identifiers agree, sex and first name may be recorded wrongly; a single one may be the wrong one.
        """
        telling: tuple[Field, ...] = (Field.NHS_NUMBER, Field.CRN, Field.PNC_NUMBER)
        if not all(self.compared.is_same(field) for field in (Field.NHS_NUMBER, Field.CRN)):
            telling += (Field.SEX, Field.GIVEN_NAMES)
        return any(self.compared.differs(field) for field in telling)

    @property
    def is_sound(self) -> bool:
        """Whether it would be a link, if nobody else had a claim."""
        return self.claims and self.compared.is_same(Field.DATE_OF_BIRTH) and not self.is_contradicted


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a pair comes to, and why."""

    state: State
    basis: Basis


def judge(
    registration: Side, people: Iterable[Side], others: Collection[Side], weights: Weights
) -> Mapping[str, Verdict]:
    """By the id of a person, what the registration is to them; without whoever it is nothing to.

    `people`: everybody with whom it shares enough to be compared. `others`: every other registration that claims one
    of those people, or that has the same NHS number.
    """
    pairs = [Pair.of(registration, person) for person in people]
    claimed = [pair for pair in pairs if pair.claims]
    if len(claimed) == 1 and claimed[0].is_sound:
        (sound,) = claimed
        if not any(_contests(sound, other) for other in others):
            basis = Basis.NHS_NUMBER if sound.compared.is_same(Field.NHS_NUMBER) else Basis.CRN
            return {sound.person.id: Verdict(State.LINKED, basis)}
    return {
        pair.person.id: Verdict(State.POSSIBLE, _why(pair))
        for pair in pairs
        if pair.claims or weights.total(pair.compared) >= weights.possible
    }


def _contests(pair: Pair, other: Side) -> bool:
    """Whether another registration has a claim to the person, or to the NHS number, and cannot have it as well.

    At one system each person is meant to be registered once; at two they can be, as one and the same.
    """
    own = pair.registration
    if other.id == own.id:
        return False
    theirs, between = Pair.of(other, pair.person), Pair.of(other, own)
    if theirs.claims and (other.source == own.source or not theirs.is_sound):
        return True
    has_number = between.compared.is_same(Field.NHS_NUMBER)
    return has_number and (other.source == own.source or not between.is_sound)


def _why(pair: Pair) -> Basis:
    if not pair.claims:
        return Basis.WEIGHT
    return Basis.SEVERAL if pair.is_sound else Basis.CONTRADICTED
