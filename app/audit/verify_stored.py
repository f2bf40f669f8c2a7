"""The checkpoints, cosignatures and changes of name that the log keeps of itself, against its entries.

Whoever can write everything can rewrite these too; whoever cuts or rewrites the log and forgets them is found.
"""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.audit.verify_bytes import Tree
from app.audit.verify_notes import Key, Unsigned, read_kept, said_by
from app.audit.verify_read import TIME, Finding, Reading, Report, structural

EARLY = timedelta(seconds=300)
"""How far the clock of whoever makes a checkpoint may be behind the clock of whoever wrote its last entry."""
_LINE = re.compile(r"— (\S+) (\S+)")
_ID, _STAMP = 4, 8


@dataclass(frozen=True, slots=True)
class Renaming:
    """The log goes on under another name from a size: what the entry says that the row says too."""

    from_size: int
    origin: str
    old_origin: str
    old_size: int
    event_id: str


class Stored:
    """What was stored, in the order of sizes, each compared once the tree has come so far; from a size on."""

    def __init__(self, source: Reading, report: Report, first: int, keys: Iterable[Key] = ()) -> None:
        self._report, self._first, self._keys = report, first, tuple(keys)
        self._checkpoints, self._cosignatures = source.checkpoints(first), source.cosignatures(first)
        self._next: Sequence[Any] | None = next(self._checkpoints, None)
        self._line: Sequence[Any] | None = next(self._cosignatures, None)
        self._rows = {row[0]: Renaming(*row) for row in source.renamings()}
        self._agreed: dict[str, int] = {}
        """Of each name that was given up: so many entries are what was once said under it."""
        self._said = dict(self._read_entries(source.recoveries()))
        self._roots = {seq: root for seq, (_, root) in self._said.items() if seq >= first}
        self._names: set[str] = set()

    def at(self, size: int, tree: Tree, time: str) -> Iterator[Finding]:
        """Everything stored for this size, or for a smaller one that the tree never had; `time` of the last entry."""
        root = self._roots.pop(size, None)
        if root is not None and root != tree.root().hex():
            yield Finding(size, "recovery", "the log was recovered, and began with other entries then")
        while self._next is not None and self._next[1] <= size:
            row, self._next = self._next, next(self._checkpoints, None)
            self._report.stored += 1
            yield from self._checkpoint(row, tree.root(), time)
            yield from self._cosigned(row)

    def rest(self, size: int) -> Iterator[Finding]:
        """After the last entry: nothing is stored of a longer log, and names are changed as the entries say."""
        while self._next is not None:
            row, self._next = self._next, next(self._checkpoints, None)
            if row[1] <= self._agreed.get(row[0], row[1]):
                said = f"the log has {size} entries, and its own checkpoint of '{row[0]}' has {row[1]}"
                yield structural("behind", f"{said}: entries {size} to {row[1] - 1} are gone")
            yield from self._cosigned(row)
        while self._line is not None:
            yield _stray(self._line)
            self._line = next(self._cosignatures, None)
        yield from self._renamed()

    def _checkpoint(self, row: Sequence[Any], root: bytes, time: str) -> Iterator[Finding]:
        origin, size, kept_root, made_at, note = row
        about = f"the stored checkpoint of '{origin}' for {size} entries"
        self._names.add(origin)
        if not isinstance(made_at, str) or not TIME.fullmatch(made_at) or _is_before(made_at, time):
            yield structural("checkpoint", f"{about} was made at no time at which it could be made")
        if size < self._first_size(origin):
            yield structural("checkpoint", f"{about} is from before the log had that name")
        try:
            said = said_by(note)
        except Unsigned as fault:
            yield structural("checkpoint", f"{about} is not what was signed: {fault}")
            return
        if (said.origin, said.size, said.root) != (origin, size, kept_root):
            yield structural("checkpoint", f"{about} is not what its note says")
        elif size <= self._agreed.get(origin, size) and said.root != root:
            yield structural("rewritten", f"{about} has another root: something before entry {size} was rewritten")
        yield from self._signed(about, origin, note)

    def _signed(self, about: str, origin: str, note: str) -> Iterator[Finding]:
        """By a key that counts, where keys of that name are known."""
        keys = [key for key in self._keys if key.name == origin]
        if not keys:
            self._report.unchecked += 1
            return
        try:
            read_kept(note, keys)
        except Unsigned as fault:
            yield structural("signature", f"{about}: {fault}")

    def _cosigned(self, checkpoint: Sequence[Any]) -> Iterator[Finding]:
        """The cosignatures under a checkpoint; those before it are under none."""
        place = (checkpoint[1], checkpoint[0])
        while self._line is not None and (self._line[1], self._line[0]) <= place:
            row, self._line = self._line, next(self._cosignatures, None)
            if (row[1], row[0]) != place:
                yield _stray(row)
            elif fault := self._fault(row, checkpoint[4]):
                about = f"the cosignature of '{row[2]}' under '{row[0]}' for {row[1]} entries"
                yield structural("cosignature", f"{about} {fault}")

    def _fault(self, row: Sequence[Any], note: str) -> str | None:
        _, _, witness, key_id, line, cosigned_at = row
        self._report.cosignatures += 1
        found = _LINE.fullmatch(line)
        try:
            raw = base64.b64decode(found[2], validate=True) if found else b""
        except ValueError:
            raw = b""
        if found is None or len(raw) <= _ID + _STAMP:
            return "is no signature"
        time = int.from_bytes(raw[_ID : _ID + _STAMP], "big")
        if (found[1], raw[:_ID].hex(), time) != (witness, key_id, cosigned_at):
            return "is not what the line says"
        keys = [key for key in self._keys if (key.name, key.identity) == (witness, raw[:_ID])]
        if not keys:
            self._report.unchecked += 1
        elif not keys[0].fits(note.partition("\n\n")[0] + "\n", raw[_ID:]):
            return "does not fit"
        return None

    def _read_entries(self, rows: Iterable[Sequence[Any]]) -> Iterator[tuple[int, tuple[Renaming, str]]]:
        """Each entry that says that the log goes on under another name, by its number; with the root at that size."""
        for seq, text in rows:
            try:
                body = json.loads(text)
                said = body["details"]
                names = (said["origin"], said["oldOrigin"], said["oldSize"], body["eventId"])
                self._agreed[said["oldOrigin"]] = int(said["agreedSize"])
                yield seq, (Renaming(seq + 1, *names), str(said["root"]))
            except (ValueError, KeyError, TypeError):
                continue  # an entry that says nothing renames nothing

    def _renamed(self) -> Iterator[Finding]:
        """Each entry has its row and each row its entry, and the log went by no other name."""
        said = {renaming.from_size: renaming for renaming, _ in self._said.values()}
        for from_size in sorted(said.keys() | self._rows.keys()):
            if said.get(from_size) != self._rows.get(from_size):
                wrong = "the log's change of name is not what this entry says"
                yield Finding(from_size - 1, "recovery", wrong)
        had = {name for each in self._rows.values() for name in (each.origin, each.old_origin)}
        strange = self._names - had if had else set(sorted(self._names)[1:])
        for name in sorted(strange):
            yield structural("checkpoint", f"there are checkpoints of '{name}', a name that the log never had")

    def _first_size(self, origin: str) -> int:
        """The size from which the log has a name."""
        return next((each.from_size for each in self._rows.values() if each.origin == origin), 0)


def _is_before(made_at: str, time: str) -> bool:
    """Whether it was made before the last entry under it was written, by more than clocks differ."""
    return bool(TIME.fullmatch(time)) and datetime.fromisoformat(made_at) < datetime.fromisoformat(time) - EARLY


def _stray(row: Sequence[Any]) -> Finding:
    said = f"a cosignature of '{row[2]}' is under no checkpoint: '{row[0]}' for {row[1]} entries"
    return structural("cosignature", said)
