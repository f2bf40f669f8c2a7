"""`openmind schema`: what neighbouring systems send, for other programs to check against."""

import json

import typer

from app.sync.justice_schema import schema

app = typer.Typer(no_args_is_help=True)


@app.callback()
def schemas() -> None:
    """Print the schema of what is taken."""


@app.command()
def justice() -> None:
    """Print the JSON Schema of the justice side's extract, as in docs/justice-extract.schema.json."""
    print(json.dumps(schema(), indent=2))  # the data itself, for other programs
