"""The national submission as it is sent, a database of Microsoft Access: read through mdbtools where that is there."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from app.sync.bundle import Bundle, BundleRefused
from app.sync.submission import TABLES, path_of

ENDINGS = (".accdb", ".mdb")
TOOLS = ("mdb-tables", "mdb-export")
SECONDS = 300
"""How long one table may take."""
_DAYS, _MOMENTS = "%Y-%m-%d", "%Y-%m-%d %H:%M:%S"
GET_IT = (
    "install mdbtools (apt install mdbtools, brew install mdbtools), "
    "or export each table from Access as CSV UTF-8 into a folder"
)


class AccessBundle(Bundle):
    """The national tables of an Access database, each as the CSV that mdbtools makes of it."""

    def __init__(self, path: Path) -> None:
        self._path = path.resolve()  # never taken for an option
        missing = [tool for tool in TOOLS if shutil.which(tool) is None]
        if missing:
            raise BundleRefused(f"to read a database of Access takes {missing[0]}, which is not here", GET_IT)
        named = self._run("mdb-tables", "-1", str(self._path)).decode("utf-8", "replace").split("\n")
        by_name = {table.casefold(): table for table in TABLES}
        known = {by_name[each.strip().casefold()]: each.strip() for each in named if each.strip().casefold() in by_name}
        if not known:
            raise BundleRefused(
                f"'{path.name}' holds none of the national tables", "give the database of the submission"
            )
        super().__init__(path.name, {path_of(table): name for table, name in known.items()})

    @contextmanager
    def _opened(self, inside: str) -> Iterator[BinaryIO]:
        """Exported into a file without a name, once for each time that it is read."""
        with tempfile.TemporaryFile() as file:
            self._run("mdb-export", "-D", _DAYS, "-T", _MOMENTS, str(self._path), inside, into=file)
            file.seek(0)
            yield cast(BinaryIO, file)

    def _run(self, tool: str, *arguments: str, into: Any = subprocess.PIPE) -> bytes:
        try:
            done = subprocess.run(  # noqa: S603  # a fixed program, a path and a table's name, and no shell
                [tool, *arguments], stdout=into, stderr=subprocess.DEVNULL, check=True, timeout=SECONDS,
                env=_environment(),
            )  # fmt: skip
        except (OSError, subprocess.SubprocessError) as fault:
            raise _unreadable() from fault
        return done.stdout or b""


def _environment() -> dict[str, str]:
    """UTF-8, and nothing of our own settings: they hold secrets."""
    return {"PATH": os.environ.get("PATH", os.defpath), "MDBICONV": "UTF-8", "LC_ALL": "C.UTF-8"}


def _unreadable() -> BundleRefused:
    return BundleRefused("mdbtools cannot read the database", "compact and repair it in Access, or export it as CSV")
