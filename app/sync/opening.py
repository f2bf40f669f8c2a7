"""What stands at a path that an import is given: a folder, a zip, or a database of Access."""

import zipfile
from pathlib import Path

from app.sync.access import ENDINGS, AccessBundle
from app.sync.bundle import Bundle, BundleRefused, FolderBundle, ZipBundle


def open_bundle(path: Path) -> Bundle:
    """The files at a path; BundleRefused if they cannot be used."""
    if path.is_dir():
        return FolderBundle(path)
    if path.suffix.lower() in ENDINGS:
        return AccessBundle(path)
    if path.suffix.lower() == ".zip" or zipfile.is_zipfile(path):
        return ZipBundle(path)
    raise BundleRefused(
        f"'{path.name}' is no folder, no zip and no database of Access",
        "give the folder with standing/, justice/ or health/",
    )
