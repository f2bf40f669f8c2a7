"""Processes that import a folder, a few records at once, to be killed: forked off one that has everything imported."""

import multiprocessing
import os
from functools import cache
from pathlib import Path
from typing import Any

from app.sync import importing, refreshing, run_import, writing
from tests.sync.folder import CREDENTIALS, NOW, gate_of


def start(url: str, folder: Path) -> Any:
    """One, as `multiprocessing` has it; its exit code is the command's."""
    process = _nursery().Process(target=_import, args=(url, folder), daemon=True)
    process.start()
    return process


@cache
def _nursery() -> Any:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.sync.importing"])
    return context


def _import(url: str, folder: Path) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2)
    importing.AT_ONCE, refreshing.AT_ONCE, writing.TOGETHER = 7, 3, 5
    os._exit(run_import(gate_of(url, lambda: NOW), lambda: NOW, folder, CREDENTIALS))
