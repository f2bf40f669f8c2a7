"""Whether anybody treats under a referral: who that is does not leave the statement."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, String, bindparam, func, or_, select

from app.records.predicates import AT, T, word
from app.records.reading import Records

REFERRAL = bindparam("referral", type_=String(), required=True)


class _AllocatedWarrant:
    """As facts are: computed from protected rows, of which no column leaves the statement."""

    def covers(self, tables: frozenset[str]) -> bool:
        """Allocations."""
        return tables <= {"allocation"}


def _treating() -> Select[Any]:
    one = T.Allocation
    return select(func.count()).select_from(one.__table__).where(
        one.referral_id == REFERRAL,
        one.kind == word("treating"),
        or_(one.valid_until.is_(None), one.valid_until > AT),
    )  # fmt: skip


async def has_therapist(records: Records, referral: str, at: datetime) -> bool:
    """Whether somebody is allocated to it whose time is not over: now, or from a later day on."""
    values = {"referral": referral, "at": at}
    ((found,),) = await records.database.fetch(records.prepared("allocated", _treating), values, _AllocatedWarrant())
    return bool(found)
