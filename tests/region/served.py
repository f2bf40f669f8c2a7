"""The service as a region runs it: its day is set from outside, so that one process lives through months in an hour."""

import os
import struct
from datetime import UTC, datetime, timedelta
from mmap import ACCESS_READ, mmap
from pathlib import Path
from unittest.mock import patch

from fastapi import FastAPI

from app import config
from app.main import application as served
from app.sync.batches import applying

CLAIM = timedelta(seconds=5)
"""For which whoever follows a service that was killed waits, instead of a minute."""
_SHIFT = struct.Struct("d")


def set_clock(key: Path, now: datetime) -> None:
    """What time it is from here on for the service that signs with this key."""
    shift = _SHIFT.pack((now - datetime.now(UTC)).total_seconds())
    with beside(key).open("r+b" if beside(key).exists() else "wb") as file:  # never cut: it is mapped
        file.write(shift)


def beside(key: Path) -> Path:
    """The file that says by how many seconds the clock is off."""
    return key.with_name("clock")


def application() -> FastAPI:
    """The service itself, but for its clock; run by `tests.faults.forking`."""
    with beside(Path(os.environ["OPENMIND_SIGNING_KEY_FILE"])).open("rb") as file:
        kept = mmap(file.fileno(), _SHIFT.size, access=ACCESS_READ)

    def now(_: config.Clock) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=_SHIFT.unpack_from(kept)[0])

    patch.object(config.Clock, "__call__", now).start()  # in this process alone
    patch.object(
        applying.Applying.__init__, "__defaults__", (CLAIM,)
    ).start()  # whoever follows a killed one waits for it
    return served()
