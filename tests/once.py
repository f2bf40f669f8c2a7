"""What one worker of a test run makes for all of them."""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

RUN = "OPENMIND_TEST_RUN"
"""Names the run's directory, for its workers and whatever they start."""


def made_once(name: str, make: Callable[[Path], object]) -> Path:
    """A file of the run, made by whoever asks first while the others wait; nobody changes it afterwards."""
    path = Path(os.environ[RUN]) / name
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            making = path.with_suffix(".making")
            make(making)
            making.rename(path)
    return path
