"""Every entry, person's part, tile and the head against what the bytes say, in one pass over the snapshot."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from operator import itemgetter
from typing import Any

from app.audit.verify_against import Against
from app.audit.verify_bytes import TILE_LEVELS, NotCanonical, canonical_value, leaf_of
from app.audit.verify_notes import Key
from app.audit.verify_read import CALLER, PART, TIME, TOP, Finding, Reading, Report
from app.audit.verify_stored import Stored
from app.audit.verify_words import TileWords

VERSION = 1
CLOCK_SECONDS = 300
"""How far a decision may lie before one that was recorded earlier: what the clocks of workers may differ by, and the
longest that a request takes.
"""
PROGRESS_EVERY = 1000
_ARCHIVED_WIDTH = 4
"""In files an entry has no query columns."""
_HEX = re.compile(r"[0-9a-f]{64}")
_TOP_MEMBERS, _CALLER_MEMBERS, _PART_MEMBERS = (itemgetter(*names.values()) for names in (TOP, CALLER, PART))
_NO_CALLER = (None,) * len(CALLER)
_OCCURRED = list(TOP).index("occurred_at")


class Verification:
    """One pass; what is wrong goes into the report, and the next entry is checked all the same."""

    def __init__(
        self,
        source: Reading,
        report: Report,
        progress: Callable[[int, int], None],
        against: Against | None = None,
        keys: Sequence[Key] = (),
    ) -> None:
        self.source, self.report, self.progress = source, report, progress
        self.against = against or Against()
        self.tree, self.expected, self.time = self.against.start(source)
        self.tiles = {level: source.tiles(level, self.expected >> level) for level in TILE_LEVELS}
        self.tile_counts = {level: self.expected >> level for level in TILE_LEVELS}
        self.parts = source.parts(self.expected)
        self.part: Sequence[Any] | None = next(self.parts, None)
        self.words = TileWords(source, self.expected)
        self.stored = Stored(source, report, self.expected, keys)
        self.erased = _erasures(source.erasures())
        report.start = self.expected
        self.latest = ""
        self.archived: list[Any] = []

    def run(self) -> None:
        """Every entry, then the head."""
        heads = self.source.heads()
        total = heads[0][0] if heads else 0
        self.compare()
        for row in self.source.entries(self.expected):
            self.entry(row)
            self.compare()
            if self.expected % PROGRESS_EVERY == 0:
                self.progress(self.expected, total)
        while self.part is not None:
            self.say(self.part[0], "part-without-entry", "a person's part belongs to no entry")
            self.part = next(self.parts, None)
        for level in TILE_LEVELS:
            if next(self.tiles[level], None) is not None:
                self.say(None, "tile-extra", f"a tile of level {level} covers entries that are not there")
        self.report_all(self.words.rest(self.tile_counts[TILE_LEVELS[0]]))
        for event_id in self.source.repeated_events():
            self.say(None, "event-repeated", f"event '{event_id}' stands in more than one entry")
        for kept in self.against.left():
            said = f"the log has {self.expected} entries, and the checkpoint of '{kept.origin}' has {kept.size}"
            self.say(None, "behind", f"{said}: entries {self.expected} to {kept.size - 1} are gone")
        self.report_all(self.stored.rest(self.expected))
        self.head(heads)
        self.archives()
        self.report.checkpoints = self.against.compared
        self.report.size, self.report.root = self.expected, self.tree.root().hex()
        self.progress(self.expected, max(total, self.expected))

    def say(self, seq: int | None, code: str, message: str) -> None:
        """One finding."""
        self.report.add(Finding(seq, code, message))

    def compare(self) -> None:
        """The tree as it stands now against whatever was kept of it at this size."""
        self.report_all(self.stored.at(self.expected, self.tree, self.time))
        for kept in self.against.at(self.expected):
            if kept.root != self.tree.root():
                since = self.against.agreed
                said = f"the checkpoint of '{kept.origin}' for {kept.size} entries has another root"
                self.say(None, "rewritten", f"{said}: something from entry {since} to {kept.size - 1} was rewritten")
            else:
                self.against.agreed = kept.size

    def report_all(self, findings: Iterator[Finding]) -> None:
        """What was found by somebody else."""
        for finding in findings:
            self.report.add(finding)

    def entry(self, row: Sequence[Any]) -> None:
        """One entry with its part; whatever is wrong with it, the next one is checked too."""
        seq, time, text, stored = row[:4]
        if seq != self.expected:
            first, last = self.expected, seq - 1
            if seq > self.expected:
                self.say(first, "entry-missing", f"entries {first} to {last} are missing")
            else:
                self.say(seq, "entry-out-of-order", "the number stands in more than one entry or below zero")
        self.expected = max(self.expected, seq + 1)
        if not isinstance(time, str) or not TIME.fullmatch(time) or time < self.time:
            self.say(seq, "time", "the time of recording runs back or is malformed")
        self.time = time
        leaf = leaf_of(seq, time, text)
        if leaf != stored:
            self.say(seq, "leaf", "the leaf hash is not that of this entry, place and time")
        ended = list(self.tree.add(leaf))
        for level, node in ended:
            self.tile(seq, level, node)
        subject = self.body(seq, text, row)
        self.person(seq, subject)
        if ended:
            self.report_all(self.words.end(self.tile_counts[TILE_LEVELS[0]] - 1))

    def body(self, seq: int, text: str, row: Sequence[Any]) -> Any:
        """The entry's commitment to a person, after checking the bytes and the columns made from them."""
        try:
            body = canonical_value(text)
            top, caller = _TOP_MEMBERS(body), body["caller"]
            made = top + (_CALLER_MEMBERS(caller) if caller is not None else _NO_CALLER)
            version, subject = body["v"], body["subject"]
            self.words.hear(body)
        except NotCanonical as fault:
            self.say(seq, "body", f"the body is not canonical: {fault}")
        except (KeyError, TypeError, AttributeError):
            self.say(seq, "body", "the body lacks what every entry has")
        else:
            self.columns(seq, version, row if len(row) > _ARCHIVED_WIDTH else (*row, *made), made)
            if body["type"] == "archive":
                self.archived.append(body["details"])
            if subject is None or (isinstance(subject, str) and _HEX.fullmatch(subject)):
                return subject
            self.say(seq, "body", "the commitment to the person is malformed")
        return None

    def columns(self, seq: int, version: Any, row: Sequence[Any], made: tuple[Any, ...]) -> None:
        """The query columns against the body."""
        self.occurred(seq, row[4 + _OCCURRED])
        if version != VERSION:
            self.say(seq, "body", "the body has an unknown version")
        if tuple(row[4:]) != made:
            names = (*TOP, *CALLER)
            wrong = [name for name, held, true in zip(names, row[4:], made, strict=True) if held != true]
            self.say(seq, "column", f"{', '.join(wrong)} is not what the body says")

    def occurred(self, seq: int, moment: Any) -> None:
        """When it was decided: in the order of the log, but for how long requests take and how far clocks are apart."""
        if not isinstance(moment, str) or not TIME.fullmatch(moment):
            self.say(seq, "time", "the time of the decision is malformed")
        elif moment >= self.latest:
            self.latest = moment
        elif (back := _seconds(moment, self.latest)) > CLOCK_SECONDS:
            self.say(seq, "clock", f"decided {back:.0f} s before an earlier entry: a clock was set back")

    def archives(self) -> None:
        """What the log says of its archive against the list of its files."""
        said = []
        for details in self.archived:
            try:
                said.append((details["month"], details["first"], details["stop"], details["sha256"]))
            except (KeyError, TypeError):
                self.say(None, "archive", "an entry about the archive does not say what was archived")
        held = self.source.archives()
        if self.report.start:  # what came before was not read
            held = [each for each in held if each in said]
        if said != held:
            self.say(None, "archive", "the list of archived months is not what the log's entries say")

    def person(self, seq: int, subject: Any) -> None:
        """The person's part: there and true to the entry's commitment, or erased by an entry that says so."""
        while self.part is not None and self.part[0] < seq:
            self.say(self.part[0], "part-without-entry", "a person's part belongs to no entry")
            self.part = next(self.parts, None)
        if self.part is None or self.part[0] != seq:
            if subject is not None and self.erased.get(seq, -1) > seq:
                self.report.erased += 1
            elif subject is not None:
                self.say(seq, "part-missing", "the person's part is missing and no entry says that it was erased")
            return
        part, self.part = self.part, next(self.parts, None)
        if subject is None:
            self.say(seq, "part-unexpected", "the entry is about nobody but has a person's part")
        elif seq in self.erased:
            self.say(seq, "part-not-erased", "an entry says that the person's part was erased, but it is there")
        else:
            self.part_of(seq, subject, part)

    def part_of(self, seq: int, subject: str, part: Sequence[Any]) -> None:
        """The part against the commitment and against the columns made from it."""
        salt, text = part[1], part[2]
        if len(salt) < 16 or sha256(salt + text.encode()).hexdigest() != subject:
            self.say(seq, "subject", "the person's part is not the one that the entry commits to")
        try:
            made = _PART_MEMBERS(canonical_value(text))
        except (NotCanonical, KeyError, TypeError):
            self.say(seq, "part", "the person's part is not canonical or lacks what every part has")
        else:
            if tuple(part[3:]) != made:
                self.say(seq, "column", "person_id or crn is not what the person's part says")

    def tile(self, seq: int, level: int, node: bytes) -> None:
        """A completed subtree against the kept root."""
        number = self.tile_counts[level]
        self.tile_counts[level] = number + 1
        if next(self.tiles[level], None) != (number, node):
            self.say(seq, "tile", f"tile {number} of level {level} is missing or is not the root of its entries")

    def head(self, heads: Sequence[Sequence[Any]]) -> None:
        """The head row against the tree that was built."""
        if len(heads) != 1:
            self.say(None, "head", f"{len(heads)} head rows instead of one")
            return
        size, frontier, time, root, identity = heads[0]
        if size > self.expected:
            self.say(self.expected, "entry-missing", f"entries {self.expected} to {size - 1} are missing at the end")
        true = (self.expected, b"".join(node for _, node in self.tree.stack), self.time, self.tree.root(), 1)
        held = (size, frontier, time, root, identity)
        names = ("size", "frontier", "recorded_at", "root", "id")
        wrong = [name for name, mine, its in zip(names, true, held, strict=True) if mine != its]
        if wrong:
            self.say(None, "head", f"the head's {', '.join(wrong)} is not that of the entries")


def _seconds(earlier: str, later: str) -> float:
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()


def _erasures(rows: Iterator[Sequence[Any]]) -> Mapping[int, int]:
    """Which entries' persons' parts were erased, and by which entry; the entry itself is verified like any other."""
    targets: dict[int, int] = {}
    for seq, text in rows:
        try:
            details = json.loads(text)["details"]
            targets |= {target: seq for target in details["targets"] if isinstance(target, int)}
        except (ValueError, KeyError, TypeError):
            continue  # an ERASE entry that says nothing erases nothing
    return targets
