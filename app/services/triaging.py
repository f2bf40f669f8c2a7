"""Triage: what was found, what that speaks for, and the decision, which is a clinician's and never made here.

What is found belongs to three categories, and is kept and shown by each: the problem and its signs are clinical,
measures are scores, signs of risk are safety. What is recommended rests on all three, and is told to who may read all
of them. Of the decision the outcome alone is part of the referral.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from app.gate import Gate, NotOnFile, Opened, Unacceptable
from app.pathway.lifecycle import Move, can, declining_code, possible
from app.pathway.measures import BY_CODE, CORE_10, WSAS, Measure
from app.pathway.suitability import (
    CLINICAL_SIGNS,
    REASONS,
    RISK_SIGNS,
    Fit,
    Recommendation,
    Triage,
    is_overruled,
    recommend,
)
from app.policies.agreement import LONDON
from app.records.reading import Records
from app.records.rows import Found, rows
from app.services.answers import Answer, document, reasons
from app.services.following import accepted
from app.services.moving import WEIGHED, check_code, course_of
from app.services.presenting import CLINICAL, Presented, newest, present
from app.services.reached import REFERRAL, Note, Reached, Why, name_of, note_columns, reached
from app.services.reads import referral_in_reach
from app.vocabulary import Category, Question

TRIAGE, MEASURED, RISK, SCORE = "triage", "triage_measure", "triage_risk", "outcome_score"
TOOLS: Mapping[str, Measure] = {each.name: each for each in (*BY_CODE.values(), CORE_10, WSAS)}
SUITABLE, NOT_SUITABLE = "suitable", "not-suitable"


@dataclass(frozen=True, slots=True)
class TriageFound:
    """A triage as it came: totals by the name of the measure, ids of what was scored before, the problem, signs."""

    totals: Sequence[tuple[str, float]] = ()
    scores: Sequence[str] = ()
    said: Presented | None = None
    signs: Sequence[str] = ()
    serious_harm: bool = False
    note: Note | None = None
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Onward:
    """To whom somebody who is not suitable is referred on."""

    kind: str
    receiving: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision as it came."""

    outcome: str
    on: date | None = None
    reason: str | None = None
    note: Note | None = None
    onward: Onward | None = None
    end_code: str | None = None
    said: Presented | None = None


