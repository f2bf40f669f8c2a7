"""What comes in fits in with what is there: allocations one after another, and consents by the rules that hold here."""

from datetime import UTC, datetime, timedelta

import pytest

from app.services import receiving
from app.services.allocations import AllocationService
from app.services.consents import ConsentService, Given
from app.services.registers import person_id
from app.vocabulary import Action, Caller, Category, Party, Purpose, Question, Register, Role, Scope
from tests.sync.folder import FIRST, NOW, SECOND, ask, changed, count, found, gate_of, load, times, whole, write
from tests.world import entries

CASELOADS, THERAPISTS = "justice/allocations.jsonl", "health/LocalAllocation.csv"
CONSENTS, OBJECTIONS = "standing/consents.jsonl", "standing/objections.jsonl"
REQUESTS, AUTHORISATIONS, STAFF = (
    "standing/subject_requests.jsonl",
    "standing/authorisations.jsonl",
    "standing/staff.jsonl",
)
PROBATION = Caller(Party.JUSTICE, Role.CASE_MANAGEMENT_SYSTEM, "case-management", "token")
LEAD = Caller(Party.HEALTH, Role.CLINICAL_LEAD, "clinical-records", "token", "clinician")
THERAPIST = Caller(Party.HEALTH, Role.THERAPIST, "clinical-records", "token", "therapist")
HOUR = timedelta(hours=1)


def asks(caller, purpose, action, *subjects, crn=None, at=NOW):
    return Question(caller, purpose, action, subjects, at, "/v1/test", "a-request", crn)


def staffed():
    """The whole folder, with another offender manager and another therapist."""
    files = whole()
    for place, username in ((1, "second"), (3, "tom")):
        files[STAFF].append({**files[STAFF][place], "staffId": f"ST-{username}", "username": username})
    return files


def said(moment):
    return f"{moment:%Y-%m-%dT%H:%M:%S}+00:00"


def on_caseload(identity, username, start, recorded=None, **values):
    begins = {"startDateTime": said(start), "endDateTime": None}
    return (
        {"allocationId": identity, "crn": FIRST, "username": username}
        | begins
        | times(said(recorded or start))
        | values
    )


async def supervises(url, username, at=NOW):
    """As the case-management system says it by a request."""
    async with gate_of(url) as gate:
        question = asks(PROBATION, Purpose.RECORDS_SYNC, Action.WRITE, Register.ALLOCATION, crn=FIRST, at=at)
        await AllocationService(gate).supervise(question, {"username": username})


async def brings(url, folder, **files):
    """An import of these files alone."""
    named = {"caseloads": CASELOADS, "therapists": THERAPISTS, "consents": CONSENTS, "objections": OBJECTIONS,
             "requests": REQUESTS, "authorisations": AUTHORISATIONS}  # fmt: skip
    return await load(url, write(folder, {named[name]: rows for name, rows in files.items()}))


async def whose(url, kind="caseload", table="allocation"):
    """Whose the first person is and was: from when until when, without what never was."""
    (rows,) = await ask(
        url,
        f"SELECT s.username, a.valid_from, a.valid_until FROM {table} a JOIN staff s ON s.id = a.staff_id "
        f"WHERE a.kind = '{kind}' AND a.person_id = '{person_id(FIRST)}' "
        "AND (a.valid_until IS NULL OR a.valid_until > a.valid_from) ORDER BY a.valid_from",
    )
    return [(name, moment(start), moment(end)) for name, start, end in rows]


def moment(value):
    found_ = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found_ and found_.astimezone(UTC)


BEGUN = datetime(2012, 10, 3, 8, tzinfo=UTC)


