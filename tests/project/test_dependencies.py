"""Every dependency has a reason, a version that was tested, and bytes that are known beforehand."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.project.tree import ROOT

LOCKS = ("build", "runtime", "dev")
DECLARED = re.compile(r'^    "(?P<requirement>[^"]+)",(?P<rest>.*)$', re.MULTILINE)
LOCKED = re.compile(r"^(?P<name>[a-z0-9][a-z0-9._-]*)==(?P<version>[^\s;]+)(?: ; (?P<marker>.+))? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}(?: \\)?$")


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def declared() -> dict[str, list[str]]:
    """The direct requirements, by the lock that must hold them."""
    extras = project()["project"]["optional-dependencies"]
    runtime = project()["project"]["dependencies"]
    return {
        "build": project()["build-system"]["requires"],
        "runtime": runtime,
        "dev": runtime + [requirement for extra in extras.values() for requirement in extra],
    }


def locked(name: str) -> dict[str, set[str]]:
    """The versions that a lock pins; AssertionError for a line that is anything but a pin, its hashes or a comment."""
    pins: dict[str, set[str]] = {}
    hashes = 1
    for line in (ROOT / "locks" / f"{name}.txt").read_text().splitlines():
        pin = LOCKED.match(line)
        if pin:
            assert hashes, f"locks/{name}.txt: no hash before '{line}'"
            pins.setdefault(canonicalize_name(pin["name"]), set()).add(pin["version"])
            hashes = 0
        elif HASH.match(line):
            hashes += 1
        else:
            assert line.strip().startswith("#"), f"locks/{name}.txt: '{line}' is no pin, no hash and no comment"
    assert hashes, f"locks/{name}.txt: the last pin has no hash"
    return pins


def test_every_direct_dependency_has_its_reason_beside_it() -> None:
    """A name that nobody can explain is a dependency that nobody reviews."""
    text = (ROOT / "pyproject.toml").read_text().split("[project.scripts]")[0]
    lines = {match["requirement"]: match["rest"].strip() for match in DECLARED.finditer(text)}
    wanted = declared()["dev"]
    assert set(wanted) == set(lines), "each requirement stands on a line of its own"
    assert [name for name in wanted if len(lines[name].removeprefix("#").split()) < 2] == []


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_pins_and_hashes_and_no_address(name: str) -> None:
    """Where packages come from is the business of whoever installs them."""
    pins = locked(name)
    assert pins
    text = (ROOT / "locks" / f"{name}.txt").read_text()
    assert "://" not in text
    assert " @ " not in text


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_answers_what_the_project_asks_for(name: str) -> None:
    """A dependency that changed without `scripts/lock` would be installed in no environment."""
    pins = locked(name)
    for line in declared()[name]:
        wanted = Requirement(line)
        versions = pins.get(canonicalize_name(wanted.name), set())
        assert versions, f"'{wanted.name}' is not in locks/{name}.txt: run scripts/lock"
        assert all(wanted.specifier.contains(version) for version in versions), f"'{line}': run scripts/lock"


def test_what_is_tested_is_what_is_served() -> None:
    """The development lock holds every runtime pin, at the same version."""
    dev = locked("dev")
    assert {name: versions for name, versions in locked("runtime").items() if dev.get(name) != versions} == {}
