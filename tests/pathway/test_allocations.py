"""Whose a person is, after words of another system and of ours in any order: the newest holds, and one at a time."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.pathway.allocations import CASELOAD, TREATING, Allocation, placed

START, MOMENT = datetime(2026, 3, 1, tzinfo=UTC), timedelta(microseconds=1)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def theirs(name: str, begins: float, ends: float | None = None, *, said: float | None = None) -> Allocation:
    """What the other system says of an allocation: of whom, from when until when, and when it said so."""
    until = None if ends is None else day(ends)
    return Allocation(f"{name}-{begins}", CASELOAD, name, day(begins), until, day(begins if said is None else said))


def ours(name: str, begins: float, *, said: float | None = None, ends: float | None = None,
         ended: float | None = None) -> Allocation:  # fmt: skip
    """What somebody said here."""
    one = theirs(name, begins, ends, said=ended or said)
    return replace(one, id=f"own-{one.id}", begun_here=True, ended_here_at=None if ended is None else day(ended))


def after(new: Allocation, *known: Allocation) -> dict[str, Allocation]:
    """What there is once the word is in, by id; of what it ends, that was said with it."""
    holds, ended = placed(new, known)
    assert len({each.id for each in ended}) == len(ended)
    said = [replace(each, recorded_at=max(new.recorded_at, each.recorded_at + MOMENT)) for each in ended]
    return {each.id: each for each in (*known, *said, holds)}


def whose(known: Iterable[Allocation], at: float) -> list[str]:
    """Who has them at a moment."""
    return [
        each.staff_id
        for each in known
        if each.valid_from <= day(at) and (each.valid_until is None or each.valid_until > day(at))
    ]


@pytest.mark.parametrize(
    ("new", "known", "at", "expected"),
    [
        pytest.param(theirs("olga", 5), [ours("otto", 3)], 6, ["olga"], id="a newer one ends what was begun here"),
        pytest.param(theirs("olga", 5), [ours("otto", 3)], 4, ["otto"], id="until then it was theirs"),
        pytest.param(theirs("olga", 1), [ours("otto", 3)], 6, ["otto"], id="an older one ends where the newer begins"),
        pytest.param(theirs("olga", 1), [ours("otto", 3)], 2, ["olga"], id="and was theirs before"),
        pytest.param(
            theirs("olga", 1, said=9), [ours("otto", 3)], 9, ["otto"], id="however late something is said of it"
        ),
        pytest.param(
            theirs("olga", 4), [ours("otto", 2, said=6)], 7, ["otto"], id="named here since before, by a later word"
        ),
        pytest.param(theirs("olga", 4, said=8), [ours("otto", 2, said=6)], 9, ["olga"], id="by an earlier word"),
        pytest.param(
            theirs("olga", 7, said=5), [ours("otto", 2, said=6)], 8, ["olga"], id="a start that was planned before"
        ),
        pytest.param(
            theirs("olga", 4), [ours("otto", 6, said=3)], 5, ["olga"], id="until somebody takes over as planned"
        ),
        pytest.param(theirs("olga", 4), [ours("otto", 6, said=3)], 7, ["otto"], id="who then has them"),
        pytest.param(theirs("olga", 3, said=9), [ours("otto", 3)], 4, ["olga"], id="two at one moment: the later word"),
        pytest.param(
            theirs("olga", 3, said=2), [ours("otto", 3)], 4, ["otto"], id="two at one moment: the earlier word"
        ),
        pytest.param(
            theirs("olga", 2), [ours("otto", 1, ends=5, ended=5)], 6, [], id="nobody, by a later word than theirs"
        ),
        pytest.param(
            theirs("olga", 6), [ours("otto", 1, ends=5, ended=5)], 6, ["olga"], id="somebody again, by a later word"
        ),
        pytest.param(
            theirs("olga", 2, said=5), [ours("otto", 1, ends=5, ended=5)], 6, ["olga"], id="by a word of that moment"
        ),
        pytest.param(
            theirs("olga", 2, said=9),
            [ours("otto", 1, ends=5, ended=5)],
            6,
            ["olga"],
            id="since before, said later",
        ),
        pytest.param(
            theirs("olga", 5, said=4), [ours("otto", 1, ends=5, ended=5)], 6, [], id="nobody who was to begin just then"
        ),
        pytest.param(
            theirs("otto", 2, 6, said=4), [ours("otto", 3)], 5, ["otto"], id="both say it of one, who has them"
        ),
        pytest.param(theirs("otto", 2, 6, said=4), [ours("otto", 3)], 7, [], id="until the end that theirs has"),
        pytest.param(theirs("otto", 2, 6, said=1), [ours("otto", 3)], 7, ["otto"], id="not by an end said before"),
        pytest.param(theirs("otto", 2, 6, said=3), [ours("otto", 3)], 7, ["otto"], id="nor by one said at that moment"),
        pytest.param(theirs("otto", 3, 6, said=4), [ours("otto", 3)], 7, [], id="both from one moment"),
        pytest.param(theirs("otto", 2, 6, said=7), [ours("otto", 6)], 7, [], id="begun here when theirs ends"),
        pytest.param(
            theirs("olga", 2), [theirs("otto", 5, 5)], 6, ["olga"], id="who never had them takes nobody's place"
        ),
        pytest.param(theirs("olga", 1, 2), [ours("otto", 3)], 4, ["otto"], id="what is over changes nothing"),
    ],
)
def test_who_has_them(new: Allocation, known: list[Allocation], at: float, expected: list[str]) -> None:
    assert whose(after(new, *known).values(), at) == expected


@pytest.mark.parametrize(
    ("new", "before", "expected"),
    [
        pytest.param(theirs("olga", 1, said=9), {}, [], id="a newer word of it without an end"),
        pytest.param(theirs("olga", 1, 8, said=9), {}, [], id="a newer word of it with a later end"),
        pytest.param(replace(theirs("olga", 5, said=9), id="olga-1"), {}, ["olga"], id="the same record begun anew"),
        pytest.param(replace(theirs("otto", 1, said=9), id="olga-1"), {}, ["otto"], id="of somebody else"),
        pytest.param(
            theirs("olga", 1, said=9),
            {"valid_from": day(5), "valid_until": day(5)},
            [],
            id="it was to begin, and never did",
        ),
        pytest.param(theirs("olga", 1, said=9), {"ended_here_at": None}, ["olga"], id="what its own system ended"),
    ],
)
def test_what_was_ended_here_is_not_begun_again(
    new: Allocation, before: dict[str, datetime | None], expected: list[str]
) -> None:
    ended = replace(theirs("olga", 1, 5), **({"ended_here_at": day(5), "recorded_at": day(5)} | before))  # type: ignore[arg-type]  # by name
    found = after(new, ended)
    assert whose(found.values(), 7) == expected
    assert (found["olga-1"].ended_here_at is None) == bool(expected)


def test_what_was_to_begin_and_never_did_has_not_begun_either() -> None:
    ended = replace(theirs("olga", 5, 5), id="olga-1", ended_here_at=day(5), recorded_at=day(5))
    assert after(theirs("olga", 1, said=9), ended)["olga-1"].never_was


def test_that_it_was_ended_here_is_said_by_what_is_known_alone() -> None:
    assert after(replace(theirs("olga", 1), ended_here_at=day(3)))["olga-1"].ended_here_at is None


def test_an_earlier_end_of_its_own_system_holds() -> None:
    ended = replace(theirs("olga", 1, 5), ended_here_at=day(5), recorded_at=day(5))
    assert after(theirs("olga", 1, 3, said=9), ended)["olga-1"].valid_until == day(3)


def test_a_row_is_one_that_was_begun_here_by_its_source() -> None:
    values: dict[str, Any] = {
        "id": "a", "kind": CASELOAD, "staff_id": "olga", "valid_from": day(1), "valid_until": day(5),
        "recorded_at": day(2), "ended_here_at": day(3), "source": "own", "source_id": "more than is asked for",
    }  # fmt: skip
    own = Allocation("a", CASELOAD, "olga", day(1), day(5), day(2), day(3), begun_here=True)
    assert Allocation.of(values, "own") == own
    assert Allocation.of(values | {"source": "other"}, "own") == replace(own, begun_here=False)


@pytest.mark.parametrize(
    ("begins", "ends", "at", "expected"),
    [
        pytest.param(1, None, 9, True, id="without an end"),
        pytest.param(1, 5, 4, True, id="before its end"),
        pytest.param(1, 5, 5, False, id="at its end"),
        pytest.param(5, 4, 3, False, id="it never was"),
    ],
)
def test_how_long_it_runs(begins: float, ends: float | None, at: float, expected: bool) -> None:
    assert theirs("olga", begins, ends).runs_beyond(day(at)) is expected


@pytest.mark.parametrize(
    ("begins", "said", "expected"),
    [
        pytest.param(4, 4, False, id="an older word of a start before"),
        pytest.param(6, 5, False, id="of a start at that moment"),
        pytest.param(7, 5, True, id="of a start after it"),
        pytest.param(4, 6, True, id="a word of the same moment"),
    ],
)
def test_whether_theirs_takes_over_from_somebody_named_here(begins: float, said: float, expected: bool) -> None:
    new, here = theirs("olga", begins, said=said), ours("otto", 2, said=6)
    assert new.comes_after(here) is expected
    assert here.comes_after(new) is not expected
    assert not new.comes_after(new)


def treating(one: Allocation) -> Allocation:
    return replace(one, kind=TREATING)


def test_of_therapists_another_system_may_name_several_and_somebody_here_one() -> None:
    tara, theo, tom = (treating(each) for each in (theirs("tara", 1), theirs("theo", 2), ours("tom", 4)))
    assert sorted(whose(after(theo, tara).values(), 3)) == ["tara", "theo"]
    assert whose(after(tara, tom).values(), 5) == ["tom"]
    assert whose(after(replace(tara, valid_from=day(6), recorded_at=day(6)), tom).values(), 7) == ["tara"]


def test_of_two_therapists_who_were_ended_here_each_keeps_its_past() -> None:
    tara, theo = (
        replace(treating(each), valid_until=day(5), ended_here_at=day(5), recorded_at=day(5))
        for each in (theirs("tara", 1), theirs("theo", 2))
    )
    assert after(treating(theirs("tara", 1, said=9)), tara, theo)["tara-1"].valid_until == day(5)
    assert whose(after(treating(theirs("tom", 3)), tara, theo).values(), 6) == []


WORDS = st.lists(
    st.builds(
        lambda name, begins, lasts, later: theirs(name, begins, None if lasts is None else begins + lasts,
                                                  said=begins + later),
        st.sampled_from(["olga", "otto", "omar"]),
        st.integers(0, 9),
        st.sampled_from([None, 1, 3]),
        st.integers(0, 9),
    ),
    unique_by=lambda each: each.valid_from, max_size=6,
)  # fmt: skip


@given(words=WORDS, order=st.randoms(use_true_random=False))
def test_whichever_comes_first_the_same_follows_and_one_at_a_time(words: list[Allocation], order: Any) -> None:
    def taken_in(several: list[Allocation]) -> dict[str, Allocation]:
        known: dict[str, Allocation] = {}
        for each in several:
            known = after(each, *known.values())
        return known

    shuffled = order.sample(words, len(words))
    first, second = taken_in(words), taken_in(shuffled)
    for moment in range(20):
        at = moment / 2
        assert whose(first.values(), at) == whose(second.values(), at)
        assert len(whose(first.values(), at)) <= 1
    newest = max(words, key=lambda each: (each.valid_from, each.recorded_at, each.id), default=None)
    if newest is not None:
        assert first[newest.id].valid_until == newest.valid_until, "nobody ends the newest"


@given(words=WORDS, said=st.integers(0, 12), order=st.randoms(use_true_random=False))
def test_who_is_named_here_has_them_whatever_was_said_before(words: list[Allocation], said: int, order: Any) -> None:
    """Older words that come in afterwards take nobody's place, now or until one of them was to begin later."""
    old = [each for each in words if each.recorded_at < day(said) and each.valid_from <= day(said)]
    known: dict[str, Allocation] = {"own": replace(ours("petra", said), id="own")}
    for each in order.sample(old, len(old)):
        known = after(each, *known.values())
    assert whose(known.values(), said) == ["petra"]
    assert whose(known.values(), said + 30) == ["petra"]
