"""What every act on a three-way meeting does: find it in the version that was read, add to it, tell the other party."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from app.gate import Act, Announcing, Gate, Unacceptable
from app.records import rows
from app.records.rows import Found
from app.services.entity_tags import check_tag, tag_of
from app.vocabulary import Party, Question, Role

MEETING, RESPONSE, SHARING, SIGN_OFF = "three_way_meeting", "meeting_response", "meeting_sharing", "meeting_sign_off"
PLANNED, HELD, CANCELLED = "planned", "held", "cancelled"
_OTHER = {Party.JUSTICE: Party.HEALTH, Party.HEALTH: Party.JUSTICE}
_OFFICES = {Party.JUSTICE: Role.OFFENDER_MANAGER.value, Party.HEALTH: Role.THERAPIST.value}


async def found(gate: Gate, act: Act, meeting: str, tag: str | None) -> Found:
    """A meeting of the person in the version that was read; any other meeting is answered like none."""
    row = await rows.one(gate.records, act.permit, MEETING, meeting)
    if row is None or row["person_id"] != act.standing.person_id:
        raise Unacceptable("not-found")
    check_tag(tag_of(row), tag)
    return row


def belonging(
    gate: Gate, table: str, act: Act, meeting: str, at: datetime, values: Mapping[str, Any]
) -> tuple[Any, ...]:
    """The insertion of something that belongs to a meeting."""
    about = {"id": str(uuid4()), "recorded_at": at, "meeting_id": meeting, "person_id": act.standing.person_id}
    return gate.writer.insert(table, {**about, **values})


def tell(act: Act, question: Question, kind: str, meeting: str) -> None:
    """The other party, by the meeting's id alone: whoever may read it finds it there."""
    other = _OTHER[question.caller.party]
    act.announcing = Announcing(kind, _OFFICES[other], (other,), {"meeting_id": meeting})
