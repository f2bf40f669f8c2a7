"""What a database is to everything above: statements made once, and rows that no one gets without a warrant."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import ClauseElement, make_url
from sqlalchemy.sql.selectable import SelectBase

from app.db.faults import UnpermittedRead
from app.db.statements import Prepared, Row, prepare, prepare_each


class Warrant(Protocol):
    """What shows that a read was decided on; only the gate and the facts hold one."""

    def covers(self, tables: frozenset[str]) -> bool:
        """Whether it is live and lets these protected tables be read."""
        ...


@dataclass(frozen=True, slots=True)
class Address:
    """Where the database is: `sqlite:///path` or `postgresql://user:password@host/name`; ValueError for others."""

    url: str

    def __post_init__(self) -> None:
        if self.dialect not in ("sqlite", "postgresql"):
            raise ValueError(f"database URL: '{self.dialect}' is not supported; use sqlite:///… or postgresql://…")

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return make_url(self.url).get_backend_name()

    @property
    def path(self) -> str:
        """The SQLite file."""
        return make_url(self.url).database or ""

    @property
    def dsn(self) -> str:
        """The libpq URL that asyncpg takes."""
        return make_url(self.url).set(drivername="postgresql").render_as_string(hide_password=False)

    @property
    def engine_url(self) -> str:
        """The URL for a SQLAlchemy engine: synchronous for SQLite, asyncpg for PostgreSQL."""
        driver = "sqlite" if self.dialect == "sqlite" else "postgresql+asyncpg"
        return make_url(self.url).set(drivername=driver).render_as_string(hide_password=False)


class Database(ABC):
    """Reads on the hot path; writes belong to the log's writer."""

    dialect: str

    async def fetch(self, statement: Prepared, values: Mapping[str, Any], warrant: Warrant | None = None) -> list[Row]:
        """Every row; UnpermittedRead without a warrant for its protected tables, DatabaseUnavailable if it is gone."""
        self._check(statement, warrant)
        return statement.rows(await self._run(statement, statement.arguments(values)))

    async def fetch_each(
        self,
        statement: Prepared,
        values: Mapping[str, Any],
        name: str,
        each: Sequence[Any],
        warrant: Warrant | None = None,
    ) -> list[list[Row]]:
        """The rows for each value of one parameter, in their order; the statement comes from `prepare_each`.

        Raises as `fetch` does.
        """
        self._check(statement, warrant)
        answers = await self._run_each(statement, values, name, each)
        return [statement.rows(rows) for rows in answers]

    @staticmethod
    def _check(statement: Prepared, warrant: Warrant | None) -> None:
        if statement.protected and not (warrant is not None and warrant.covers(statement.protected)):
            raise UnpermittedRead(f"no permit covers {', '.join(sorted(statement.protected))}")

    def prepare(self, statement: ClauseElement, *, shared: bool = False) -> Prepared:
        """Compile for this database; requests that run a `shared` statement at once may run it as one."""
        return prepare(statement, self.dialect, shared=shared)

    def prepare_each(self, statement: SelectBase, name: str) -> Prepared:
        """Compile for this database and for many values of one parameter at once."""
        return prepare_each(statement, self.dialect, name)

    @abstractmethod
    async def _run(self, statement: Prepared, arguments: list[Any]) -> Sequence[Any]: ...

    async def _run_each(
        self, statement: Prepared, values: Mapping[str, Any], name: str, each: Sequence[Any]
    ) -> Sequence[Sequence[Any]]:
        return [await self._run(statement, statement.arguments({**values, name: value})) for value in each]

    @abstractmethod
    async def close(self) -> None:
        """Give the connections back."""
