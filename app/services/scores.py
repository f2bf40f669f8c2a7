"""Outcome measures of a referral: recorded by their answers, and read with what became of the person.

An offender manager is given totals and bands (D4), and nothing that rests on more: which anxiety measure counts follows
from the problem, and that is clinical (P3).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from app.gate import Act, Gate, NotOnFile, Opened, Unacceptable
from app.pathway.measures import PHQ_9, Measure, anxiety_measure
from app.pathway.scoring import (
    UNANSWERED,
    Answers,
    Scored,
    Unscorable,
    measure_named,
    prompts_safety,
    safety_answer,
    score,
)
from app.pathway.trends import NOTHING, Point, Problem, Trend, outcome_of, trends, unfit
from app.policies import decide
from app.records import rows
from app.records.predicates import LONDON
from app.records.reading import released_fields
from app.records.rows import Found
from app.records.views import ALL, BY_TOTAL, camel, sections
from app.records.writing import next_version, own_record
from app.services.answers import Answer, document
from app.services.entity_tags import check_tag, tag_of
from app.services.referred import Referred
from app.vocabulary import Action, Category, Question

SCORE, CLINICAL = "outcome_score", "clinical_record"


@dataclass(frozen=True, slots=True)
class Completed:
    """A questionnaire as it came: by name or code, with answers or a total, and when; None for now."""

    tool: str | None
    code: str | None
    items: Answers | None
    total: Decimal | None
    at: datetime | None


class ScoreService:
    """Scores under a referral; every method leaves an entry."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._referred = Referred(gate)

    async def record(self, question: Question, referral_id: str, given: Completed) -> Answer:
        """Record a measure; total and band are counted here. Unacceptable for what is no score of it."""
        async with self._gate.act(question, record=("referral", referral_id)) as act:
            referral = await self._referred.referral(act, question, referral_id)
            scored = _scored(given)
            at = _within(referral, given.at or question.at, question.at)
            same = {"referral_id": referral_id, "tool_code": scored.measure.code, "completed_at": at}
            there = await rows.rows(self._gate.records, act.permit, SCORE, **same)
            if any(one["withdrawn_at"] is None for one in there):
                raise Unacceptable("score-recorded", field="completedAt")
            row = own_record(question.at) | same | _row(scored) | {"person_id": act.standing.person_id}
            act.changes.append(self._gate.writer.unchanged(SCORE, same, there))
            act.changes.append(self._gate.writer.insert(SCORE, row))
            act.details |= {"change": "created", "table": SCORE}
            counted = {}
            if _may_read(act, question, Category.SCORES):
                counted = {"total": row["total"], "band": scored.band, "proRated": scored.is_pro_rated}
                counted["warnings"] = await self._warnings(act, question, referral_id, scored)
            act.answer = document({"id": row["id"], "version": row["source_version"], **counted})
        return Answer(act.answer, act.receipt)

    async def take_back(self, question: Question, referral_id: str, score_id: str, tag: str | None) -> Answer:
        """A score that was recorded in error is in no answer any more but the person's own (G3)."""
        async with self._gate.act(question, record=("referral", referral_id)) as act:
            row = await self._referred.record(act, question, referral_id, SCORE, score_id)
            check_tag(tag_of(row), tag)
            changed = {"withdrawn_at": question.at, **next_version(row, question.at)}
            seen = {"id": score_id, "source_version": row["source_version"]}
            act.changes.append(self._gate.writer.update(SCORE, seen, changed))
            act.details |= {"change": "withdrawn", "table": SCORE}
            act.answer = document({"id": score_id, "version": changed["source_version"]})
        return Answer(act.answer, act.receipt)

    async def _warnings(self, act: Act, question: Question, referral_id: str, scored: Scored) -> list[dict[str, str]]:
        """What a clinician should look at before they go on; nothing of it is kept."""
        found = []
        place = f"answer {scored.measure.safety_item} of {scored.measure.name}"
        if prompts_safety(scored.measure, scored.items) and _may_read(act, question, Category.SAFETY):
            text = f"{place} is above 0: a safety prompt stands among the tasks until it is seen to"
            found.append({"code": "safety-prompt", "text": text})
        elif safety_answer(scored.measure, scored.items) == UNANSWERED:
            found.append({"code": "safety-unanswered", "text": f"{place} is missing: ask before you go on"})
        if _may_read(act, question, Category.CLINICAL):
            problem = await self._problem(act, referral_id)
            proposed = unfit(scored.measure, problem)
            if proposed is not None:
                text = f"{proposed.name} is the anxiety measure for the problem that is recorded"
                found.append({"code": "anxiety-measure", "text": text})
        return found

    async def _problem(self, opened: Act | Opened, referral_id: str) -> Problem:
        """By the newest clinical record of the referral."""
        records = await rows.rows(self._gate.records, opened.permit, CLINICAL, referral_id=referral_id)
        current = [one for one in records if one["withdrawn_at"] is None]
        if not current:
            return NOTHING
        newest = max(current, key=lambda one: (one["written_on"] is not None, one["written_on"], one["id"]))
        return Problem(newest["step"], newest["problem_scheme"], newest["problem_code"])

    async def of_referral(self, question: Question, referral_id: str) -> Answer:
        """The measures under a referral with their trends and, for who may read all of it, what became of the person.

        The question asks for scores and the referral; one that is out of reach is answered like none.
        """
        async with self._gate.ask(question, referral=referral_id) as opened:
            found = await self._reached(opened, referral_id)
            if found is None:
                opened.unfound()
            else:
                content, released = await self._content(opened, referral_id, found)
                opened.released = released
                opened.answer = document({"crn": opened.permit.crn, "referralId": referral_id, **content})
        if found is None:
            raise NotOnFile
        return Answer(opened.answer or b"", opened.receipt)

    async def of_person(self, question: Question) -> Answer:
        """The trend of each measure over everything that is on file of a person, as far as it is open."""
        async with self._gate.ask(question) as opened:
            stored = await rows.rows(self._gate.records, opened.permit, SCORE, person_id=opened.permit.person_id)
            found = [one for one in stored if one["withdrawn_at"] is None]
            opening = opened.permit.openings[Category.SCORES]
            measures = [_measure(course, found, opening.caveat) for course in trends(map(_point, found))]
            content: dict[str, Any] = {"crn": opened.permit.crn, "measures": measures}
            if opening.caveat != ALL:
                content["caveat"] = {"code": opening.caveat, "text": opened.agreement.caveats[opening.caveat]}
            opened.answer = document(content)
        return Answer(opened.answer, opened.receipt)

    async def _reached(self, opened: Opened, referral_id: str) -> list[Found] | None:
        """The scores of a referral; None unless both are open to the caller."""
        if not {Category.SCORES, Category.REFERRAL} <= opened.permit.openings.keys():
            return None
        referrals = (await self._gate.records.read(opened.permit, Category.REFERRAL))["referrals"]
        if referral_id not in [each["id"] for each in referrals if each["status"] != "draft"]:
            return None
        stored = await rows.rows(self._gate.records, opened.permit, SCORE, referral_id=referral_id)
        return [one for one in stored if one["withdrawn_at"] is None]

    async def _content(
        self, opened: Opened, referral_id: str, found: Sequence[Found]
    ) -> tuple[dict[str, Any], Mapping[str, Sequence[str]]]:
        caveat = opened.permit.openings[Category.SCORES].caveat
        courses = trends(_point(one) for one in found)
        released = {"referral": ["referrals.id"], "scores": list(released_fields(Category.SCORES, caveat))}
        measures = [_measure(course, found, caveat) for course in courses]
        if caveat == BY_TOTAL:
            said = {"code": caveat, "text": opened.agreement.caveats[caveat]}
            return {"measures": measures, "caveat": said}, released
        problem = NOTHING
        if Category.CLINICAL in opened.permit.openings:
            problem = await self._problem(opened, referral_id)
            released["clinical"] = ["records.problemCode", "records.problemScheme"]
        proposed = {"depression": PHQ_9.name, "anxiety": anxiety_measure(problem.scheme, problem.code).name}
        return {"measures": measures, "proposed": proposed, "outcome": _outcome(courses, problem)}, released


