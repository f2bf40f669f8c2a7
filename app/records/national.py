"""What an export of the national tables asks besides a person's rows: how many referrals there are of a period."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Date, Select, String, bindparam, func, literal_column, or_, select

from app.db import Warrant
from app.records.predicates import T
from app.records.reading import Records
from app.tables import CATEGORY, Patient
from app.vocabulary import Category


def _count() -> Select[Any]:
    referral = T.Referral
    first, last = bindparam("first", type_=Date()), bindparam("last", type_=Date())
    return select(func.count(referral.id)).where(
        referral.service_id == bindparam("service", type_=String()),
        referral.status != literal_column("'draft'"),
        referral.withdrawn_at.is_(None),
        referral.received_on <= last,
        or_(referral.closed_on.is_(None), referral.closed_on >= first),
    )


async def count(records: Records, permit: Warrant, service: str, first: date, last: date) -> int:
    """How many referrals of a service were open on one of these days; drafts and what was taken back are none."""
    values = {"service": service, "first": first, "last": last}
    ((found,),) = await records.database.fetch(records.prepared("national count", _count), values, permit)
    return int(found)


def without_contact(patient: Mapping[str, Any]) -> dict[str, Any]:
    """A patient's row without how to reach them."""
    columns = Patient.__table__.c  # type: ignore[attr-defined]  # SQLModel adds it to table classes
    return {
        name: None if columns[name].info[CATEGORY] is Category.CONTACT else value for name, value in patient.items()
    }
