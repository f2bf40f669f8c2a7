"""Settings from the environment, with a word to the operator about what is missing."""

import re
from pathlib import Path
from typing import TypeVar

import typer
from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from rich.console import Console

from app.config import Settings
from app.policies import AgreementInvalid, AgreementVersions, VersionsInvalid, shipped_versions, versions_in

Kind = TypeVar("Kind", bound=BaseSettings)
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9/._-]{0,59}")
errors = Console(stderr=True)


def say_error(text: str) -> None:
    """One fault, to the terminal's error stream."""
    errors.print(text, style="red", highlight=False, markup=False, soft_wrap=True)


def check_authority(reference: str) -> None:
    """The reference of a decision, for the log; says what it may be, and stops with 2."""
    if not _REFERENCE.fullmatch(reference):
        say_error("--authority: letters, digits and / . _ - alone, 60 at most; a reference, and no name")
        raise typer.Exit(2)


def settings() -> Settings:
    """The settings; says which variable is missing or wrong, and stops with 2."""
    return read_settings(Settings)


def read_settings(kind: type[Kind]) -> Kind:
    """Settings of a kind; says which variable is missing and what it is, or what is wrong with it, and stops with 2."""
    try:
        return kind()
    except ValidationError as fault:
        for each in fault.errors(include_input=False, include_url=False):
            place = list(map(str, each["loc"]))
            name = kind.model_config.get("env_prefix", "") + "_".join(place).upper()
            known = kind.model_fields.get(place[0]) if place else None
            is_missing = each["type"] == "missing" and len(place) == 1
            say_error(f"{name}: {f'set it: {known.description}' if is_missing and known else each['msg']}")
        raise typer.Exit(2) from None


class _Folder(BaseSettings):
    """The one setting that it takes to know the agreements."""

    model_config = SettingsConfigDict(env_prefix="OPENMIND_", extra="ignore")

    agreements_dir: Path | None = None


def versions() -> AgreementVersions:
    """The agreements of OPENMIND_AGREEMENTS_DIR, or those in the package; says what is wrong, and stops with 2."""
    folder = _Folder().agreements_dir
    try:
        return shipped_versions() if folder is None else versions_in(folder)
    except (AgreementInvalid, VersionsInvalid, OSError) as fault:
        say_error(f"OPENMIND_AGREEMENTS_DIR: {fault}")
        raise typer.Exit(2) from None
