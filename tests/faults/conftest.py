"""A key, a compiler's library, and a database with people whose attendance Olive may know."""

from pathlib import Path

import pytest

from app.identity import write_private_key
from tests.faults.people import fill
from tests.postgres import wait_for
from tests.world import run


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """The services' signing key, which the tests sign tokens with."""
    path = tmp_path / "signing.pem"
    write_private_key(path)
    return path


@pytest.fixture
def filled(database_url: str) -> str:
    """A database with the people in it, on SQLite and on PostgreSQL."""
    wait_for(lambda: run(fill(database_url)))
    return database_url
