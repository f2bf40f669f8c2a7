"""Session notes and formulations: written by whoever treats, with what the person's own access to them depends on."""

from dataclasses import dataclass
from datetime import datetime

from app.gate import Gate, Unacceptable
from app.records.predicates import LONDON
from app.records.writing import own_record
from app.services.answers import Answer, document
from app.services.referred import Referred
from app.vocabulary import Question

NOTE = "session_note"
KINDS = ("session", "formulation")


@dataclass(frozen=True, slots=True)
class Note:
    """A note as it came; whether it names third parties, and whether reading it would be likely to harm seriously."""

    kind: str
    text: str
    third_party: bool
    serious_harm: bool
    written_at: datetime | None = None
    """None for now."""


class NoteService:
    """Notes under a referral; every method leaves an entry."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._referred = Referred(gate)

    async def write(self, question: Question, referral_id: str, note: Note) -> Answer:
        """Keep a note of the caller's; Unacceptable for one of before the referral or of the future."""
        async with self._gate.act(question, record=("referral", referral_id)) as act:
            referral = await self._referred.referral(act, question, referral_id)
            written = note.written_at or question.at
            if written > question.at or written.astimezone(LONDON).date() < referral["received_on"]:
                raise Unacceptable("note-outside-referral", field="writtenAt")
            row = own_record(question.at) | {
                "person_id": act.standing.person_id,
                "referral_id": referral_id,
                "author": question.caller.staff,
                "written_at": written,
                "kind": note.kind,
                "text": note.text,
                "third_party": note.third_party,
                "serious_harm": note.serious_harm,
            }
            act.changes.append(self._gate.writer.insert(NOTE, row))
            act.details |= {"change": "created", "table": NOTE}
            act.answer = document({"id": row["id"], "version": row["source_version"]})
        return Answer(act.answer, act.receipt)
