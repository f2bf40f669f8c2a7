"""The command `openmind`: the verbs, each with a help text worth reading."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.cli import (
    agreement,
    audit,
    clients,
    demo,
    held,
    national,
    reporting,
    retention,
    schemas,
    syncing,
    watching,
    webhooks,
)
from app.cli.environment import settings


class Basis(StrEnum):
    """On what basis somebody comes to therapy."""

    VOLUNTARY = "voluntary"
    TREATMENT_REQUIREMENT = "mental-health-treatment-requirement"
    ACTIVITY_REQUIREMENT = "rehabilitation-activity-requirement"
    LICENCE_CONDITION = "licence-condition"


console = Console()
app = typer.Typer(
    name="openmind",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="A consent layer between probation and NHS talking therapy.\n\n"
    "Settings come from OPENMIND_* variables; `openmind serve --help` names those that have no default. "
    "`openmind demo` needs none of them.",
)
app.add_typer(agreement.app, name="agreement", help="Read and check information-sharing agreements.")
app.add_typer(audit.app, name="audit", help="Check the log; sign it for others, and compare it with what they hold.")
app.add_typer(clients.app, name="clients", help="Give systems credentials; suspend systems, staff and tokens.")
app.add_typer(syncing.app, name="sync", help="Send records as a neighbouring system, and keep its copy.")
app.add_typer(national.app, name="export", help="Write out the national tables, as a clinical lead may read them.")
app.add_typer(schemas.app, name="schema", help="Print the schema of what neighbouring systems send.")
app.add_typer(webhooks.app, name="webhooks", help="See how far announcements are, and try again what was given up.")
app.add_typer(retention.app, name="retention", help="See until when records are kept.")
audit.app.command("watch")(watching.watch)
retention.app.command("held")(held.held)
app.command("demo")(demo.demo)
app.command("erase")(retention.erase)
app.command("report")(reporting.report)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="port to listen on", min=1, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(help="processes; one is enough for SQLite", min=1, max=64)] = 1,
) -> None:
    """Answer questions over HTTP.

    Needs OPENMIND_DATABASE_URL, OPENMIND_ISSUER, OPENMIND_SIGNING_KEY_FILE, OPENMIND_LOG_ORIGIN and
    OPENMIND_LOG_KEY_FILES (`openmind audit key` makes one); on PostgreSQL also set
    OPENMIND_DATABASE_ROLE=openmind_service, so that the service cannot rewrite the log. Run `openmind migrate` first.
    """
    import uvicorn

    settings()
    uvicorn.run(
        "app.main:application",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        access_log=False,
        server_header=False,
    )


@app.command()
def migrate() -> None:
    """Bring the database to this version's tables; safe to run again.

    Uses OPENMIND_MIGRATION_DATABASE_URL (the schema's owner) if it is set, else OPENMIND_DATABASE_URL.
    """
    from migrations import upgrade

    known = settings()
    url = known.migration_database_url or known.database_url
    upgrade(url.get_secret_value())
    console.print("the database is up to date")


@app.command("import")
def import_(
    path: Annotated[
        Path,
        typer.Argument(
            help="a folder with standing/, justice/ and health/ or the national tables alone, a zip of one, or a "
            "database of Access with the national tables",
            exists=True,
        ),
    ],
    service: Annotated[
        str | None, typer.Option(help="whose referrals they are, where the national tables come alone")
    ] = None,
    basis: Annotated[Basis, typer.Option(help="on what basis people come then")] = Basis.VOLUNTARY,
    report: Annotated[
        Path | None, typer.Option(help="write every finding to a file as well: .json, or .csv", dir_okay=False)
    ] = None,
) -> None:
    """Load records of both sides; what is there already stays as it is.

    Every changed record is decided under the agreement and leaves an entry. A broken row is reported with file, line,
    field and rule, and the rest loads. A newer submission of a reporting period replaces what the provider sent of it
    before (docs/national-tables.md). Exit code: 0 all loaded, 1 some rows rejected, 2 nothing could be loaded.
    """
    from app.cli.loading import load
    from app.sync import Assumed

    raise typer.Exit(load(settings(), path, {}, None, Assumed(service, basis.value), report))


def main() -> None:
    """The entry point of the console command."""
    app()
