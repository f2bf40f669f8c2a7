"""An export of the national tables as a member of staff: who they are, which period, and what came of it."""

import calendar
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from uuid import uuid4

from app.gate import Gate
from app.services.national_export import EXPORTED, NationalExportService
from app.services.national_fields import LOCAL, NATIONAL, Period, header
from app.services.registers import RegisterService
from app.sync.callers import Callers
from app.sync.submitting import sheets
from app.vocabulary import Action, Purpose, Question

RESOURCE = "openmind export iapt"
_PERIOD = re.compile(r"(\d{4})-(0[1-9]|1[0-2])(?:\.\.(\d{4})-(0[1-9]|1[0-2]))?", re.ASCII)
Progress = Callable[[int, int], None]
"""Told how many people are done with, and how many there are."""


class CannotExport(Exception):
    """Nothing is exported, and why."""


@dataclass(slots=True)
class Exported:
    """What an export came to."""

    rows: Mapping[str, int] = field(default_factory=dict)
    people: int = 0
    referrals: int = 0
    """Of the service in the period, whoever may read them."""

    @property
    def not_open(self) -> int:
        """How many of these are not in it: nobody's clause opens them any more, or they came another way."""
        return self.referrals - self.rows.get("IDS101Referral", 0)


def days_of(period: str) -> tuple[date, date]:
    """The first and the last day of `2013-06`, or of `2012-11..2013-07`; CannotExport for what is no period."""
    found = _PERIOD.fullmatch(period)
    if found is None:
        raise CannotExport(f"'{period}' is no month such as 2013-06, nor months such as 2012-11..2013-07")
    year, month = int(found[3] or found[1]), int(found[4] or found[2])
    first, last = date(int(found[1]), int(found[2]), 1), date(year, month, calendar.monthrange(year, month)[1])
    if last < first:
        raise CannotExport(f"'{period}' ends before it begins")
    return first, last


async def export_iapt(
    gate: Gate,
    clock: Callable[[], datetime],
    period: str,
    username: str,
    output: Path,
    progress: Progress,
    *,
    with_local: bool,
) -> Exported:
    """Write the national tables of a period as far as a member of staff may read them.

    CannotExport for somebody of no service; AccessRefused, with its entry, for who may not; OSError where it cannot be
    written. `with_local` adds the tables that it takes to bring the same rows back.
    """
    first, last = days_of(period)
    question, service = await _asked(gate, clock(), username)
    wanted = Period(service, await RegisterService(gate).provider_of(service), first, last)
    exporting, done = NationalExportService(gate, clock), Exported()
    fields = {**NATIONAL, **LOCAL} if with_local else dict(NATIONAL)
    with sheets(output, fields) as out:
        done.referrals = await exporting.referrals(question, wanted)
        crns = await exporting.people(question, wanted)
        out.add("IDS000Header", [header(wanted, clock())])
        async for tables in exporting.each(question, crns, wanted, fields):
            done.people += 1
            progress(done.people, len(crns))
            for table, rows in (tables or {}).items():
                out.add(table, rows)
        done.rows = out.rows
    return done


async def _asked(gate: Gate, at: datetime, username: str) -> tuple[Question, str]:
    registers, token = RegisterService(gate), f"export-{uuid4()}"
    members = await registers.members()
    caller = Callers(members, await registers.systems(), token).staff(username.lower())
    service = members[username.lower()].service if caller else None
    if caller is None or service is None:
        raise CannotExport(f"nobody '{username}' is registered at a service with a system")
    return Question(caller, Purpose.DIRECT_CARE, Action.READ, EXPORTED, at, RESOURCE, token, None), service
