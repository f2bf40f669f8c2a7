"""Of whom something began or ended without anybody writing: consents and limits hold from and until a moment."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, select, union

from app.records.permit import Permit
from app.records.predicates import T
from app.records.reading import Records
from app.tables import Instant

_SINCE, _UNTIL = bindparam("since", type_=Instant()), bindparam("until", type_=Instant())
_TURN = (T.Consent.valid_from, T.Consent.valid_until, T.AccessLimit.valid_from, T.AccessLimit.valid_until)
"""What else begins or ends does so with a day, and at each new day everybody is looked at."""


async def turned(records: Records, permit: Permit, since: datetime, until: datetime) -> Sequence[str]:
    """CRNs, in order, of whoever has a consent or a limit that began or ended after `since` and by `until`."""

    def build() -> Any:
        return union(*(_turned(each) for each in _TURN)).order_by("crn")

    statement = records.prepared("feed turned", build)
    found = await records.database.fetch(statement, {"since": since, "until": until}, permit)
    return [crn for (crn,) in found]


def _turned(moment: Any) -> Select[Any]:
    of_person = T.Person.id == moment.class_.person_id
    return select(T.Person.crn).join(moment.class_, of_person).where(moment > _SINCE, moment <= _UNTIL)
