"""Two records that the probation service merged: what withholds holds under both, what grants under its own alone."""

from typing import Any

import pytest
from sqlalchemy import delete, select, update

import app.tables as t
from app.records.writing import person_id
from app.vocabulary import Scope
from tests import world
from tests.records.crowd import CLINICAL, CRN, DAY, OLIVE, OTHER, PROBATION, RORY, THEO, Case, Crowd
from tests.records.test_facts import with_staff
from tests.world import NOW

BETWEEN = "X000009"
"""Nobody is on file under it."""
ONE = world.merged(CRN, OTHER)
PARTED = world.merged(CRN, OTHER, parted_at=NOW - DAY)
YES = world.consent(CRN, "attendance", id="yes", valid_from=NOW - 9 * DAY)
AGREES, REFERRAL, SENTENCE = {"consent:attendance"}, world.referral(OTHER), world.supervision(OTHER)


def refused(**values: Any) -> list[Any]:
    """A refusal under the other record."""
    return world.consent(OTHER, **({"scope": "attendance", "id": "no", "decision": "refuse"} | values))


def taken_back(**values: Any) -> list[Any]:
    """A permission under the other record that was withdrawn."""
    return world.consent(OTHER, **({"scope": "attendance", "id": "was", "withdrawn_at": NOW - DAY} | values))


LIMITS = [
    Case("restricted under the other", OLIVE, [world.limit(OTHER, "restriction", "omar"), ONE], {"restricted"}),
    Case(
        "whichever was merged into which",
        OLIVE,
        [world.limit(OTHER, "restriction", "omar"), world.merged(OTHER, CRN)],
        {"restricted"},
    ),
    Case("restricted for a system", PROBATION, [world.limit(OTHER, "restriction", "omar"), ONE], {"restricted"}),
    Case(
        "on the list of the other's restriction",
        OLIVE,
        [world.limit(OTHER, "restriction", "olive"), ONE],
        {"restricted", "listed"},
    ),
    Case(
        "on the list of the own restriction and not on the other's",
        OLIVE,
        [world.limit(CRN, "restriction", "olive"), world.limit(OTHER, "restriction", "omar"), ONE],
        {"restricted"},
    ),
    Case(
        "on the list of the other's restriction and not on the own",
        OLIVE,
        [world.limit(CRN, "restriction", "omar"), world.limit(OTHER, "restriction", "olive"), ONE],
        {"restricted"},
    ),
    Case(
        "on both lists",
        OLIVE,
        [world.limit(CRN, "restriction", "olive"), world.limit(OTHER, "restriction", "olive"), ONE],
        {"restricted", "listed"},
    ),
    Case("excluded under the other", OLIVE, [world.limit(OTHER, "exclusion", "olive"), ONE], {"excluded"}),
    Case("somebody else is", OLIVE, [world.limit(OTHER, "exclusion", "omar"), ONE], set()),
    Case("no longer", OLIVE, [world.limit(OTHER, "exclusion", "olive", valid_until=NOW), ONE], set()),
    Case(
        "each limit of another record",
        OLIVE,
        [world.limit(CRN, "exclusion", "olive"), world.limit(OTHER, "restriction"), ONE],
        {"excluded", "restricted"},
    ),
    Case(
        "parted again",
        OLIVE,
        [world.limit(OTHER, "restriction"), world.limit(OTHER, "exclusion", "olive"), PARTED],
        set(),
    ),
    Case(
        "through a third record that is not on file",
        OLIVE,
        [world.limit(OTHER, "exclusion", "olive"), world.merged(CRN, BETWEEN), world.merged(OTHER, BETWEEN)],
        {"excluded"},
    ),
    Case(
        "half of the way parted",
        OLIVE,
        [
            world.limit(OTHER, "exclusion", "olive"),
            world.merged(CRN, BETWEEN),
            world.merged(OTHER, BETWEEN, parted_at=NOW),
        ],
        set(),
    ),
]
WISHES = [
    Case("refused under the other", OLIVE, [YES, refused(), ONE], set(), cited=("", "no yes")),
    Case("a refusal of another scope", OLIVE, [YES, refused(scope="scores"), ONE], AGREES, cited=("yes", "no")),
    Case("a refusal that was withdrawn", OLIVE, [YES, refused(withdrawn_at=NOW - DAY), ONE], AGREES, cited=("yes", "")),
    Case("a refusal that is over", OLIVE, [YES, refused(valid_until=NOW), ONE], AGREES),
    Case(
        "a refusal in whose place stands something else",
        OLIVE,
        [YES, refused(), world.consent(OTHER, "attendance", supersedes_id="no"), ONE],
        AGREES,
    ),
    Case("a refusal of parted records", OLIVE, [YES, refused(), PARTED], AGREES, cited=("yes", "")),
    Case("taken back under the other", OLIVE, [YES, taken_back(), ONE], set(), cited=("", "yes")),
    Case("of another scope", OLIVE, [YES, taken_back(scope="scores"), ONE], AGREES),
    Case("to be taken back tomorrow", OLIVE, [YES, taken_back(withdrawn_at=NOW + DAY), ONE], AGREES),
    Case("agreed to since", OLIVE, [YES, taken_back(withdrawn_at=NOW - 10 * DAY), ONE], AGREES),
    Case("agreed to in the same moment", OLIVE, [YES, taken_back(withdrawn_at=NOW - 9 * DAY), ONE], set()),
    Case("a refusal that was taken back", OLIVE, [YES, taken_back(decision="refuse"), ONE], AGREES),
    Case("of parted records", OLIVE, [YES, taken_back(), PARTED], AGREES),
    Case("an objection under the other", OLIVE, [world.objection(OTHER, "scores"), ONE], {"objection:scores"}),
    Case("one that was withdrawn", OLIVE, [world.objection(OTHER, "scores", withdrawn_at=NOW), ONE], set()),
    Case("one of parted records", OLIVE, [world.objection(OTHER, "scores"), PARTED], set()),
    Case(
        "an objection under each",
        OLIVE,
        [world.objection(OTHER, "scores"), world.objection(CRN, "scores"), world.objection(CRN, "notes"), ONE],
        {"objection:scores", "objection:notes"},
    ),
]
OPENED = [
    world.supervision(OTHER),
    SENTENCE,
    world.requirement(OTHER, SENTENCE),
    REFERRAL,
    world.treating(OTHER, "theo", REFERRAL),
    world.caseload(OTHER, "olive"),
    world.grant(OTHER, "olive"),
    world.subject_request(OTHER),
    *(world.consent(OTHER, scope.value, "health") for scope in Scope),
    *(world.consent(OTHER, scope.value, "justice") for scope in Scope),
]
GRANTS = [
    Case(f"nothing is open to a {who.role} that is open under the other", who, [*OPENED, ONE], set())
    for who in (OLIVE, THEO, RORY, PROBATION, CLINICAL)
]


