"""The head row, which orders every writer, and whether it is behind what a process knows to be durable."""

from dataclasses import dataclass

from app.audit.merkle import EMPTY_ROOT


@dataclass(frozen=True, slots=True)
class Head:
    """The head row."""

    size: int
    frontier: bytes
    recorded_at: str
    root: bytes


class RolledBack(Exception):
    """The log is shorter than it was, or another: somebody put an older state in its place."""


@dataclass(slots=True)
class Seen:
    """The last state of the log that this process knows to be durable."""

    size: int = 0
    root: bytes = EMPTY_ROOT

    def look(self, head: Head) -> Head:
        """The head under the lock, as it is; RolledBack if it is behind what was seen."""
        if head.size < self.size or (head.size == self.size and head.root != self.root):
            raise RolledBack(
                f"the log has {head.size} entries, and it had {self.size}: an older state was put in its place"
            )
        self.size, self.root = head.size, head.root
        return head
