"""What waits for a person or a link goes on with the change by which they come, and not without it."""

from pathlib import Path

import pytest
from sqlalchemy import text

from app.config import Clock
from app.services.held import HeldService
from app.services.matching import MatchingService
from app.services.registers import person_id, record_id
from tests import world
from tests.routers.cast import key_file
from tests.sync.lines import treated
from tests.sync.test_batches_in_any_order import HEALTH, new_world
from tests.world import NOW, execute, put

__all__ = ["key_file"]
pytestmark = pytest.mark.asyncio
CRN = "X555555"


async def test_what_waits_is_let_in_with_the_link_that_somebody_else_makes(database_url: str, key_file: Path) -> None:
    """A person who came by another way than a batch, and a matching that somebody else ran."""
    async with new_world(database_url, key_file) as made:
        await made.send(HEALTH, treated("1", CRN))
        await made.applying().catch_up()
        assert await count(database_url, "sync_held") == 4
        await put(database_url, [world.person(CRN)])
        matching = MatchingService(made.gate, Clock(NOW), HeldService(made.gate).released)
        assert (await matching.match(people=[person_id(CRN)])).linked == [record_id("patient", "RT5", "P1")]
        await made.applying().catch_up()
        assert await count(database_url, "sync_held") == 0
        ((row,),) = await execute(database_url, [(text("SELECT person_id FROM outcome_score"), None)])
        assert row == (person_id(CRN),)


async def count(url: str, table: str) -> int:
    ((row,),) = await execute(url, [(text(f"SELECT count(*) FROM {table}"), None)])
    return int(row[0])
