"""Events whose records have not come since: by the versions that the person's records from probation have here."""

from typing import Any

from sqlalchemy import Select, exists, func, literal_column, or_, select

from app.db import Warrant
from app.records.predicates import T
from app.records.reading import Records


def _awaited() -> Select[Any]:
    """By system, how many and the oldest; an event of a person is over with whatever comes of them that is as new.

    A version says when its record was changed there, and sorts as that moment does.
    """
    event, person = T.SyncEvent, T.Person
    moment: Any = event.occurred_version
    newer = [exists().where(person.crn == event.crn, person.source_version >= moment)]
    tables: list[Any] = [
        T.Supervision, T.Offence, T.RiskAssessment, T.RiskAlert, T.Obligation, T.Allocation, T.AccessLimit,
    ]  # fmt: skip
    newer += [
        exists().where(person.crn == event.crn, each.person_id == person.id, each.source_version >= moment)
        for each in tables
    ]
    return (
        select(event.client, func.count(), func.min(event.occurred_at))
        .where(event.outcome == literal_column("'awaited'"), ~or_(*newer))
        .group_by(event.client)
        .order_by(event.client)
    )


async def awaited(records: Records, permit: Warrant) -> list[tuple[Any, ...]]:
    """System, number of events and the moment of the oldest; UnpermittedRead unless the permit opens the tables."""
    return await records.database.fetch(records.prepared("domain events awaited", _awaited), {}, permit)
