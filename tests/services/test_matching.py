"""Matching over the database: what is linked, what a link brings and its end takes away, in whichever order."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import select, text, update

import app.tables as t
from app.records.writing import person_id
from app.services.matching import Matched, MatchingService
from tests import world
from tests.gate.house import gate_over
from tests.routers.cast import journey
from tests.world import NOW

ONE, TWO = "X300001", "X300002"
NHS, OTHER_NHS = "9990000018", "9990000026"
BORN, OTHER_DAY = date(1984, 3, 7), date(1990, 1, 1)


def on_file(crn: str, **values: Any) -> Any:
    return world.person(crn, **{"date_of_birth": BORN, "nhs_number": None, "postcode": "LE9 9ZZ"} | values)


def registered(identity: str, **values: Any) -> Any:
    about = {"source": "RT5", "source_id": identity, "date_of_birth": BORN, "gender": "1", "nhs_number": NHS}
    return t.Patient(**world.made() | {"id": identity} | about | values)


@asynccontextmanager
async def matching_over(url: str) -> AsyncIterator[MatchingService]:
    async with gate_over(url) as gate:
        yield MatchingService(gate, lambda: NOW)


async def stand(url: str) -> dict[tuple[str, str], str]:
    """Each pair's state and basis, by registration and CRN."""
    statement = select(t.IdentityMatch.patient_id, t.Person.crn, t.IdentityMatch.state, t.IdentityMatch.basis).join(
        t.Person, t.Person.id == t.IdentityMatch.person_id
    )
    (rows,) = await world.execute(url, [(statement, None)])
    return {(own, crn): f"{state} {basis}" for own, crn, state, basis in rows if state != "lapsed"}


async def theirs(url: str) -> dict[str, str | None]:
    """Whose each registration is."""
    (rows,) = await world.execute(url, [(select(t.Patient.id, t.Patient.person_id), None)])
    return dict(rows)


async def matched(url: str, *rows: Any) -> Matched:
    """Put rows in and match them."""
    await world.put(url, rows)
    async with matching_over(url) as service:
        return await service.match(
            registrations=[row.id for row in rows if isinstance(row, t.Patient)],
            people=[row.id for row in rows if isinstance(row, t.Person)],
        )


async def test_a_registration_is_linked_with_an_entry_that_names_the_person_apart(database_url: str) -> None:
    done = await matched(database_url, on_file(ONE, nhs_number=NHS), registered("r1"))
    assert (done.linked, done.parted, done.to_review, done.entries) == (["r1"], [], 0, 1)
    assert await stand(database_url) == {("r1", ONE): "linked nhs-number-and-birth-date"}
    assert await theirs(database_url) == {"r1": person_id(ONE)}
    (entry,) = await world.entries(database_url)
    assert (entry["type"], entry["action"], entry["caller"], entry["released"]) == ("match", "link", None, {})
    ((own,),) = await world.execute(database_url, [(select(t.IdentityMatch.id), None)])
    assert entry["details"] == {
        "match": own[0],
        "change": "linked",
        "basis": "nhs-number-and-birth-date",
        "table": "identity_match",
    }
    assert (await world.subjects(database_url))[0] == {"consents": [], "crn": ONE, "personId": person_id(ONE)}
    async with matching_over(database_url) as service:
        assert await service.people_of(["r1", "unknown"]) == {"r1": ONE}
        assert (await service.match(registrations=["r1"], people=[person_id(ONE)])).entries == 0


async def test_what_was_held_is_let_in_with_each_link(database_url: str) -> None:
    await world.put(database_url, [on_file(ONE, nhs_number=NHS), registered("r1"), registered("r9", nhs_number=None)])
    let_in = "UPDATE patient SET interpreter_language = 'pl' WHERE id = '{}'"
    async with gate_over(database_url) as gate:
        service = MatchingService(gate, lambda: NOW, lambda ids: [(let_in.format(one), (), 1) for one in ids])
        await service.match(registrations=["r1", "r9"])
    (rows,) = await world.execute(database_url, [(select(t.Patient.id, t.Patient.interpreter_language), None)])
    assert sorted(rows) == [("r1", "pl"), ("r9", None)]


