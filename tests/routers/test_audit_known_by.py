"""Whoever was known by other names, or taken for somebody else for a while: the log finds them under each."""

from typing import Any

import pytest
from sqlalchemy import select, text, update

import app.tables as t
from app.records.writing import person_id
from tests import world
from tests.routers.auditing import NHS, PERIOD, PNC, log_of, numbers, searched
from tests.routers.cast import ALMA, BARE, COURT, FULL, NOBODY, OLGA, OVERSIGHT, WORK
from tests.world import NOW, Service, execute, put, subjects

NEW_NHS, NEW_PNC = "9990000026", "2002/0073319Z"


async def about(service: Service, *crns: str) -> list[int]:
    """A read of each; the numbers of the entries."""
    made = []
    for crn in crns:
        await service.get(f"/v1/people/{crn}/identity", *OLGA, WORK)
        made.append(len(await log_of(service)) - 1)
    return made


async def found(service: Service, **sought: str) -> list[int]:
    """Entries of reads, oldest first; the searches themselves left out."""
    answer = await searched(service, order="oldest", client="probation-system", **sought)
    return numbers(answer)


@pytest.mark.parametrize(
    ("column", "name", "old", "new"),
    [("nhs_number", "nhsNumber", NHS, NEW_NHS), ("pnc_number", "pncNumber", PNC, NEW_PNC)],
)
async def test_a_person_is_found_by_what_they_were_known_by_before(
    service_on_both: Service, column: str, name: str, old: str, new: str
) -> None:
    service = service_on_both
    before = await about(service, FULL)
    changed = update(t.Person).where(t.Person.crn == FULL).values({column: new, "recorded_at": NOW})
    await execute(service.url, [(changed, None)])
    both = before + await about(service, FULL)
    for value in (old, new):
        assert await found(service, **{name: value}) == both
    kept = select(t.PersonIdentifier.value).where(t.PersonIdentifier.person_id == person_id(FULL))
    (rows,) = await execute(service.url, [(kept, None)])
    assert {(old,), (new,), (FULL,)} <= set(rows)


async def test_an_nhs_number_of_a_registration_still_finds_them_when_it_is_unlinked(service_on_both: Service) -> None:
    service = service_on_both
    read = await about(service, BARE)
    await put(service.url, world.registration(BARE, id="r1", nhs_number=NEW_NHS))
    assert await found(service, nhsNumber=NEW_NHS) == read
    await execute(service.url, [(text("UPDATE patient SET person_id = NULL WHERE id = 'r1'"), None)])
    assert await found(service, nhsNumber=NEW_NHS) == read


async def test_two_crns_that_were_one_person_are_found_by_either_before_and_after(service_on_both: Service) -> None:
    """Through a chain of mergers, one of somebody who is not on file; after they were parted as well."""
    service = service_on_both
    await service.get(f"/v1/people/{NOBODY}/identity", *OLGA, WORK)
    unknown = [len(await log_of(service)) - 1]
    read = unknown + await about(service, FULL, COURT)
    assert await found(service, crn=COURT) == read[2:]
    await put(service.url, [*world.merged(FULL, COURT), *world.merged(COURT, NOBODY)])
    read += await about(service, COURT)
    for crn in (FULL, COURT, NOBODY):
        assert await found(service, crn=crn) == read, crn
    assert await found(service, nhsNumber=NHS) == read
    part = (await subjects(service.url))[len(await log_of(service)) - 1]
    assert part["crn"] in (FULL, COURT, NOBODY)
    await execute(service.url, [(update(t.PersonAlias).values(parted_at=NOW), None)])
    read += await about(service, FULL)
    assert await found(service, crn=COURT) == read


async def test_each_of_them_is_an_entry_of_the_search(service_on_both: Service) -> None:
    service = service_on_both
    await put(service.url, world.merged(FULL, COURT))
    await service.marked()
    await searched(service, crn=FULL)
    parts = await subjects(service.url)
    assert sorted(parts[number]["crn"] for number in parts if number > service.mark) == [FULL, COURT]


async def test_whoever_excludes_an_auditor_does_so_under_both_crns(service_on_both: Service) -> None:
    service = service_on_both
    await about(service, FULL, COURT)
    await put(service.url, [*world.limit(FULL, "exclusion", "alma"), *world.merged(COURT, FULL)])
    assert await found(service, crn=COURT) == []
    seen = await listed_people(service)
    assert not {FULL, COURT} & seen
    await execute(service.url, [(update(t.PersonAlias).values(parted_at=NOW), None)])
    assert COURT in await listed_people(service)


async def listed_people(service: Service) -> set[Any]:
    answer = await service.get("/v1/audit/entries", *ALMA, OVERSIGHT, params=PERIOD)
    return {each["person"]["crn"] for each in answer.json()["data"] if each["person"]}
