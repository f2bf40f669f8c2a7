"""What every test can ask for: a fresh, migrated database on SQLite and on PostgreSQL, and a server for the session."""

import fcntl
import gc
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

from migrations import upgrade
from tests.administering import administrator
from tests.once import RUN, made_once
from tests.postgres import MEMORY, URL, LocalServer, Server, wait_for

ROOM = 4 * 2**30
_numbers = count(1)

settings.register_profile(
    "quick",
    deadline=None,  # the machines that run this are shared
    max_examples=50,
    derandomize=os.environ.get("CI") == "true",
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("full", settings.get_profile("quick"), max_examples=2_000, derandomize=False)
settings.register_profile(
    "mutants",  # whether a change is noticed, and not by how little
    settings.get_profile("quick"),
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


def pytest_configure(config: pytest.Config) -> None:
    """Make the run's directory before the workers start, which find it in their environment."""
    if not hasattr(config, "workerinput"):
        run = Path(tempfile.mkdtemp(prefix="openmind-test-", dir=_in_memory()))
        run.chmod(0o711)  # the server's user passes through it
        os.environ[RUN] = os.environ["PYTEST_DEBUG_TEMPROOT"] = str(run)


def _in_memory() -> Path | None:
    """Where files need no disk, if there is room: a database a test means a flush of everything when it is dropped.

    What the tests say of durability they measure by flushes that are made slow, not by the disk.
    """
    if not MEMORY.is_dir() or not os.access(MEMORY, os.W_OK):
        return None
    return MEMORY if shutil.disk_usage(MEMORY).free >= ROOM else None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Iterator[None]:
    """What is collected stays to the end: the collector looks for nothing among it, neither meanwhile nor afterwards.

    It goes on as the service has it.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(50_000, 50, 50)
        gc.enable()


LONG = {"faults", "region", "bench", "oracle", "test_import_killed.py", "test_batches_in_any_order.py"}
"""Directories and modules of what takes or waits longest."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, so that nobody waits for it at the end; the rest stays in its random order.

    Each worker has some of it, since at first each is given as many of the tests as every other, one after another.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    long = [item for item in items if LONG & set(item.path.parts)]
    rest = [item for item in items if not LONG & set(item.path.parts)]
    ordered: list[pytest.Item] = []
    for worker in range(workers):
        mine = long[worker::workers]
        others = len(items) * (worker + 1) // workers - len(ordered) - len(mine)
        ordered += mine + rest[: max(others, 0)]
        del rest[: max(others, 0)]
    items[:] = ordered + rest


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server after the last worker has ended; a named one loses what the run added to it."""
    if not hasattr(config, "workerinput") and RUN in os.environ:
        run = Path(os.environ.pop(RUN))
        server = _known_server(run)
        if isinstance(server, LocalServer):
            server.remove()
        elif server:
            server.drop_database(_template(run))
        shutil.rmtree(run, ignore_errors=True)


def _known_server(run: Path) -> Server | None:
    state = run / "server.json"
    if not state.exists():
        return None
    known = json.loads(state.read_text())
    return _server_at(known) if "home" in known else Server(known["url"])


def _server_at(known: Mapping[str, str]) -> LocalServer:
    return LocalServer.at(Path(known["home"]), known["url"], Path(known["binaries"]))


def _said_of(server: LocalServer) -> dict[str, str]:
    return {"url": server.admin_url, "home": str(server.home), "binaries": str(server.binaries)}


def _new_local_server(home: Path) -> LocalServer:
    """A server as it is laid out, which is done once a run."""
    laid_out = made_once("cluster.json", _lay_out)
    return _server_at(json.loads(laid_out.read_text())).copy(home)


def _lay_out(told: Path) -> None:
    told.write_text(json.dumps(_said_of(LocalServer.create(told.with_name("cluster")))))


def _new_server(run: Path) -> Server:
    named = os.environ.get(URL)
    if named:
        server, known = Server(named), {"url": named}
    else:
        server = _new_local_server(run / "postgres")
        known = _said_of(server)
        server.start(
            autovacuum="off", wal_level="minimal", max_wal_senders=0
        )  # nothing here lives or is copied so long
    (run / "server.json").write_text(json.dumps(known))
    url = server.create_database(_template(run))
    wait_for(lambda: upgrade(url))
    (run / "migrated").touch()
    return server


def _template(run: Path) -> str:
    return f"openmind_template_{run.name}"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """The PostgreSQL server of this run, one for all workers; or the one that OPENMIND_TEST_POSTGRES_URL names."""
    run = Path(os.environ[RUN])
    with (run / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        server = _known_server(run) or _new_server(run)
    if not (run / "migrated").exists():
        pytest.fail("another worker could not migrate the template database; its error says why")
    yield server
    administrator(server.admin_url).leave()


@pytest.fixture
def spare_postgres() -> Iterator[LocalServer]:
    """A server of the test's own, created and not started: to stop, kill or slow down."""
    server = _new_local_server(Path(os.environ[RUN]) / f"spare-{os.getpid()}-{next(_numbers)}")
    yield server
    server.remove()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: Server) -> str:
    """The name of a migrated PostgreSQL database to copy."""
    return _template(Path(os.environ[RUN]))


@pytest.fixture
def postgres_url(postgres_server: Server, postgres_template: str) -> Iterator[str]:
    """A fresh, migrated PostgreSQL database."""
    with postgres_server.copied(postgres_template) as name:
        yield postgres_server.url(name)


@cache
def _migrated() -> bytes:
    """What a process has migrated once serves those that it forks: one for each mutant."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "open-mind.db"
        upgrade(f"sqlite:///{path}")
        return path.read_bytes()


@pytest.fixture(scope="session")
def sqlite_template() -> Path:
    """A migrated SQLite file to copy."""
    return made_once("open-mind.db", lambda path: path.write_bytes(_migrated()))


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh, migrated SQLite database."""
    path = tmp_path / "open-mind.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh, migrated database: the test runs on SQLite and on PostgreSQL."""
    url: str = request.getfixturevalue({"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param])
    return url
