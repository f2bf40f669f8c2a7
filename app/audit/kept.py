"""A signed note kept in a file: replaced whole or not at all, durable, and by one process at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class KeptNote:
    """The file of one note; with a side file `….lock` beside it. OSError wherever the disk does not do it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> str | None:
        """What is kept; None if nothing is yet. UnicodeError for what was never written here."""
        try:
            return self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps every other thread and process out of the same block: what is read in it is still so when written."""
        descriptor = os.open(f"{self.path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def replace(self, note: str) -> None:
        """Keep another note instead; once it returns, a crash loses neither it nor the file. Call it `locked`."""
        beside = f"{self.path}.new"
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", closefd=False) as file:
                file.write(note)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(beside, self.path)
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