def _scored(given: Completed) -> Scored:
    try:
        return score(measure_named(given.tool, given.code), given.items, given.total)
    except Unscorable as fault:
        raise Unacceptable(fault.code, field=fault.field) from fault


def _within(referral: Found, completed: datetime, at: datetime) -> datetime:
    """When it was completed, to the second as the national tables have it, if within the referral and not to come."""
    day, closed = completed.astimezone(LONDON).date(), referral["closed_on"]
    if completed > at or day < referral["received_on"] or (closed is not None and day > closed):
        raise Unacceptable("score-outside-referral", field="completedAt")
    return completed.replace(microsecond=0)


def _row(scored: Scored) -> dict[str, Any]:
    return {"tool": scored.measure.name, "total": float(scored.total), "band": scored.band, "items": scored.items}


def _may_read(act: Act, question: Question, category: Category) -> bool:
    reading = replace(question, action=Action.READ, subjects=(category,))
    return decide(reading, act.standing.facts, act.agreement).any_permitted


def _point(row: Found) -> Point:
    return Point(row["tool"], row["completed_at"], Decimal(repr(row["total"])))


def _measure(course: Trend, found: Sequence[Found], caveat: str) -> dict[str, Any]:
    """A measure with its scores, as far as the caveat leaves their fields; the first and the last by their totals."""
    (section,) = (each for each in sections(Category.SCORES) if each.table.name == SCORE)
    kept = [column.name for column in section.columns if camel(column.name) in section.fields(caveat)]
    own = sorted((one for one in found if one["tool"] == course.tool), key=lambda one: (one["completed_at"], one["id"]))
    first, last = course.points[0], course.points[-1]
    answer = {
        "tool": course.tool,
        "scores": [
            rows.shown(one, kept) | ({} if caveat == BY_TOTAL else {"version": one["source_version"]}) for one in own
        ],
        "first": float(first.total),
        "last": float(last.total) if len(course.points) > 1 else None,
    }
    return answer if caveat == BY_TOTAL else answer | _judged(course)


def _judged(course: Trend) -> dict[str, Any]:
    measure: Measure | None = course.measure
    return {
        "caseAt": None if measure is None or measure.case_at is None else float(measure.case_at),
        "reliableChange": None
        if measure is None or measure.reliable_change is None
        else float(measure.reliable_change),
        "change": course.change,
    }


def _outcome(courses: Sequence[Trend], problem: Problem) -> dict[str, Any]:
    """By the rules of the figures; null for what the scores say nothing of."""
    found, anxiety = outcome_of(courses, problem)
    counted = [each.course for each in courses if each.course and each.measure in (PHQ_9, anxiety)]
    is_measured = any(each.last is not None for each in counted)
    return {
        "depression": PHQ_9.name,
        "anxiety": anxiety.name if anxiety else None,
        "paired": found.is_paired,
        "caseAtStart": not found.below_caseness_at_start if counted else None,
        "recovered": found.recovered if found.is_paired else None,
        "reliablyImproved": found.improved if is_measured else None,
        "reliablyDeteriorated": found.deteriorated if is_measured else None,
        "reliablyRecovered": found.recovered and found.improved if found.is_paired else None,
    }
