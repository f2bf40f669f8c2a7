"""Processes that import a folder, a few records at once, to be killed."""

import os
from pathlib import Path
from typing import Any

from app.sync import importing, refreshing, run_import, writing
from tests.nursery import forked
from tests.sync.folder import CREDENTIALS, NOW, gate_of


def start(url: str, folder: Path) -> Any:
    """One, as `multiprocessing` has it; its exit code is the command's."""
    return forked(_import, url, folder)


def _import(url: str, folder: Path) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2)
    importing.AT_ONCE, refreshing.AT_ONCE, writing.TOGETHER = 7, 3, 5
    os._exit(run_import(gate_of(url, lambda: NOW), lambda: NOW, folder, CREDENTIALS))
