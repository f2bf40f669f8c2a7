"""A referral as far as somebody may change it: whose it is, in which version, and how its moves are written.

An offender manager reaches their own draft until it is sent; the health party reaches what was sent to the service
that the caller works for. Whatever else there is, is answered like a referral that does not exist.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

from app.gate import Act, Gate, Unacceptable
from app.pathway.lifecycle import Move, can, misdated, possible
from app.policies.agreement import LONDON
from app.records.rows import Found, one, rows
from app.records.views import camel, sections
from app.records.writing import own_record, own_version
from app.services.answers import document
from app.services.entity_tags import check_tag
from app.services.referred import Referred
from app.vocabulary import Category, Party, Question

REFERRAL, MOVE, REASON = "referral", "referral_move", "move_reason"
_SHOWN = next(each for each in sections(Category.REFERRAL) if each.name == "referrals")


@dataclass(frozen=True, slots=True)
class Note:
    """Words about a person, and what an answer to that person has to know of them (G3)."""

    text: str
    third_party: bool
    serious_harm: bool


@dataclass(frozen=True, slots=True)
class Why:
    """Who made a move, and why."""

    by: str
    reason: str | None = None
    note: Note | None = None
    overruled: str | None = None


def shown(row: Mapping[str, Any]) -> Found:
    """A referral's row as answers show it."""
    return {camel(column.name): row[column.name] for column in _SHOWN.columns}


def version_of(row: Mapping[str, Any], moves: Sequence[Mapping[str, Any]]) -> str:
    """The entity tag of a referral: what is shown of it, and the newest move, so that no state comes back unseen."""
    newest = max(((str(each["recorded_at"]), each["id"]) for each in moves), default=("", ""))
    return f'"{sha256(document({"referral": row, "move": newest[1]})).hexdigest()[:32]}"'


def note_columns(note: Note | None) -> dict[str, Any]:
    """The columns of a table with a note."""
    if note is None:
        return {"note": None, "third_party": False, "serious_harm": False}
    return {"note": note.text, "third_party": note.third_party, "serious_harm": note.serious_harm}


def today(question: Question) -> date:
    """The day of a question in Europe/London."""
    return question.at.astimezone(LONDON).date()


def name_of(question: Question) -> str:
    """Who acts."""
    return question.caller.staff or question.caller.client


@dataclass(slots=True)
class Reached:
    """A referral within an act, and the moves that it has made; what changes it again sees what was changed before."""

    gate: Gate
    act: Act
    question: Question
    row: Found
    moves: list[Found]

    @property
    def tag(self) -> str:
        """Its entity tag, after what was changed."""
        return version_of(shown(self.row), self.moves)

    def check(self, tag: str | None) -> None:
        """Unacceptable unless `tag` (If-Match) names this version."""
        check_tag(self.tag, tag)

    def day(self, on: date | None) -> date:
        """The day of a move, today if nobody says; Unacceptable before the last one, or after today."""
        wanted = on or today(self.question)
        last = max((each["occurred_on"] for each in self.moves), default=self.row["received_on"])
        wrong = misdated(wanted, today(self.question), last)
        if wrong is not None:
            raise Unacceptable("move-misdated", wrong, "on")
        return wanted

    def check_move(self, move: Move, field: str) -> None:
        """Unacceptable if it cannot make this move; says where it can go."""
        status = self.row["status"]
        if not can(move, status):
            raise Unacceptable("move-not-possible", field=field, possible=possible(status))

    def move(self, to: str, on: date, why: Why | None, **changed: Any) -> None:
        """To another status, with what else changes."""
        origin = self.row["status"]
        self.change(status=to, **changed)
        self.note_move(origin, to, on, why)

    def change(self, **changed: Any) -> None:
        """Other values, if the row is still the one that was read."""
        at = max(self.question.at, self.row["recorded_at"] + timedelta(microseconds=1))
        seen = {name: self.row[name] for name in ("id", "source_version", "recorded_at")}
        new = changed | own_version(at)
        self.act.changes.append(self.gate.writer.update(REFERRAL, seen, new))
        self.row = self.row | new

    def note_move(self, origin: str | None, to: str, on: date, why: Why | None) -> None:
        """The entry in the referral's own history."""
        keys = {"from_status": origin, "to_status": to, "occurred_on": on}
        made = own_record(self.row["recorded_at"]) | self._keys() | keys
        self.act.changes.append(self.gate.writer.insert(MOVE, made))
        self.moves = [*self.moves, made]
        if why is not None:
            told = {"move_id": made["id"], "moved_by": why.by, "reason": why.reason, "overruled": why.overruled}
            self.insert(REASON, told | note_columns(why.note))

    def insert(self, table: str, row: Mapping[str, Any]) -> Found:
        """A new record of this referral."""
        made = own_record(self.question.at) | self._keys() | dict(row)
        self.act.changes.append(self.gate.writer.insert(table, made))
        return made

    def _keys(self) -> dict[str, Any]:
        return {"person_id": self.row["person_id"], "referral_id": self.row["id"]}

    def answer(self, change: str) -> bytes:
        """What a change is answered with; the entry says that there was one, and nothing of it."""
        self.act.details |= {"change": change, "table": REFERRAL}
        return document({"id": self.row["id"], "version": self.tag})


async def reached(gate: Gate, act: Act, question: Question, referral_id: str) -> Reached:
    """The referral for a change; Unacceptable `not-found` for one that the caller does not reach."""
    if question.caller.party is Party.JUSTICE:
        row = await _own_draft(gate, act, question, referral_id)
    else:
        row = await Referred(gate).referral(act, question, referral_id)
    moves = await rows(gate.records, act.permit, MOVE, referral_id=referral_id)
    return Reached(gate, act, question, row, moves)


async def _own_draft(gate: Gate, act: Act, question: Question, referral_id: str) -> Found:
    row = await one(gate.records, act.permit, REFERRAL, referral_id)
    if row is None or row["status"] != "draft" or row["withdrawn_at"] is not None:
        raise Unacceptable("not-found")
    if row["referred_by"] != question.caller.staff:
        raise Unacceptable("not-found")
    return row
