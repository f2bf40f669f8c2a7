"""A process that applies batches until there are none, to be killed."""

import asyncio
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from app.config import Clock
from app.services.batches import BatchService
from app.services.held import HeldService
from app.services.matching import MatchingService
from app.sync.batches import Applying
from tests.sync.folder import gate_of
from tests.world import NOW, execute, settings_for


def apply(url: str, key: Path) -> None:
    """Says when it is ready, and goes on until everything is done."""
    asyncio.run(_apply(url, key))


async def _apply(url: str, key: Path) -> None:
    async with gate_of(url, Clock(NOW)) as gate:
        service = BatchService(settings_for(url, key), gate)
        matching = MatchingService(gate, Clock(NOW), HeldService(gate).released)
        applying = Applying(gate, service, matching, Clock(NOW), timedelta(seconds=0.3))
        print("ready", flush=True)
        while True:
            await applying.catch_up()
            ((left,),) = (await execute(url, [(text("SELECT count(*) FROM sync_batch WHERE state <> 'done'"), None)]))[
                0:1
            ]
            if not left[0]:
                break
            await asyncio.sleep(0.05)
        await service.close()
