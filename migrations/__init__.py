"""The one history of the schema, for SQLite and PostgreSQL alike."""

from pathlib import Path

from alembic import command
from alembic.config import Config


def configuration(url: str) -> Config:
    """Alembic's settings for the database at `url`, wherever the project is installed."""
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent))
    settings.set_main_option("path_separator", "os")
    settings.attributes["url"] = url
    return settings


def upgrade(url: str, revision: str = "head") -> None:
    """Bring a database to a revision, all or nothing; call it outside any event loop."""
    command.upgrade(configuration(url), revision)