async def test_whoever_comes_second_finds_the_first(database_url: str) -> None:
    assert (await matched(database_url, registered("r1"))).linked == []
    assert (await matched(database_url, on_file(ONE, nhs_number=NHS))).linked == ["r1"]


async def test_name_and_date_of_birth_alone_come_onto_the_review_list(database_url: str) -> None:
    own = registered("r1", nhs_number=None, family_name=f"Family{ONE}", given_names=f"Given{ONE}")
    done = await matched(database_url, on_file(ONE), own)
    assert (done.linked, done.to_review) == ([], 1)
    assert await stand(database_url) == {("r1", ONE): "possible weight"}
    assert await theirs(database_url) == {"r1": None}
    (entry,) = await world.entries(database_url)
    assert (entry["action"], entry["details"]["change"]) == ("write", "possible")


async def test_the_second_with_an_nhs_number_parts_the_first(database_url: str) -> None:
    """Neither is linked to anybody until somebody has looked, and what the first had brought is gone."""
    await matched(database_url, on_file(ONE, nhs_number=NHS), registered("r1"))
    await world.put(database_url, [*world.clients(), *brought("r1", ONE)])
    assert await brought_by(database_url) == (1, 1, 1)
    done = await matched(database_url, registered("r2"))
    assert (done.linked, done.parted, done.to_review) == ([], ["r1"], 2)
    assert set((await stand(database_url)).values()) == {"possible claimed-by-several"}
    assert await theirs(database_url) == {"r1": None, "r2": None}
    assert await brought_by(database_url) == (0, 0, 0)
    entry = (await world.entries(database_url))[-2]
    assert (entry["action"], entry["details"]["basis"]) == ("unlink", "claimed-by-several")


def brought(identity: str, crn: str) -> list[Any]:
    """A referral, an appointment and a meeting that came with a registration."""
    referral = world.referral(crn, id=f"referral-{identity}", patient_id=identity)
    meeting = world.of(
        t.Meeting, crn, held_at=NOW, offender_manager="olga", therapist="theo", agreed="rest", third_party=False,
        serious_harm=False, patient_id=identity,
    )  # fmt: skip
    return [referral, world.appointment(crn, referral), meeting]


async def brought_by(url: str) -> tuple[int, ...]:
    tables = ("referral", "appointment", "three_way_meeting")
    counted = await world.execute(url, [(text(f"SELECT count(*) FROM {table}"), None) for table in tables])
    return tuple(rows[0][0] for rows in counted)


async def test_what_a_registration_brings_stands_under_its_person_alone(database_url: str) -> None:
    await matched(database_url, on_file(ONE, nhs_number=NHS), on_file(TWO), registered("r1"))
    await world.put(database_url, world.clients())
    with pytest.raises(Exception, match="the registration is not of this person"):
        await world.put(database_url, brought("r1", TWO))
    await world.put(database_url, [*brought("r1", ONE), world.referral(TWO)])
    moved = update(t.Patient).values(person_id=person_id(TWO))
    await world.execute(database_url, [(moved, None)])
    assert await brought_by(database_url) == (1, 0, 0)


async def test_a_duplicate_stands_for_itself_again_when_what_it_was_merged_into_goes(database_url: str) -> None:
    """With everything that hangs on the one that goes, moves and triage among it."""
    await matched(database_url, on_file(ONE, nhs_number=NHS), on_file(TWO), registered("r1"))
    await world.put(database_url, world.clients())
    gone = brought("r1", ONE)
    stays = world.referral(ONE, id="stays", merged_into=gone[0].id)
    await world.put(database_url, [*gone, *journey(ONE, "gone", of_referral=gone[0]), stays])
    await world.put(database_url, journey(ONE, "stays", of_referral=stays))
    await world.execute(database_url, [(update(t.Patient).values(person_id=person_id(TWO), recorded_at=NOW), None)])
    (rows,) = await world.execute(database_url, [(text("SELECT id, merged_into FROM referral"), None)])
    assert rows == [("stays", None)]
    for table in ("referral_move", "move_reason", "triage", "triage_measure", "triage_risk"):
        (left,) = await world.execute(database_url, [(text(f"SELECT referral_id FROM {table}"), None)])
        assert left == [("stays",)]


