"""The tables, each field with its category; a protected field without one stops the program from starting."""

from sqlmodel import SQLModel

from app.tables.access import AccessLimit, AccessLimitName, EmergencyGrant, SubjectRequest
from app.tables.alerts import AccessAlert, AccessAlertNote, AccessAlertPerson, AccessAlertReview, AccessWatch
from app.tables.columns import (
    CATEGORY,
    FOR_SUBJECT,
    OUTPUT,
    TAKEN_BACK,
    THIRD_PARTY,
    TOTALS,
    Instant,
    Kept,
    kept,
    tag_inherited,
    untagged,
)
from app.tables.engagement import CorrectedOutcome, EngagementMark, SafetyPromptMark
from app.tables.erasure import ErasureStub
from app.tables.feed import FeedPerson, FeedReceiver, FeedRemoval
from app.tables.health import (
    Appointment,
    CareActivity,
    Clinical,
    OnwardReferral,
    OutcomeScore,
    Presentation,
    Progress,
    Referral,
    SafetyAlert,
    SafetyRecord,
    SessionNote,
    WaitingPause,
)
from app.tables.history import history_of
from app.tables.identity import IdentityMatch, MergedPerson, PersonAlias, PersonIdentifier
from app.tables.joint import Consent, ConsentRecipient, Meeting, Objection
from app.tables.justice import (
    LicenceCondition,
    Obligation,
    Offence,
    Requirement,
    RiskAlert,
    RiskAssessment,
    Supervision,
)
from app.tables.national import NationalSubmission
from app.tables.outbox import Announcement, WebhookDelivery
from app.tables.person import Patient, Person
from app.tables.standing import (
    Allocation,
    Authorisation,
    Client,
    RevokedToken,
    Staff,
    StaffLeave,
    StaffSession,
    TherapyService,
    Training,
    UsedAssertion,
)
from app.tables.sync import PartedRecord, SyncBatch, SyncChunk, SyncHeld, SyncResult

RECORDS: tuple[type[Kept], ...] = (
    Person,
    Patient,
    IdentityMatch,
    Supervision,
    Requirement,
    Offence,
    RiskAssessment,
    RiskAlert,
    LicenceCondition,
    Obligation,
    Referral,
    Appointment,
    CareActivity,
    Presentation,
    OnwardReferral,
    WaitingPause,
    CorrectedOutcome,
    EngagementMark,
    Progress,
    OutcomeScore,
    SafetyPromptMark,
    Clinical,
    SessionNote,
    SafetyRecord,
    SafetyAlert,
    Meeting,
    Consent,
    Objection,
    Staff,
    StaffSession,
    StaffLeave,
    Training,
    Authorisation,
    Allocation,
    AccessLimit,
    EmergencyGrant,
    SubjectRequest,
    AccessAlert,
)
for _record in RECORDS:
    tag_inherited(_record)
if untagged():
    raise TypeError(f"fields without a category: {', '.join(untagged())}")

CURRENT = tuple(table for table in SQLModel.metadata.sorted_tables if table.info.get("feeds_facts"))
HISTORIES = {table.name: history_of(table) for table in CURRENT}
"""Where the past states of what feeds a fact are kept, so that any past moment can be asked about."""

__all__ = [
    "CATEGORY",
    "FOR_SUBJECT",
    "HISTORIES",
    "OUTPUT",
    "RECORDS",
    "TAKEN_BACK",
    "THIRD_PARTY",
    "TOTALS",
    "AccessAlert",
    "AccessAlertNote",
    "AccessAlertPerson",
    "AccessAlertReview",
    "AccessLimit",
    "AccessLimitName",
    "AccessWatch",
    "Allocation",
    "Announcement",
    "Appointment",
    "Authorisation",
    "CareActivity",
    "Client",
    "Clinical",
    "Consent",
    "ConsentRecipient",
    "CorrectedOutcome",
    "EmergencyGrant",
    "EngagementMark",
    "ErasureStub",
    "FeedPerson",
    "FeedReceiver",
    "FeedRemoval",
    "IdentityMatch",
    "Instant",
    "Kept",
    "LicenceCondition",
    "Meeting",
    "MergedPerson",
    "NationalSubmission",
    "Objection",
    "Obligation",
    "Offence",
    "OnwardReferral",
    "OutcomeScore",
    "PartedRecord",
    "Patient",
    "Person",
    "PersonAlias",
    "PersonIdentifier",
    "Presentation",
    "Progress",
    "Referral",
    "Requirement",
    "RevokedToken",
    "RiskAlert",
    "RiskAssessment",
    "SafetyAlert",
    "SafetyPromptMark",
    "SafetyRecord",
    "SessionNote",
    "Staff",
    "StaffLeave",
    "StaffSession",
    "SubjectRequest",
    "Supervision",
    "SyncBatch",
    "SyncChunk",
    "SyncHeld",
    "SyncResult",
    "TherapyService",
    "Training",
    "UsedAssertion",
    "WaitingPause",
    "WebhookDelivery",
    "kept",
    "untagged",
]
