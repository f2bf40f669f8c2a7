"""Problem details (RFC 9457): a stable code for each fault, what is wrong, and what would put it right."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import to_json
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of fault: its status, and the words that are the same each time."""

    status: int
    title: str
    remedy: str
    headers: Mapping[str, str] = field(default_factory=dict)


_TOKEN = "get a new token from POST /oauth2/token and send it as 'Authorization: Bearer …'"  # noqa: S105  # advice
_AGAIN = {"Retry-After": "2"}

FAULTS: dict[str, Fault] = {
    "not-found": Fault(
        404,
        "nobody on file, or nothing that you may see for this purpose",
        "check the CRN and the purpose; whether your training, allocation and the person's consent are current",
    ),
    "route-not-found": Fault(404, "there is no such address", "see /openapi.json for those there are"),
    "category-unknown": Fault(404, "there is no such category", "see GET /v1/agreement for the categories"),
    "method-not-allowed": Fault(405, "this address does not take this method", "see /openapi.json"),
    "staff-not-found": Fault(
        404, "nobody of that name is on the register of your organisation", "check the username, or register them"
    ),
    "authorisation-not-found": Fault(404, "there is no such authorisation", "see GET /v1/authorisations"),
    "own-record": Fault(
        403,
        "nobody keeps their own record of standing",
        "ask another lead of your organisation to look at it or change it",
    ),
    "access-of-others": Fault(
        403, "staff ask about their own access alone", "leave the username out, or send your own"
    ),
    "staff-exists": Fault(409, "somebody of that name is on a register already", "choose another username"),
    "staff-unknown": Fault(
        422, "nobody of that name is on the register of the organisation concerned", "check the username"
    ),
    "staff-unsuitable": Fault(422, "this member of staff cannot be named here", "name somebody to whom it applies"),
    "service-unknown": Fault(
        422, "no service is named that the caller's organisation can have here", "check the service's id"
    ),
    "role-not-at-party": Fault(
        422, "nobody is employed in this role at this organisation", "see GET /v1/agreement for its roles"
    ),
    "training-recorded": Fault(409, "this course on this day is recorded already", "nothing has to be done"),
    "date-in-future": Fault(422, "what is completed lies in the past", "send the day on which it was completed"),
    "authorisation-to-oneself": Fault(
        422, "nobody authorises themselves", "ask another probation lead; justice staff need no authorisation"
    ),
    "authorisation-over": Fault(409, "this authorisation is revoked or over already", "nothing has to be done"),
    "appointment-not-begun": Fault(
        422,
        "this appointment has not begun, so that nobody can have attended or missed it",
        "record it once it has begun, or say that it was cancelled and when",
    ),
    "cancellation-unfit": Fault(
        422, "only what was cancelled has a moment of cancellation", "leave it out, or send code 2 or 4"
    ),
    "cancellation-in-future": Fault(422, "a cancellation lies in the past", "send when it was cancelled"),
    "cancelled-after-start": Fault(
        422,
        "the person cancels an appointment before it begins",
        "send when it was cancelled; who did not come and said nothing before did not attend, code 3",
    ),
    "score-tool-unknown": Fault(
        422,
        "there is no such measure",
        "send 'toolCode' from the national list, or 'tool' such as 'PHQ-9'; or both alike",
    ),
    "score-needs-answers": Fault(
        422, "this measure is recorded by its answers", "send 'items', null for what is missing"
    ),
    "score-by-total": Fault(422, "this measure is recorded by its total alone", "leave 'items' out and send 'total'"),
    "score-incomplete": Fault(
        422,
        "too much is missing for a total",
        "send every answer of the measure; docs/measures.md says what may be missing",
    ),
    "score-out-of-range": Fault(422, "the measure has no such answer or total", "see its range in docs/measures.md"),
    "score-malformed": Fault(422, "this measure has whole totals", "send a whole number"),
    "score-differs": Fault(
        422, "the total is not what the answers come to", "leave it out: it is counted here; or correct the answers"
    ),
    "score-outside-referral": Fault(
        422,
        "the measure was not completed within the referral",
        "send when it was completed: from the referral's receipt to its close, and not in the future",
    ),
    "score-recorded": Fault(409, "this measure is recorded at this moment already", "nothing has to be done"),
    "note-outside-referral": Fault(
        422,
        "a note lies within the referral",
        "send when it was written: since the referral's receipt, not in the future",
    ),
    "task-unknown": Fault(404, "there is no such task, or it stands no more", "see GET /v1/tasks for those that stand"),
    "already-allocated": Fault(409, "the referral is theirs already", "nothing has to be done"),
    "not-allocated": Fault(409, "nobody is allocated to the referral at that time", "nothing has to be done"),
    "end-backdated": Fault(422, "the end lies in the past", "leave it out to end it now, or send a later one"),
    "referral-closed": Fault(409, "this referral is closed", "choose one that is open"),
    "slot-unsuitable": Fault(
        409,
        "the time or the place is unsuitable for the person, or two staff are needed",
        "choose one of GET /v1/referrals/{id}/slots; where two staff are needed, name the second",
    ),
    "slot-taken": Fault(
        409,
        "the therapist, the room or the person is not free at that time",
        "choose one of GET /v1/referrals/{id}/slots",
    ),
    "calendar-of-others": Fault(
        403,
        "whose calendar this is keeps it to themselves, their clinical lead and the service's administrators",
        "ask for your own",
    ),
    "time-past": Fault(422, "an appointment is booked before it begins", "send a later start"),
    "appointment-over": Fault(
        409, "this appointment has begun, or what became of it is recorded", "book another; this one stays as it is"
    ),
    "premises-unknown": Fault(
        422,
        "nobody has described these premises, or this room of theirs",
        "name a site and a room of GET /v1/referrals/{id}/slots; the operator describes them: `openmind diary rooms`",
    ),
    "period-not-published": Fault(
        422,
        "figures are published for one whole reporting year at a time",
        "leave 'from' and 'to' out for the running year, or give the first and the last day of one",
    ),
    "period-disordered": Fault(422, "the period ends before it begins", "send an end that is later than the start"),
    "period-overlaps": Fault(
        409, "the period overlaps another of the same kind", "end the other first, or begin where it ends"
    ),
    "period-too-long": Fault(422, "the period is too long", "send an earlier end, and renew it then"),
    "identifier-shared": Fault(409, "this identifier belongs to another record", "send the identifier of this one"),
    "training-lapsed": Fault(
        403,
        "your mental-health-awareness training has lapsed, or is not on record",
        "renew it: see 'renewAt', or ask your line manager; then send the same again",
    ),
    "move-not-possible": Fault(
        422,
        "the referral cannot go there from where it is",
        "see 'possible' for where it can go, and docs/lifecycle.md for which address leads there",
    ),
    "move-misdated": Fault(
        422, "the move cannot have been made on that day", "send the day on which it was made, or leave it out"
    ),
    "reason-unfitting": Fault(422, "the reason is missing, or belongs to another move", "see the detail"),
    "end-code-unfitting": Fault(
        422,
        "this EndCode does not fit how far the person has come",
        "see 'possible' for those that do; record the contacts that were attended first",
    ),
    "treatment-incomplete": Fault(
        422, "treatment begins with a step, a kind of therapy and a therapist", "say which; allocate a therapist first"
    ),
    "treatment-not-beginning": Fault(
        422, "step and kind of therapy belong to treatment", "leave them out, or send them with PATCH"
    ),
    "overruling-unexplained": Fault(
        422, "the decision is against the recommendation", "say why in a note; the decision is yours"
    ),
    "score-unknown": Fault(422, "no score of this referral has this id", "name scores that were recorded under it"),
    "basis-not-running": Fault(
        422,
        "nothing of that kind runs for the person today",
        "choose the basis that holds, or have the requirement or the licence condition recorded",
    ),
    "referral-incomplete": Fault(422, "the referral says too little to be sent", "send the named field as well"),
    "draft-not-possible": Fault(
        422, "only who refers from probation keeps drafts", "send status 'received', or leave it out"
    ),
    "earlier-unknown": Fault(
        422, "there is no closed referral of this person with this id that you may know of", "leave it out"
    ),
    "duplicate-unknown": Fault(
        422, "no other referral of this person to your service has this id", "see GET /v1/referrals/{id}/duplicates"
    ),
    "duplicate-treated": Fault(
        409,
        "a therapist is allocated to the duplicate",
        "merge the other way round, or end that allocation first: POST /v1/referrals/{id}/allocation/end",
    ),
    "precondition-required": Fault(
        428, "the version that you read is missing", "send If-Match with the ETag of GET, and then the change"
    ),
    "precondition-failed": Fault(
        412, "the record is not what you read any more, and nothing was written", "read it again and repeat the change"
    ),
    "withheld": Fault(403, "withheld", "see 'withheld' for what is missing and whom to ask"),
    "purpose-not-for-role": Fault(
        403, "your role may not use this purpose", "send a purpose that the agreement gives your role"
    ),
    "not-permitted-for-role": Fault(
        403, "no clause lets your role do this for this purpose", "see GET /v1/agreement for what each role may do"
    ),
    "filter-not-permitted": Fault(
        403, "no clause lets your role read what this filter asks about", "leave the filter out"
    ),
    "standing-lapsed": Fault(
        403,
        "you are not employed in this role, or your information-sharing training has lapsed",
        "ask your lead to check your employment and renew your information-sharing training",
    ),
    "session-revoked": Fault(401, "this token is no longer good", _TOKEN, {"WWW-Authenticate": "Bearer"}),
    "purpose-missing": Fault(400, "no purpose was given", "send the header Purpose-Of-Use, such as 'supervision'"),
    "purpose-unknown": Fault(400, "the agreement knows no such purpose", "see GET /v1/agreement for the purposes"),
    "parameter-unknown": Fault(400, "there is no such query parameter", "leave it out, or see /openapi.json"),
    "parameter-invalid": Fault(400, "a parameter of the address cannot be used", "correct it, or see /openapi.json"),
    "cursor-invalid": Fault(400, "the cursor is not one of this list's", "start again without a cursor"),
    "crn-malformed": Fault(400, "the CRN is malformed", "a CRN is a letter and six digits, such as X320741"),
    "body-invalid": Fault(422, "the body cannot be used", "correct the named field"),
    "body-not-json": Fault(400, "the body is not JSON", "send one JSON object in UTF-8"),
    "staff-unknown-then": Fault(
        422, "nobody of this username was on the register at that moment", "check the username and the moment"
    ),
    "system-unknown-then": Fault(
        422, "no system of this id was registered at that moment", "check the id and the moment"
    ),
    "subject-request-open": Fault(
        409, "a subject access request of this person is open already", "answer that one, and close it"
    ),
    "subject-request-closed": Fault(
        409, "this subject access request is closed", "open another, if the person has asked again"
    ),
    "changed-meanwhile": Fault(
        409, "somebody else changed it meanwhile, and nothing was written", "read it again and repeat the change"
    ),
    "database-refused": Fault(
        422, "the database refuses the record, and nothing was written", "correct what is sent; see /openapi.json"
    ),
    "agreement-invalid": Fault(
        422, "the draft has a fault", "correct the named line; `openmind agreement check` says the same"
    ),
    "period-invalid": Fault(422, "the period cannot be used", "give days such as 2026-03-01, or moments with offset"),
    "simulation-empty": Fault(422, "there is nothing to make again", "give a period in which something was decided"),
    "simulation-too-large": Fault(
        422, "too many entries for one request", "give a shorter period, or use `openmind agreement simulate`"
    ),
    "simulation-busy": Fault(503, "another simulation is under way", "try again", {"Retry-After": "10"}),
    "log-entry-unknown": Fault(
        404, "the log has no entry of this number", "see GET /v1/audit/checkpoint for how far the log goes"
    ),
    "checkpoint-missing": Fault(
        404,
        "no checkpoint has been made over this entry, or none of this size",
        "leave the size out, try again in a minute, or ask for the proof as JSON, which needs no checkpoint",
    ),
    "tile-unknown": Fault(
        404, "the log has no such tile", "see c2sp.org/tlog-tiles, and GET /v1/audit/checkpoint for the log's size"
    ),
    "log-incomplete": Fault(
        500, "the log does not hold what its size promises", "tell the operator, who runs `openmind audit verify`"
    ),
    "checkpoint-unknown": Fault(
        404, "there is no checkpoint of this size", "see GET /v1/audit/checkpoint for the newest"
    ),
    "cosignature-invalid": Fault(
        422,
        "this is no cosignature of that checkpoint by a witness that is known here",
        "send the signature lines that your witness answered with; the operator names witnesses in OPENMIND_WITNESSES",
    ),
    "log-unreadable": Fault(422, "an entry of the log cannot be read", "run `openmind audit verify`"),
    "consent-not-enforceable": Fault(
        422,
        "the consent has an element that would not be enforced",
        "leave it out: a consent has a scope, parties, a period",
    ),
    "consent-without-capacity": Fault(
        422,
        "a person without capacity cannot agree",
        "record no permission; ask again when the person has the capacity to decide",
    ),
    "consent-witness": Fault(
        422,
        "what was given orally names its witness, and nothing else does",
        "name who heard it, or leave the witness out",
    ),
    "consent-overlaps": Fault(
        422,
        "another consent of this scope holds in that period",
        "name the newest of them in 'supersedes', and withdraw any further ones first",
    ),
    "consent-chain": Fault(
        422, "this consent cannot supersede that one", "see GET /v1/people/{crn}/consents for the newest of the scope"
    ),
    "consent-over": Fault(
        422, "this consent was withdrawn, superseded or has run out", "record a new one, if the person agrees"
    ),
    "period-backdated": Fault(
        422, "the period begins too early", "let it begin later; nothing holds before it was recorded"
    ),
    "period-over": Fault(422, "nothing would hold in this period", "let it end after its start, and after now"),
    "countersignature-by-clinician": Fault(
        403, "only a clinician countersigns", "ask the therapist or the clinical lead (E3)"
    ),
    "countersignature-not-needed": Fault(
        422, "this consent needs no countersignature", "see its state in GET /v1/people/{crn}/consents"
    ),
    "objection-not-possible": Fault(
        422,
        "nobody can object to this category being read, since it protects somebody",
        "see S4 in GET /v1/agreement",
    ),
    "objection-overlaps": Fault(
        422, "an objection to this category stands in that period", "leave it as it is, or withdraw it first"
    ),
    "text-insufficient": Fault(
        422, "the text says too little", "write in words what somebody who was not there can review"
    ),
    "grant-unknown": Fault(404, "there is no such emergency grant", "see GET /v1/emergency-grants for those there are"),
    "reviewer-is-user": Fault(403, "whoever used a grant does not review it", "ask another Caldicott guardian"),
    "reviewer-is-manager": Fault(
        403, "you manage whoever used this grant, or did when it was used", "ask another Caldicott guardian"
    ),
    "reason-withheld": Fault(
        403,
        "what health staff wrote is withheld from your party (P3), and unread it cannot be reviewed",
        "ask a Caldicott guardian of the health party",
    ),
    "already-reviewed": Fault(409, "this grant is reviewed already", "see GET /v1/emergency-grants/{id}"),
    "period-too-large": Fault(
        422, "too many entries for one request", "give a shorter period, or say more of what you look for"
    ),
    "not-acceptable": Fault(
        406, "there is no such form", "accept one of the media types of this address in /openapi.json"
    ),
    "match-unknown": Fault(
        404, "there is no such match, or none that you may know of", "see GET /v1/matches for the review list"
    ),
    "match-decided": Fault(
        409, "the match does not stand where this could be decided", "read it again: GET /v1/matches/{id}"
    ),
    "registration-linked": Fault(
        409, "the registration is linked to somebody else", "unlink that match first: GET /v1/matches?state=linked"
    ),
    "alert-unknown": Fault(404, "there is no such access alert", "see GET /v1/audit/alerts for those there are"),
    "meeting-state": Fault(
        409,
        "this cannot be done in the state that the meeting is in",
        "what is planned is changed, answered, recorded or cancelled; what was held is corrected and signed",
    ),
    "not-a-participant": Fault(
        403, "the offender manager and the therapist who are named answer and sign", "ask them, or name somebody else"
    ),
    "signature-of-another": Fault(
        403, "everybody signs for themselves", "sign for yourself, or record that the person signs"
    ),
    "said-twice": Fault(
        422,
        "a scope is named twice in one act",
        "say of each scope once what the person said in the end",
    ),
    "safety-alert-over": Fault(
        409,
        "this safety alert was withdrawn, or another has taken its place",
        "see GET /v1/people/{crn}/safety-alerts for those that stand",
    ),
    "withheld-and-withdrawn": Fault(
        403,
        "withheld; what the person withdrew is withdrawn all the same, and nothing else was kept",
        "see 'withheld' for what is missing and whom to ask, and send the rest again without the withdrawal",
    ),
    "removal-unknown": Fault(
        404, "there is no such removal notice for this system", "see GET /v1/sync/removals for those there are"
    ),
    "alert-closed": Fault(409, "this alert is closed already", "see GET /v1/audit/alerts/{id} for how and by whom"),
    "batch-unknown": Fault(404, "your system has sent no batch of this id", "check the id, or send the batch"),
    "batch-differs": Fault(
        409, "another content was sent under this id", "send new content under a new id; the first stays as it is"
    ),
    "batch-unreadable": Fault(
        422,
        "the batch cannot be read, and nothing of it is kept",
        "send UTF-8 lines of JSON, plain or as gzip or zstd, and name it in Content-Encoding; see docs/sync.md",
    ),
    "batch-too-large": Fault(413, "the batch is too large, and nothing of it is kept", "send it as several batches"),
    "media-type-unsupported": Fault(
        415,
        "a batch does not come in this form",
        "send application/x-ndjson, as it is or with Content-Encoding gzip or zstd",
    ),
    "body-too-large": Fault(413, "the body is too large", "send less at once"),
    "too-many-failures": Fault(429, "too many requests without a valid token", _TOKEN, {"Retry-After": "10"}),
    "archive-unavailable": Fault(
        503,
        "older entries of the log stand in files that are not at hand",
        "ask for a later period, or have the operator bring the file back",
    ),
    "unavailable": Fault(503, "the service cannot answer at the moment", "try again", _AGAIN),
    "internal": Fault(500, "a fault of the service's own", "report the request id; nothing was disclosed"),
}


