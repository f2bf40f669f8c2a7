"""Batches of records as neighbours send them: received whole before the first record is applied, and told how it went.

What is received is checked for its form alone: a broken file changes nothing. Its records are judged and written by
`app.sync.batches`, in any process that runs, and each that changes something is an entry in the log.
"""

import asyncio
import json
import zlib
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import uuid4

from app.config import Settings
from app.gate import AccessRefused, Act, Gate, Unacceptable
from app.records import parents
from app.records.batches import COUNTS, Batch, Batches, Held, Waits
from app.services.answers import Answer, document, page
from app.services.cursors import CursorInvalid, decode, encode, number
from app.services.inflating import BOM, Form, inflated
from app.vocabulary import Category, Question, Register, Role, Subject

__all__ = ["Batch", "BatchService", "Held", "Waits"]
CHUNK_LINES = 1000
CHUNK_BYTES = 4 * 1024 * 1024
LONGEST_LINE = 1024 * 1024
SENT: Mapping[Role, tuple[Subject, ...]] = {
    Role.CASE_MANAGEMENT_SYSTEM: (Category.IDENTITY, Category.CONTACT, Category.SUPERVISION, Category.OFFENCE,
                                  Category.RISK, Category.OBLIGATIONS, Register.LIMITS, Register.ALLOCATION),
    Role.CLINICAL_SYSTEM: (Category.REFERRAL, Category.ATTENDANCE, Category.PROGRESS, Category.SCORES,
                           Category.CLINICAL, Category.NOTES, Category.SAFETY, Category.SAFETY_ALERT),
}  # fmt: skip
"""What a system may write (H1, H5, H8), and so send in a batch."""
EVERYTHING = tuple(subject for subjects in SENT.values() for subject in subjects)
"""Which nobody may write whole."""
RESULTS = "sync-results"


class BatchService:
    """Receives batches, and says what came of them; every method leaves an entry."""

    def __init__(self, settings: Settings, gate: Gate) -> None:
        self._gate = gate
        self._bytes, self._lines = settings.batch_bytes, settings.batch_records
        self.store = Batches(settings, gate.records.database)
        self.arrived = asyncio.Event()
        """Set when there is something to apply in this process."""

    async def receive(self, question: Question, batch_id: str, form: Form, body: AsyncIterator[bytes]) -> Answer:
        """Keep a batch whole; the same again is answered the same, and another of its name is a conflict.

        Unacceptable, its entry durable, for a body that is no batch: then nothing of it is kept.
        """
        upload = _Upload(self.store, self._lines)
        try:
            async with self._gate.act(question, alone=True) as act:
                async for piece in inflated(body, form, self._bytes):
                    await upload.take(piece)
                await upload.end()
                batch = await self._kept(act, question, batch_id, upload)
                act.answer = document(_told(batch, "received" if batch.state == "stopped" else batch.state))
        except (Unacceptable, AccessRefused):  # after any other fault it may stand in the log, or is swept
            await self.store.forget(upload.id)
            raise
        self.arrived.set()
        return Answer(act.answer, act.receipt)

    async def _kept(self, act: Act, question: Question, batch_id: str, upload: "_Upload") -> Batch:
        """The batch of this name: new, or the one that was sent before; Unacceptable for another content."""
        known = await self.store.find(question.caller.client, batch_id)
        if known is None:
            return self._received(act, question, batch_id, upload)
        if known.digest != upload.digest:
            raise Unacceptable("batch-differs", field="batchId")
        if known.state == "stopped":
            act.changes.append(self.store.resumed(known, upload.id))
        else:
            await self.store.forget(upload.id)
        return known

    def _received(self, act: Act, question: Question, batch_id: str, upload: "_Upload") -> Batch:
        caller = question.caller
        row: dict[str, Any] = {
            "client": caller.client,
            "batch_id": batch_id,
            "party": caller.party.value,
            "role": caller.role.value,
            "service": caller.service,
            "token": caller.token,
            "upload": upload.id,
            "digest": upload.digest,
            "records": upload.records,
            "chunks": upload.chunks,
            "state": "received",
            "chunk": 0,
            "place": 0,
            **dict.fromkeys(COUNTS, 0),
            "claimed_until": None,
            "received_at": question.at,
            "finished_at": None,
        }
        act.changes.append(self._gate.writer.insert("sync_batch", row))
        act.details |= {"batch": batch_id, "digest": upload.digest, "records": upload.records, "change": "received"}
        return Batch(number=0, **row)

    async def status(self, question: Question, batch_id: str) -> Answer:
        """How far a batch of the caller's is; Unacceptable `batch-unknown` if they have sent none of this name."""
        async with self._gate.act(question, alone=True) as act:
            batch = await self._own(question, batch_id)
            act.answer = document(_told(batch, batch.state))
        return Answer(act.answer, act.receipt)

    async def results(self, question: Question, batch_id: str, cursor: str | None) -> Answer:
        """What came of each record, some at a time, by line; as far as it is applied."""
        filters = {"client": question.caller.client, "batch": batch_id}
        chunk = number(decode(cursor, (str,), RESULTS, filters)[0]) if cursor else 0
        async with self._gate.act(question, alone=True) as act:
            batch = await self._own(question, batch_id)
            if chunk > batch.chunks:
                raise CursorInvalid("the cursor's key is no part of the batch")
            lines: dict[int, list[Any]] = {}
            for body in await self.store.results(batch.number, chunk):
                lines |= {each[0]: each for each in json.loads(zlib.decompress(body))}
            names = await self._names(question, lines)
            rows = [document(_shown(lines[line], names)) for line in sorted(lines)]
            following = encode((str(chunk + 1),), RESULTS, filters) if chunk + 1 < batch.chunks else None
            act.answer = page(rows, following, len(rows))
        return Answer(act.answer, act.receipt)

    async def _own(self, question: Question, batch_id: str) -> Batch:
        batch = await self.store.find(question.caller.client, batch_id)
        if batch is None:
            raise Unacceptable("batch-unknown", field="batchId")
        return batch

    async def _names(self, question: Question, lines: Mapping[int, list[Any]]) -> dict[str, str]:
        """What the sender calls the other records that findings name."""
        ids = {other for each in lines.values() for finding in each[2] for other in finding.get("others", ())}
        if not ids:
            return {}
        async with self._gate.many(question) as many:
            return await parents.names_of(self._gate.records, many.permit, sorted(ids))

    async def close(self) -> None:
        """Give the writing connection back."""
        await self.store.close()


