"""A database in which registrations were linked by the CRN that their sender named: taken over, and looked at again."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import app.tables as t
from app.records.writing import person_id
from app.services.matching import MatchingService
from migrations import upgrade
from tests import world
from tests.gate.house import fetched, gate_over
from tests.postgres import Server, wait_for
from tests.world import NOW

RIGHT, WRONG = "X000001", "X000002"
NUMBERS = {RIGHT: "9990000018", WRONG: "9990000026"}
NEW = {"crn", "pnc_number", "family_name", "given_names", "patient_id"}
NEWER = {"nhs_number_status", "ethnic_category", "registered_by", "gp_registered_from", "gp_registered_until"}
NEWER |= {"commissioner", "withdrawn_at", "earlier_referral_id", "merged_into"}
WHY = "dependent drinking: to be treated first"


@pytest.fixture(params=["sqlite", "postgresql"])
def before(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database as it was until then."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'before.db'}"
        upgrade(url, "0018")
        yield url
    else:
        server: Server = request.getfixturevalue("postgres_server")
        name = f"openmind_links_{tmp_path.name}"
        url = server.create_database(name)
        wait_for(lambda: upgrade(url, "0018"))
        yield url
        server.drop_database(name)


def _old(row: Any) -> tuple[Any, None]:
    """A row of the columns of then."""
    values = {name: value for name, value in row.model_dump().items() if name not in NEW | NEWER}
    return row.__table__.insert().values(values), None


async def _filled(url: str) -> None:
    await world.put(url, [*world.clients(), *(world.person(crn, nhs_number=None) for crn in (RIGHT, WRONG))])
    rows = []
    for crn, born in ((RIGHT, date(1980, 1, 1)), (WRONG, date(1981, 2, 3))):
        keys = {"id": f"patient-{crn}", "source": "RT5", "source_id": crn, "date_of_birth": born}
        rows.append(_old(world.of(t.Patient, crn, nhs_number=NUMBERS[crn], **keys)))
        decided = {"source_id": f"OM{crn}", "suitability": f"not-suitable: {WHY}"}
        rows.append(_old(world.referral(crn, id=f"referral-{crn}", source="RT5", **decided)))
        rows.append(_old(world.referral(crn, id=f"draft-{crn}", source="open-mind", status="draft", received_on=None)))
    await world.execute(url, rows)


async def _again(url: str) -> None:
    async with gate_over(url) as gate:
        await MatchingService(gate, lambda: NOW).match(people=[person_id(RIGHT), person_id(WRONG)])


def test_links_are_taken_over_with_what_came_with_them(before: str) -> None:
    world.run(_filled(before))
    wait_for(lambda: upgrade(before))
    said = "SELECT patient_id, state, basis FROM identity_match ORDER BY patient_id"
    linked = [(f"patient-{crn}", "linked", "crn-and-birth-date") for crn in (RIGHT, WRONG)]
    assert world.run(fetched(before, said)) == linked
    came = world.run(fetched(before, "SELECT id, patient_id FROM referral ORDER BY id"))
    theirs = [(f"referral-{crn}", f"patient-{crn}") for crn in (RIGHT, WRONG)]
    assert came == [*((f"draft-{crn}", None) for crn in (RIGHT, WRONG)), *theirs]
    known = "SELECT kind, value, person_id FROM person_identifier ORDER BY person_id, kind"
    assert set(world.run(fetched(before, known))) == {
        (kind, value, person_id(crn))
        for crn in (RIGHT, WRONG)
        for kind, value in (("crn", crn), ("nhs-number", NUMBERS[crn]))
    }
    reasons = "SELECT referral_id, suitability_reason, source_id FROM presentation ORDER BY referral_id"
    assert world.run(fetched(before, reasons)) == [(f"referral-{crn}", WHY, f"OM{crn}") for crn in (RIGHT, WRONG)]
    for table in ("referral", "referral_history"):
        outcomes = f"SELECT DISTINCT suitability FROM {table} WHERE suitability IS NOT NULL"
        assert world.run(fetched(before, outcomes)) in ([("not-suitable",)], [])
    world.run(_again(before))
    again = {own: (state, basis) for own, state, basis in world.run(fetched(before, said))}
    assert again == {
        f"patient-{RIGHT}": ("linked", "crn-and-birth-date"),
        f"patient-{WRONG}": ("possible", "identifier-contradicted"),
    }
    left = [row[0] for row in world.run(fetched(before, "SELECT id FROM referral ORDER BY id"))]
    assert left == [f"draft-{RIGHT}", f"draft-{WRONG}", f"referral-{RIGHT}"]
