"""What a team would write without this service: the same rows through FastAPI and SQLModel, as their manuals show it.

No policy and no audit; or, as `naive`, one INSERT and COMMIT into an audit table before each answer. Nothing of the
service is imported here, so that none of its hooks slows the rival down.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import Column, DateTime, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlmodel import Field, SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession


class Person(SQLModel, table=True):
    """The person, as far as this read needs them."""

    __tablename__ = "person"

    id: str = Field(primary_key=True)
    crn: str = Field(unique=True)


class Visit(SQLModel):
    """What an answer says of an appointment."""

    id: str = Field(primary_key=True)
    referral_id: str
    starts_at: datetime = Field(sa_type=DateTime(timezone=True))
    minutes: int | None
    appointment_type: str
    attendance_code: str | None
    short_notice: str | None
    medium: str | None
    location_code: str | None
    site: str | None


class Appointment(Visit, table=True):
    """An appointment."""

    __tablename__ = "appointment"

    person_id: str = Field(foreign_key="person.id")


class Attendance(SQLModel):
    """The answer."""

    crn: str
    appointments: list[Visit]


class ReadAudit(SQLModel, table=True):
    """One line for each read."""

    __tablename__ = "bench_read_audit"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    staff: str = Field(index=True)
    crn: str = Field(index=True)
    purpose: str
    resource: str
    outcome: str
    fields: str


def engine_of(url: str, connections: int) -> AsyncEngine:
    """As durable as the log: on SQLite write-ahead logging with full flushes."""
    if not url.startswith("sqlite"):
        return create_async_engine(
            url.replace("postgresql:", "postgresql+asyncpg:"), pool_size=connections, pool_timeout=60
        )
    engine = create_async_engine(
        url.replace("sqlite:", "sqlite+aiosqlite:"),
        connect_args={"timeout": 60},
        pool_size=connections,
        max_overflow=0,
        pool_timeout=60,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def _(connection: Any, _record: Any) -> None:
        for pragma in ("journal_mode = WAL", "synchronous = FULL"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def create_rival(url: str, *, naive: bool) -> FastAPI:
    """The rival: `naive` writes a line for each read and commits it first."""
    # SQLite has one writer: one connection spares the rival waiting for its own locks
    engine = engine_of(url, 1 if naive and url.startswith("sqlite") else 16)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with engine.begin() as connection:
            await connection.run_sync(ReadAudit.__table__.create, checkfirst=True)  # type: ignore[attr-defined]  # SQLModel adds it
        yield
        await engine.dispose()

    app = FastAPI(lifespan=lifespan)

    async def session() -> AsyncIterator[AsyncSession]:
        async with AsyncSession(engine) as opened:
            yield opened

    Session = Annotated[AsyncSession, Depends(session)]  # noqa: N806  # a type

    async def visits(crn: str, opened: AsyncSession) -> list[Visit]:
        wanted = select(Appointment).join(Person).where(Person.crn == crn)
        found = list((await opened.exec(wanted.order_by(Appointment.starts_at, Appointment.id))).all())  # type: ignore[arg-type]  # columns, typed as their values
        if not found:
            raise HTTPException(404)
        return list(found)

    @app.get("/v1/people/{crn}/attendance", response_model=Attendance)
    async def attendance(crn: str, opened: Session) -> Any:
        """The rows, and nothing else."""
        found = await visits(crn, opened)
        if naive:
            answer = Attendance(crn=crn, appointments=[Visit.model_validate(each) for each in found])
            opened.add(_line(crn))
            await opened.commit()
            return answer
        return {"crn": crn, "appointments": found}

    return app


def _line(crn: str) -> ReadAudit:
    return ReadAudit(
        at=datetime.now(UTC),
        staff="om0",
        crn=crn,
        purpose="supervision",
        resource="/v1/people/{crn}/attendance",
        outcome="permitted",
        fields="appointments",
    )
