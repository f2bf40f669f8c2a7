"""What the log's leaves say, for strangers to hash again: place, time and the digest of an entry, never the entry."""

from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from sqlalchemy import select

from app.audit.merkle import leaf_data
from app.audit.rows import ENTRY, Entries, entries_within
from app.audit.tree import NotThere
from app.db import Database, Prepared


@dataclass(frozen=True, slots=True)
class Leaf:
    """One leaf: its number, when the entry was recorded, and the SHA-256 of the entry in hex."""

    number: int
    recorded_at: str
    entry_digest: str

    def data(self) -> bytes:
        """What is hashed."""
        return leaf_data(self.number, self.recorded_at, self.entry_digest)


class Leaves:
    """Reads leaves; the entries themselves go no further than their digests."""

    def __init__(self, database: Database) -> None:
        self._database, self._entries = database, Entries(database)

    async def read(self, first: int, stop: int) -> list[Leaf]:
        """Those from `first` to before `stop`; NotThere if one is not in the log."""
        rows = await self._entries.by_number(range(first, stop), self._statement, lambda entry: entry[:3])
        if [seq for seq, _, _ in rows] != list(range(first, stop)):
            raise NotThere("the log does not hold an entry that it numbered")
        return [Leaf(seq, recorded_at, sha256(body.encode()).hexdigest()) for seq, recorded_at, body in rows]

    @cached_property
    def _statement(self) -> Prepared:
        rows = select(ENTRY.seq, ENTRY.recorded_at, ENTRY.body).where(*entries_within(self._database.dialect))
        return self._database.prepare(rows.order_by(ENTRY.seq))
