"""Which reporting periods a provider has sent, and from when the newest submission of each is; nothing of anybody."""

from datetime import date, datetime

from sqlmodel import Field, SQLModel

from app.tables.columns import Instant


class NationalSubmission(SQLModel, table=True):
    """The newest submission that was taken in for a provider's reporting period."""

    __tablename__ = "national_submission"

    provider: str = Field(primary_key=True, max_length=6)
    starts_on: date = Field(primary_key=True)
    ends_on: date = Field(primary_key=True)
    created_at: datetime = Field(sa_type=Instant)
    recorded_at: datetime = Field(sa_type=Instant)
