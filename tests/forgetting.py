"""Loaded for mutants alone: no test is given what a function remembers from before a change was tried."""

import gc
import sys
from typing import Any

_caches: list[Any] = []


def pytest_collection_finish() -> None:
    """Find every cache of the code, and let the collector pass over what was there before: a process is one change."""
    modules = [module for name, module in sys.modules.items() if name.startswith("app.")]
    _caches[:] = [value for module in modules for value in vars(module).values() if hasattr(value, "cache_clear")]
    gc.freeze()


def pytest_runtest_setup() -> None:
    """Empty them: a function that is not called again cannot fail, nor count as covered."""
    for cache in _caches:
        cache.cache_clear()
