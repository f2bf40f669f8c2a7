"""What a system that brings records may learn of those that it brought before: ids and versions, and nothing of them.

Each is for a caller whose purpose lets it write such records; AccessRefused, with its entry, for any other.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from app.gate.door import Gate
from app.records import submitted
from app.records.permit import Permit, issue_tables
from app.records.submitted import Sought, Submitted
from app.vocabulary import Question


@asynccontextmanager
async def _permit(gate: Gate, question: Question, tables: frozenset[str]) -> AsyncIterator[Permit]:
    await gate.check_purpose(question)
    permit = issue_tables(tables)
    try:
        yield permit
    finally:
        permit.close()


async def alike(gate: Gate, question: Question, table: str, rows: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """The ids of those rows that are there as they are given."""
    async with _permit(gate, question, frozenset({table})) as permit:
        return await submitted.alike(gate.records, permit, table, rows)


async def made_here(
    gate: Gate, question: Question, table: str, wanted: Mapping[str, Mapping[str, Any]]
) -> frozenset[str]:
    """Those ids of `wanted` whose columns are those of a record that was made here."""
    async with _permit(gate, question, frozenset({table})) as permit:
        return await submitted.made_here(gate.records, permit, table, wanted)


async def complained(
    gate: Gate, question: Question, source: str, sought: Iterable[tuple[str, str]]
) -> Mapping[tuple[str, str], str]:
    """By referral and code of a problem, the provider's id of the record that holds it."""
    async with _permit(gate, question, frozenset({"clinical_record"})) as permit:
        return await submitted.complained(gate.records, permit, source, sought)


async def sent(gate: Gate, question: Question, table: str, sought: Sought) -> AsyncIterator[Sequence[Submitted]]:
    """What a provider sent of a table, some at a time, in an order that does not change when these change."""
    async with _permit(gate, question, submitted.tables_of(table)) as permit:
        while some := await submitted.records_of(gate.records, permit, table, sought):
            yield some
            sought = replace(sought, after=some[-1].id)