def worlds() -> list[Any]:
    """Records that bear on each other in every way there is."""
    return [
        on_file(ONE, nhs_number=NHS),
        on_file(TWO, nhs_number=OTHER_NHS, date_of_birth=OTHER_DAY),
        registered("r1"),
        registered("r2", source="RXX", crn=TWO, nhs_number=None, date_of_birth=OTHER_DAY),
        registered("r3", nhs_number=OTHER_NHS, crn=ONE),
    ]


ENDS = {
    ("r1", ONE): "possible claimed-by-several",
    ("r2", TWO): "possible claimed-by-several",
    ("r3", ONE): "possible identifier-contradicted",
    ("r3", TWO): "possible identifier-contradicted",
}


@pytest.mark.parametrize(
    "order", [pytest.param(order, id="".join(map(str, order))) for order in permutations(range(5))][::9]
)
async def test_in_whichever_order_they_come_the_end_is_the_same(sqlite_url: str, order: tuple[int, ...]) -> None:
    rows = worlds()
    for place in order:
        await matched(sqlite_url, rows[place])
    assert await stand(sqlite_url) == ENDS
    assert set((await theirs(sqlite_url)).values()) == {None}


async def test_one_by_one_or_at_once_is_the_same_on_both(database_url: str) -> None:
    await matched(database_url, *worlds())
    assert await stand(database_url) == ENDS


async def test_who_is_corrected_is_linked_and_the_rest_lapses(database_url: str) -> None:
    await matched(database_url, *worlds())
    corrected = update(t.Patient).where(t.Patient.id == "r3").values(nhs_number=None, crn=None, date_of_birth=None)
    await world.execute(database_url, [(corrected, None)])
    async with matching_over(database_url) as service:
        done = await service.match(registrations=["r3"])
    assert sorted(done.linked) == ["r1", "r2"]
    assert await stand(database_url) == {
        ("r1", ONE): "linked nhs-number-and-birth-date",
        ("r2", TWO): "linked crn-and-birth-date",
    }


async def test_what_somebody_decided_stands(database_url: str) -> None:
    await matched(database_url, *worlds())
    said = {"basis": "decided", "decided_by": "cara", "decided_at": NOW, "note": "seen"}
    dismissed = update(t.IdentityMatch).where(t.IdentityMatch.patient_id == "r3").values(state="dismissed", **said)
    linked = update(t.IdentityMatch).where(t.IdentityMatch.patient_id == "r1").values(state="linked", **said)
    theirs_too = update(t.Patient).where(t.Patient.id == "r1").values(person_id=person_id(ONE))
    await world.execute(database_url, [(dismissed, None), (linked, None), (theirs_too, None)])
    async with matching_over(database_url) as service:
        done = await service.match(registrations=["r1", "r2", "r3"], people=[person_id(ONE), person_id(TWO)])
    assert done.entries == 0
    assert (await stand(database_url))["r1", ONE] == "linked decided"


async def test_who_is_linked_by_somebody_is_proposed_to_nobody_else(database_url: str) -> None:
    await matched(database_url, *worlds())
    said = {"state": "linked", "basis": "decided", "decided_by": "cara", "decided_at": NOW, "note": "seen"}
    theirs_is = t.IdentityMatch.person_id == person_id(TWO)
    linked = update(t.IdentityMatch).where(t.IdentityMatch.patient_id == "r3", theirs_is).values(said)
    own = update(t.Patient).where(t.Patient.id == "r3").values(person_id=person_id(TWO))
    await world.execute(database_url, [(linked, None), (own, None)])
    async with matching_over(database_url) as service:
        await service.match(registrations=["r3"])
    rest = {pair: state for pair, state in ENDS.items() if pair[0] != "r3"}
    assert await stand(database_url) == rest | {("r3", TWO): "linked decided"}


async def test_two_at_once_come_to_one_end(postgres_url: str) -> None:
    """Each sees what the other wrote, or is refused and looks again."""
    rows = worlds()
    await world.put(postgres_url, rows)
    async with matching_over(postgres_url) as one, matching_over(postgres_url) as other:
        people = [person_id(ONE), person_id(TWO)]
        await asyncio.gather(
            one.match(registrations=["r1", "r2"], people=people), other.match(registrations=["r3", "r1"], people=people)
        )
    assert await stand(postgres_url) == ENDS
