"""What came with a registration goes with its link, to wherever the next one leads, and nothing of it is lost (H7)."""

from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlmodel import SQLModel

import app.tables as t
from app.records.writing import person_id
from tests import world
from tests.gate.house import flat
from tests.routers.cast import meeting, treatment
from tests.world import NOW, execute

ONE, OTHER = "X000001", "X000002"
REGISTRATION = "registration-1"
CAME_WITH = [
    "referral", "appointment", "care_activity", "progress_summary", "outcome_score", "clinical_record", "session_note",
    "safety_record", "safety_alert", "presentation", "onward_referral", "waiting_pause", "three_way_meeting",
]  # fmt: skip


def whole(crn: str = ONE) -> list[Any]:
    """A row in every table of what comes with a registration, with a value in every column that can have one."""
    referred = world.referral(
        crn, id="referral-1", patient_id=REGISTRATION, reason="a 'quoted' reason", status="discharged",
        closed_on=world.TODAY, end_code="46", commissioner="QK1", referred_by="olga", suitability="suitable",
    )  # fmt: skip
    came = [each for each in treatment(crn, "one", of_referral=referred) if not isinstance(each, t.Allocation)]
    for each in came:
        if isinstance(each, t.Presentation):
            each.suitability_reason = "needs step 4"
        if isinstance(each, t.OnwardReferral):
            each.kind = "step-4"
    return flat([
        world.registration(crn, id=REGISTRATION), referred, came, meeting(crn, "one", patient_id=REGISTRATION),
    ])  # fmt: skip


@pytest.fixture
async def linked(database_url: str) -> str:
    """Two people, and a registration of the first with all that came with it."""
    await world.put(database_url, [*world.clients(), world.person(ONE), world.person(OTHER), *whole()])
    return database_url


async def moved(url: str, crn: str | None) -> None:
    """The registration is of somebody else, or of nobody."""
    whose = None if crn is None else person_id(crn)
    mine = update(t.Patient).where(t.Patient.id == REGISTRATION)
    await execute(url, [(mine.values(person_id=whose, recorded_at=NOW), None)])


async def came_with(url: str) -> dict[str, list[dict[str, Any]]]:
    """Every row of what came with it, but for when it was recorded here."""
    found = {}
    for name in CAME_WITH:
        table = SQLModel.metadata.tables[name]
        (rows,) = await execute(url, [(select(table).order_by(table.c.id), None)])
        columns = [dict(zip(table.c.keys(), row, strict=True)) for row in rows]
        found[name] = [{key: value for key, value in row.items() if key != "recorded_at"} for row in columns]
    return found


async def set_aside(url: str) -> list[tuple[Any, ...]]:
    rows = await execute(url, [(select(t.PartedRecord.record_table, t.PartedRecord.source_version), None)])
    return sorted(tuple(row) for row in rows[0])


def of(crn: str, rows: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """The same rows as somebody else's."""
    return {name: [row | {"person_id": person_id(crn)} for row in some] for name, some in rows.items()}


async def test_it_is_set_aside_with_the_link_and_back_with_the_next(linked: str) -> None:
    before = await came_with(linked)
    assert all(before.values()), "a row in every table"
    await moved(linked, None)
    assert not any((await came_with(linked)).values())
    assert [table for table, _ in await set_aside(linked)] == sorted(CAME_WITH)
    await moved(linked, ONE)
    assert await came_with(linked) == before
    assert await set_aside(linked) == []


@pytest.mark.parametrize("between", [True, False], ids=["after a while", "at once"])
async def test_it_is_of_whoever_the_registration_is_of_then(linked: str, between: bool) -> None:
    before = await came_with(linked)
    if between:
        await moved(linked, None)
    await moved(linked, OTHER)
    assert await came_with(linked) == of(OTHER, before)
    assert await set_aside(linked) == []


async def test_what_is_set_aside_names_no_other_referral(linked: str) -> None:
    """Merged and referred again are said of one person, and whose it turns out to be may be somebody else."""
    links = {"merged_into": "another", "earlier_referral_id": "a-third"}
    await execute(linked, [(update(t.Referral).where(t.Referral.id == "referral-1").values(links), None)])
    await moved(linked, OTHER)
    (row,) = (await came_with(linked))["referral"]
    assert {name: row[name] for name in links} == dict.fromkeys(links)
    assert row["reason"] == "a 'quoted' reason"


async def test_what_was_written_here_is_not_its_sources_and_goes(linked: str) -> None:
    own = world.appointment(ONE, t.Referral(id="referral-1"), id="own", source="open-mind", source_id="own")
    await world.put(linked, [own])
    await moved(linked, None)
    assert len(await set_aside(linked)) == len(CAME_WITH)
    await moved(linked, ONE)
    assert [row["id"] for row in (await came_with(linked))["appointment"]] == ["appointment-one"]


async def test_what_came_with_another_registration_meanwhile_stays_there(linked: str) -> None:
    """Its source says that the referral is of another patient: what belonged to it before does not go there."""
    await moved(linked, None)
    other = world.registration(OTHER, id="registration-2")
    again = world.referral(OTHER, id="referral-1", patient_id="registration-2", source_version="2")
    await world.put(linked, [*other, again])
    await moved(linked, ONE)
    found = await came_with(linked)
    assert [(row["patient_id"], row["source_version"]) for row in found["referral"]] == [("registration-2", "2")]
    assert {name for name, rows in found.items() if rows} == {"referral", "three_way_meeting"}
    assert await set_aside(linked) == []


async def test_every_column_is_kept(sqlite_url: str) -> None:
    """On SQLite the trigger names each: a migration that adds one has to make it anew."""
    made = text("SELECT name, sql FROM sqlite_master WHERE name IN ('patient_parted', 'patient_linked')")
    triggers: dict[str, str] = dict((await execute(sqlite_url, [(made, None)]))[0])
    for name in CAME_WITH:
        columns = list(SQLModel.metadata.tables[name].c.keys())
        aside = triggers["patient_parted"].split(f"'{name}', it.source_version")[1].split(f"FROM {name} AS it")[0]
        assert [column for column in columns if f"'{column}', it.{column}" not in aside] == []
        for sql in triggers.values():
            back = sql.split(f"INSERT INTO {name} (")[1].split(")")[0].split(", ")
            assert sorted(back) == sorted(columns)
    assert len(triggers) == 2
