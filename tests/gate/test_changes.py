"""Changes: with the entry that says so or not at all, and about people who are not on file yet."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

import app.tables as t
from app.audit.submission import ChangeRefused, RowsMissed
from app.gate import AccessRefused, Gate, NotOnFile, SessionRevoked
from app.policies import decide
from app.records.writing import person_id
from app.vocabulary import Action, Category, Question, Register
from tests import world
from tests.gate.house import agreed, announced, asks, entries, fetched, gate_over, put
from tests.world import LONG_AGO, NOW

CRN, NOBODY = "X000001", "X999999"
IDENTITY = Category.IDENTITY


def writes(who: str, purpose: str, *subjects: Any, crn: str | None = CRN) -> Question:
    return asks(who, purpose, *subjects, crn=crn, action=Action.WRITE)


def written(gate: Gate, crn: str, **values: Any) -> tuple[Any, ...]:
    row = {
        "id": person_id(crn),
        "recorded_at": NOW,
        "crn": crn,
        "family_name": "New",
        "given_names": "Name",
        "date_of_birth": date(1980, 1, 1),
        "sex": "male",
        "source_version": "2",
    }
    return gate.writer.upsert("person", row | values)


async def names(url: str) -> list[tuple[str, str]]:
    return [tuple(row) for row in await fetched(url, "SELECT crn, family_name FROM person ORDER BY crn")]


async def test_a_permitted_change_and_its_entry(database_url: str) -> None:
    await put(database_url, world.person(CRN))
    async with gate_over(database_url) as gate:
        details = {"table": "person"}
        receipt = await gate.change(writes("probation", "records-sync", IDENTITY), (written(gate, CRN),), details)
    (entry,) = await entries(database_url)
    assert await names(database_url) == [(CRN, "New")]
    assert (receipt.seq, receipt.event_id) == (0, entry["eventId"])
    assert (entry["type"], entry["action"], entry["outcome"]) == ("change", "write", "permitted")
    assert (entry["clauses"], entry["details"], entry["released"]) == (["H5"], details, {})
    assert entry["person"] == {"personId": person_id(CRN), "crn": CRN, "consents": []}
    assert entry["agreement"] == agreed().at(NOW).digest


async def test_a_person_who_is_not_on_file_is_created(database_url: str) -> None:
    await put(database_url)
    async with gate_over(database_url) as gate:
        question = writes("probation", "records-sync", IDENTITY, Category.CONTACT, crn=NOBODY)
        await gate.change(question, (written(gate, NOBODY),), {})
        with pytest.raises(NotOnFile):  # what may be written may not be read for that
            async with gate.ask(asks("probation", "records-sync", IDENTITY, crn=NOBODY)):
                pytest.fail("it was opened")
    created, refused = await entries(database_url)
    assert await names(database_url) == [(NOBODY, "New")]
    assert created["person"] == {"personId": None, "crn": NOBODY, "consents": []}
    assert refused["person"]["personId"] == person_id(NOBODY)


async def test_a_read_of_nobody_keeps_the_crn_asked_for(database_url: str) -> None:
    await put(database_url)
    async with gate_over(database_url) as gate:
        for who, purpose in (("lena", "supervision"), ("theo", "direct-care"), ("gus", "oversight")):
            with pytest.raises(NotOnFile):
                async with gate.ask(asks(who, purpose, IDENTITY, Category.CONSENT, crn=NOBODY)):
                    pytest.fail("it was opened")
    said = await entries(database_url)
    assert [each["person"] for each in said] == [{"personId": None, "crn": NOBODY, "consents": []}] * 3
    assert {(each["outcome"], each["reason"]) for each in said} == {("refused", "not-on-file")}


@pytest.mark.parametrize(
    ("question", "told", "reason"),
    [
        pytest.param(writes("clinical", "records-sync", IDENTITY), NotOnFile, "not-permitted", id="no clause"),
        pytest.param(
            writes("probation", "records-sync", IDENTITY, Category.NOTES), NotOnFile, "not-permitted", id="one of two"
        ),
        pytest.param(writes("omar", "supervision", IDENTITY), NotOnFile, "not-permitted", id="a fact is missing"),
        pytest.param(
            writes("probation", "direct-care", IDENTITY), AccessRefused, "purpose-not-for-role", id="the purpose"
        ),
        pytest.param(writes("omar", "supervision", IDENTITY, crn=NOBODY), NotOnFile, "not-permitted", id="of nobody"),
    ],
)
async def test_a_refused_change(database_url: str, question: Question, told: type[AccessRefused], reason: str) -> None:
    await put(database_url, world.person(CRN))
    async with gate_over(database_url) as gate:
        with pytest.raises(AccessRefused) as refused:
            await gate.change(question, (written(gate, CRN),), {})
        (entry,) = await entries(database_url)
    assert type(refused.value) is told
    assert (entry["outcome"], entry["reason"], entry["person"]["crn"]) == ("refused", reason, question.crn)
    assert await names(database_url) == [(CRN, f"Family{CRN}")]


async def test_what_the_database_refuses_leaves_nothing(database_url: str) -> None:
    """The second of two changes breaks a constraint, or misses its row: neither is there, and no entry."""
    await put(database_url, world.person(CRN))
    async with gate_over(database_url) as gate:
        question = writes("probation", "records-sync", IDENTITY)
        with pytest.raises(ChangeRefused):
            await gate.change(question, (written(gate, CRN), written(gate, "X000002", sex="unheard-of")), {})
        stale = (*written(gate, CRN, source_version="0", family_name="Stale"), 1)
        with pytest.raises(ChangeRefused) as missed:
            await gate.change(question, (written(gate, "X000003"), stale), {})
        assert isinstance(missed.value.fault, RowsMissed)
        assert await entries(database_url) == []
        assert await names(database_url) == [(CRN, f"Family{CRN}")]
        await gate.change(question, (written(gate, CRN),), {})  # and the log goes on
    assert [entry["outcome"] for entry in await entries(database_url)] == ["permitted"]


async def test_a_change_to_a_restricted_record_is_announced_with_it(sqlite_url: str) -> None:
    await put(sqlite_url, world.person(CRN), world.caseload(CRN, "olive"), world.limit(CRN, "restriction"))
    async with gate_over(sqlite_url) as gate:
        question = asks("olive", "supervision", Category.CONSENT, crn=CRN, action=Action.WITHDRAW)
        await gate.change(question, (), {})
    (entry,) = await entries(sqlite_url)
    assert entry["announce"] == "justice"
    assert await announced(sqlite_url) == [(entry["eventId"], "restricted-record-used", "justice")]


async def test_a_change_about_nobody_in_particular(sqlite_url: str) -> None:
    await put(sqlite_url)
    async with gate_over(sqlite_url) as gate:
        await gate.change(writes("lena", "supervision", Register.STAFF, crn=None), (), {})
    (entry,) = await entries(sqlite_url)
    assert (entry["clauses"], entry["person"]) == (["I1"], None)


async def test_a_change_of_nothing_is_not_permitted(sqlite_url: str) -> None:
    """Empty means refuse: a question that names no subject opens none."""
    await put(sqlite_url, world.person(CRN))
    question = writes("probation", "records-sync")
    assert not decide(question, -1, agreed().at(NOW)).any_permitted
    async with gate_over(sqlite_url) as gate:
        with pytest.raises(AccessRefused):
            await gate.change(question, (written(gate, CRN),), {})
    assert await names(sqlite_url) == [(CRN, f"Family{CRN}")]


@pytest.mark.parametrize("days", [0, 30], ids=["decided on the facts of now", "decided on the facts of then"])
async def test_who_was_revoked_changes_nothing(sqlite_url: str, days: int) -> None:
    """`facts_at` is about the record: a token that has been revoked since is revoked."""
    revoked = t.RevokedToken(token="token-olive", expires_at=NOW, revoked_at=NOW)
    await put(sqlite_url, world.person(CRN), world.caseload(CRN, "olive"), revoked)
    async with gate_over(sqlite_url) as gate:
        with pytest.raises(SessionRevoked):
            await gate.change(
                writes("olive", "supervision", IDENTITY), (written(gate, CRN),), {}, NOW - timedelta(days=days)
            )
    assert await names(sqlite_url) == [(CRN, f"Family{CRN}")]


async def test_a_system_suspended_since_changes_nothing(sqlite_url: str) -> None:
    suspended = t.Client(
        id="old-system", name="old", party="justice", role="case-management-system", acts_for_staff=False,
        secret_hash="none", registered_at=LONG_AGO, recorded_at=LONG_AGO, suspended_at=NOW - timedelta(days=1),
    )  # fmt: skip
    await put(sqlite_url, world.person(CRN), suspended)
    question = writes("probation", "records-sync", IDENTITY)
    theirs = replace(question, caller=replace(question.caller, client="old-system"))
    async with gate_over(sqlite_url) as gate:
        for then in (None, NOW - timedelta(days=30)):
            with pytest.raises(SessionRevoked):
                await gate.change(theirs, (written(gate, CRN),), {}, then)
