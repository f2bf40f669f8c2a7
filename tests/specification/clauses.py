"""The file of each clause, found by its name, and the examples in it."""

import importlib.util
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

HERE = Path(__file__).parent


def files() -> dict[str, Path]:
    """Each clause's file by the clause's number."""
    return {path.stem.removeprefix("test_").upper(): path for path in sorted(HERE.glob("test_[a-z][0-9]*.py"))}


@cache
def module(clause: str) -> ModuleType:
    """The file of a clause, loaded."""
    path = files()[clause]
    spec = importlib.util.spec_from_file_location(f"tests.specification.said_{path.stem}", path)
    assert spec
    assert spec.loader
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def examples(clause: str) -> list[Any]:
    """What the file of a clause says."""
    return list(module(clause).EXAMPLES)
