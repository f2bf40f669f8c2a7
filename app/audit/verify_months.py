"""The verifier's view of PostgreSQL's months: partitions of `log_entry` by the month of recording, none left out."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from app.audit.verify_read import Finding, shape, structural

MONTHS = (
    "SELECT c.relname::text, pg_get_expr(c.relpartbound, c.oid), i.inhdetachpending "
    "FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = to_regclass('log_entry')"
)
STRAYS = (
    "SELECT c.relname::text FROM pg_class c WHERE NOT c.relispartition AND c.relkind IN ('r', 'p', 'f', 'm', 'v') "
    "AND c.relname ~ '^log_entry_[0-9]{4}_[0-9]{2}$' "
    "AND c.relnamespace = (SELECT e.relnamespace FROM pg_class e WHERE e.oid = to_regclass('log_entry'))"
)
MAKER = (
    "SELECT p.prosrc, p.prosecdef, p.proconfig, n.nspname::text FROM pg_proc p "
    "JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_class e ON e.relnamespace = n.oid "
    "WHERE p.proname = 'log_make_months' AND e.oid = to_regclass('log_entry')"
)
_MAKER_SHAPE = "77334b9b5cd90169"
_BOUND = re.compile(r"FOR VALUES FROM \((?:MINVALUE|'(\d{4}-\d\d)')\) TO \('(\d{4}-\d\d)'\)")
_ORDERS = {"pkey": "seq", "event_id": "event_id", "staff": "staff, seq", "request_id": "request_id, seq"}


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A partition: what was recorded before `until`, and from `since` on; the first has everything before."""

    until: str
    since: str
    name: str

    @property
    def orders(self) -> dict[str, tuple[str, str]]:
        """Its indexes, each with the table and what it is in the order of."""
        return {f"{self.name}_{suffix}": (self.name, order) for suffix, order in _ORDERS.items()}


def read_months(rows: Sequence[Sequence[Any]], begins: str) -> tuple[list[Month], list[Finding]]:
    """The partitions in their order, and what is wrong with how they follow each other and what was archived.

    `begins` is where the last archived month ends; nothing if none was.
    """
    months, findings = [], []
    for name, bound, leaving in rows:
        found = _BOUND.fullmatch(bound or "")
        if found is None or leaving or name != _name(found[2]):
            findings.append(structural("month", f"partition '{name}' of the log is not as months are made"))
        if found is not None:
            months.append(Month(found[2], found[1] or "", name))
    months.sort()
    if not months:
        findings.append(structural("month", "the log has no months"))
    return months, findings + list(_gaps(months, begins))


def _gaps(months: Sequence[Month], begins: str) -> Iterator[Finding]:
    """The first begins before everything, or where the archive ends; and each one where the one before it ends."""
    ends = [begins, *(month.until for month in months)]
    for month, end in zip(months, ends, strict=False):
        if month.since != end:
            missing = f"from '{end}' " if end else ""
            yield structural("month", f"a month is missing {missing}before '{month.since or month.until}'")


def stray(rows: Sequence[Sequence[Any]]) -> Iterator[Finding]:
    """What is called like a month and is none."""
    for (name,) in rows:
        yield structural("month", f"'{name}' is not part of the log")


def odd_maker(rows: Sequence[Sequence[Any]]) -> Iterator[Finding]:
    """The function by which the service has months made, with its owner's rights, is as it was made."""
    for source, is_owners, settings, schema in rows:
        path = f"search_path={schema}, pg_temp"
        plain = [each.replace('"', "") for each in settings or ()]
        if shape(source) == _MAKER_SHAPE and is_owners and plain == [path] and len(rows) == 1:
            return
    yield structural("function", "function 'log_make_months' is missing or is not as it was made")


def _name(until: str) -> str:
    year, month = divmod(int(until[:4]) * 12 + int(until[5:]) - 2, 12)
    return f"log_entry_{year:04}_{month + 1:02}"
