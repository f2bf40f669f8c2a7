"""The shape of an agreement file: what it can say, in which words, and nothing beyond."""

from collections.abc import Callable
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictBool
from pydantic_core import PydanticCustomError

from app.vocabulary import Action, Category, Fact, Party, Purpose, Register, Role


class Caveat(StrEnum):
    """How far a permitted category is open, where not in full; what reads records knows each of them."""

    TOTALS = "totals"
    THIRD_PARTIES_WITHHELD = "third-parties-withheld"


class Rows(StrEnum):
    """Which referrals a permission reaches."""

    SENT = "sent"
    OWN_DRAFT = "own-draft"
    ALL = "all"


class Effect(StrEnum):
    """What a clause does: grant, forbid, or narrow what other clauses grant."""

    PERMIT = "permit"
    PROHIBIT = "prohibit"
    LIMIT = "limit"


class Owner(StrEnum):
    """Whose a category is; what is joint has no other party."""

    HEALTH = "health"
    JUSTICE = "justice"
    JOINT = "joint"


def _known(words: type[StrEnum]) -> Callable[[Any], Any]:
    def known(value: Any) -> Any:
        if isinstance(value, words):
            return value
        if isinstance(value, str) and value in tuple(words):
            return words(value)
        near = get_close_matches(str(value), tuple(words), n=1, cutoff=0.5)
        context = {"word": str(value), "kind": words.__name__.lower(), "near": near[0] if near else ""}
        raise PydanticCustomError("unknown_word", "unknown {kind} '{word}'", context)

    return known


def _told_with(value: Any) -> Any:
    words = (*Category, "caller", "never")
    if value in words:
        return str(value)
    near = get_close_matches(str(value), words, n=1, cutoff=0.5)
    context = {"word": str(value), "kind": "category, caller or never", "near": near[0] if near else ""}
    raise PydanticCustomError("unknown_word", "unknown {kind} '{word}'", context)


def _nonempty(value: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
    if value == ():
        raise PydanticCustomError("empty", "is empty")
    return value


def _distinct(value: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
    if value and len(set(value)) < len(value):
        raise PydanticCustomError("repeated", "names something twice")
    return value


Text = Annotated[str, Field(min_length=1, pattern=r"\S")]
ClauseId = Annotated[str, Field(pattern=r"^[A-Z][1-9][0-9]?$")]
APartyWord = Annotated[Party, BeforeValidator(_known(Party))]
ARole = Annotated[Role, BeforeValidator(_known(Role))]
APurpose = Annotated[Purpose, BeforeValidator(_known(Purpose))]
AnAction = Annotated[Action, BeforeValidator(_known(Action))]
ACategory = Annotated[Category, BeforeValidator(_known(Category))]
ARegister = Annotated[Register, BeforeValidator(_known(Register))]
AFact = Annotated[Fact, BeforeValidator(_known(Fact))]
ACaveat = Annotated[Caveat, BeforeValidator(_known(Caveat))]
ARows = Annotated[Rows, BeforeValidator(_known(Rows))]
AnOwner = Annotated[Owner, BeforeValidator(_known(Owner))]
AnEffect = Annotated[Effect, BeforeValidator(_known(Effect))]

ADay = Annotated[date, Field(strict=True, ge=date(1900, 1, 1), le=date(2199, 12, 31))]
Months = Annotated[int, Field(gt=0, le=1200, strict=True)]

_NONEMPTY = (AfterValidator(_nonempty), AfterValidator(_distinct))
Parties = Annotated[tuple[APartyWord, ...], *_NONEMPTY]
Roles = Annotated[tuple[ARole, ...], *_NONEMPTY]
Purposes = Annotated[tuple[APurpose, ...], *_NONEMPTY]
Actions = Annotated[tuple[AnAction, ...], *_NONEMPTY]
Categories = Annotated[tuple[ACategory, ...], *_NONEMPTY]
Registers = Annotated[tuple[ARegister, ...], *_NONEMPTY]
Needs = Annotated[tuple[AFact, ...], *_NONEMPTY]


class Block(BaseModel):
    """A block of the file: a key that it does not know is a fault."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PartyTerms(Block):
    """A signatory."""

    name: Text
    code: Text
    text: Text


class PurposeTerms(Block):
    """Why a caller may ask."""

    text: Text
    hl7: Text | None = None


class RoleTerms(Block):
    """What a caller can be, and at which parties."""

    parties: Parties
    text: Text


class CategoryTerms(Block):
    """What a field can be about."""

    owner: AnOwner
    text: Text


class RegisterTerms(Block):
    """What clauses speak of beside records; S3 applies where an entry is about one person."""

    text: Text
    of_person: StrictBool


class FactTerms(Block):
    """What a decision can depend on: what it means, what to do where it is missing, and who may be told."""

    text: Text
    remedy: Text
    ask: Text
    told_with: Annotated[str, BeforeValidator(_told_with)]
    valid_months: Months | None = None


class Undisclosed(Block):
    """What is said where the reason may not be."""

    text: Text
    ask: Text


class Standing(Block):
    """A standing condition, S1 to S5: its meaning is built in, its sentence is the parties'."""

    id: Literal["S1", "S2", "S3", "S4", "S5"]
    text: Text


class Grant(Block):
    """What a clause or one part of it says about whom, why, what and when."""

    roles: Roles | None = None
    actions: Actions | None = None
    categories: Categories | None = None
    registers: Registers | None = None
    needs: Needs | None = None
    rows: ARows | None = None
    fields: ACaveat | None = None
    despite_restriction: StrictBool = False
    despite_objection: StrictBool = False
    despite_end: StrictBool = False


class Part(Grant):
    """One part of a clause that grants different things."""


class Clause(Grant):
    """One clause, under the number that decisions and log entries cite."""

    id: ClauseId
    text: Text
    effect: AnEffect
    basis: Annotated[tuple[Text, ...], *_NONEMPTY]
    note: Text | None = None
    purposes: Purposes | None = None
    parties: Parties | None = None
    absolute: StrictBool = False
    narrows: Annotated[tuple[ClauseId, ...], *_NONEMPTY] | None = None
    parts: Annotated[tuple[Part, ...], AfterValidator(_nonempty)] | None = None


class Agreement(Block):
    """A whole agreement, as its parties signed it."""

    title: Text
    version: Text
    in_force_from: ADay
    last_day: ADay | None = None
    review_months: Months
    parties: dict[APartyWord, PartyTerms]
    purposes: dict[APurpose, PurposeTerms]
    roles: dict[ARole, RoleTerms]
    categories: dict[ACategory, CategoryTerms]
    registers: dict[ARegister, RegisterTerms]
    caveats: dict[ACaveat, Text]
    rows: dict[ARows, Text]
    undisclosed: Undisclosed
    facts: dict[AFact, FactTerms]
    standing: tuple[Standing, ...]
    clauses: Annotated[tuple[Clause, ...], AfterValidator(_nonempty)]
