"""What is said of a consent and what is decided by it are the same, for any chain of them, on both databases."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest

from app.db import Address, open_database
from app.pathway.consents import CLOCKS_APART, Consent, State, state_of, weighed
from app.records.reading import Records
from app.vocabulary import Scope, consent_for
from tests import world
from tests.gate.house import CALLERS, everybody
from tests.world import NOW

CHAINS = 250
HOUR = timedelta(hours=1)
AROUND = [None, NOW + CLOCKS_APART / 2, *(NOW + hours * HOUR for hours in (-60, -5, 0, 3, 70))]


def _chain(random: Random, crn: str) -> list[Any]:
    """One to five consents of one scope or two, each perhaps in the place of an earlier one."""
    rows: list[Any] = []
    for number in range(random.randint(1, 5)):
        start = random.choice([-90, -30, -4, 0, 5])
        rows += world.consent(
            crn,
            random.choice(["attendance", "attendance", "offence"]),
            random.choice(["justice", "justice", "health"]),
            id=f"{crn}-{number}",
            decision=random.choice(["permit", "permit", "refuse"]),
            valid_from=NOW + start * HOUR,
            valid_until=random.choice([None, None, NOW + (start + random.choice([1, 50])) * HOUR]),
            capacity=random.random() < 0.9,
            recorded_by_party=random.choice(["health", "justice"]),
            signed_form=random.choice([None, "F1"]),
            countersigned_at=random.choice(AROUND),
            supersedes_id=random.choice([None, *(row.id for row in rows if row.__tablename__ == "consent")]),
            withdrawn_at=random.choice([None, None, None, *AROUND]),
        )
    return rows


async def test_what_is_said_is_what_is_decided(database_url: str) -> None:
    random = Random(20121101)
    chains = {f"X{number:06}": _chain(random, f"X{number:06}") for number in range(CHAINS)}
    people = [world.person(crn) for crn in chains]
    await world.put(database_url, [*everybody(), *people, *(row for chain in chains.values() for row in chain)])
    seen: set[State] = set()
    database = open_database(Address(database_url))
    try:
        records = Records(database)
        for crn, chain in chains.items():
            among = [Consent.of(row.model_dump()) for row in chain if row.__tablename__ == "consent"]
            states = {each.id: state_of(each, among, NOW)[0] for each in among}
            seen |= set(states.values())
            named = {(row.consent_id, row.party) for row in chain if row.__tablename__ == "consent_recipient"}
            for who in ("olive", "theo"):
                standing = await records.standing(CALLERS[who], NOW, crn=crn)
                mine = [each for each in among if (each.id, CALLERS[who].party.value) in named]
                holding = {(e.scope, e.id) for e in mine if e.permits and states[e.id] is State.EFFECTIVE}
                assert set(standing.consents) == holding, (crn, who)
                for scope in Scope:
                    held = bool(standing.facts & consent_for(scope).bit)
                    assert held == any(each == scope.value for each, _ in holding), (crn, who, scope)
                refusals = {(e.scope, e.id) for e in among if not e.permits and states[e.id] is State.EFFECTIVE}
                beaten = {(e.scope, e.id) for e in mine if states[e.id] is State.OUTWEIGHED}
                assert set(standing.against) == refusals | beaten, (crn, who)
                for scope in {e.scope for e in among}:
                    of_scope = [e for e in among if e.scope == scope]
                    parties = {e.id: {party for one, party in named if one == e.id} for e in of_scope}
                    said = weighed(of_scope, parties, CALLERS[who].party, NOW)
                    assert {(scope, each) for each in said.holding} == {e for e in holding if e[0] == scope}
                    assert {(scope, each) for each in said.against} == {e for e in refusals | beaten if e[0] == scope}
    finally:
        await database.close()
    assert seen == set(State)


@pytest.mark.parametrize(
    ("withdrawn", "holds"),
    [
        pytest.param(CLOCKS_APART, False, id="by a clock that is as far ahead as two can be"),
        pytest.param(CLOCKS_APART + timedelta(microseconds=1), True, id="at a moment that is still to come"),
    ],
)
async def test_a_withdrawal_holds_for_a_worker_whose_clock_is_behind(
    sqlite_url: str, withdrawn: timedelta, holds: bool
) -> None:
    crn = "X000001"
    await world.put(sqlite_url, [*everybody(), world.person(crn)])
    await world.put(sqlite_url, world.consent(crn, "attendance", id="given", withdrawn_at=NOW + withdrawn))
    database = open_database(Address(sqlite_url))
    try:
        standing = await Records(database).standing(CALLERS["olive"], NOW, crn=crn)
    finally:
        await database.close()
    assert standing.consents == ((("attendance", "given"),) if holds else ())
