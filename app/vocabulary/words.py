"""The closed sets of words in the agreement: parties, roles, purposes, actions, categories, registers and facts.

And the names of the rules by which its log is watched.
"""

from enum import StrEnum
from functools import cached_property
from typing import Literal


class Party(StrEnum):
    """An organisation that signed the agreement."""

    HEALTH = "health"
    JUSTICE = "justice"
    COMMISSIONER = "commissioner"


class Category(StrEnum):
    """What a field of a person's record is about; every protected field carries exactly one."""

    IDENTITY = "identity"
    CONTACT = "contact"
    SUPERVISION = "supervision"
    OFFENCE = "offence"
    RISK = "risk"
    OBLIGATIONS = "obligations"
    REFERRAL = "referral"
    ATTENDANCE = "attendance"
    PROGRESS = "progress"
    SCORES = "scores"
    CLINICAL = "clinical"
    NOTES = "notes"
    SAFETY = "safety"
    SAFETY_ALERT = "safety-alert"
    MEETING = "meeting"
    CONSENT = "consent"


class Register(StrEnum):
    """What the agreement speaks of that is no part of a person's record: standing, oversight, figures."""

    STAFF = "staff"
    TRAINING = "training"
    AUTHORISATION = "authorisation"
    ALLOCATION = "allocation"
    LIMITS = "limits"
    EMERGENCY_GRANT = "emergency-grant"
    SUBJECT_REQUEST = "subject-request"
    DISCLOSURES = "disclosures"
    AUDIT_LOG = "audit-log"
    ACCESS_ALERT = "access-alert"
    IDENTITY_LINK = "identity-link"
    AGGREGATE_FIGURES = "aggregate-figures"
    PUBLISHED_FIGURES = "published-figures"


Subject = Category | Register
CATEGORIES: tuple[Category, ...] = tuple(Category)
SUBJECTS: tuple[Subject, ...] = (*Category, *Register)
JOINT = frozenset({Category.IDENTITY, Category.CONTACT, Category.MEETING, Category.CONSENT})
NEVER_OBJECTED = frozenset({Category.RISK, Category.SAFETY_ALERT})
"""An objection to these cannot be recorded (S4): they protect somebody."""


class Role(StrEnum):
    """What a caller is at their party; a token names exactly one."""

    OFFENDER_MANAGER = "offender-manager"
    PROBATION_LEAD = "probation-lead"
    CASE_MANAGEMENT_SYSTEM = "case-management-system"
    THERAPIST = "therapist"
    CLINICAL_LEAD = "clinical-lead"
    SERVICE_ADMINISTRATOR = "service-administrator"
    HEALTH_TRAINER = "health-trainer"
    RECORDS_OFFICER = "records-officer"
    CLINICAL_SYSTEM = "clinical-system"
    AUDITOR = "auditor"
    CALDICOTT_GUARDIAN = "caldicott-guardian"
    COMMISSIONER = "commissioner"


SYSTEM_ROLES = frozenset({Role.CASE_MANAGEMENT_SYSTEM, Role.CLINICAL_SYSTEM})
JUSTICE_ROLES = frozenset({Role.OFFENDER_MANAGER, Role.PROBATION_LEAD, Role.CASE_MANAGEMENT_SYSTEM})
OVERSIGHT_ROLES = frozenset({Role.AUDITOR, Role.CALDICOTT_GUARDIAN})


def parties_of(role: Role) -> frozenset[Party]:
    """Where somebody in this role can be employed: oversight at either party, everybody else at one."""
    if role in OVERSIGHT_ROLES:
        return frozenset({Party.HEALTH, Party.JUSTICE})
    if role in JUSTICE_ROLES:
        return frozenset({Party.JUSTICE})
    return frozenset({Party.COMMISSIONER if role is Role.COMMISSIONER else Party.HEALTH})


class Purpose(StrEnum):
    """Why a caller asks; a request names exactly one."""

    DIRECT_CARE = "direct-care"
    SUPERVISION = "supervision"
    PUBLIC_PROTECTION = "public-protection"
    EMERGENCY = "emergency"
    OVERSIGHT = "oversight"
    SUBJECT_ACCESS = "subject-access"
    SERVICE_EVALUATION = "service-evaluation"
    RECORDS_SYNC = "records-sync"


HL7_PURPOSES: dict[str, Purpose] = {
    "TREAT": Purpose.DIRECT_CARE,
    "THREAT": Purpose.PUBLIC_PROTECTION,
    "BTG": Purpose.EMERGENCY,
    "HCOMPL": Purpose.OVERSIGHT,
    "PATRQT": Purpose.SUBJECT_ACCESS,
    "HQUALIMP": Purpose.SERVICE_EVALUATION,
    "HOPERAT": Purpose.RECORDS_SYNC,
}
"""HL7 PurposeOfUse codes that stand for a purpose; supervision has none."""


class Action(StrEnum):
    """What a caller wants to do; `write` includes `create`, and neither includes `read`."""

    READ = "read"
    WRITE = "write"
    CREATE = "create"
    CHECK = "check"
    ACKNOWLEDGE = "acknowledge"
    WITHDRAW = "withdraw"
    GRANT = "grant"
    REVOKE = "revoke"
    REVIEW = "review"
    OPEN = "open"
    CLOSE = "close"
    LINK = "link"
    UNLINK = "unlink"


