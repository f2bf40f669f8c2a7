"""What is left of a record that was destroyed: that there was one, by what authority it went, and nothing of whom."""

from datetime import date, datetime

from sqlmodel import Field, SQLModel

from app.tables.columns import Instant


class ErasureStub(SQLModel, table=True):
    """The stub of one erasure: how many rows of what, when, why; the entry of the log has the same event id."""

    __tablename__ = "erasure_stub"

    id: str = Field(primary_key=True, max_length=36)
    event_id: str = Field(max_length=36, unique=True)
    erased_at: datetime = Field(sa_type=Instant)
    reason: str = Field(max_length=20)
    authority: str = Field(max_length=60)
    due_on: date | None = Field(default=None)
    records: str