class TriageService:
    """Triage of referrals of the caller's service; every method leaves an entry."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def record(self, question: Question, referral_id: str, found: TriageFound, tag: str | None) -> Answer:
        """Record a triage with what it speaks for; a second one, before the decision, takes the place of the first."""
        async with self._gate.act(question, record=(REFERRAL, referral_id)) as act:
            one = await reached(self._gate, act, question, referral_id)
            one.check(tag)
            again = one.row["status"] == "triaged"
            if not again:
                one.check_move(Move.TRIAGE, "status")
            day = one.day(found.on)
            problem = await present(one, found.said) if found.said else await newest(one)
            scores = [*await self._scored(one, found.scores), *self._score(one, found, day)]
            spoken = recommend(_triage(scores, problem, found.signs))
            triage = self._keep(one, found, day, spoken, problem)
            self._keep_apart(one, found, triage, scores, spoken)
            if again:
                one.change()
            else:
                one.move("triaged", day, Why(name_of(question)))
            act.answer = one.answer("triaged")
        return Answer(act.answer, act.receipt)

    async def _scored(self, one: Reached, wanted: Sequence[str]) -> list[Found]:
        known = await rows(self._gate.records, one.act.permit, SCORE, referral_id=one.row["id"])
        standing = {each["id"]: each for each in known if each["withdrawn_at"] is None}
        if not standing.keys() >= set(wanted):
            raise Unacceptable("score-unknown", field="scores")
        return [standing[identity] for identity in dict.fromkeys(wanted)]

    @staticmethod
    def _score(one: Reached, found: TriageFound, day: date) -> list[Found]:
        """Totals that were taken at triage, as scores of the referral."""
        made = []
        for place, (tool, total) in enumerate(found.totals):
            measure, exact = TOOLS[tool], Decimal(repr(total))
            if not measure.is_in_range(exact) or (exact % 1 and not measure.has_decimals):
                said = f"{measure.lowest} to {measure.highest}"
                raise Unacceptable("score-out-of-range", said, f"measures.{place}.total")
            noon = datetime.combine(day, time(12), LONDON)
            made.append(
                one.insert(
                    SCORE,
                    {
                        "tool": measure.name, "tool_code": measure.code, "total": total, "items": None,
                        "band": measure.band(exact), "completed_at": min(noon, one.question.at), "withdrawn_at": None,
                    },
                )
            )  # fmt: skip
        return made

    @staticmethod
    def _keep(one: Reached, found: TriageFound, day: date, spoken: Recommendation, problem: Found | None) -> Found:
        signs = [sign for sign in CLINICAL_SIGNS if sign in found.signs]
        row = {
            "triaged_on": day,
            "triaged_by": name_of(one.question),
            "problem_id": problem["id"] if problem else None,
            "signs": " ".join(signs) or None,
            "fit": spoken.fit.value,
            "step": spoken.step,
            "onward": spoken.onward,
            "reasons": _rules(spoken, Category.CLINICAL) or None,
        }
        return one.insert(TRIAGE, row | note_columns(found.note))

    @staticmethod
    def _keep_apart(one: Reached, found: TriageFound, triage: Found, scores: Sequence[Found],
                    spoken: Recommendation) -> None:  # fmt: skip
        """What of it is scores, and what is safety."""
        measured = {"scores": " ".join(each["id"] for each in scores), "reasons": _rules(spoken, Category.SCORES)}
        one.insert(MEASURED, {"triage_id": triage["id"], **measured})
        signs = " ".join(sign for sign in RISK_SIGNS if sign in found.signs)
        risk = {"signs": signs, "reasons": _rules(spoken, Category.SAFETY)}
        flags = {"third_party": False, "serious_harm": found.serious_harm}
        one.insert(RISK, {"triage_id": triage["id"], **risk, **flags})

    async def decide(self, question: Question, referral_id: str, wanted: Decided, tag: str | None) -> Answer:
        """Suitable, and on the waiting list; or not suitable, why, and to whom the person is referred on."""
        async with self._gate.act(question, record=(REFERRAL, referral_id)) as act:
            one = await reached(self._gate, act, question, referral_id)
            one.check(tag)
            move = Move.ACCEPT if wanted.outcome == SUITABLE else Move.DECLINE
            if not can(move, one.row["status"]):
                raise Unacceptable("move-not-possible", field="outcome", possible=possible(one.row["status"]))
            _check_said(wanted)
            overruled = await self._overruled(one, wanted)
            day = one.day(wanted.on)
            why = Why(name_of(question), wanted.reason, wanted.note, overruled)
            if move is Move.ACCEPT:
                if wanted.said is not None:
                    await present(one, wanted.said)
                one.move("waiting", day, why, suitability=SUITABLE)
                await accepted(one)
            else:
                await self._decline(one, wanted, day, why)
            act.answer = one.answer("decided")
        return Answer(act.answer, act.receipt)

    async def _overruled(self, one: Reached, wanted: Decided) -> str | None:
        """The recommendation that is decided against; Unacceptable without a note that says why."""
        found = await rows(self._gate.records, one.act.permit, TRIAGE, referral_id=one.row["id"])
        newest_ = max(found, key=lambda each: each["recorded_at"], default=None)
        if newest_ is None or not is_overruled(Fit(newest_["fit"]), suitable=wanted.outcome == SUITABLE):
            return None
        if wanted.note is None:
            raise Unacceptable("overruling-unexplained", field="note")
        return str(newest_["fit"])

    async def _decline(self, one: Reached, wanted: Decided, day: date, why: Why) -> None:
        course = await course_of(one)
        code = wanted.end_code or declining_code(course, onward=wanted.onward is not None)
        check_code(course, code)
        one.move(NOT_SUITABLE, day, why, suitability=NOT_SUITABLE, end_code=code, closed_on=day)
        if wanted.onward is not None:
            onward = wanted.onward
            row = {"kind": onward.kind, "receiving": onward.receiving, "reason": onward.reason, "referred_on": day}
            one.insert("onward_referral", row | {"withdrawn_at": None})

    async def read(self, question: Question, referral_id: str) -> Answer:
        """The newest triage, each part of it for who may read its category."""
        async with self._gate.ask(question, referral=referral_id) as opened:
            row = await referral_in_reach(self._gate, opened, referral_id)
            if row is None:
                opened.unfound()
            opened.answer = b"" if row is None else await _told(self._gate.records, opened, row)
        if row is None:
            raise NotOnFile
        return Answer(opened.answer, opened.receipt)


def _check_said(wanted: Decided) -> None:
    """Unacceptable for a decision that says too little, or something of another outcome."""
    declined = wanted.outcome == NOT_SUITABLE
    if declined and wanted.reason is None:
        raise Unacceptable("reason-unfitting", "why the person is not suitable", "reason")
    if declined and wanted.said is not None:
        raise Unacceptable("treatment-not-beginning", field="step")
    for name, value in (("reason", wanted.reason), ("onward", wanted.onward), ("endCode", wanted.end_code)):
        if not declined and value is not None:
            raise Unacceptable("reason-unfitting", "only of who is not suitable", name)


def _triage(scores: Sequence[Found], problem: Found | None, signs: Sequence[str]) -> Triage:
    """The newest total of each measure, the problem, and the signs."""
    totals = {each["tool_code"]: Decimal(repr(each["total"])) for each in sorted(scores, key=_completed)}
    named = problem or {}
    return Triage(totals, named.get("problem_scheme"), named.get("problem_code"), signs)


def _completed(score: Found) -> datetime:
    moment: datetime = score["completed_at"]
    return moment


def _rules(spoken: Recommendation, category: Category) -> str:
    return " ".join(each.rule for each in spoken.of(category))


async def _told(records: Records, opened: Opened, referral: Mapping[str, Any]) -> bytes:
    permit, about = opened.permit, {"referral_id": referral["id"]}
    whole = {category for category, opening in permit.openings.items() if opening.caveat == "all"}
    answer: dict[str, Any] = {"crn": permit.crn, "referralId": referral["id"], "suitability": referral["suitability"]}
    if Category.CLINICAL in whole:
        triages = await rows(records, permit, TRIAGE, **about)
        problems = {each["id"]: each for each in await rows(records, permit, CLINICAL, **about)}
        newest_ = max(triages, key=lambda each: each["recorded_at"], default=None)
        answer["clinical"] = newest_ and _clinical(newest_, problems.get(newest_["problem_id"] or ""))
        if newest_ and {*WEIGHED} <= whole:
            answer["clinical"] |= {"recommendation": newest_["fit"]} | {
                each: newest_[each] for each in ("step", "onward")
            }
    if Category.SCORES in whole:
        measured = max(await rows(records, permit, MEASURED, **about), key=_recorded, default=None)
        scores = {each["id"]: each for each in await rows(records, permit, SCORE, **about)}
        answer["scores"] = measured and _measured(measured, scores)
    if Category.SAFETY in whole:
        risk = max(await rows(records, permit, RISK, **about), key=_recorded, default=None)
        answer["safety"] = risk and {"signs": risk["signs"].split(), "reasons": _said(risk["reasons"])}
    answer["withheld"] = reasons(each for each in opened.withheld() if each.subject is not Category.REFERRAL)
    return document(answer)


def _recorded(row: Found) -> datetime:
    moment: datetime = row["recorded_at"]
    return moment


def _said(rules: str | None) -> list[dict[str, str]]:
    return [{"rule": rule, "text": REASONS[rule].text} for rule in (rules or "").split() if rule in REASONS]


def _clinical(triage: Found, problem: Found | None) -> dict[str, Any]:
    named = {"scheme": "problem_scheme", "code": "problem_code", "description": "problem"}
    return {
        "id": triage["id"],
        "triagedOn": triage["triaged_on"],
        "triagedBy": triage["triaged_by"],
        "problem": {name: problem[column] for name, column in named.items()} if problem else None,
        "signs": (triage["signs"] or "").split(),
        "reasons": _said(triage["reasons"]),
        "note": triage["note"],
    }


def _measured(measured: Found, scores: Mapping[str, Found]) -> dict[str, Any]:
    named = ("id", "tool", "total", "band")
    taken = [scores[identity] for identity in measured["scores"].split() if identity in scores]
    return {"measures": [{name: each[name] for name in named} for each in taken], "reasons": _said(measured["reasons"])}
