"""What a system is told of a change in its feed, decided when it is sent: ids alone, nothing of whoever is closed."""

import json
from typing import TYPE_CHECKING

from app.audit.entry import PersonPart
from app.audit.submission import Submission
from app.gate.entries import PERMITTED, cited
from app.gate.feed_items import Identifiers, check_receiver, own_ids
from app.gate.feed_moves import PERSON_REMOVED
from app.policies import decide
from app.records import feed, feed_people, feed_removals
from app.records.permit import issue_tables
from app.vocabulary import Category, Party, Question

if TYPE_CHECKING:
    from app.gate.door import Gate


async def tell(gate: "Gate", question: Question, kind: str, number: int, event: str) -> Identifiers | None:
    """The receiver's own ids of whom an event is about, once the entry is durable; None if it is to be told nothing.

    AccessRefused for a system that may ask for nothing any more.
    """
    if kind == PERSON_REMOVED:
        return await _removed(gate, question, number, event)
    asked, agreement = await check_receiver(gate, question)
    permit = issue_tables(feed.TABLES)
    try:
        row = await feed_people.member(gate.records, permit, asked.caller, asked.at, number)
        if row is None or row.crn is None:
            return None
        decision = decide(asked, row.facts, agreement)
        if not decision.any_permitted:
            return None
        identifiers = (await own_ids(gate, permit, asked, [row], {row.person_id: number}))[row.person_id]
    finally:
        permit.close()
    said = gate._phrases.say(asked, decision.rulings, agreement)
    record = gate._record(
        asked, agreement, PERMITTED, clauses=said.clauses, facts=row.facts, details={"event": event},
        released={} if asked.caller.party is Party.HEALTH else {Category.IDENTITY.value: ["person.crn"]},
        answer=json.dumps(identifiers).encode(),
    )  # fmt: skip
    about = PersonPart(row.person_id, row.crn, cited(said, row.consents))
    await gate.log.append(Submission((record.sealed(about),)))
    return identifiers


async def _removed(gate: "Gate", question: Question, number: int, event: str) -> Identifiers | None:
    asked, agreement = await check_receiver(gate, question)
    permit = issue_tables(feed.TABLES)
    try:
        notice = await feed_removals.removal(gate.records, permit, asked.caller.client, number)
    finally:
        permit.close()
    if notice is None or notice.closed_at is not None:
        return None
    record = gate._record(asked, agreement, PERMITTED, details={"event": event, "removals": [number]})
    about = PersonPart(notice.person_id, notice.crn) if notice.person_id else None
    await gate.log.append(Submission((record.sealed(about),)))
    identifiers: Identifiers = json.loads(notice.identifiers or "[]")
    return identifiers
