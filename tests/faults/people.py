"""Who is on file while things go wrong: eight people, and Olive, who may know whether they attend."""

from sqlmodel import SQLModel

from app.vocabulary import Role
from tests import world

CRNS = tuple(f"X{number:06}" for number in range(1, 9))
SEEN = "2026-03-03T09:30"
"""When everybody's appointment was: what an answer must hold, and what no refusal may."""


def _person(crn: str) -> list[SQLModel]:
    referral = world.referral(crn)
    return [
        world.person(crn),
        world.caseload(crn, "olive"),
        world.supervision(crn),
        referral,
        *world.consent(crn, "attendance"),
        world.appointment(crn, referral),
    ]


async def fill(url: str) -> None:
    """Put them in."""
    staff = [*world.staff("olive", Role.OFFENDER_MANAGER), *world.staff("theo", Role.THERAPIST)]
    people = [row for crn in CRNS for row in _person(crn)]
    await world.put(url, [*world.clients(), *staff, *people])
