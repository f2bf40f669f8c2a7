"""Which records of an import are written together, and how: those that systems write on the facts of now."""

from collections.abc import Sequence
from dataclasses import replace

from app.gate import Made, Many
from app.services.receiving import among
from app.services.registers import REGISTERS, Compared
from app.sync.changes import Changes, details_of, row_of, states_of
from app.sync.owned import numbers_of_people, without
from app.sync.records import Act, Incoming
from app.sync.report import ImportReport
from app.vocabulary import Caller, Purpose

NO_NEWS = (Compared.UNCHANGED, Compared.SUPERSEDED)
Known = tuple[Incoming, Compared]
"""A record, and how it stands to what is there."""


def act_of(record: Incoming, standing: Compared) -> Act | None:
    """By whom it is written now, if by anybody."""
    return record.first if standing is Compared.NEW else record.later or record.first


def split(records: Sequence[Known]) -> tuple[list[list[Known]], list[Known]]:
    """What systems write on the facts of now goes together, by who writes it; the rest one by one."""
    together: dict[tuple[Caller, Purpose], list[Known]] = {}
    alone = []
    for record, standing in records:
        act = act_of(record, standing)
        fits_in = record.table in REGISTERS or among(record.table, record.row) is not None
        if act is None or act.facts_at is not None or fits_in or standing in NO_NEWS:
            alone.append((record, standing))
        else:
            together.setdefault((act.caller, act.purpose), []).append((record, standing))
    return [*together.values()], alone


async def without_others(many: Many, several: Sequence[Known], report: ImportReport) -> Sequence[Known]:
    """People without the NHS numbers that are not their sender's to change."""
    people = [record for record, _ in several if record.table == "person"]
    left = await numbers_of_people(many, [record.row for record in people]) if people else {}
    for record in people:
        broken = left.get(record.row["id"])
        if broken is not None:
            report.found_once(*record.origins[0], "nhsNumber", broken[0])
    return [
        (replace(record, row=without(record.row, "nhs_number")) if record.row["id"] in left else record, standing)
        for record, standing in several
    ]


def made_of(record: Incoming, standing: Compared, changes: Changes) -> Made:
    """What writes a record, with what belongs to it."""
    act = act_of(record, standing)
    if act is None:
        raise TypeError("nobody writes it")
    states = states_of(record, row_of(record, standing), standing)
    return Made(
        action=act.action,
        subjects=act.subjects,
        crn=record.crn,
        details=details_of(record, standing) | {"subjects": [subject.value for subject in act.subjects]},
        rows=[(place, record.table, state) for place, state in enumerate(states)],
        changes=[(len(states), change) for change in changes.inner(record, standing)],
    )
