"""What a party has to be told: written in the transaction of the entry that caused it, delivered afterwards."""

from sqlalchemy import Insert, bindparam, insert
from sqlmodel import SQLModel

from app.tables import Announcement

ABOUT = ("grant_id", "alert_id", "meeting_id", "appointment_id", "referral_id")
"""What an announcement can name, by the column."""


def announce() -> Insert:
    """Insert one announcement; parameters as in `app.tables.Announcement`."""
    table = SQLModel.metadata.tables[str(Announcement.__tablename__)]
    names = ("id", "event_id", "kind", "party", "created_at", *ABOUT)
    return insert(table).inline().values({name: bindparam(name, type_=table.c[name].type) for name in names})
