"""Each fact: what makes it hold, what ends it, and that what is not known has the unfavourable value."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import app.tables as t
from app.db import Address, open_database
from app.records.reading import Records
from app.vocabulary import Fact, Role, Scope, names_of
from tests import world
from tests.records.crowd import CLINICAL, CRN, DAY, OLIVE, PROBATION, RORY, THEO, Case, Crowd, olive, theo
from tests.world import NOW, TODAY

STANDING = {"employed", "training:information-sharing"}
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


def revoked_token(token: str) -> t.RevokedToken:
    return t.RevokedToken(token=token, expires_at=NOW, revoked_at=NOW)


SENTENCE = world.supervision(CRN)
REFERRAL = world.referral(CRN)
CLOSED = {"status": "discharged", "end_code": "46"}

CASES = [
    Case("staff in their role are employed", OLIVE, [olive()], {"employed", "training:information-sharing"}),
    Case("somebody not on the register is nothing", OLIVE, [], set()),
    Case(
        "the last day still counts", OLIVE, [olive(employed_until=TODAY)], {"employed", "training:information-sharing"}
    ),
    Case("the day after it does not", OLIVE, [olive(employed_until=TODAY - DAY)], {"training:information-sharing"}),
    Case(
        "a revoked member of staff is not employed",
        OLIVE,
        [olive(revoked_at=NOW - DAY)],
        {"training:information-sharing"},
    ),
    Case(
        "a role that changed since the token was made is not held any more",
        OLIVE,
        [world.staff("olive", Role.PROBATION_LEAD)],
        {"training:information-sharing"},
    ),
    Case("a registered system is employed", PROBATION, [], {"employed"}),
    Case(
        "training ends with the day before it expires",
        OLIVE,
        [olive(""), world.training("olive", "information-sharing", TODAY)],
        {"employed"},
    ),
    Case(
        "training holds on its last day",
        OLIVE,
        [olive(""), world.training("olive", "information-sharing", TODAY + DAY)],
        {"employed", "training:information-sharing"},
    ),
    Case(
        "each course is a fact of its own",
        THEO,
        [theo("information-sharing", "criminal-justice-data", "mental-health-awareness")],
        {
            "employed",
            "training:information-sharing",
            "training:criminal-justice-data",
            "training:mental-health-awareness",
        },
    ),
]
OF_PERSON = [
    Case("the current offender manager", OLIVE, [world.caseload(CRN, "olive")], {"caseload"}),
    Case("a caseload ends at its moment", OLIVE, [world.caseload(CRN, "olive", valid_until=NOW)], set()),
    Case("a caseload of tomorrow", OLIVE, [world.caseload(CRN, "olive", valid_from=NOW + DAY)], set()),
    Case(
        "a caseload that was ended at once, by a clock a second ahead",
        OLIVE,
        [world.caseload(CRN, "olive", valid_until=NOW + SECOND, ended_here_at=NOW + SECOND)],
        set(),
    ),
    Case(
        "a caseload whose end was planned holds until that end",
        OLIVE,
        [world.caseload(CRN, "olive", valid_until=NOW + SECOND, ended_here_at=NOW - DAY)],
        {"caseload"},
    ),
    Case(
        "clocks are not a minute apart",
        OLIVE,
        [world.caseload(CRN, "olive", valid_until=NOW + MINUTE, ended_here_at=NOW + MINUTE)],
        {"caseload"},
    ),
    Case("a sentence runs", OLIVE, [SENTENCE], {"supervised"}),
    Case("a sentence runs on its last day", OLIVE, [world.supervision(CRN, end_date=TODAY)], {"supervised"}),
    Case("a sentence has ended", OLIVE, [world.supervision(CRN, end_date=TODAY - DAY)], set()),
    Case("a sentence has not begun", OLIVE, [world.supervision(CRN, start_date=TODAY + DAY)], set()),
    Case("a sentence terminated today", OLIVE, [world.supervision(CRN, terminated_on=TODAY)], set()),
    Case("a treatment requirement runs", OLIVE, [SENTENCE, world.requirement(CRN, SENTENCE)], {"supervised", "mhtr"}),
    Case(
        "a treatment requirement that ended while the sentence runs",
        OLIVE,
        [SENTENCE, world.requirement(CRN, SENTENCE, end_date=TODAY - DAY)],
        {"supervised"},
    ),
    Case(
        "another requirement is no treatment requirement",
        OLIVE,
        [SENTENCE, world.requirement(CRN, SENTENCE, requirement_type="curfew")],
        {"supervised"},
    ),
    Case("a live referral to the caller's service", THEO, [REFERRAL], {"service"}),
    Case("a live referral to the system's service", CLINICAL, [REFERRAL], {"service"}),
    Case("a system of no service", PROBATION, [REFERRAL], set()),
    Case("a referral to another service", THEO, [world.referral(CRN, service_id="another-service")], set()),
    Case("a draft is not live", THEO, [world.referral(CRN, status="draft", received_on=None)], set()),
    Case("closed 27 days ago is live", THEO, [world.referral(CRN, closed_on=TODAY - 27 * DAY, **CLOSED)], {"service"}),
    Case("closed 28 days ago is not", THEO, [world.referral(CRN, closed_on=TODAY - 28 * DAY, **CLOSED)], set()),
    Case("the allocated therapist", THEO, [REFERRAL, world.treating(CRN, "theo", REFERRAL)], {"service", "treating"}),
    Case(
        "a therapist who handed over",
        THEO,
        [REFERRAL, world.treating(CRN, "theo", REFERRAL, valid_until=NOW - DAY)],
        {"service"},
    ),
    Case("a live emergency grant", OLIVE, [world.grant(CRN, "olive")], {"break-glass"}),
    Case("a grant for somebody else", OLIVE, [world.grant("X000002", "olive")], set()),
    Case("a grant ends after its 60 minutes", OLIVE, [world.grant(CRN, "olive", expires_at=NOW)], set()),
    Case("a grant that was revoked", OLIVE, [world.grant(CRN, "olive", revoked_at=NOW)], set()),
    Case("excluded by name", OLIVE, [world.limit(CRN, "exclusion", "olive")], {"excluded"}),
    Case("somebody else is excluded", OLIVE, [world.limit(CRN, "exclusion", "other")], set()),
    Case("an exclusion that has ended", OLIVE, [world.limit(CRN, "exclusion", "olive", valid_until=NOW)], set()),
    Case("restricted to somebody else", OLIVE, [world.limit(CRN, "restriction", "other")], {"restricted"}),
    Case("restricted to nobody", OLIVE, [world.limit(CRN, "restriction")], {"restricted"}),
    Case("on the access list", OLIVE, [world.limit(CRN, "restriction", "olive")], {"restricted", "listed"}),
    Case(
        "of two restrictions the stricter holds",
        OLIVE,
        [world.limit(CRN, "restriction", "olive"), world.limit(CRN, "restriction", "other")],
        {"restricted"},
    ),
    Case(
        "a record can be restricted and exclude the same person",
        OLIVE,
        [world.limit(CRN, "restriction", "olive"), world.limit(CRN, "exclusion", "olive")],
        {"restricted", "listed", "excluded"},
    ),
    Case("an open subject access request", RORY, [world.subject_request(CRN)], {"subject-request"}),
    Case("a request closed today", RORY, [world.subject_request(CRN, closed_on=TODAY)], set()),
    Case("a live consent", OLIVE, [world.consent(CRN, "attendance")], {"consent:attendance"}),
    Case("a consent that names the other party alone", THEO, [world.consent(CRN, "attendance")], set()),
    Case(
        "each scope is a fact of its own",
        OLIVE,
        [
            world.consent(CRN, "attendance"),
            world.consent(CRN, "scores"),
            world.consent(CRN, "meeting", "justice", "health"),
        ],
        {"consent:attendance", "consent:scores", "consent:meeting"},
    ),
    Case("given without capacity", OLIVE, [world.consent(CRN, "attendance", capacity=False)], set()),
    Case("withdrawn this moment", OLIVE, [world.consent(CRN, "attendance", withdrawn_at=NOW)], set()),
    Case("expired this moment", OLIVE, [world.consent(CRN, "attendance", valid_until=NOW)], set()),
    Case("not yet begun", OLIVE, [world.consent(CRN, "attendance", valid_from=NOW + DAY)], set()),
    Case(
        "an older refusal outweighs a newer permission",
        OLIVE,
        [
            world.consent(CRN, "attendance"),
            world.consent(CRN, "attendance", decision="refuse", valid_from=NOW - 9 * DAY),
        ],
        set(),
    ),
    Case(
        "a refusal of another scope changes nothing",
        OLIVE,
        [world.consent(CRN, "attendance"), world.consent(CRN, "scores", decision="refuse")],
        {"consent:attendance"},
    ),
    Case(
        "a refusal that was withdrawn outweighs nothing",
        OLIVE,
        [world.consent(CRN, "attendance"), world.consent(CRN, "attendance", decision="refuse", withdrawn_at=NOW - DAY)],
        {"consent:attendance"},
    ),
    Case(
        "recorded by justice without a signature takes no effect (E3)",
        OLIVE,
        [world.consent(CRN, "attendance", recorded_by_party="justice")],
        set(),
    ),
    Case(
        "recorded by justice with a signed form",
        OLIVE,
        [world.consent(CRN, "attendance", recorded_by_party="justice", signed_form="F1")],
        {"consent:attendance"},
    ),
    Case(
        "recorded by justice and countersigned",
        OLIVE,
        [world.consent(CRN, "attendance", recorded_by_party="justice", countersigned_by="theo", countersigned_at=NOW)],
        {"consent:attendance"},
    ),
    Case(
        "from justice to health needs no signature",
        THEO,
        [world.consent(CRN, "offence", recorded_by_party="justice")],
        {"consent:offence"},
    ),
    Case("an objection", OLIVE, [world.objection(CRN, "attendance")], {"objection:attendance"}),
    Case(
        "objections add up, however often they are made",
        OLIVE,
        [
            world.objection(CRN, "attendance"),
            world.objection(CRN, "scores"),
            world.objection(CRN, "attendance", valid_until=NOW + DAY),
        ],
        {"objection:attendance", "objection:scores"},
    ),
    Case("an objection withdrawn", OLIVE, [world.objection(CRN, "attendance", withdrawn_at=NOW)], set()),
]
YES, NO = world.consent(CRN, "attendance", id="yes"), world.consent(CRN, "attendance", id="no", decision="refuse")
LATER = {"id": "later", "supersedes_id": "no"}
GIVEN = [
    Case(
        "the consents relied on are named",
        OLIVE,
        [YES, world.consent(CRN, "scores", capacity=False)],
        {"consent:attendance"},
        cited=("yes", ""),
    ),
]
SUPERSEDED = [
    Case(
        "a refusal in place of a permission",
        OLIVE,
        [YES, world.consent(CRN, "attendance", decision="refuse", supersedes_id="yes")],
        set(),
    ),
    Case(
        "a permission in place of a refusal",
        OLIVE,
        [NO, world.consent(CRN, "attendance", **LATER)],
        {"consent:attendance"},
    ),
    Case(
        "a permission without capacity replaces no refusal",
        OLIVE,
        [YES, NO, world.consent(CRN, "attendance", **LATER, capacity=False)],
        set(),
    ),
    Case(
        "a superseded permission does not revive",
        OLIVE,
        [YES, world.consent(CRN, "attendance", supersedes_id="yes", withdrawn_at=NOW - DAY)],
        set(),
    ),
]
JUNE = world.supervision(CRN, end_date=date(2026, 6, 30))
DAYS = [
    Case(
        "in summer the day ends at 23:00 UTC",
        OLIVE,
        [olive(), JUNE],
        {"employed", "supervised"},
        at=datetime(2026, 6, 30, 22, 59, 59, tzinfo=UTC),
    ),
    Case(
        "and not at midnight UTC",
        OLIVE,
        [olive(), JUNE],
        {"employed"},
        at=datetime(2026, 6, 30, 23, 0, tzinfo=UTC),
    ),
]
SESSIONS = [
    Case("nothing revoked", OLIVE, [olive()], STANDING, is_live=True),
    Case("the member of staff", OLIVE, [olive(revoked_at=NOW)], {"training:information-sharing"}, is_live=False),
    Case("the token", OLIVE, [olive(), revoked_token("t1")], STANDING, is_live=False),
    Case("another token", OLIVE, [olive(), revoked_token("t9")], STANDING, is_live=True),
    Case("nobody of that name", OLIVE, [], set(), is_live=False),
    Case("a system that nobody registered", replace(OLIVE, client="unknown"), [olive()], STANDING, is_live=False),
]
AT_ONCE = Case(
    "all at once",
    THEO,
    [
        theo("information-sharing", "criminal-justice-data", "mental-health-awareness"),
        world.staff("lead", Role.PROBATION_LEAD),
        world.authorisation("theo", "lead"),
        SENTENCE,
        world.requirement(CRN, SENTENCE),
        REFERRAL,
        world.treating(CRN, "theo", REFERRAL),
        world.caseload(CRN, "theo"),
        world.grant(CRN, "theo"),
        world.limit(CRN, "restriction", "theo"),
        world.limit(CRN, "exclusion", "theo"),
        world.subject_request(CRN),
        *(world.consent(CRN, scope.value, "health") for scope in Scope),
        *(
            world.objection(CRN, fact.value.removeprefix("objection:"))
            for fact in Fact
            if fact.value.startswith("objection:")
        ),
    ],
    {fact.value for fact in Fact},
)


def with_staff(each: Case) -> Case:
    """The same with those on file who ask."""
    staff = [*olive(), *theo(), *world.staff("rory", Role.RECORDS_OFFICER)]
    of_caller = {"employed"} if each.caller.is_system else STANDING
    return replace(each, rows=[staff, *each.rows], expected=each.expected | of_caller)


EVERY_FACT = [AT_ONCE, *CASES, *map(with_staff, [*OF_PERSON, *GIVEN, *SUPERSEDED]), *DAYS, *SESSIONS]


async def test_each_fact(database_url: str) -> None:
    """Of the caller and of the person; the same by a single read, in a list, and as a condition of its own."""
    assert await Crowd(EVERY_FACT).wrong(database_url) == []


async def test_no_fact_is_known_of_a_person_who_is_not_on_file(database_url: str) -> None:
    await world.put(database_url, [*world.clients(), world.person(CRN), *olive(), world.caseload(CRN, "olive")])
    database = open_database(Address(database_url))
    try:
        found = await Records(database).standing(OLIVE, NOW, crn="X999999")
    finally:
        await database.close()
    assert found.person_id is None
    assert set(names_of(found.facts)) == {Fact.EMPLOYED, Fact.TRAINED_SHARING}
