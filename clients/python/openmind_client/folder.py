"""A copy in a folder: a JSON file for each id that a system knows a person by, and the cursor."""

import json
import os
from pathlib import Path
from urllib.parse import quote

from openmind_client.models import FedPerson, FeedIdentifier, RemovalNotice

CURSOR = "cursor"


class Folder:
    """Files are replaced whole and flushed, so that a crash leaves the old one or the new one; nobody else reads them.

    `people/TYPE-VALUE.json`, once for each of the person's ids.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._people = path, path / "people"
        self._people.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.chmod(0o700)

    def cursor(self) -> str | None:
        """Where the copy stands."""
        file = self._path / CURSOR
        return file.read_text() if file.exists() else None

    def move(self, cursor: str) -> None:
        """Everything up to here is done."""
        self._write(self._path / CURSOR, cursor)

    def keep(self, person: FedPerson) -> None:
        """Replace the person's files."""
        named = {self._file(each) for each in person.identifiers}
        before = {other for file in named if file.exists() for other in self._named_in(file)}
        text = json.dumps(
            person.model_dump(mode="json", by_alias=True, exclude_none=True), indent=1, ensure_ascii=False
        )
        for file in sorted(named):
            self._write(file, text)
        for file in before - named:
            file.unlink(missing_ok=True)

    def drop(self, notice: RemovalNotice) -> None:
        """Remove the person's files."""
        named = {self._file(each) for each in notice.identifiers}
        beside = {other for file in named if file.exists() for other in self._named_in(file)}
        for gone in named | beside:
            gone.unlink(missing_ok=True)
        _flush(self._people)

    def _file(self, identifier: FeedIdentifier) -> Path:
        return self._people / f"{identifier.type}-{quote(identifier.value, safe='')}.json"

    def _named_in(self, file: Path) -> set[Path]:
        return {self._file(each) for each in FedPerson.model_validate_json(file.read_bytes()).identifiers}

    def _write(self, file: Path, text: str) -> None:
        new = file.with_suffix(".new")
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        new.replace(file)
        _flush(file.parent)


def _flush(folder: Path) -> None:
    """Make names that came or went durable."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
