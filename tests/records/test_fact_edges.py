"""The first and the last moment of whatever makes a fact hold, and what is somebody else's."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import app.tables as t
from app.pathway.consents import CLOCKS_APART as SOON
from app.vocabulary import HEALTH_TO_JUSTICE, Caller, Party, Role, Scope
from tests import world
from tests.records.crowd import (
    CLINICAL,
    CRN,
    DAY,
    MOMENT,
    OLIVE,
    OTHER,
    PROBATION,
    RORY,
    THEO,
    Case,
    Crowd,
    olive,
    theo,
)
from tests.world import NOW, TODAY

SHARING, STANDING = {"training:information-sharing"}, {"employed", "training:information-sharing"}
GUS = Caller(Party.JUSTICE, Role.CALDICOTT_GUARDIAN, "probation-system", "t6", "gus")
LEAD = world.staff("lead", Role.PROBATION_LEAD)
OMAR = world.staff("omar", Role.OFFENDER_MANAGER)
AGREES = {"consent:attendance"}


def client(name: str, party: str, role: str | None, **values: Any) -> t.Client:
    about = {"secret_hash": "none", "registered_at": NOW - DAY, "recorded_at": NOW - DAY, "acts_for_staff": True}
    return t.Client(**{"id": name, "name": name, "party": party, "role": role, **about, **values})


def probation(**values: Any) -> t.Client:
    return client("probation-system", **{"party": "justice", "role": "case-management-system", **values})


def trained(completed_on: date) -> t.Training:
    """The course that olive has completed on this day."""
    about = {"id": "training", "recorded_at": NOW - DAY, "staff_id": "staff-olive", "course": "information-sharing"}
    return t.Training(**about, completed_on=completed_on, expires_on=TODAY + 365 * DAY)


def authorised(**values: Any) -> list[Any]:
    return [*theo(), *LEAD, world.authorisation("theo", "lead", **values)]


JUSTICE_DATA = STANDING | {"authorised:criminal-justice"}
CALLERS = [
    Case("employed from today", OLIVE, [olive(employed_from=TODAY)], STANDING),
    Case("employed from tomorrow", OLIVE, [olive(employed_from=TODAY + DAY)], SHARING),
    Case("employed without an end, others with one", OLIVE, [olive(), OMAR], STANDING),
    Case("employed at the other party", GUS, [world.staff("gus", GUS.role, party="health")], SHARING),
    Case("at their own", GUS, [world.staff("gus", GUS.role, party="justice")], STANDING),
    Case("revoked by a clock ahead", OLIVE, [olive(revoked_at=NOW + SOON)], SHARING, is_live=False),
    Case("revoked later", OLIVE, [olive(revoked_at=NOW + SOON + MOMENT)], STANDING, is_live=True),
    Case("somebody else is revoked", OLIVE, [olive(), world.staff("omar", OLIVE.role, revoked_at=NOW)], STANDING),
    Case("nobody is what their system is", replace(PROBATION, staff="nobody"), [], set(), is_live=False),
    Case("a system of another role", replace(CLINICAL, client="probation-system"), [], set(), is_live=False),
    Case("a system in another role", PROBATION, [probation(role="clinical-system")], set(), is_live=True),
    Case("a system at another party", PROBATION, [probation(party="health")], set(), is_live=False),
    Case("a client that nobody registered", replace(PROBATION, client="unknown"), [], set(), is_live=False),
    Case("suspended by a clock ahead", PROBATION, [probation(suspended_at=NOW + SOON)], set(), is_live=False),
    Case("suspended later", PROBATION, [probation(suspended_at=NOW + SOON + MOMENT)], {"employed"}, is_live=True),
    Case("registered this moment", PROBATION, [probation(registered_at=NOW)], {"employed"}, is_live=True),
    Case("registered later", PROBATION, [probation(registered_at=NOW + MOMENT)], {"employed"}, is_live=False),
    Case("a system for nobody else", PROBATION, [probation(acts_for_staff=False)], {"employed"}, is_live=True),
    Case("staff through it", OLIVE, [probation(acts_for_staff=False), olive()], STANDING, is_live=False),
    Case(
        "a system's token",
        PROBATION,
        [t.RevokedToken(token="t4", expires_at=NOW, revoked_at=NOW)],
        {"employed"},
        is_live=False,
    ),
    Case(
        "through the other party's system", replace(THEO, client="probation-system"), [theo()], STANDING, is_live=False
    ),
    Case("trained today", OLIVE, [olive(""), trained(TODAY)], STANDING),
    Case("trained tomorrow", OLIVE, [olive(""), trained(TODAY + DAY)], {"employed"}),
    Case("trained twice", OLIVE, [olive("information-sharing", "information-sharing")], STANDING),
    Case("somebody else is trained", OLIVE, [olive(""), OMAR], {"employed"}),
    Case("authorised from now", THEO, authorised(valid_from=NOW), JUSTICE_DATA),
    Case("authorised from the next moment", THEO, authorised(valid_from=NOW + MOMENT), STANDING),
    Case("authorised for one moment more", THEO, authorised(valid_until=NOW + MOMENT), JUSTICE_DATA),
    Case("authorised until now", THEO, authorised(valid_until=NOW), STANDING),
    Case("authorisation revoked by a clock ahead", THEO, authorised(revoked_at=NOW + SOON), STANDING),
    Case("authorisation revoked later", THEO, authorised(revoked_at=NOW + SOON + MOMENT), JUSTICE_DATA),
    Case("authorised twice", THEO, [authorised(), world.authorisation("theo", "lead")], JUSTICE_DATA),
    Case(
        "somebody else is authorised",
        THEO,
        [theo(), LEAD, world.staff("adam", Role.SERVICE_ADMINISTRATOR), world.authorisation("adam", "lead")],
        STANDING,
    ),
]

SENTENCE, OTHERS = world.supervision(CRN), world.supervision(OTHER)
OVER = world.supervision(CRN, end_date=TODAY - DAY)
REFERRAL = world.referral(CRN)
CLOSED = {"status": "discharged", "end_code": "46"}
LONG_CLOSED = world.referral(CRN, closed_on=TODAY - 28 * DAY, **CLOSED)
JUST_CLOSED = world.referral(CRN, closed_on=TODAY - 27 * DAY, **CLOSED)
ELSEWHERE = world.referral(CRN, service_id="another-service")
TAKEN_BACK = world.referral(CRN, withdrawn_at=NOW)
MERGED = world.referral(CRN, merged_into="another-referral")
TREATED = {"service", "treating"}


def treated(of_referral: Any = REFERRAL, **values: Any) -> list[Any]:
    """A referral, and the therapist who is allocated to it."""
    return [of_referral, world.treating(CRN, "theo", of_referral, **values)]


def limit(kind: str, *names: str, **values: Any) -> list[Any]:
    return world.limit(CRN, kind, *names, **values)


def _ended(after: timedelta) -> dict[str, datetime]:
    """Ended at once, by a clock that is so far ahead of ours."""
    return {"valid_until": NOW + after, "ended_here_at": NOW + after}


BOTH_LISTS = [limit("restriction", "olive"), limit("restriction", "olive", "omar")]
PEOPLE = [
    Case("a caseload from now", OLIVE, [world.caseload(CRN, "olive", valid_from=NOW)], {"caseload"}),
    Case("a caseload from the next moment", OLIVE, [world.caseload(CRN, "olive", valid_from=NOW + MOMENT)], set()),
    Case("a caseload a moment more", OLIVE, [world.caseload(CRN, "olive", valid_until=NOW + MOMENT)], {"caseload"}),
    Case("a caseload that a clock ahead has ended", OLIVE, [world.caseload(CRN, "olive", **_ended(SOON))], set()),
    Case("one that is ended later", OLIVE, [world.caseload(CRN, "olive", **_ended(SOON + MOMENT))], {"caseload"}),
    Case("twice on the caseload", OLIVE, [world.caseload(CRN, "olive"), world.caseload(CRN, "olive")], {"caseload"}),
    Case("on another caseload", OLIVE, [world.caseload(CRN, "omar"), world.caseload(OTHER, "olive")], set()),
    Case("a caseload treats nobody", THEO, [REFERRAL, world.caseload(CRN, "theo")], {"service", "caseload"}),
    Case("treating from now", THEO, treated(valid_from=NOW), TREATED),
    Case("treating from the next moment", THEO, treated(valid_from=NOW + MOMENT), {"service"}),
    Case("treating twice", THEO, [*treated(), *treated(world.referral(CRN))], TREATED),
    Case("somebody else treats them", THEO, [REFERRAL, world.treating(CRN, "claire", REFERRAL)], {"service"}),
    Case("treating by a referral that was taken back", THEO, treated(TAKEN_BACK), set()),
    Case("treating by a duplicate that was merged", THEO, treated(MERGED), set()),
    Case("treating by a referral of somebody else", THEO, treated(world.referral(OTHER)), set()),
    Case("treating elsewhere", THEO, treated(ELSEWHERE), {"treating"}),
    Case("treating by one that is closed", THEO, treated(LONG_CLOSED), set()),
    Case("nor does another one help", THEO, [*treated(LONG_CLOSED), REFERRAL], {"service"}),
    Case("treating by one just closed", THEO, treated(JUST_CLOSED), TREATED),
    Case("received today", THEO, [world.referral(CRN, received_on=TODAY)], {"service"}),
    Case("received tomorrow", THEO, [world.referral(CRN, received_on=TODAY + DAY)], set()),
    Case("referred and taken back", THEO, [TAKEN_BACK], set()),
    Case("a duplicate that was merged", THEO, [MERGED], set()),
    Case("somebody else is referred", THEO, [world.referral(OTHER)], set()),
    Case("referred elsewhere too", THEO, [REFERRAL, ELSEWHERE, world.referral(CRN)], {"service"}),
    Case("requested today", RORY, [world.subject_request(CRN, opened_on=TODAY)], {"subject-request"}),
    Case("requested tomorrow", RORY, [world.subject_request(CRN, opened_on=TODAY + DAY)], set()),
    Case("a request closed tomorrow", RORY, [world.subject_request(CRN, closed_on=TODAY + DAY)], {"subject-request"}),
    Case("two requests", RORY, [world.subject_request(CRN), world.subject_request(CRN, closed_on=TODAY + DAY)],
         {"subject-request"}),
    Case("somebody else's request", RORY, [world.subject_request(OTHER)], set()),
    Case("sentenced today", OLIVE, [world.supervision(CRN, start_date=TODAY)], {"supervised"}),
    Case("sentenced without an end", OLIVE, [world.supervision(CRN, end_date=None)], {"supervised"}),
    Case("terminated tomorrow", OLIVE, [world.supervision(CRN, terminated_on=TODAY + DAY)], {"supervised"}),
    Case("two sentences", OLIVE, [SENTENCE, world.supervision(CRN)], {"supervised"}),
    Case("somebody else's sentence", OLIVE, [OTHERS], set()),
    Case("a requirement of a sentence that is over", OLIVE, [OVER, world.requirement(CRN, OVER)], set()),
    Case("although another runs", OLIVE, [OVER, SENTENCE, world.requirement(CRN, OVER)], {"supervised"}),
    Case("a requirement of somebody else's sentence", OLIVE, [OTHERS, world.requirement(CRN, OTHERS)], set()),
    Case("somebody else's requirement", OLIVE, [SENTENCE, OTHERS, world.requirement(OTHER, OTHERS)], {"supervised"}),
    Case("two requirements", OLIVE, [SENTENCE, world.requirement(CRN, SENTENCE), world.requirement(CRN, SENTENCE)],
         {"supervised", "mhtr"}),
    Case("a requirement from tomorrow", OLIVE, [SENTENCE, world.requirement(CRN, SENTENCE, start_date=TODAY + DAY)],
         {"supervised"}),
    Case("a requirement terminated today", OLIVE, [SENTENCE, world.requirement(CRN, SENTENCE, terminated_on=TODAY)],
         {"supervised"}),
    Case("restricted from now", OLIVE, [limit("restriction", valid_from=NOW)], {"restricted"}),
    Case("restricted from the next moment", OLIVE, [limit("restriction", valid_from=NOW + MOMENT)], set()),
    Case("restricted for one moment more", OLIVE, [limit("restriction", valid_until=NOW + MOMENT)], {"restricted"}),
    Case("restricted until now", OLIVE, [limit("restriction", valid_until=NOW)], set()),
    Case("on the list of both", OLIVE, BOTH_LISTS, {"restricted", "listed"}),
    Case("on both, and on no third", OLIVE, [*BOTH_LISTS, limit("restriction", "omar")], {"restricted"}),
    Case("a list that is over counts no more", OLIVE, [*BOTH_LISTS, limit("restriction", "omar", valid_until=NOW)],
         {"restricted", "listed"}),
    Case("nor one that is to come", OLIVE, [*BOTH_LISTS, limit("restriction", "omar", valid_from=NOW + MOMENT)],
         {"restricted", "listed"}),
    Case("on a list that is over", OLIVE, [limit("restriction", "olive", valid_until=NOW)], set()),
    Case("an exclusion of others is no restriction", OLIVE, [limit("restriction", "olive"), limit("exclusion", "omar")],
         {"restricted", "listed"}),
    Case("nor somebody else's restriction", OLIVE,
         [limit("restriction", "olive"), world.limit(OTHER, "restriction", "omar")], {"restricted", "listed"}),
    Case("excluded from what is restricted to others", OLIVE,
         [limit("restriction", "omar"), limit("exclusion", "olive")], {"restricted", "excluded"}),
    Case("excluded twice", OLIVE, [limit("exclusion", "olive"), limit("exclusion", "olive")], {"excluded"}),
    Case("excluded by one of two", OLIVE, [limit("exclusion", "omar"), limit("exclusion", "olive")], {"excluded"}),
    Case("excluded from somebody else", OLIVE, [world.limit(OTHER, "exclusion", "olive")], set()),
    Case("nobody is excluded as a system", PROBATION, [limit("exclusion", "olive")], set()),
    Case("a grant from now", OLIVE, [world.grant(CRN, "olive", granted_at=NOW)], {"break-glass"}),
    Case("a grant from the next moment", OLIVE, [world.grant(CRN, "olive", granted_at=NOW + MOMENT)], set()),
    Case("a grant for one moment more", OLIVE, [world.grant(CRN, "olive", expires_at=NOW + MOMENT)], {"break-glass"}),
    Case("a grant revoked by a clock ahead", OLIVE, [world.grant(CRN, "olive", revoked_at=NOW + SOON)], set()),
    Case("a grant revoked later", OLIVE, [world.grant(CRN, "olive", revoked_at=NOW + SOON + MOMENT)], {"break-glass"}),
    Case("two grants", OLIVE, [world.grant(CRN, "olive"), world.grant(CRN, "olive")], {"break-glass"}),
    Case("somebody else's grant", OLIVE, [world.grant(CRN, "omar")], set()),
]  # fmt: skip


def consent(identity: str, scope: str = "attendance", *recipients: str, crn: str = CRN, **values: Any) -> list[Any]:
    return world.consent(crn, scope, *recipients, id=identity, **values)


def refusal(identity: str = "no", **values: Any) -> list[Any]:
    return consent(identity, decision="refuse", **values)


YES, NO = consent("yes"), refusal()
HELD, BEATEN = ("yes", ""), ("", "no yes")
UNSIGNED = {"recorded_by_party": "justice"}
CONSENTS = [
    Case("agreed from now", OLIVE, [consent("yes", valid_from=NOW)], AGREES, cited=HELD),
    Case("agreed from the next moment", OLIVE, [consent("yes", valid_from=NOW + MOMENT)], set(), cited=("", "")),
    Case("agreed for one moment more", OLIVE, [consent("yes", valid_until=NOW + MOMENT)], AGREES, cited=HELD),
    Case("withdrawn by a clock ahead", OLIVE, [consent("yes", withdrawn_at=NOW + SOON)], set(), cited=("", "")),
    Case("withdrawn later", OLIVE, [consent("yes", withdrawn_at=NOW + SOON + MOMENT)], AGREES, cited=HELD),
    Case("somebody else agrees", OLIVE, [consent("yes", crn=OTHER)], set(), cited=("", "")),
    Case("agreed twice", OLIVE, [YES, consent("again")], AGREES, cited=("again yes", "")),
    Case("agreed for both parties", OLIVE, [consent("yes", "attendance", "health", "justice")], AGREES, cited=HELD),
    Case("nothing else is cited", OLIVE, [YES, consent("spent", "scores", valid_until=NOW)], AGREES, cited=HELD),
    Case("agreed, and countersigned a moment later", OLIVE,
         [consent("yes", **UNSIGNED, countersigned_at=NOW + MOMENT)], set(), cited=("", "")),
    *(Case(f"{scope} by justice without a signature", OLIVE, [consent("yes", scope.value, "justice", **UNSIGNED)],
           set() if scope in HEALTH_TO_JUSTICE else {f"consent:{scope.value}"})
      for scope in Scope),
    *(Case(f"{scope} by justice with a signature", OLIVE,
           [consent("yes", scope.value, "justice", **UNSIGNED, signed_form="F1")], {f"consent:{scope.value}"})
      for scope in Scope),
    Case("a refusal beats it", OLIVE, [YES, NO], set(), cited=BEATEN),
    Case("one of two scopes is refused", OLIVE, [YES, NO, consent("other", "scores")], {"consent:scores"},
         cited=("other", "no yes")),
    Case("a refusal alone", OLIVE, [NO], set(), cited=("", "no")),
    Case("a refusal that names another party", OLIVE, [YES, consent("no", "attendance", "health", decision="refuse")],
         set(), cited=BEATEN),
    Case("refused from now", OLIVE, [YES, refusal(valid_from=NOW)], set(), cited=BEATEN),
    Case("refused from the next moment", OLIVE, [YES, refusal(valid_from=NOW + MOMENT)], AGREES, cited=HELD),
    Case("refused for one moment more", OLIVE, [YES, refusal(valid_until=NOW + MOMENT)], set(), cited=BEATEN),
    Case("refused until now", OLIVE, [YES, refusal(valid_until=NOW)], AGREES, cited=HELD),
    Case("a refusal withdrawn now", OLIVE, [YES, refusal(withdrawn_at=NOW)], AGREES, cited=HELD),
    Case("a refusal stands by this clock alone", OLIVE, [YES, refusal(withdrawn_at=NOW + MOMENT)], set(), cited=BEATEN),
    Case("a refusal without capacity", OLIVE, [YES, refusal(capacity=False)], set(), cited=BEATEN),
    Case("a refusal without a signature", OLIVE, [YES, refusal(**UNSIGNED)], set(), cited=BEATEN),
    Case("somebody else refuses", OLIVE, [YES, refusal(crn=OTHER)], AGREES, cited=HELD),
    Case("of two refusals one is withdrawn", OLIVE, [YES, NO, refusal("not", withdrawn_at=NOW)], set(), cited=BEATEN),
    Case("two refusals", OLIVE, [YES, NO, refusal("not")], set(), cited=("", "no not yes")),
    Case("beaten, and not for this party", THEO, [YES, NO], set(), cited=("", "no")),
    Case("superseded from now", OLIVE, [NO, consent("yes", supersedes_id="no", valid_from=NOW)], AGREES, cited=HELD),
    Case("superseded from the next moment", OLIVE,
         [YES, NO, consent("then", supersedes_id="no", valid_from=NOW + MOMENT)], set(), cited=BEATEN),
    Case("superseded by another scope", OLIVE, [YES, NO, consent("then", "scores", supersedes_id="no")],
         {"consent:scores"}, cited=("then", "no yes")),
    Case("superseded by somebody else", OLIVE, [YES, NO, consent("then", crn=OTHER, supersedes_id="no")], set(),
         cited=BEATEN),
    Case("superseded without a signature", OLIVE, [YES, NO, consent("then", supersedes_id="no", **UNSIGNED)], set(),
         cited=BEATEN),
    Case("superseded twice", OLIVE, [NO, consent("yes", supersedes_id="no"), consent("two", supersedes_id="no")],
         AGREES, cited=("two yes", "")),
    Case("a permission superseded by one that begins later", OLIVE,
         [YES, consent("then", supersedes_id="yes", valid_from=NOW + MOMENT)], AGREES, cited=HELD),
    Case("a chain of three", OLIVE, [YES, refusal(supersedes_id="yes"), consent("then", supersedes_id="no")], AGREES,
         cited=("then", "")),
    Case("objected from now", OLIVE, [world.objection(CRN, "notes", valid_from=NOW)], {"objection:notes"}),
    Case("objected from the next moment", OLIVE, [world.objection(CRN, "notes", valid_from=NOW + MOMENT)], set()),
    Case("objected for one moment more", OLIVE, [world.objection(CRN, "notes", valid_until=NOW + MOMENT)],
         {"objection:notes"}),
    Case("objected until now", OLIVE, [world.objection(CRN, "notes", valid_until=NOW)], set()),
    Case("an objection withdrawn later", OLIVE, [world.objection(CRN, "notes", withdrawn_at=NOW + MOMENT)],
         {"objection:notes"}),
    Case("somebody else objects", OLIVE, [world.objection(OTHER, "notes")], set()),
]  # fmt: skip


def with_staff(each: Case) -> Case:
    """The same with those on file who ask, and with others."""
    others = [OMAR, world.staff("rory", Role.RECORDS_OFFICER), world.staff("claire", Role.CLINICAL_LEAD)]
    of_caller = {"employed"} if each.caller.is_system else STANDING
    return replace(each, rows=[olive(), theo(), *others, *each.rows], expected=each.expected | of_caller)


EDGES = [*CALLERS, *map(with_staff, [*PEOPLE, *CONSENTS])]


async def test_where_each_fact_begins_and_ends(database_url: str) -> None:
    assert await Crowd(EDGES).wrong(database_url) == []
