"""standing/*.jsonl as staff recorded it: authorisations, consents, objections and requests for one's own record.

Not kept, since nothing here has a place for it: who revoked an authorisation (the entry of its revocation says so), and
when the answer to a request is due.
"""

from typing import Any

from app.services.registers import person_id, record_id
from app.sync.callers import Callers
from app.sync.fields import Fields, london_day, start_of
from app.sync.reading import Source
from app.sync.records import Incoming, Inner, Reference, Times, origins_of
from app.sync.registered import SOURCE, known_member, staff_id, times
from app.sync.report import ImportReport
from app.vocabulary import NEVER_OBJECTED, Action, Category, Party, Register, Scope
from app.vocabulary.identifiers import crn

GIVEN_HOW = ("three-way-meeting", "in-writing", "orally-with-witness")


def person(fields: Fields) -> tuple[str | None, tuple[Reference, ...]]:
    """The person's CRN, and that they have to be on file."""
    found = fields.needed("crn", fields.identifier("crn", crn))
    return found, (Reference("person", person_id(found), "crn"),) if found else ()


def authorisation(source: Source, report: ImportReport, callers: Callers) -> Incoming | None:
    """A probation lead's grant to a member of health staff, and its revocation."""
    fields = Fields(source, report)
    identity = fields.required("authorisationId", 40)
    username, lead = known_member(fields, "username", callers), known_member(fields, "grantedBy", callers)
    if username and username == lead:
        fields.fault("grantedBy", "never-to-oneself")
    start, end = fields.needed("validFrom", fields.start("validFrom")), fields.end("validUntil")
    fields.needed("validUntil", end)
    fields.in_order(start, end, "validUntil")
    revoked, revoker = fields.moment("revokedAt"), fields.username("revokedBy") or lead
    row = {
        "id": identity and record_id("authorisation", SOURCE, identity),
        "staff_id": username and staff_id(username),
        "kind": fields.needed("kind", fields.code("kind", ("criminal-justice",))),
        "granted_by_id": lead and staff_id(lead),
        "valid_from": start,
        "valid_until": end,
        "revoked_at": revoked,
    }
    when = times(fields)
    subject = Register.AUTHORISATION
    first = None if fields.is_broken else callers.by(fields, "grantedBy", lead, Action.GRANT, subject, when.recorded_at)
    later = callers.by(fields, "revokedBy", revoker, Action.REVOKE, subject, revoked) if revoked and first else None
    return _of_staff(fields, "authorisation", row, when, first=first, later=later)


def consent(source: Source, report: ImportReport, callers: Callers) -> Incoming | None:
    """What a person agreed to, refused or withdrew, as a member of staff recorded it."""
    fields = Fields(source, report)
    identity = fields.required("consentId", 40)
    found, needs = person(fields)
    scope = fields.needed("scope", fields.word("scope", Scope))
    recorder = fields.needed("recordedBy", fields.username("recordedBy"))
    party = fields.needed("recordedByParty", fields.word("recordedByParty", Party))
    if recorder in callers.members and party and callers.members[recorder].party is not party:
        fields.fault("recordedByParty", "party-differs")
    supersedes = fields.text("supersedes", 40)
    if supersedes:
        needs = (*needs, Reference("consent", record_id("consent", SOURCE, supersedes), "supersedes"))
    withdrawn = fields.moment("withdrawnAt")
    withdrawer = fields.username("withdrawnBy") or recorder
    start, end = fields.needed("validFrom", fields.start("validFrom")), fields.end("validUntil")
    fields.in_order(start, end, "validUntil")
    decision = fields.needed("decision", fields.code("decision", ("permit", "refuse")))
    row = {
        **_keys("consent", identity, found),
        "scope": scope and scope.value,
        "decision": decision,
        "valid_from": start,
        "valid_until": end,
        "given_how": fields.needed("givenHow", fields.code("givenHow", GIVEN_HOW)),
        "witness": fields.text("witness", 200),
        "capacity": fields.needed("capacity", fields.flag("capacity")),
        "wording_version": fields.required("wordingVersion", 20),
        "recorded_by": recorder,
        "recorded_by_party": party and party.value,
        "signed_form": fields.text("signedForm", 40),
        "countersigned_by": fields.username("countersignedBy"),
        "countersigned_at": fields.moment("countersignedAt"),
        "supersedes_id": needs[-1].id if supersedes else None,
        "withdrawn_at": withdrawn,
        "withdrawn_by": withdrawer if withdrawn else None,
    }
    recipients = {"consent_id": row["id"]}
    named = [fields.needed(name, fields.word(name, Party)) for name in fields.each("recipients")]
    fields.needed("recipients", named or None)
    when = times(fields)
    if decision == "permit" and start and when.recorded_at and start < start_of(london_day(when.recorded_at)):
        fields.fault("validFrom", "period-backdated")
    subject = Category.CONSENT
    first = callers.by(fields, "recordedBy", recorder, Action.WRITE, subject, when.recorded_at)
    later = None
    if withdrawn:
        later = callers.by(fields, "withdrawnBy", withdrawer, Action.WITHDRAW, subject, withdrawn)
    parties = [{**recipients, "party": party.value} for party in dict.fromkeys(named) if party]
    inner = (Inner("consent_recipient", "consent_id", parties),)
    return _of_staff(fields, "consent", row, when, crn=found, needs=needs, first=first, later=later, inner=inner)


