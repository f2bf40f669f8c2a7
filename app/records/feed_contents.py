"""What people in a feed are sent: the sections of one read, of many people in a statement, and a system's own ids."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Select, select

from app.db import each_text, one_of
from app.records import facts
from app.records.feed import IDS, READABLE, array
from app.records.life import say_outcome
from app.records.permit import Opening, Permit
from app.records.predicates import CLIENT, T
from app.records.reading import Content, Records, Rows, section_of_many
from app.records.views import sections
from app.vocabulary import Caller, Category

Alike = Sequence[tuple[Mapping[Category, Opening], Sequence[str]]]
"""People by id, each group with what is open of all in it."""


_NAMES = {category: category.value for category in READABLE}


async def contents(
    records: Records, permit: Permit, caller: Caller, at: datetime, groups: Alike
) -> Mapping[str, Mapping[str, Content]]:
    """Of each person (by id) the categories that are open, by name, as a read of one person has them.

    A statement a section. Names, since a word of ours takes longer to be hashed and written than all else of it.
    """
    found: dict[str, Mapping[str, Content]] = {}
    for openings, persons in groups:
        values = {**facts.parameters(caller, at), "persons": array(persons)}
        read = {
            _NAMES[category]: await _read(records, permit, (category, openings[category]), values, persons)
            for category in READABLE
            if category in openings
        }
        for person in persons:
            found[person] = {
                name: {section: rows[person] for section, rows in shown.items()} for name, shown in read.items()
            }
        if Category.ATTENDANCE in openings:
            for person in persons:
                say_outcome(found[person][_NAMES[Category.ATTENDANCE]])
    return found


async def _read(
    records: Records, permit: Permit, opened: tuple[Category, Opening], values: Mapping[str, Any], whose: Sequence[str]
) -> Mapping[str, Mapping[str, Rows]]:
    """The sections of a category by name, each with everybody's rows by person."""
    category, opening = opened
    read: dict[str, Mapping[str, Rows]] = {}
    for place, section in enumerate(sections(category)):
        fields, key = section.fields(opening.caveat), (category, place, opening.caveat, opening.rows)
        if not fields or not section.is_shown(opening.rows):
            continue
        statement = records.prepared(("feed", *key), partial(section_of_many, *key))
        rows: dict[str, Rows] = {person: [] for person in whose}
        for row in await records.database.fetch(statement, values, permit):
            rows[row[0]].append(dict(zip(fields, row[1:], strict=True)))
        read[section.name] = rows
    return read


async def local_ids(records: Records, permit: Permit, client: str, persons: Iterable[str]) -> dict[str, list[str]]:
    """By person the ids under which the provider of the system's service registered them, as they were linked."""

    def build() -> Select[Any]:
        patient, asked = T.Patient.__table__.c, each_text(IDS, "asked")
        provider = (
            select(T.TherapyService.provider)
            .join(T.Client, T.Client.service_id == T.TherapyService.id)
            .where(T.Client.id == CLIENT)
            .scalar_subquery()
        )
        theirs = one_of(patient.person_id, select(asked.c.value)), patient.source == provider
        named = select(patient.person_id, patient.source_id).where(*theirs)
        return named.order_by(patient.person_id, patient.source_id)

    values = {"client": client, "ids": array(persons)}
    found: dict[str, list[str]] = {}
    for person, local in await records.database.fetch(records.prepared("feed local ids", build), values, permit):
        found.setdefault(person, []).append(local)
    return found
