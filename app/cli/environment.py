"""Settings from the environment, with a word to the operator about what is missing."""

import typer
from pydantic import ValidationError
from rich.console import Console

from app.config import Settings

errors = Console(stderr=True)


def settings() -> Settings:
    """The settings; says which variable is missing or wrong, and stops with 2."""
    try:
        return Settings()
    except ValidationError as fault:
        for each in fault.errors(include_input=False, include_url=False):
            name = "OPENMIND_" + "_".join(map(str, each["loc"])).upper()
            errors.print(f"{name}: {each['msg']}", style="red", highlight=False, markup=False)
        raise typer.Exit(2) from None