async def test_a_newer_allocation_of_an_import_ends_what_was_begun_here_and_no_older_one_does(database_url, tmp_path):
    await load(database_url, write(tmp_path / "folder", staffed()))
    await supervises(database_url, "second")
    handed_over = [("manager", BEGUN, NOW), ("second", NOW, None)]
    assert await whose(database_url) == handed_over, "the reverse: what an import began ends with what begins here"

    again = await load(database_url, tmp_path / "folder")
    assert (again.entries, await whose(database_url)) == (0, handed_over)

    touched = on_caseload("CM1", "manager", BEGUN, lastUpdatedAt=said(NOW + HOUR))
    await brings(database_url, tmp_path / "touched", caseloads=[touched])
    assert await whose(database_url) == handed_over, "a newer word of what was ended here does not begin it again"

    late = datetime(2013, 7, 1, 8, tzinfo=UTC)
    report = await brings(database_url, tmp_path / "older", caseloads=[on_caseload("CM7", "lead", late)])
    assert (report.entries, found(report)) == (1, [])
    assert await whose(database_url) == [("manager", BEGUN, late), ("lead", late, NOW), ("second", NOW, None)]

    newer = on_caseload("CM9", "manager", NOW + 2 * HOUR)
    report = await brings(database_url, tmp_path / "newer", caseloads=[newer])
    assert (report.entries, found(report)) == (1, [])
    assert (await whose(database_url))[2:] == [("second", NOW, NOW + 2 * HOUR), ("manager", NOW + 2 * HOUR, None)]
    entry = (await entries(database_url))[-1]
    assert (entry["clauses"], entry["caller"]["client"]) == (["H8"], "case-management")
    assert entry["details"] == {"change": "created", "ended": 1, "file": CASELOADS, "subjects": ["allocation"],
                                "table": "allocation", "version": "2013-07-15T11:00:00.000000Z"}  # fmt: skip
    assert ("second", NOW, None) in await whose(database_url, table="allocation_history"), "its past is kept"
    before = await entries(database_url)
    assert (await brings(database_url, tmp_path / "newer", caseloads=[newer])).entries == 0
    assert await entries(database_url) == before


async def test_the_newest_of_several_holds_in_whichever_order_they_come(sqlite_url, tmp_path):
    days = [datetime(2013, 7, day, 8, tzinfo=UTC) for day in (1, 2, 3)]
    rows = [on_caseload(f"CM{number}", name, day) for number, (name, day) in
            enumerate(zip(("second", "lead", "manager"), days, strict=True), 7)]  # fmt: skip
    await load(sqlite_url, write(tmp_path / "folder", staffed()))
    await brings(sqlite_url, tmp_path / "last", caseloads=rows[2:])
    await brings(sqlite_url, tmp_path / "others", caseloads=rows[1::-1])
    begun = zip(("manager", "second", "lead", "manager"), (BEGUN, *days), (*days, None), strict=True)
    assert await whose(sqlite_url) == list(begun)


async def test_nobody_is_nobody_until_a_newer_word(database_url, tmp_path):
    await load(database_url, write(tmp_path / "folder", staffed()))
    await supervises(database_url, None)
    stale = on_caseload("CM7", "second", NOW - HOUR)
    await brings(database_url, tmp_path / "stale", caseloads=[stale])
    assert [end for _, _, end in await whose(database_url) if end is None] == []
    await brings(database_url, tmp_path / "newer", caseloads=[on_caseload("CM8", "second", NOW + HOUR)])
    assert (await whose(database_url))[-1] == ("second", NOW + HOUR, None)


async def test_a_therapist_whose_allocation_ended_here_is_not_brought_back(database_url, tmp_path):
    """Until the clinical system allocates somebody anew; whom somebody allocated here then ends too."""
    files, began = staffed(), datetime(2012, 12, 4, 10, tzinfo=UTC)
    await load(database_url, write(tmp_path / "folder", files))
    row = files[THERAPISTS][0]
    (((referral,),),) = await ask(database_url, "SELECT id FROM referral WHERE source_id = 'OM1'")
    treating = (Register.ALLOCATION, Category.REFERRAL)

    async def by_lead(at, therapist=None):
        async with gate_of(database_url) as gate:
            service, question = AllocationService(gate), asks(LEAD, Purpose.DIRECT_CARE, Action.WRITE, *treating, at=at)
            if therapist is None:
                await service.end_treating(question, referral, None)
            else:
                await service.treat(question, referral, {"therapist": therapist})

    async def import_of(number, *rows):
        health = {name: rows for name, rows in files.items() if name.startswith("health/")} | {THERAPISTS: list(rows)}
        report = await load(database_url, write(tmp_path / f"later-{number}", health))
        assert found(report) == []

    await by_lead(NOW)
    await import_of(1, {**row, "ModifiedAt": said(NOW + HOUR)})
    assert await whose(database_url, "treating") == [("therapist", began, NOW)]
    await by_lead(NOW + 2 * HOUR, "tom")
    later = {**row, "AllocationId": "AL9", "StartDateTime": said(NOW + 3 * HOUR)}
    await import_of(2, later | {"RecordedAt": said(NOW - HOUR), "ModifiedAt": said(NOW + 3 * HOUR)})
    assert await whose(database_url, "treating") == [
        ("therapist", began, NOW),
        ("tom", NOW + 2 * HOUR, NOW + 3 * HOUR),
        ("therapist", NOW + 3 * HOUR, None),
    ]


# --- consents -----------------------------------------------------------------------------------------------------

GIVEN = whole()[CONSENTS][0]
LATER = "2013-07-10T10:00:00+01:00"


