"""Many small cases in one test: pytest takes longer over a test than each of them does, and every worker over all."""

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any

import pytest


def many(names: str, cases: Iterable[Any], ids: Callable[[Any], str] = str) -> Callable[[Any], Any]:
    """As `pytest.mark.parametrize`, in one test: every case runs, and whichever fail are named, each with its fault.

    `names` are those of the case's arguments, with commas between them; fixtures are those of the whole test.
    """
    words, found = [name.strip() for name in names.split(",")], list(cases)
    assert found, "no case is no test"

    def given(case: Any) -> dict[str, Any]:
        return dict(zip(words, case if len(words) > 1 else (case,), strict=True))

    def decorate(test: Any) -> Any:
        if inspect.iscoroutinefunction(test):

            @functools.wraps(test)
            async def whole(*own: Any, **fixtures: Any) -> None:
                failed = _Failed()
                for case in found:
                    with failed.named(ids(case)):
                        await test(*own, **fixtures, **given(case))
                failed.tell(len(found))
        else:

            @functools.wraps(test)
            def whole(*own: Any, **fixtures: Any) -> None:
                failed = _Failed()
                for case in found:
                    with failed.named(ids(case)):
                        test(*own, **fixtures, **given(case))
                failed.tell(len(found))

        asked = inspect.signature(test)
        kept = [one for name, one in asked.parameters.items() if name not in words]
        assert len(asked.parameters) == len(kept) + len(words), f"not all of '{names}' are taken"
        vars(whole)["__signature__"] = asked.replace(parameters=kept)
        return whole

    return decorate


class _Failed:
    def __init__(self) -> None:
        self._faults: list[Exception] = []

    def named(self, name: str) -> "_Case":
        return _Case(name, self._faults)

    def tell(self, count: int) -> None:
        if self._faults:
            raise ExceptionGroup(f"{len(self._faults)} of {count} cases failed", self._faults)


class _Case:
    """A block whose fault is kept, with the name of its case."""

    def __init__(self, name: str, faults: list[Exception]) -> None:
        self._name, self._faults = name, faults

    def __enter__(self) -> None: ...

    def __exit__(self, _: Any, fault: BaseException | None, __: Any) -> bool:
        if isinstance(fault, pytest.fail.Exception):  # what `pytest.raises` raises, which is no Exception
            fault = AssertionError(str(fault))
        if isinstance(fault, Exception):
            fault.add_note(f"case: {self._name}")
            self._faults.append(fault)
        return isinstance(fault, Exception)
