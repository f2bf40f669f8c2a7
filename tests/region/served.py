"""The service as a region runs it: its day is set from outside, so that one process lives through months in an hour."""

import os
import struct
from datetime import UTC, datetime, timedelta
from mmap import ACCESS_READ, mmap
from pathlib import Path

from fastapi import FastAPI

from app import config
from app.main import application as served

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

    config.Clock.__call__ = now  # type: ignore[method-assign]  # in this process alone
    return served()
