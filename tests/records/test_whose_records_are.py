"""Whoever writes it: a record is of the person of the referral, or the registration, that it belongs to."""

from typing import Any

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError

import app.tables as t
from tests import world

pytestmark = pytest.mark.asyncio
ONE, OTHER = "X100001", "X100002"


@pytest.fixture
async def registered(database_url: str) -> Any:
    """A registration of one of two people, with a referral and an appointment."""
    patient = world.of(t.Patient, ONE, date_of_birth=None)
    referral = world.referral(ONE, patient_id=patient.id)
    appointment = world.appointment(ONE, referral)
    await world.put(database_url, [*world.clients(), world.person(ONE), world.person(OTHER), patient, referral,
                                   appointment])  # fmt: skip
    return patient, referral, appointment


async def test_a_new_record_is_of_nobody_else(database_url: str, registered: Any) -> None:
    patient, referral, _ = registered
    for row in (
        world.appointment(OTHER, referral),
        world.of(
            t.OutcomeScore,
            OTHER,
            referral_id=referral.id,
            tool="PHQ-9",
            tool_code="720433000",
            total=9.0,
            completed_at=world.NOW,
        ),
        world.referral(OTHER, patient_id=patient.id),
    ):
        with pytest.raises(DBAPIError, match="not of this person"):
            await world.put(database_url, [row])
    await world.put(database_url, [world.appointment(ONE, referral), world.referral(ONE, patient_id=patient.id)])
    await world.put(database_url, [world.referral(OTHER)])  # which came with no registration


async def test_nobody_has_a_record_who_is_not_on_file(database_url: str, registered: Any) -> None:
    _, referral, _ = registered
    with pytest.raises(DBAPIError, match="not of this person"):
        await world.put(database_url, [world.appointment("X999999", referral)])


async def test_whoever_has_one_is_not_deleted(postgres_url: str) -> None:
    """There it refers to them through its referral alone."""
    referral = world.referral(ONE)
    await world.put(postgres_url, [*world.clients(), world.person(ONE), referral, world.appointment(ONE, referral)])
    gone = text("DELETE FROM person WHERE id = :id").bindparams(id=world.person_id(ONE))
    with pytest.raises(DBAPIError, match="foreign key"):
        await world.execute(postgres_url, [(gone, None)])


async def test_nor_does_one_become_anybody_elses_but_with_all_of_the_registration(
    database_url: str, registered: Any
) -> None:
    patient, _, appointment = registered
    other = world.person_id(OTHER)
    moved = update(t.Appointment).where(t.Appointment.id == appointment.id).values(person_id=other)
    with pytest.raises(DBAPIError, match="not of this person"):
        await world.execute(database_url, [(moved, None)])
    linked = update(t.Patient).where(t.Patient.id == patient.id).values(person_id=other)
    whose = text("SELECT person_id FROM appointment UNION ALL SELECT person_id FROM referral")
    found = await world.execute(database_url, [(linked, None), (whose, None)])
    assert [tuple(row) for row in found[-1]] == [(other,), (other,)]
