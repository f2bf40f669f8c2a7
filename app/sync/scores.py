"""Outcome measures: each score with its band and, where they were given, its answers; WSAS from its five items.

The national tables give a score for each tool at a contact's activity (IDS607) or outside a contact (IDS606); the
clinical system adds the answers (`LocalScoreItems`) and CORE-10, which the national list does not have.
"""

from collections.abc import Iterator, MutableMapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from app.pathway.measures import (
    BY_CODE,
    CORE_10,
    WSAS,
    WSAS_ITEMS,
    Measure,
    wsas_item_is_in_range,
    wsas_total,
)
from app.pathway.scoring import UNANSWERED
from app.sync.fields import LONDON, Fields
from app.sync.health import Contact, Health, Referred
from app.sync.mangled import is_rounded
from app.sync.reading import Source
from app.sync.records import Incoming, Times
from app.vocabulary import Category

Answers = tuple[Fields, str, tuple[int, ...], Times]
Item = tuple[Source, str, bool]
"""A row of WSAS, the code of its item, and whether it is broken."""


def score_records(health: Health) -> Iterator[Incoming]:
    """Every measure of the submission."""
    yield from _at_contacts(health)
    yield from _outside_contacts(health)
    yield from _core_10(health)


def _at_contacts(health: Health) -> Iterator[Incoming]:
    answers = health.by_key("LocalScoreItems", "CareActId", "CodedAssToolType")
    wsas: MutableMapping[str, list[Item]] = health.new_mapping()
    seen = health.new_set()
    for fields in health.rows("IDS607CodedScoreAssessmentAct"):
        identity, code = fields.required("CareActId", 20), fields.text("CodedAssToolType", 20)
        contact = health.activities.get(identity) if identity else None
        if identity and contact is None:
            fields.fault("CareActId", "parent-missing")
        if code is not None and (identity or "", code) in seen:
            fields.fault("CodedAssToolType", "record-repeated")
        seen.add((identity or "", code or ""))
        if code in WSAS_ITEMS:
            wsas[identity or ""] = [*wsas.get(identity or "", ()), (fields.source, code, fields.is_broken)]
            continue
        measure, total = _score(fields, code)
        if measure is None or total is None or contact is None or fields.is_broken:
            health.reject(fields)
            continue
        own = answers.pop(identity, measure.code)
        given = _answered(health, own) if own is not None else None
        yield _record(health, fields, contact, f"{identity}:{measure.code}", measure, total, given)
    health.orphans((own for own in answers.left() if _answered(health, own) is not None), "CareActId")
    for identity, items in wsas.items():
        yield from _wsas(health, identity, items)


def _score(fields: Fields, code: str | None) -> tuple[Measure | None, Decimal | None]:
    """The measure that a code stands for, and the score as its number."""
    measure = BY_CODE.get(code or "")
    if measure is None:
        fields.fault("CodedAssToolType", "number-rounded" if is_rounded(code or "") else "score-tool-unknown")
        return None, None
    return measure, _total(fields, measure)


def _total(fields: Fields, measure: Measure) -> Decimal | None:
    total = measure.score(fields.text("PersScore", 10) or "")
    if total is None:
        fields.fault("PersScore", "score-malformed")
    elif not measure.is_in_range(total):
        fields.fault("PersScore", "score-out-of-range")
    return total


def _answered(health: Health, fields: Fields) -> Answers | None:
    """The answers to a tool at an activity; a row that is broken leaves its score without them."""
    measure, text = BY_CODE.get(str(fields.given("CodedAssToolType"))), fields.text("Answers", 200)
    when = Times.of(fields, "RecordedAt", "ModifiedAt")
    answers = measure.answers(text or "") if measure else None
    if measure is None:
        fields.fault("CodedAssToolType", "score-tool-unknown")
    elif answers is None:
        fields.fault("Answers", "answers-malformed")
    if fields.is_broken or answers is None:
        health.reject(fields)
        return None
    return fields, " ".join(map(str, answers)), answers, when


def _record(health: Health, fields: Fields, contact: Contact, identity: str, measure: Measure, total: Decimal,
            given: Answers | None) -> Incoming:  # fmt: skip
    """One measure at a contact, as new as the newer of the contact and the answers."""
    recorded_at, modified_at, origins = contact.recorded_at, contact.modified_at, [fields]
    if given:
        own, _, answers, when = given
        if sum(answers) != total and not measure.has_decimals:
            fields.fault("PersScore", "score-differs")
        recorded_at, modified_at = when.recorded_at, max(modified_at, when.modified_at)
        origins.append(own)
    row = _row(measure.name, measure.code, total, measure.band(total), contact.starts_at, given[1] if given else None)
    if not health.submission.has("LocalScoreItems"):
        del row["items"]  # which national tables alone do not hold, and do not take away
    by_content = given is None and not contact.is_dated
    return _incoming(
        health, identity, row, contact.referred, (recorded_at, modified_at), origins, by_content=by_content
    )


def _row(
    tool: str, code: str, total: Decimal | int, band: str | None, at: datetime, items: str | None
) -> dict[str, Any]:
    return {
        "tool": tool,
        "tool_code": code,
        "total": float(total),
        "band": band,
        "completed_at": at,
        "items": items,
    }


