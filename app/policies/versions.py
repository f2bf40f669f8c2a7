"""Which version of the agreement was in force when: half-open periods without gaps or overlaps."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cache
from pathlib import Path

from app.policies.agreement import CompiledAgreement, load_agreement

AGREEMENTS = Path(__file__).parent / "agreements"


class VersionsInvalid(ValueError):
    """Versions that leave a gap, overlap, or cannot be told apart."""


class AgreementVersions:
    """Every version that has ever been in force, so that any past decision can be made again."""

    def __init__(self, versions: Iterable[CompiledAgreement]) -> None:
        self._versions = sorted(versions, key=lambda each: each.begins)
        if not self._versions:
            raise VersionsInvalid("there is no agreement at all")
        for before, after in zip(self._versions, self._versions[1:], strict=False):
            _check_succession(before, after)
        self._by_digest = {each.digest: each for each in self._versions}

    def __iter__(self) -> Iterator[CompiledAgreement]:
        return iter(self._versions)

    def at(self, moment: datetime) -> CompiledAgreement:
        """The version of a moment: the first before any was in force, the last after all have ended (see `ended`)."""
        found = self._versions[0]
        for version in self._versions[1:]:
            if version.begins > moment:
                break
            found = version
        return found

    def by_digest(self, digest: str) -> CompiledAgreement:
        """The version with this digest; KeyError where there is none."""
        return self._by_digest[digest]


def _check_succession(before: CompiledAgreement, after: CompiledAgreement) -> None:
    which = f"'{before.version}' and '{after.version}'"
    if before.begins == after.begins:
        raise VersionsInvalid(f"versions {which} begin on the same day")
    if before.digest == after.digest or before.version == after.version:
        raise VersionsInvalid(f"versions {which} cannot be told apart")
    if before.ends is None:
        return  # it lasts until the next begins
    if before.ends < after.begins:
        raise VersionsInvalid(f"between versions {which} there is a gap")
    if before.ends > after.begins:
        raise VersionsInvalid(f"versions {which} overlap")


@cache
def shipped_versions() -> AgreementVersions:
    """The versions in the package, read once: they change with the package alone."""
    return versions_in(AGREEMENTS)


def versions_in(directory: Path) -> AgreementVersions:
    """The versions in a directory of TOML files."""
    return AgreementVersions(load_agreement(path) for path in sorted(directory.glob("*.toml")))
