"""Settings from the environment, with a word to the operator about what is missing."""

from pathlib import Path

import typer
from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from rich.console import Console

from app.config import Settings
from app.policies import AgreementInvalid, AgreementVersions, VersionsInvalid, shipped_versions, versions_in

errors = Console(stderr=True)


def say_error(text: str) -> None:
    """One fault, to the terminal's error stream."""
    errors.print(text, style="red", highlight=False, markup=False, soft_wrap=True)


def settings() -> Settings:
    """The settings; says which variable is missing or wrong, and stops with 2."""
    try:
        return Settings()
    except ValidationError as fault:
        for each in fault.errors(include_input=False, include_url=False):
            name = "OPENMIND_" + "_".join(map(str, each["loc"])).upper()
            say_error(f"{name}: {each['msg']}")
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