async def test_what_withholds_holds_under_both_and_what_grants_under_its_own(database_url: str) -> None:
    """By a single read, in a list, and as a condition of its own."""
    assert await Crowd(map(with_staff, [*LIMITS, *WISHES, *GRANTS])).wrong(database_url) == []


@pytest.fixture
async def four(database_url: str) -> str:
    """Four records, of which the first is merged into the second."""
    people = (world.person(f"X00000{number}") for number in range(1, 5))
    await world.put(database_url, [*people, *world.merged("X000001", "X000002")])
    return database_url


async def together(url: str) -> set[str]:
    """The last digits of the CRNs of each set of records that are one, as the database has them."""
    names = {person_id(f"X00000{number}"): str(number) for number in range(1, 7)}
    pairs = select(t.MergedPerson.person_id, t.MergedPerson.with_id)
    (rows,) = await world.execute(url, [(pairs, None)])
    found: dict[str, set[str]] = {}
    for one, other in rows:
        found.setdefault(names[one], set()).add(names[other])
    assert all(found[other] == members for members in found.values() for other in members), "not the same for each"
    return {"".join(sorted(members)) for members in found.values()}


async def test_the_database_has_who_is_one_with_whom_whatever_is_said_in_which_order(four: str) -> None:
    assert await together(four) == {"12"}
    await world.put(four, world.merged("X000003", "X000004"))
    assert await together(four) == {"12", "34"}
    await world.put(four, world.merged("X000004", "X000001"))
    assert await together(four) == {"1234"}
    await parted(four, "X000001")
    assert await together(four) == {"134"}
    await parted(four, "X000001", None)
    assert await together(four) == {"1234"}
    await parted(four, "X000004")
    assert await together(four) == {"12", "34"}
    await world.execute(four, [(delete(t.PersonAlias), None)])
    assert await together(four) == set()


async def parted(url: str, crn: str, at: Any = NOW) -> None:
    mine = t.PersonAlias.said_by == person_id(crn)
    await world.execute(url, [(update(t.PersonAlias).where(mine).values(parted_at=at, recorded_at=NOW), None)])


async def test_a_record_that_comes_after_its_merger_is_one_with_the_others(four: str) -> None:
    """Its restriction came before it could be said of anybody, and holds from its first moment on."""
    await world.put(four, [*world.merged("X000002", "X000005"), *world.merged("X000004", "X000005")])
    assert await together(four) == {"124"}
    await world.put(four, [world.person("X000005")])
    assert await together(four) == {"1245"}


async def test_a_record_that_gets_another_number_is_one_with_those_of_that_number(four: str) -> None:
    await world.put(four, world.merged("X000003", "X000006"))
    people = t.Person.__table__  # type: ignore[attr-defined]  # SQLModel adds it to table classes
    await world.execute(four, [(update(people).where(people.c.crn == "X000001").values(crn="X000006"), None)])
    assert await together(four) == {"13", "2"}, "of the second it is said still, and the other is not on file"