def _incoming(health: Health, identity: str, row: dict[str, Any], referred: Referred, when: tuple[datetime, datetime],
              origins: list[Fields], *, by_content: bool = False) -> Incoming:  # fmt: skip
    row |= health.keys("outcome_score", identity, referred)
    act = health.synced(Category.SCORES)
    return health.record("outcome_score", row, referred, when, origins, act, by_content=by_content)


def _five(health: Health, items: list[Item]) -> tuple[list[Fields], dict[str, Any] | None]:
    """The rows of one WSAS, and what they come to; None if one is broken, or too many are missing for a total."""
    answers: dict[str, int] = {}
    rows = [Fields(source, health.report) for source, _, _ in items]
    for fields, (_, code, is_broken) in zip(rows, items, strict=True):
        fields.is_broken |= is_broken
        answer = WSAS.score(fields.text("PersScore", 10) or "")
        if answer is None:
            fields.fault("PersScore", "score-malformed")
            continue
        if not wsas_item_is_in_range(code, answer):
            fields.fault("PersScore", "score-out-of-range")
        if code in answers and not is_broken:
            fields.fault("CodedAssToolType", "record-repeated")
        answers[code] = int(answer)
    if any(fields.is_broken for fields in rows):
        return rows, None
    ordered = [answers.get(code) for code in WSAS_ITEMS]
    scored = wsas_total(ordered)
    if scored is None:
        rows[0].fault("CodedAssToolType", "score-incomplete")
        return rows, None
    said = " ".join(UNANSWERED if answer is None else str(answer) for answer in ordered)
    return rows, {"total": float(scored[0]), "band": scored[1], "items": said}


def _wsas(health: Health, identity: str, items: list[Item]) -> Iterator[Incoming]:
    """One measure from its items at a contact."""
    rows, said = _five(health, items)
    contact = health.activities.get(identity)
    if contact is None or said is None or any(fields.is_broken for fields in rows):
        health.reject(*rows)
        return
    row = said | {"tool": WSAS.name, "tool_code": WSAS.code, "completed_at": contact.starts_at}
    when, undated = (contact.recorded_at, contact.modified_at), not contact.is_dated
    yield _incoming(health, f"{identity}:{WSAS.code}", row, contact.referred, when, rows, by_content=undated)


_MOMENT = ("ServiceRequestId", "AssToolCompDate", "AssToolCompTime")
"""What the items of one WSAS outside a contact have in common."""


def _outside_contacts(health: Health) -> Iterator[Incoming]:
    """Scores that came by themselves; as new as the extract, since nothing else says how new they are."""
    wsas: MutableMapping[str, list[Item]] = health.new_mapping()
    for fields in health.rows("IDS606CodedScoreAssessmentRefer"):
        code = fields.text("CodedAssToolType", 20)
        if code in WSAS_ITEMS:
            key = "\x1f".join(fields.given(name) or "" for name in _MOMENT)
            wsas[key] = [*wsas.get(key, ()), (fields.source, code, fields.is_broken)]
            continue
        measure, total = _score(fields, code)
        if measure is None or total is None:
            health.reject(fields)
            continue
        row = {"items": None} if health.submission.has("LocalScoreItems") else {}
        yield from _outside(health, [fields], measure, row | {"total": float(total), "band": measure.band(total)})
    for items in wsas.values():
        rows, said = _five(health, items)
        if said is None:
            health.reject(*rows)
        else:
            yield from _outside(health, rows, WSAS, said)


def _outside(health: Health, rows: list[Fields], measure: Measure, said: dict[str, Any]) -> Iterator[Incoming]:
    """One measure outside a contact, from the rows that it came in."""
    fields = rows[0]
    referred = health.referral_of(fields)
    day = fields.needed("AssToolCompDate", fields.day("AssToolCompDate"))
    clock = fields.needed("AssToolCompTime", fields.clock("AssToolCompTime"))
    if referred is None or any(each.is_broken for each in rows):
        health.reject(*rows)
        return
    at = datetime.combine(day, clock, LONDON)
    row = said | {"tool": measure.name, "tool_code": measure.code, "completed_at": at}
    made = health.submission.created_at
    identity = f"{fields.given('ServiceRequestId')}:{measure.name}:{at:%Y%m%d%H%M}"
    incoming = _incoming(health, identity, row, referred, (made, made), rows, by_content=True)
    incoming.same_here = ("referral_id", "tool_code", "total", "completed_at")
    yield incoming


def _core_10(health: Health) -> Iterator[Incoming]:
    for fields in health.rows("LocalCore10"):
        identity, contact = fields.required("LocalScoreId", 30), health.contact_of(fields)
        total, text = _total(fields, CORE_10), fields.text("Answers", 200)
        answers = CORE_10.answers(text) if text else None
        if text and answers is None:
            fields.fault("Answers", "answers-malformed")
        when = Times.of(fields, "RecordedAt", "ModifiedAt")
        if contact is None or total is None or fields.is_broken:
            health.reject(fields)
            continue
        if answers and sum(answers) != total:
            fields.fault("PersScore", "score-differs")
        items = " ".join(map(str, answers)) if answers else None
        row = _row(CORE_10.name, CORE_10.code, total, CORE_10.band(total), contact.starts_at, items)
        moments = (when.recorded_at, when.modified_at)
        yield _incoming(health, identity, row, contact.referred, moments, [fields])
