"""What an import is given: a folder, a zip of one, or the national tables alone; refused whole if it cannot be trusted.

Nothing is unpacked onto a disk. A zip is read through once before anything of it is used, under limits that count what
comes out and not what its directory promises.
"""

import stat
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

MEGABYTE = 1024 * 1024
MOST_FILES = 200
MOST_BYTES = 1024 * MEGABYTE
MOST_RATIO = 200
"""Tables of codes and dates pack to a tenth; a bomb to a thousandth."""
UNSUSPECTED = 10 * MEGABYTE
"""Up to here a ratio says nothing: an empty column packs well."""
PARTS = ("standing", "justice", "health")
KINDS = (".csv", ".jsonl")
_ENCRYPTED = 0x1
KNOWN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Of the others the library unpacks a block at once, whatever comes out of it."""


class BundleRefused(Exception):
    """Nothing of it is used: `wrong` says why, `remedy` what to do about it."""

    def __init__(self, wrong: str, remedy: str) -> None:
        super().__init__(f"{wrong}; {remedy}")
        self.wrong = wrong
        self.remedy = remedy


class Bundle(ABC):
    """Files by their path in the documented folder, such as `health/IDS001MPI.csv`."""

    def __init__(self, title: str, names: Mapping[str, str]) -> None:
        self.title, self._names = title, names

    @property
    def names(self) -> frozenset[str]:
        """Every file there is."""
        return frozenset(self._names)

    def read(self, name: str) -> bytes:
        """The whole content of a file that is there; BundleRefused if it cannot be had."""
        with self.open(name) as file:
            return file.read()

    def open(self, name: str) -> AbstractContextManager[BinaryIO]:
        """A file that is there, to be read a piece at a time and as often as one likes; raises as `read` does."""
        return self._opened(self._names[name])

    @abstractmethod
    def _opened(self, inside: str) -> AbstractContextManager[BinaryIO]: ...


class FolderBundle(Bundle):
    """A folder as it stands."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        super().__init__(folder.name, _placed(path.relative_to(folder).as_posix() for path in _files(folder)))

    def _opened(self, inside: str) -> AbstractContextManager[BinaryIO]:
        return (self._folder / inside).open("rb")


class ZipBundle(Bundle):
    """A zip of such a folder, or of its files alone."""

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError) as fault:
            raise _broken() from fault
        members = [member for member in self._zip.infolist() if not member.is_dir()]
        _check_directory(members, self._zip.infolist())
        self._check_content(members, path.stat().st_size)
        inside = dict(_unwrapped(member.filename for member in members))
        super().__init__(path.name, {at: inside[path] for at, path in _placed(inside).items()})

    def _check_content(self, members: list[zipfile.ZipInfo], packed: int) -> None:
        """Read everything once, so that nothing is used of what ends too early or never ends."""
        read = 0
        for member in members:
            for chunk in self._chunks(member):
                read += chunk
                _check_size(read, packed)

    def _chunks(self, member: zipfile.ZipInfo) -> Iterator[int]:
        try:
            with self._zip.open(member) as file:
                while chunk := file.read(MEGABYTE):
                    yield len(chunk)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError) as fault:
            raise _broken() from fault

    @contextmanager
    def _opened(self, inside: str) -> Iterator[BinaryIO]:
        try:
            with self._zip.open(inside) as file:
                yield cast(BinaryIO, file)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as fault:
            raise _broken() from fault


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_file():
            yield path
        elif path.is_dir():
            yield from (each for each in sorted(path.iterdir()) if each.is_file())


def _placed(paths: Iterable[str]) -> dict[str, str]:
    """Where each file belongs: tables that stand alone are the health side's; BundleRefused for two at one place."""
    placed: dict[str, str] = {}
    for path in paths:
        name, dot, kind = path.rpartition(".")
        if f"{dot}{kind.lower()}" not in KINDS or path.rpartition("/")[2].startswith("."):
            continue
        at = f"{'' if '/' in path else 'health/'}{name}.{kind.lower()}"
        if at in placed:
            raise BundleRefused(f"there are two files '{at}'", "leave one of them out")
        placed[at] = path
    return placed


def _unwrapped(paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The paths within a folder that lies around all of them, as zips often have one, and as they stand."""
    found = [path for path in paths if not path.startswith("__MACOSX/")]
    tops = {path.partition("/")[0] for path in found}
    is_wrapped = len(tops) == 1 and not tops & {*PARTS} and all("/" in path for path in found)
    for path in found:
        yield (path.partition("/")[2] if is_wrapped else path), path


def _check_directory(members: list[zipfile.ZipInfo], everything: list[zipfile.ZipInfo]) -> None:
    if len(everything) > MOST_FILES:
        raise BundleRefused(f"the zip holds more than {MOST_FILES} files", "zip the folder alone")
    seen: set[str] = set()
    for member in everything:
        name = member.orig_filename
        if _leads_out(name) or stat.S_ISLNK(member.external_attr >> 16):
            raise BundleRefused("the zip holds a path that leads out of it, or a link", "zip the folder's files alone")
        if member.flag_bits & _ENCRYPTED:
            raise BundleRefused("the zip is encrypted", "decrypt it first")
        if member.compress_type not in KNOWN:
            raise BundleRefused("the zip is packed in an unusual way", "zip the folder again, with deflate")
        if name.casefold() in seen:
            raise BundleRefused("the zip holds a file twice", "zip the folder again")
        seen.add(name.casefold())
    if not members:
        raise BundleRefused("the zip is empty", "zip the folder again")


def _leads_out(name: str) -> bool:
    parts = PurePosixPath(name).parts
    strange = "\\" in name or "\0" in name or ":" in name
    return not name or strange or name.startswith("/") or ".." in parts


def _check_size(read: int, packed: int) -> None:
    if read > MOST_BYTES:
        most = MOST_BYTES // MEGABYTE
        raise BundleRefused(f"the zip unpacks to more than {most} MB", "send the period in parts")
    if read > UNSUSPECTED and read > packed * MOST_RATIO:
        raise BundleRefused("the zip unpacks to far more than tables do", "zip the folder's files alone")


def _broken() -> BundleRefused:
    return BundleRefused("the zip is damaged or cut short", "make it or send it again")
