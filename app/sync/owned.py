"""Whose a field is: what the other side sends of it is left out, and so is an NHS number that somebody else has.

Decided by what the sender's own side has on file alone, so that nothing is told of the other side's records.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from app.gate import Many

OWNED, HELD = "owned-by-health", "nhs-number-held"
Row = Mapping[str, Any]
Broken = tuple[str, tuple[str, ...]]
"""A rule, and the ids of the records that it names."""


async def numbers_of_people(many: Many, rows: Iterable[Row]) -> dict[str, Broken | None]:
    """The people, by id, whose NHS number is not to be written, each with the rule that it breaks, if it breaks one.

    A first number is taken; one that is there stays, since it is the health side's to correct, and so does one that
    another person has.
    """
    several = list(rows)
    current = await many.numbers_of([row["id"] for row in several])
    owners = await many.people_with({row["nhs_number"] for row in several if row["nhs_number"]})
    left: dict[str, Broken | None] = {}
    for row in several:
        identity, wanted, known = row["id"], row["nhs_number"], current.get(row["id"])
        if known is not None:
            left[identity] = (OWNED, ()) if wanted is not None and wanted != known else None
        elif wanted is not None and owners.setdefault(wanted, identity) != identity:
            left[identity] = HELD, (identity, owners[wanted])
    return left


async def numbers_of_patients(many: Many, rows: Iterable[Row]) -> dict[str, Broken | None]:
    """The same for patients of one clinical system: no two of them have one number."""
    several = [row for row in rows if row["nhs_number"] is not None]
    owners: dict[tuple[str, str], str] = {}
    for nhs_number, source, identity in await many.patients_with({row["nhs_number"] for row in several}):
        owners.setdefault((source, nhs_number), identity)
    left: dict[str, Broken | None] = {}
    for row in several:
        owner = owners.setdefault((row["source"], row["nhs_number"]), row["id"])
        if owner != row["id"]:
            left[row["id"]] = HELD, (row["id"], owner)
    return left


def without(row: Row, column: str) -> dict[str, Any]:
    """The row as far as it is written."""
    return {name: value for name, value in row.items() if name != column}