def problem(code: str, *, detail: str | None = None, extra: Mapping[str, Any] | None = None) -> Response:
    """The response for a code; KeyError for one that is not listed, so that no code is made up on the way."""
    fault = FAULTS[code]
    body = {
        "type": f"urn:open-mind:problem:{code}",
        "title": fault.title,
        "status": fault.status,
        "code": code,
        **({"detail": detail} if detail else {}),
        "remedy": fault.remedy,
        **(extra or {}),
    }
    return Response(to_json(body), fault.status, dict(fault.headers), MEDIA_TYPE)


TOKEN_CODES = (
    "caller-unknown",
    "client-unknown",
    "token-algorithm",
    "token-audience",
    "token-claims",
    "token-encrypted",
    "token-not-yet-valid",
    "token-expired",
    "token-header",
    "token-issuer",
    "token-key",
    "token-lifetime",
    "token-malformed",
    "token-missing",
    "token-scheme",
    "token-signature",
    "token-too-large",
    "token-type",
)
"""What `app.identity` finds wrong with a token."""


def token_problem(code: str, detail: str) -> Response:
    """401 for a token that cannot be used, with the wall's own code."""
    body = {
        "type": f"urn:open-mind:problem:{code}",
        "title": "a valid access token is needed",
        "status": 401,
        "code": code,
        "detail": detail,
        "remedy": _TOKEN,
    }
    return Response(to_json(body), 401, {"WWW-Authenticate": "Bearer"}, MEDIA_TYPE)