def objection(source: Source, report: ImportReport, callers: Callers) -> Incoming | None:
    """What a person objects to."""
    fields = Fields(source, report)
    identity = fields.required("objectionId", 40)
    found, needs = person(fields)
    able = tuple(category.value for category in Category if category not in NEVER_OBJECTED)
    recorder = fields.needed("recordedBy", fields.username("recordedBy"))
    start, end = fields.needed("validFrom", fields.start("validFrom")), fields.end("validUntil")
    fields.in_order(start, end, "validUntil")
    withdrawn = fields.moment("withdrawnAt")
    row = {
        **_keys("objection", identity, found),
        "category": fields.needed("category", fields.code("category", able)),
        "valid_from": start,
        "valid_until": end,
        "reason": fields.text("reason", 1000),
        "recorded_by": recorder,
        "withdrawn_at": withdrawn,
    }
    when = times(fields)
    subject = Category.CONSENT
    first = callers.by(fields, "recordedBy", recorder, Action.WRITE, subject, when.recorded_at)
    later = callers.by(fields, "recordedBy", recorder, Action.WITHDRAW, subject, withdrawn) if withdrawn else None
    return _of_staff(fields, "objection", row, when, crn=found, needs=needs, first=first, later=later)


def subject_request(source: Source, report: ImportReport, callers: Callers) -> Incoming | None:
    """A person's request for their own record."""
    fields = Fields(source, report)
    identity = fields.required("subjectRequestId", 40)
    found, needs = person(fields)
    officer = fields.needed("openedBy", fields.username("openedBy"))
    opened, closed = fields.needed("openedOn", fields.day("openedOn")), fields.day("closedOn")
    fields.in_order(opened, closed, "closedOn")
    row = {
        **_keys("subject_request", identity, found),
        "opened_on": opened,
        "closed_on": closed,
        "opened_by": officer,
    }
    when = times(fields)
    subject = Register.SUBJECT_REQUEST
    first = callers.by(fields, "openedBy", officer, Action.OPEN, subject, when.recorded_at)
    later = callers.by(fields, "openedBy", officer, Action.CLOSE, subject, when.modified_at) if closed else None
    return _of_staff(fields, "subject_request", row, when, crn=found, needs=needs, first=first, later=later)


def _keys(table: str, identity: str | None, found: str | None) -> dict[str, Any]:
    return {
        "id": identity and record_id(table, SOURCE, identity),
        "source": SOURCE,
        "source_id": identity,
        "person_id": found and person_id(found),
    }


def _of_staff(fields: Fields, table: str, row: dict[str, Any], when: Times, **values: Any) -> Incoming | None:
    if fields.is_broken:
        return None
    return Incoming(
        origins=origins_of(fields),
        table=table,
        row=row,
        recorded_at=when.recorded_at,
        modified_at=when.modified_at,
        keeps_past=True,
        **values,
    )
