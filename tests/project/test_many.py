"""Many cases in one test: every one of them runs, and all that fail are named."""

from typing import Any

import pytest

from tests.many import many

LOOKED_AT: list[Any] = []


@many("number, word", [(1, "one"), (2, "two"), (3, "three")], ids=lambda case: case[1])
def spoiled(sqlite_url: str, number: int, word: str) -> None:
    LOOKED_AT.append((sqlite_url, number))
    assert number != 2, word
    if number == 3:
        with pytest.raises(ValueError, match="three"):
            pass


@many("number", [1, 2])
async def sound(number: int) -> None:
    LOOKED_AT.append(number)


def named(fault: pytest.ExceptionInfo[ExceptionGroup[Any]]) -> list[list[str]]:
    return [each.__notes__ for each in fault.value.exceptions]


def test_each_case_that_fails_is_named_and_the_others_run() -> None:
    LOOKED_AT.clear()
    with pytest.raises(ExceptionGroup, match="2 of 3 cases failed") as fault:
        spoiled(sqlite_url="a file")
    assert named(fault) == [["case: two"], ["case: three"]]
    assert LOOKED_AT == [("a file", 1), ("a file", 2), ("a file", 3)]


async def test_so_it_is_where_a_case_awaits() -> None:
    LOOKED_AT.clear()
    await sound()
    assert LOOKED_AT == [1, 2]


def test_no_case_is_no_test() -> None:
    with pytest.raises(AssertionError, match="no case"):
        many("number", [])


def test_every_name_is_taken_by_the_test() -> None:
    with pytest.raises(AssertionError, match="not all"):
        many("number, word", [(1, "one")])(lambda number: number)