def consent(identity="CO9", **values):
    """A permission of the first person's, recorded later than the one that is there."""
    return {**GIVEN, "consentId": identity, "validFrom": LATER, **times(LATER), **values}


BESIDE = [
    pytest.param(consent(), ("supersedes", "consent-overlaps"), id="a permission beside a permission"),
    pytest.param(consent(supersedes="CO1"), None, id="a permission in place of a permission"),
    pytest.param(consent(scope="progress"), None, id="another scope"),
    pytest.param(consent(crn=SECOND, scope="progress"), None, id="another person"),
    pytest.param(consent(decision="refuse"), None, id="a refusal beside a permission"),
    pytest.param(consent(withdrawnAt=LATER, withdrawnBy="therapist"), None, id="one that was withdrawn"),
    pytest.param(consent(validUntil="2013-07-12"), None, id="one that is over"),
    pytest.param(consent(validFrom="2014-01-01"), None, id="one that begins when the other is over"),
    pytest.param(consent(validFrom="2013-12-31"), ("supersedes", "consent-overlaps"), id="on the other's last day"),
    pytest.param(consent(supersedes="CO2"), ("supersedes", "consent-chain"), id="in place of somebody else's"),
    pytest.param(consent(validFrom="2013-07-09"), ("validFrom", "period-backdated"), id="from before it was recorded"),
    pytest.param(consent(validFrom="2013-07-10", supersedes="CO1"), None, id="from the day on which it was recorded"),
    pytest.param(
        consent(supersedes="CO1", validFrom="2013-02-27T12:00:00+00:00", **times("2013-02-27T12:00:00+00:00")),
        ("validFrom", "period-backdated"),
        id="from before what it supersedes",
    ),
    pytest.param(consent(validFrom="2013-07-09", decision="refuse"), None, id="a refusal always comes in"),
]


@pytest.mark.parametrize(("row", "expected"), BESIDE)
async def test_a_consent_beside_what_is_there(sqlite_url, tmp_path, row, expected):
    await load(sqlite_url, write(tmp_path / "folder", whole()))
    before = await count(sqlite_url, "consent", "consent_recipient")
    report = await brings(sqlite_url, tmp_path / "later", consents=[row])
    assert found(report) == ([] if expected is None else [(CONSENTS, 1, *expected)])
    assert report.exit_code == (0 if expected is None else 1)
    more = 0 if expected else 1
    assert await count(sqlite_url, "consent", "consent_recipient") == (before[0] + more, before[1] + more)
    again = await brings(sqlite_url, tmp_path / "later", consents=[row])
    assert (again.entries, found(again)) == (0, found(report))


@pytest.mark.parametrize("order", [1, -1], ids=["as they were recorded", "the other way round"])
async def test_of_two_in_one_file_the_one_recorded_first_comes_in(database_url, tmp_path, order):
    files = whole()
    later = said(NOW - HOUR)
    first, second = consent("CO9", scope="progress"), consent("CO8", scope="progress", validFrom=later, **times(later))
    files[CONSENTS] = [first, second][::order]
    report = await load(database_url, write(tmp_path / "folder", files))
    line = 2 if order == 1 else 1
    assert found(report) == [(CONSENTS, line, "supersedes", "consent-overlaps")]
    (rows,) = await ask(database_url, "SELECT source_id FROM consent")
    assert rows == [("CO9",)]
    entry = next(entry for entry in await entries(database_url) if entry["reason"] == "consent-overlaps")
    assert (entry["outcome"], entry["caller"]["staff"], entry["action"]) == ("refused", "therapist", "write")


async def test_a_chain_comes_in_whole_in_any_order(sqlite_url, tmp_path):
    """The last of them stands beside nothing: what it would overlap has been superseded by then."""
    files = whole()
    days = [f"2013-07-0{day}T10:00:00+01:00" for day in (1, 2, 3)]
    chain = [
        consent("CO1", validFrom=days[0], **times(days[0])),
        consent("CO4", validFrom=days[1], validUntil="2013-07-02", supersedes="CO1", **times(days[1])),
        consent("CO5", validFrom=days[2], **times(days[2])),
    ]
    files[CONSENTS] = chain[::-1]
    assert found(await load(sqlite_url, write(tmp_path / "folder", files))) == []
    assert await count(sqlite_url, "consent") == (3,)


