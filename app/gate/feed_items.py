"""Who may have a feed at all, and what a system is sent of somebody: the categories that are open, and its own ids."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from pydantic_core import to_json

from app.gate.acting import STANDING
from app.gate.asking import openings_of
from app.policies import CompiledAgreement, Decision
from app.records import feed_contents
from app.records.feed import READABLE
from app.records.feed_people import Looked
from app.records.permit import Opening, Permit
from app.vocabulary import Category, Fact, Party, Question

if TYPE_CHECKING:
    from app.gate.door import Gate

MOST_IDS = 20


class Item(NamedTuple):
    """Somebody as the receiver is sent them, and its own ids for them."""

    body: bytes
    digest: str
    """By which a change of what is sent is told from any other."""
    identifiers: str
    openings: Mapping[Category, Opening]
    """What was open when it was read."""


Decided = tuple[Looked, Decision]
Identifiers = list[dict[str, str]]


async def check_receiver(gate: "Gate", question: Question) -> tuple[Question, CompiledAgreement]:
    """The question about all that the system's role can read; AccessRefused for whoever is no such system."""
    agreement = await gate.check_purpose(question)
    caller = question.caller
    standing = await gate.records.standing(caller, question.at, crn="")
    if not standing.session_is_live:
        raise await gate.refuse(question, "session-revoked", standing.facts)
    needed = Fact.EMPLOYED.bit if caller.is_system else STANDING
    if standing.facts & needed != needed:
        raise await gate.refuse(question, "standing-lapsed", standing.facts)
    subjects = tuple(
        each
        for each in READABLE
        if agreement.conditions(caller.role, caller.party, question.purpose, question.action, each)
    )  # whatever the agreement's end: then there is somebody to be dropped
    if not caller.is_system or not subjects:
        raise await gate.refuse(question, "not-permitted-for-role", standing.facts)
    return replace(question, subjects=subjects), agreement


async def items_of(
    gate: "Gate", permit: Permit, question: Question, decided: Sequence[Decided], members: Mapping[str, int]
) -> dict[str, Item]:
    """What is sent of each of these people, by id; `members` has the receiver's number for them."""
    alike: dict[int, tuple[Decision, list[str]]] = {}
    for row, decision in decided:  # of few facts there are few decisions, each made once
        alike.setdefault(id(decision), (decision, []))[1].append(row.person_id)
    groups = [(openings_of(decision), persons) for decision, persons in alike.values()]
    openings = {person: opened for opened, persons in groups for person in persons}
    content = await feed_contents.contents(gate.records, permit, question.caller, question.at, groups)
    own = await own_ids(gate, permit, question, [row for row, _ in decided], members)
    made = {}
    for row, _ in decided:
        person = row.person_id
        identifiers = to_json(own[person])  # as they are kept as well
        about = {"type": "person", "id": str(members[person]), "crn": row.crn}
        opened = to_json(content[person])
        body = b"".join((to_json(about)[:-1], b',"identifiers":', identifiers, b',"categories":', opened, b"}"))
        made[person] = Item(body, sha256(body).hexdigest(), identifiers.decode(), openings[person])
    return made


async def own_ids(gate: "Gate", permit: Permit, question: Question, rows: Sequence[Looked],
                  members: Mapping[str, int]) -> dict[str, Identifiers]:  # fmt: skip
    """The receiver's own ids for each of these people; its number in the feed where it has sent no id of its own."""
    caller = question.caller
    if caller.party is not Party.HEALTH:
        return {row.person_id: [{"type": "CRN", "value": row.crn or ""}] for row in rows}
    persons = [row.person_id for row in rows]
    local = await feed_contents.local_ids(gate.records, permit, caller.client, persons)
    return {
        person: [{"type": "LocalPatientId", "value": each} for each in local.get(person, ())[:MOST_IDS]]
        or [{"type": "FeedId", "value": str(members[person])}]
        for person in persons
    }