class _Upload:
    """A body on its way in: whole lines of UTF-8, kept some at a time, so that its size is nobody's memory."""

    def __init__(self, store: Batches, most: int) -> None:
        self.id, self.chunks, self.records = str(uuid4()), 0, 0
        self._store, self._most = store, most
        self._at = datetime.now(UTC)  # by the real clock, by which what is left of it is swept
        self._digest = sha256()
        self._rest, self._lines, self._first, self._next = b"", list[bytes](), 1, 1
        self._size = 0

    @property
    def digest(self) -> str:
        """Of everything that came, inflated."""
        return self._digest.hexdigest()

    async def take(self, piece: bytes) -> None:
        """The next bytes."""
        if not self._rest and self._next == 1 and not self._lines:
            piece = piece.removeprefix(BOM)
        self._digest.update(piece)
        *lines, self._rest = (self._rest + piece).split(b"\n")
        for line in lines:
            await self._line(line)
        if len(self._rest) > LONGEST_LINE:
            raise Unacceptable("batch-unreadable", f"line {self._next} is longer than {LONGEST_LINE} bytes", "body")

    async def end(self) -> None:
        """What is left; Unacceptable for a body without a record."""
        if self._rest:
            await self._line(self._rest)
        if self._lines:
            await self._keep()
        if not self.records:
            raise Unacceptable("batch-unreadable", "there is no line in it", "body")

    async def _line(self, line: bytes) -> None:
        if len(line) > LONGEST_LINE:
            raise Unacceptable("batch-unreadable", f"line {self._next} is longer than {LONGEST_LINE} bytes", "body")
        try:
            line.decode()
        except UnicodeDecodeError as fault:
            raise Unacceptable("batch-unreadable", f"line {self._next} is not UTF-8", "body") from fault
        self._lines.append(line)
        self._size += len(line)
        self._next += 1
        self.records += bool(line.strip())
        if self.records > self._most:
            raise Unacceptable("batch-too-large", f"more than {self._most} records", "body")
        if len(self._lines) == CHUNK_LINES or self._size > CHUNK_BYTES:
            await self._keep()

    async def _keep(self) -> None:
        body = zlib.compress(b"\n".join(self._lines), 1)
        await self._store.keep(self.id, self.chunks, self._first, body, self._at)
        self.chunks += 1
        self._lines, self._first, self._size = [], self._next, 0


def _told(batch: Batch, state: str) -> dict[str, Any]:
    """A batch as its sender is told of it: never anything that tells whether a person is known to the other side."""
    done = sum(getattr(batch, name) for name in COUNTS if name != "warned")
    return {
        "batchId": batch.batch_id,
        "state": state,
        "sha256": batch.digest,
        "records": batch.records,
        "receivedAt": batch.received_at,
        "finishedAt": batch.finished_at,
        "applied": done,
        "counts": {
            "accepted": batch.accepted,
            "unchanged": batch.unchanged,
            "superseded": batch.superseded,
            "conflict": batch.conflict,
            "rejected": batch.rejected,
            "warned": batch.warned,
        },
    }


def _shown(line: list[Any], names: Mapping[str, str]) -> dict[str, Any]:
    """What came of a line; whoever is not there any more is not named."""
    number, outcome, findings = line
    shown = []
    for finding in findings:
        others = [names[each] for each in finding.get("others", ()) if each in names]
        shown.append({**finding, "others": others})
    return {"line": number, "outcome": outcome, "findings": shown}
