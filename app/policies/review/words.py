"""Facts, conditions and extents in words that a practitioner uses; of what the standing conditions say, nothing new."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from app.policies.agreement import CompiledAgreement
from app.policies.compile import EMPLOYED, EXCLUDED, LISTED, RESTRICTED, TRAINED
from app.policies.review.cubes import Cube, Cubes
from app.policies.review.openings import Extent
from app.policies.schema import Rows
from app.vocabulary import (
    NEVER_OBJECTED,
    SYSTEM_ROLES,
    Category,
    Fact,
    Facts,
    Role,
    Scope,
    Subject,
    consent_for,
    names_of,
    objection_to,
)

_AGREED = {
    Scope.MEETING: "three-way meetings",
    Scope.HEALTH_TRAINER: "a health trainer",
}
_SAID: dict[Fact, tuple[str, str]] = {
    Fact.EMPLOYED: ("they are active in the role", "they are not active in the role"),
    Fact.TRAINED_SHARING: (
        "their information-sharing training is valid",
        "their information-sharing training is not valid",
    ),
    Fact.TRAINED_JUSTICE_DATA: (
        "their criminal-justice data training is valid",
        "their criminal-justice data training is not valid",
    ),
    Fact.TRAINED_AWARENESS: (
        "their mental health awareness training is valid",
        "their mental health awareness training is not valid",
    ),
    Fact.AUTHORISED_JUSTICE: (
        "a probation lead has authorised them to receive criminal-justice data",
        "no probation lead has authorised them to receive criminal-justice data",
    ),
    Fact.CASELOAD: ("the person is on their caseload", "the person is not on their caseload"),
    Fact.TREATING: ("they are the person's therapist", "they are not the person's therapist"),
    Fact.SERVICE: (
        "the person has a live referral to their service",
        "the person has no live referral to their service",
    ),
    Fact.BREAK_GLASS: ("they hold a live emergency grant", "they hold no live emergency grant"),
    Fact.LISTED: ("they are on its access list", "they are not on its access list"),
    Fact.EXCLUDED: ("they are on its exclusion list", "they are not on its exclusion list"),
    Fact.SUPERVISED: ("a sentence is running", "no sentence is running"),
    Fact.MHTR: (
        "a Mental Health Treatment Requirement is running",
        "no Mental Health Treatment Requirement is running",
    ),
    Fact.RESTRICTED: ("the record is restricted", "the record is not restricted"),
    Fact.SUBJECT_REQUEST: (
        "the person has an open subject access request",
        "the person has no open subject access request",
    ),
    **{
        consent_for(scope): tuple(
            f"the person {verb} to {_AGREED.get(scope, f'sharing their {scope}')}" for verb in verbs
        )  # type: ignore[misc]  # two of them
        for scope in Scope
        for verbs in [("agrees", "does not agree")]
    },
    **{
        objection_to(category): (
            f"the person objects to {category} being read",
            f"the person does not object to {category} being read",
        )
        for category in Category
        if category not in NEVER_OBJECTED
    },
}
OWN_OBJECTION: Facts = 1 << 62
"""Stands for the objection to whichever category is asked for, so that what is said of several is said once."""
_OWN = ("the person objects to it being read", "the person does not object to it being read")


def fact_in_words(fact: Fact, *, holds: bool) -> str:
    """`the person is on their caseload`, or that they are not."""
    return _SAID[fact][0 if holds else 1]


class Phrases(NamedTuple):
    """A set of facts in words: alternatives of conditions that all have to hold."""

    cases: tuple[tuple[str, ...], ...]
    """One empty case: whenever S1 and S3 are met."""
    also_restricted: bool
    """Whether a restriction makes no difference; S3 holds where it does and nothing is said."""


def phrases(cubes: Cubes, role: Role, subject: Subject, *, of_person: bool) -> Phrases:
    """Without what S1 and S3 ask of everybody, which stands in every condition."""
    standing = EMPLOYED if role in SYSTEM_ROLES else TRAINED
    plain = [Cube(_own(each.holds & ~standing, subject), _own(each.lacks & ~EXCLUDED, subject)) for each in cubes]
    merged = dict.fromkeys(_without_twins(plain))
    free = of_person and all(not (each.holds | each.lacks) & (RESTRICTED | LISTED) for each in plain)
    return Phrases(tuple(_words(each) for each in merged), free)


def _own(facts: Facts, subject: Subject) -> Facts:
    """The category's own objection as the one that stands for it."""
    if not isinstance(subject, Category) or subject in NEVER_OBJECTED or not facts & objection_to(subject).bit:
        return facts
    return facts & ~objection_to(subject).bit | OWN_OBJECTION


def _without_twins(cubes: Sequence[Cube]) -> Iterable[Cube]:
    """S3 in two conditions, `not restricted` or `on the list`, as none."""
    known = set(cubes)
    for each in cubes:
        shut = Cube(each.holds & ~LISTED, each.lacks | RESTRICTED)
        listed = Cube(each.holds | LISTED, each.lacks & ~RESTRICTED)
        if shut in known and listed in known:
            yield Cube(each.holds & ~LISTED, each.lacks & ~RESTRICTED)
        else:
            yield each


def _words(cube: Cube) -> tuple[str, ...]:
    return (
        *(fact_in_words(fact, holds=True) for fact in names_of(cube.holds)),
        *([_OWN[0]] if cube.holds & OWN_OBJECTION else []),
        *(fact_in_words(fact, holds=False) for fact in names_of(cube.lacks)),
        *([_OWN[1]] if cube.lacks & OWN_OBJECTION else []),
    )


def extent_in_words(extent: Extent, agreement: CompiledAgreement) -> str:
    """How far something is open, in the agreement's own words; nothing for what is open in full."""
    rows = (
        []
        if extent.rows <= {Rows.SENT.value}
        else [agreement.agreement.rows.get(Rows(each), each) for each in sorted(extent.rows)]
    )
    said = [agreement.caveats.get(each, each) for each in extent.caveats] + rows
    return "; ".join(text.rstrip(".")[:1].lower() + text.rstrip(".")[1:] for text in said)


def listed(words: Sequence[str], last: str = "and") -> str:
    """`a, b and c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}" if words else ""


def with_article(role: Role) -> str:
    """`an offender manager`."""
    said = role.value.replace("-", " ")
    return f"{'an' if said[0] in 'aeiou' else 'a'} {said}"
