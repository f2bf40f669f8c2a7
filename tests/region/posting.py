"""How a neighbour's records really arrive: late, twice, out of order, sent again, by a clock that is off."""

from collections import defaultdict
from random import Random

from openmind_client import Client

from tests.region.truth import Line, Written, skewed

LATE, TWICE, AGAIN = 0.05, 0.05, 0.1
LONGEST_DAYS = 3


class Posting:
    """One system's outgoing records."""

    def __init__(self, system: str, minutes_off: int, chance: Random) -> None:
        self.system = system
        self._minutes_off, self._chance = minutes_off, chance
        self._due: dict[int, list[Line]] = defaultdict(list)
        self._sent: list[Line] = []
        self.batches: dict[str, list[Line]] = {}
        """Those that were begun and not seen to end."""

    def write(self, day: int, written: Written) -> None:
        """Down, to be sent today or some day soon, now and then twice."""
        line, chance = skewed(written, self._minutes_off).line, self._chance
        self._due[day + (chance.randrange(1, LONGEST_DAYS) if chance.random() < LATE else 0)].append(line)
        if chance.random() < TWICE:
            self._due[day + chance.randrange(LONGEST_DAYS)].append(line)

    def begin(self, day: int, *, everything: bool = False) -> None:
        """Today's batches, in no order, with some of what was sent long ago among it."""
        days = [each for each in self._due if everything or each <= day]
        lines = [line for each in days for line in self._due.pop(each)]
        if self._sent and lines:
            lines += [self._chance.choice(self._sent) for _ in range(len(lines) // 20 + 1)]
        self._chance.shuffle(lines)
        half = len(lines) // 2
        for number, part in enumerate((lines[:half], lines[half:])):
            if part:
                self.batches[f"{day}-{number}"] = part
        self._sent = [*self._sent[-5000:], *lines[:200]]

    def push(self, client: Client) -> None:
        """Everything that was not seen to end, now and then more than once."""
        for name, lines in self.batches.items():
            for _ in range(2 if self._chance.random() < AGAIN else 1):
                client.push(name, lines)

    def settle(self, client: Client) -> int:
        """Wait until all is applied; how many records. AssertionError if one was not taken."""
        count = 0
        for name in [*self.batches]:
            state = client.wait(name, 600, 0.1)
            assert state.state == "done", state
            counts = state.counts
            if counts.rejected or counts.conflict:
                bad = [each for each in client.results(name) if each.outcome in ("rejected", "conflict")]
                assert not bad, (name, bad[:3], [self.batches[name][each.line - 1] for each in bad[:3]])
            count += state.records
            del self.batches[name]
        return count