class Scope(StrEnum):
    """What a consent is for."""

    ATTENDANCE = "attendance"
    PROGRESS = "progress"
    SCORES = "scores"
    OFFENCE = "offence"
    MEETING = "meeting"
    HEALTH_TRAINER = "health-trainer"


HEALTH_TO_JUSTICE = frozenset({Scope.ATTENDANCE, Scope.PROGRESS, Scope.SCORES})
"""Scopes by which health shares with justice; recorded by justice they need a signature or countersignature (E3)."""


class WatchRule(StrEnum):
    """What a member of staff did that somebody should look at: a rule over the log."""

    MANY_PEOPLE = "many-people"
    COLLEAGUE = "colleague"
    NAMESAKE = "namesake"
    OUT_OF_HOURS = "out-of-hours"
    AFTER_REFUSAL = "after-refusal"
    NEVER_FOLLOWED = "never-followed"


ReferralStatus = Literal[
    "draft",
    "received",
    "triaged",
    "not-suitable",
    "waiting",
    "offered",
    "assessed",
    "in-treatment",
    "discharged",
]
"""Where a referral is on its way; a draft is its author's alone until it is sent."""


BASES = ("voluntary", "mental-health-treatment-requirement", "rehabilitation-activity-requirement", "licence-condition")
"""What a referral rests on: the person's own wish, a court's order, or a licence."""
_BLOCKS = dict(zip("ABCDEFGHIJKLMNP", (3, 2, 3, 2, 6, 3, 4, 2, 2, 4, 5, 2, 9, 4, 1), strict=True))
SOURCES_OF_REFERRAL = frozenset(f"{block}{place}" for block, last in _BLOCKS.items() for place in range(1, last + 1))
"""SourceOfReferralIAPT; from memory but for A1, B1 and the justice block E1 to E6."""


class Fact(StrEnum):
    """A named truth about the caller, the person, or both, on which a clause can depend."""

    EMPLOYED = "employed"
    TRAINED_SHARING = "training:information-sharing"
    TRAINED_JUSTICE_DATA = "training:criminal-justice-data"
    TRAINED_AWARENESS = "training:mental-health-awareness"
    AUTHORISED_JUSTICE = "authorised:criminal-justice"
    CASELOAD = "caseload"
    TREATING = "treating"
    SERVICE = "service"
    BREAK_GLASS = "break-glass"
    LISTED = "listed"
    EXCLUDED = "excluded"
    SUPERVISED = "supervised"
    MHTR = "mhtr"
    RESTRICTED = "restricted"
    SUBJECT_REQUEST = "subject-request"
    CONSENT_ATTENDANCE = "consent:attendance"
    CONSENT_PROGRESS = "consent:progress"
    CONSENT_SCORES = "consent:scores"
    CONSENT_OFFENCE = "consent:offence"
    CONSENT_MEETING = "consent:meeting"
    CONSENT_HEALTH_TRAINER = "consent:health-trainer"
    OBJECTION_IDENTITY = "objection:identity"
    OBJECTION_CONTACT = "objection:contact"
    OBJECTION_SUPERVISION = "objection:supervision"
    OBJECTION_OFFENCE = "objection:offence"
    OBJECTION_OBLIGATIONS = "objection:obligations"
    OBJECTION_REFERRAL = "objection:referral"
    OBJECTION_ATTENDANCE = "objection:attendance"
    OBJECTION_PROGRESS = "objection:progress"
    OBJECTION_SCORES = "objection:scores"
    OBJECTION_CLINICAL = "objection:clinical"
    OBJECTION_NOTES = "objection:notes"
    OBJECTION_SAFETY = "objection:safety"
    OBJECTION_MEETING = "objection:meeting"
    OBJECTION_CONSENT = "objection:consent"

    @cached_property
    def bit(self) -> int:
        """Its place in a `Facts` integer, as a power of two; final, since past decisions are made again from it."""
        return 1 << FACTS.index(self)

    @property
    def withholds(self) -> bool:
        """Whether its presence is the unfavourable value, and so what an unknown is taken for."""
        return self in (Fact.EXCLUDED, Fact.RESTRICTED) or self.value.startswith("objection:")


FACTS: tuple[Fact, ...] = tuple(Fact)
Facts = int
"""A set of facts as one integer, a bit for each `Fact` in the order of `FACTS`."""

UNFAVOURABLE: Facts = sum(1 << place for place, fact in enumerate(FACTS) if fact.withholds)
"""What is assumed where nothing is known: no fact that grants, every fact that withholds."""


def facts_of(*facts: Fact) -> Facts:
    """The integer that holds exactly these facts."""
    total = 0
    for fact in facts:
        total |= fact.bit
    return total


def names_of(facts: Facts) -> tuple[Fact, ...]:
    """The facts that an integer holds, in the order of `FACTS`."""
    return tuple(fact for place, fact in enumerate(FACTS) if facts >> place & 1)


def objection_to(category: Category) -> Fact:
    """The fact that the person objects to this category; ValueError for risk and safety-alert (S4)."""
    return Fact(f"objection:{category.value}")


def consent_for(scope: Scope) -> Fact:
    """The fact that a live consent of this scope covers the caller's party."""
    return Fact(f"consent:{scope.value}")
