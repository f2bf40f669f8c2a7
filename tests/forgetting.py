"""Loaded for mutants alone: no test is given what a function remembers from before a change was tried."""

import sys


def pytest_runtest_setup() -> None:
    """Empty every cache of the code: a function that is not called again cannot fail, nor count as covered."""
    for name, module in list(sys.modules.items()):
        if name.startswith("app."):
            for value in list(vars(module).values()):
                if hasattr(value, "cache_clear"):
                    value.cache_clear()
