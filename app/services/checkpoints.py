"""Checkpoints over HTTP: the newest for anybody, one more and how far the witnesses are for oversight (G1)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from app.audit.checkpoint import Checkpoint
from app.audit.checkpoints import Checkpoints, CheckpointUnknown
from app.audit.outside import LogContradicted
from app.audit.signed_note import Note, NoteInvalid, Signature, Verifier
from app.config import Settings
from app.gate import Gate, Unacceptable
from app.services.answers import Answer, document
from app.vocabulary import Question

MOST_LINES = 16
MOST_BYTES = 8_192


class CheckpointService:
    """What may be asked about the log as a whole; nothing of it is about a person."""

    def __init__(self, gate: Gate, checkpoints: Checkpoints, settings: Settings) -> None:
        self._gate, self._checkpoints = gate, checkpoints
        self._parties = {each.key: each.party.value for each in settings.witnesses}

    async def latest(self) -> str:
        """The newest checkpoint's note with every cosignature that is known; the first one is made for whoever asks."""
        return str(await self._checkpoints.latest() or await self._make())

    async def make(self, question: Question) -> Answer:
        """A checkpoint over the log as it is; AccessRefused by the gate, LogUnavailable if it is not what it was."""
        async with self._gate.act(question) as act:
            note = await self._make()
            checkpoint = Checkpoint.of(note.text)
            act.details |= {"checkpoint": checkpoint.size}
            act.answer = document({**_said(checkpoint), "note": str(note)})
        return Answer(act.answer, act.receipt)

    async def cosign(self, size: int, body: bytes) -> str:
        """Add a witness's cosignatures under a checkpoint, which prove themselves; the note with all of them.

        Unacceptable for what is no signature line, does not fit, or is by nobody whom we know as a witness.
        """
        try:
            return str(await self._checkpoints.cosign(size, _lines(body)))
        except CheckpointUnknown as fault:
            raise Unacceptable("checkpoint-unknown", field="size") from fault
        except NoteInvalid as fault:
            raise Unacceptable("cosignature-invalid", str(fault), "body") from fault

    async def witnesses(self, question: Question) -> Answer:
        """How far each witness is, beside the newest checkpoint."""
        async with self._gate.act(question) as act:
            newest = await self._checkpoints.newest()
            data = [await self._state(each) for each in self._checkpoints.keys.witnesses]
            made = {**_said(newest.checkpoint), "madeAt": newest.made_at} if newest else None
            act.answer = document({"checkpoint": made, "witnesses": data})
        return Answer(act.answer, act.receipt)

    async def _make(self) -> Note:
        try:
            return await self._checkpoints.make()
        except LogContradicted as fault:
            self._gate.log.refuse(str(fault))
            raise

    async def _state(self, witness: Verifier) -> Mapping[str, Any]:
        last = await self._checkpoints.rows.cosigned_size(self._checkpoints.keys.origin, witness)
        return {
            "name": witness.name,
            "party": self._parties[str(witness)],
            "key": str(witness),
            "size": last[0] if last else None,
            "cosignedAt": datetime.fromtimestamp(last[1], UTC) if last else None,
        }


def _said(checkpoint: Checkpoint) -> dict[str, Any]:
    return {"origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root.hex()}


def _lines(body: bytes) -> list[Signature]:
    """Signature lines as they stand under a note, each with its newline; NoteInvalid for another thing."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise NoteInvalid("signature lines are UTF-8") from None
    lines = text.split("\n")
    if len(body) > MOST_BYTES or len(lines) > MOST_LINES + 1 or lines.pop() or not lines:
        raise NoteInvalid(f"1 to {MOST_LINES} signature lines, each with a newline")
    return [Signature.of(line) for line in lines]
