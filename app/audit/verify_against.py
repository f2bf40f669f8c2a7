"""What a log is verified against: checkpoints that somebody has kept, and the one that is trusted to begin from."""

from collections.abc import Iterable, Iterator

from app.audit.verify_bytes import TILE_LEVELS, Tree, joined
from app.audit.verify_notes import Kept
from app.audit.verify_read import Reading


class Against:
    """Checkpoints in the order of their sizes, each to be compared once."""

    def __init__(self, kept: Iterable[Kept] = (), trusted: Kept | None = None) -> None:
        self.trusted = trusted
        self.agreed = 0
        """The largest size at which the log was found to be what it was said to be."""
        self.compared = 0
        given = [*kept, trusted] if trusted else list(kept)
        self._waiting = sorted(given, key=lambda each: each.size)
        self._next = 0

    def start(self, source: Reading) -> tuple[Tree, int, str]:
        """The tree, the number and the time to go on from.

        A log whose own hashes do not lead to the trusted root is read from its first entry, and compared with it there.
        """
        trusted, self.trusted = self.trusted, None
        if trusted is not None and trusted.size:
            stack = _stack(source, trusted.size)
            if stack and (tree := Tree(stack)).root() == trusted.root:
                self.agreed = trusted.size
                self._waiting = [each for each in self._waiting if each.size >= trusted.size]
                return tree, trusted.size, source.recorded_at(trusted.size - 1)
        return Tree(), 0, ""

    def at(self, size: int) -> Iterator[Kept]:
        """The checkpoints for this size that are still to be compared."""
        while self._next < len(self._waiting) and self._waiting[self._next].size <= size:
            self._next += 1
            self.compared += 1
            yield self._waiting[self._next - 1]

    def left(self) -> list[Kept]:
        """Checkpoints for more entries than there were."""
        return self._waiting[self._next :]


def _stack(source: Reading, size: int) -> list[tuple[int, bytes]]:
    """Height and hash of each full subtree of the first `size` leaves as they are kept; none if some are not."""
    stack, first = [], 0
    for height in range(size.bit_length() - 1, -1, -1):
        if size >> height & 1:
            level = max((each for each in TILE_LEVELS if each <= height), default=0)
            stop = first + (1 << height)
            nodes = source.hashes(level, first >> level, stop >> level)
            if len(nodes) != 1 << (height - level):
                return []
            stack.append((height, joined(nodes)))
            first = stop
    return stack