async def test_a_permission_from_before_a_withdrawal_that_was_made_here_does_not_open_anything(database_url, tmp_path):
    """The person took back all of the scope; what was agreed before and had not come in yet is part of it."""
    await load(database_url, write(tmp_path / "folder", whole()))
    async with gate_of(database_url) as gate:
        question = asks(THERAPIST, Purpose.DIRECT_CARE, Action.WITHDRAW, Category.CONSENT, crn=FIRST)
        await ConsentService(gate).withdraw_scopes(question, [Scope.ATTENDANCE])
    late = await brings(database_url, tmp_path / "late", consents=[consent()])
    assert found(late) == [(CONSENTS, 1, "validFrom", "period-backdated")]
    touched = changed(whole(), CONSENTS, 0, [("lastUpdatedAt", said(NOW + HOUR))])[CONSENTS][:1]
    assert found(await brings(database_url, tmp_path / "touched", consents=touched)) == []
    after = said(NOW + HOUR)
    anew = await brings(database_url, tmp_path / "anew", consents=[consent(validFrom=after, **times(said(NOW)))])
    assert found(anew) == []
    rows = await ask(database_url, "SELECT source_id FROM consent WHERE scope = 'attendance' AND withdrawn_at IS NULL "
                     f"AND person_id = '{person_id(FIRST)}'")  # fmt: skip
    assert rows == [[("CO9",)]]


async def test_what_is_recorded_here_meanwhile_is_looked_at_again(database_url, tmp_path, monkeypatch):
    """It was free when the import looked, and is not when it writes: reported by its rule, and not stored."""
    await load(database_url, write(tmp_path / "folder", whole()))
    look, recorded = receiving.rows, []

    async def slowly(*arguments, **same):
        seen = await look(*arguments, **same)
        if not recorded:
            recorded.append(same)
            async with gate_of(database_url) as gate:
                question = asks(THERAPIST, Purpose.DIRECT_CARE, Action.WRITE, Category.CONSENT, crn=FIRST)
                given = Given(
                    Scope.PROGRESS, "permit", [Party.JUSTICE], "in-writing", capacity=True, wording_version="1"
                )
                await ConsentService(gate).record(question, given)
        return seen

    monkeypatch.setattr(receiving, "rows", slowly)
    report = await brings(database_url, tmp_path / "later", consents=[consent(scope="progress")])
    assert found(report) == [(CONSENTS, 1, "supersedes", "consent-overlaps")]
    (rows,) = await ask(database_url, "SELECT source FROM consent WHERE scope = 'progress'")
    assert rows == [("open-mind",)]
    refused = [entry["reason"] for entry in await entries(database_url) if entry["outcome"] == "refused"]
    assert refused == ["changed-meanwhile", "consent-overlaps"]


# --- what else is one at a time -----------------------------------------------------------------------------------

OBJECTED, ASKED, GRANTED = whole()[OBJECTIONS][0], whole()[REQUESTS][0], whole()[AUTHORISATIONS][0]


@pytest.mark.parametrize(
    ("name", "row", "expected"),
    [
        pytest.param("objections", {**OBJECTED, "objectionId": "OJ9"}, ("category", "objection-overlaps"), id="again"),
        pytest.param(
            "objections", {**OBJECTED, "objectionId": "OJ9", "validUntil": "2013-08-01"}, None, id="for a time"
        ),
        pytest.param(
            "objections", {**OBJECTED, "objectionId": "OJ9", "category": "notes"}, None, id="to something else"
        ),
        pytest.param("requests", {**ASKED, "subjectRequestId": "SR9"}, ("", "subject-request-open"), id="open already"),
        pytest.param("requests", {**ASKED, "subjectRequestId": "SR9", "closedOn": "2013-07-04"}, None, id="answered"),
        pytest.param("requests", {**ASKED, "subjectRequestId": "SR9", "crn": SECOND}, None, id="of somebody else"),
        pytest.param(
            "authorisations", {**GRANTED, "authorisationId": "AU9"}, ("validFrom", "period-overlaps"), id="twice"
        ),
        pytest.param(
            "authorisations",
            {**GRANTED, "authorisationId": "AU9", "validFrom": "2013-11-19T09:30:00+00:00", "validUntil": "2014-01-01"},
            None,
            id="one after the other",
        ),
        pytest.param(
            "authorisations",
            {**GRANTED, "authorisationId": "AU9", "revokedAt": LATER, "revokedBy": "lead", "lastUpdatedAt": LATER},
            None,
            id="one that was revoked",
        ),
    ],
)
async def test_what_is_one_at_a_time(sqlite_url, tmp_path, name, row, expected):
    await load(sqlite_url, write(tmp_path / "folder", whole()))
    before = await count(sqlite_url, "objection", "subject_request", "authorisation")
    report = await brings(sqlite_url, tmp_path / "later", **{name: [row]})
    assert [finding[2:] for finding in found(report)] == ([] if expected is None else [expected])
    after = await count(sqlite_url, "objection", "subject_request", "authorisation")
    assert sum(after) - sum(before) == (expected is None)
