"""A slower disk, or a full one, for tests and benchmarks: libraries that are built with the machine's C compiler.

A process has to be started with it. For SQLite that is the process that writes, for PostgreSQL the server
(`LocalServer.start(environment=slow_flushes(…))`), since it is the one that flushes.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).with_name("flush_delay.c")
FULL = Path(__file__).with_name("full_disk.c")
COMPILERS = ("cc", "gcc", "clang")


def build(directory: Path, source: Path = SOURCE) -> Path | None:
    """The library, built in `directory`, which the server's user must be able to read; None, said aloud, if not."""
    compiler = os.environ.get("CC") or next(filter(None, map(shutil.which, COMPILERS)), None)
    if compiler is None:
        print(f"no {source.stem}: none of {', '.join(COMPILERS)} is on this machine", file=sys.stderr)
        return None
    library = directory / f"{source.stem}.so"
    command = [compiler, "-O2", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    if built.returncode:
        print(f"no {source.stem}: {compiler} failed: {built.stderr[-500:]}", file=sys.stderr)
        return None
    library.chmod(0o755)
    return library


def slow_flushes(library: Path, milliseconds: float) -> dict[str, str]:
    """What to add to the environment of a process so that each of its flushes takes this much longer."""
    return {"LD_PRELOAD": str(library), "OPENMIND_FLUSH_DELAY_MS": str(milliseconds)}


def full_disk(library: Path, mark: Path) -> dict[str, str]:
    """What to add to the environment of a process whose files do not grow while there is a file `mark`."""
    return {"LD_PRELOAD": str(library), "OPENMIND_FULL_DISK": str(mark)}
