"""The project's own files, as git tracks them, for the tests of what it promises about itself."""

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@cache
def tracked() -> dict[str, bool]:
    """Every tracked file that is there, by its path, with whether it is executable."""
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "--stage", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    entries = (entry.split("\t", 1) for entry in listed.split("\0") if entry)
    return {path: staged.startswith("100755") for staged, path in entries if (ROOT / path).is_file()}


def texts(*endings: str) -> list[tuple[str, str]]:
    """The tracked text files with one of these endings, or all of them: path and content."""
    found = []
    for path in tracked():
        content = (ROOT / path).read_bytes()
        if path.endswith(endings or "") and b"\0" not in content:
            found.append((path, content.decode()))
    return found
