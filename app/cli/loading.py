"""Loading records of both sides, through a gate of its own."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from rich.console import Console

from app.config import Settings
from app.gate import Gate, open_gate
from app.sync import Assumed, run_import


@asynccontextmanager
async def _gate(settings: Settings) -> AsyncIterator[Gate]:
    async with open_gate(settings) as (gate, _):
        yield gate


def load(
    settings: Settings, path: Path, credentials: Mapping[str, str], console: Console | None = None,
    assumed: Assumed | None = None, report: Path | None = None,
) -> int:  # fmt: skip
    """0 if every row is in, 1 if some were rejected, 2 if nothing could be loaded; prints the report, and writes it."""
    return run_import(_gate(settings), settings.clock, path, credentials, console, assumed, report)
