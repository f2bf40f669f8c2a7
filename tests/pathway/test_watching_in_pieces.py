"""However the log is cut, watching the pieces one after the other raises what watching the whole raises."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import event, given
from hypothesis import strategies as st

from app.config import Watch
from app.pathway.watching import Alert, Likeness, Look, Memory, Watching
from app.vocabulary import WatchRule
from tests.pathway.looking import look

LONDON = ZoneInfo("Europe/London")
LOW = Watch(
    people_floor=1, people_ratio=1, people_deviations=1, people_peers=1, people_alone=2, people_days=2,
    hours_people=1, refusal_minutes=30, follow_days=1,
)  # fmt: skip
"""So low that a few looks trip everything."""
STARTS = [datetime(2026, 3, 27, 9, tzinfo=LONDON), datetime(2026, 10, 23, 18, tzinfo=LONDON),
          datetime(2026, 7, 1, 23, 45, tzinfo=LONDON)]  # fmt: skip
STEPS = [timedelta(), timedelta(minutes=1), timedelta(minutes=15), timedelta(minutes=31), timedelta(hours=5),
         timedelta(hours=23), timedelta(days=2)]  # fmt: skip
LIKENESS = Likeness(
    colleagues={"p1": {"otto"}}, namesakes={"p2": {"olga"}, "p1": {"petra"}}, bearers={"p1": 1, "p2": 2}
)


@st.composite
def logs(draw: st.DrawFn) -> list[Look]:
    """A few days of a few people, often the same two again; some numbers are missing, being other entries."""
    at, number, found = draw(st.sampled_from(STARTS)), 0, []
    for _ in range(draw(st.integers(1, 40))):
        at += draw(st.sampled_from(STEPS))
        number += draw(st.sampled_from([1, 1, 1, 4]))
        staff = draw(st.sampled_from(["olga", "otto", "petra"]))
        person = draw(st.sampled_from(["p1", "p2", "p3", "p4"]))
        if found and draw(st.booleans()):
            staff, person = found[-1].staff, found[-1].person
        values = {name: draw(st.booleans()) for name in ("obtained", "related", "own")}
        purpose = draw(st.sampled_from(["supervision", "emergency"]))
        found.append(look(at, staff, person, number=number - 1, purpose=purpose, **values))
    return found


def watched(log: list[Look], ends: list[int], *, warm: set[int]) -> tuple[list[Alert], Memory]:
    """The alerts of pieces that end there, each kind once, as they are kept; other pieces than `warm` begin anew."""
    raised: dict[tuple[str, str], Alert] = {}
    memory, stream = Memory(), Watching(LOW, Memory())
    for place, end in enumerate(ends):
        if place not in warm:
            memory = Memory.of(memory.position, memory.text())
            stream = Watching(LOW, memory)
        stream.compare_with(LIKENESS)
        for alert in _of_piece(stream, log, memory if place not in warm else None, end):
            raised.setdefault((alert.rule.value, alert.once or alert.key), alert)
        memory = stream.memory
    return list(raised.values()), memory


def _of_piece(stream: Watching, log: list[Look], kept: Memory | None, end: int) -> Iterator[Alert]:
    since = None if kept is None else kept.read_from(LOW)
    first = stream.memory.position
    if since is not None:
        first = next((each.number for each in log if datetime.fromisoformat(each.at) >= since), end)
    piece = [each for each in log if first <= each.number < end]
    last = max((each.at for each in log if each.number < end), default=log[0].at)
    yield from stream.see(piece, end, last)


@given(logs(), st.data())
def test_pieces_are_as_the_whole(log: list[Look], data: st.DataObject) -> None:
    size = log[-1].number + 1
    cuts = data.draw(st.lists(st.integers(0, size), max_size=8))
    ends = [*sorted(cuts), size]
    warm = set(data.draw(st.lists(st.integers(1, len(ends)), max_size=8)))
    whole, memory = watched(log, [size], warm=set())
    pieces, kept = watched(log, ends, warm=warm)
    assert pieces == whole
    assert kept == memory
    for alert in whole:
        event(alert.rule.value)
    assert {each.look.number in each.entries for each in whole} <= {True}
    assert all(str(each.look.crn) not in f"{each.key}{each.explanation}{each.figures}" for each in whole)


MIDNIGHT = datetime(2026, 7, 2, 0, 0, tzinfo=LONDON)
MINUTE = timedelta(minutes=1)


def numbered_from(first: int, *looks: Look) -> list[Look]:
    return [each._replace(number=first + place) for place, each in enumerate(looks)]


def test_a_refusal_before_midnight_is_remembered_after_it() -> None:
    log = numbered_from(
        0,
        look(MIDNIGHT - 10 * MINUTE, person="p1", obtained=False),
        look(MIDNIGHT + 5 * MINUTE, person="p4"),
        look(MIDNIGHT + 10 * MINUTE, person="p1", purpose="emergency"),
    )
    (alert,) = watched(log, [2, 3], warm=set())[0]
    assert (alert.rule, alert.entries) == (WatchRule.AFTER_REFUSAL, (0, 2))


def test_what_is_read_again_of_the_day_before_is_not_counted_anew() -> None:
    """Its figures are kept already; of its last half hour alone they would be others."""
    day_before = [look(MIDNIGHT - timedelta(hours=9) + n * MINUTE, person=f"p{n}") for n in range(5, 10)]
    late = look(MIDNIGHT - 5 * MINUTE, person="p4")
    after = [look(MIDNIGHT + n * MINUTE, person="p4") for n in (5, 10)]
    log = numbered_from(0, *day_before, late, *after)
    assert watched(log, [7, 8], warm=set())[1].days == {"2026-07-01": {"justice/offender-manager": {"olga": 6}}}


def test_what_was_watched_trips_nothing_when_it_is_read_again() -> None:
    """Not even where the figures have been lowered since: they hold from then on."""
    log = numbered_from(0, *(look(MIDNIGHT + n * MINUTE, person=f"p{n}") for n in range(4)))
    high, low = Watch(hours_people=50), Watch(hours_people=1)
    first = Watching(high, Memory())
    assert first.see(log, 4, log[-1].at) == []
    again = Watching(low, first.memory)
    assert again.see(log, 4, log[-1].at) == []
