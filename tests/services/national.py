"""The national definitions a second time, as plainly as the reference says them, over records as anybody lists them.

Written from the reference alone; it shares nothing with `app.pathway.reports`. And cohorts to compare the two over.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import SQLModel

import app.tables as t
from tests import world
from tests.world import of

LONDON = ZoneInfo("Europe/London")
PHQ, GAD, SPIN = "720433000", "445455005", "445552006"
NAMES = {PHQ: "PHQ-9", GAD: "GAD-7", SPIN: "SPIN"}
CUT_OFF, RELIABLE = {PHQ: 10, GAD: 8, SPIN: 19}, {PHQ: 6, GAD: 4, SPIN: 10}


@dataclass
class Told:
    """One referral as somebody would tell of it."""

    crn: str
    received: date
    source: str
    status: str
    end_code: str | None
    discharged: date | None
    sentence: str | None
    problem: str | None
    step: int | None
    contacts: list[tuple[datetime, str, str | None]] = field(default_factory=list)
    """When, which type, and how it was attended."""
    scores: list[tuple[datetime, str, int]] = field(default_factory=list)


def figures(told: list[Told]) -> dict[str, int]:
    """Every count of the whole."""
    seen = [each for each in told if any(code in ("5", "6") for _, _, code in each.contacts)]
    missed = [each for each in told if each not in seen and any(code in ("3", "7") for _, _, code in each.contacts)]
    entered = [each for each in told if _treatments(each)]
    finished = [each for each in entered if each.discharged and len(_treatments(each)) >= 2]
    waits = [(min(_treatments(each)).astimezone(LONDON).date() - each.received).days for each in finished]
    cases = [each for each in finished if not _is_below_at_start(each)]
    codes = [code for each in told for _, _, code in each.contacts]
    held, not_held = [c for c in codes if c in ("5", "6")], [c for c in codes if c in ("3", "7")]
    return {
        "referred": len(told),
        "notSuitable": sum(each.status == "not-suitable" or each.end_code in ("10", "11") for each in told),
        "firstAppointmentMissed": len(missed),
        "assessed": sum(any(k in ("01", "03") and c in ("5", "6") for _, k, c in each.contacts) for each in told),
        "enteredTreatment": len(entered),
        "finishedTreatment": len(finished),
        "treatedWithin6Weeks": sum(wait <= 42 for wait in waits),
        "treatedWithin18Weeks": sum(wait <= 126 for wait in waits),
        "finishedWithPairedScores": sum(len(_pairs(each)) == 2 for each in finished),
        "finishedNotBelowCaseness": len(cases),
        "recovered": sum(_recovered(each) for each in cases),
        "reliablyRecovered": sum(_recovered(each) and _moved(each) == -1 for each in cases),
        "reliablyImproved": sum(_moved(each) == -1 for each in finished),
        "reliablyDeteriorated": sum(_moved(each) == 1 for each in finished),
        "contactsDue": len(held) + len(not_held),
        "contactsMissed": len(not_held),
    }


def _treatments(told: Told) -> list[datetime]:
    return [at for at, kind, code in told.contacts if kind in ("02", "03", "05") and code in ("5", "6")]


def _of(told: Told, tool: str) -> list[int]:
    return [total for _, each, total in sorted(told.scores) if each == tool]


def _tools(told: Told) -> list[str]:
    """PHQ-9 and the anxiety measure: SPIN for social phobia, GAD-7 for others and where SPIN measures no change."""
    spin, gad = _of(told, SPIN), _of(told, GAD)
    is_social = told.problem == "F40.1" and spin and (len(spin) > 1 or len(gad) < 2)
    return [PHQ, SPIN if is_social else GAD]


def _is_below_at_start(told: Told) -> bool:
    firsts = [(tool, _of(told, tool)[0]) for tool in _tools(told) if _of(told, tool)]
    return bool(firsts) and all(first < CUT_OFF[tool] for tool, first in firsts)


def _pairs(told: Told) -> list[tuple[str, int, int]]:
    return [(tool, _of(told, tool)[0], _of(told, tool)[-1]) for tool in _tools(told) if len(_of(told, tool)) > 1]


def _recovered(told: Told) -> bool:
    pairs = _pairs(told)
    was = any(first >= CUT_OFF[tool] for tool, first, _ in pairs)
    return len(pairs) == 2 and was and all(last < CUT_OFF[tool] for tool, _, last in pairs)


def _moved(told: Told) -> int:
    """-1 reliably improved, 1 reliably deteriorated."""
    fell = any(first - last >= RELIABLE[tool] for tool, first, last in _pairs(told))
    rose = any(last - first >= RELIABLE[tool] for tool, first, last in _pairs(told))
    return int(rose) - int(fell)


def cohort(seed: int, people: int, begins: date) -> list[Told]:
    """So many referrals over a year, with everything that can be on file or missing."""
    random, told = Random(seed), []
    for number in range(people):
        received = begins + timedelta(days=random.randrange(365))
        status = random.choice(["not-suitable", "offered", "discharged", "discharged", "in-treatment"])
        closed = received + timedelta(days=random.randint(10, 200)) if status != "in-treatment" else None
        one = Told(
            f"X2{number:05}",
            received,
            random.choice(["E3", "E3", "A1", "E5"]),
            status,
            random.choice([None, "10", "11", "46", "47"]) if closed else None,
            closed,
            random.choice([None, "community-order", "post-custody-licence"]),
            random.choice([None, "F32.1", "F40.1", "F41.1"]),
            random.choice([None, 2, 3, 3, 4]),
        )
        for place in range(random.choice([0, 1, 2, 4, 7])):
            at = datetime(received.year, received.month, received.day, 23, 30, tzinfo=world.NOW.tzinfo)
            at += timedelta(days=random.choice([1, 20, 41, 42, 60, 125, 126, 127]) + place, minutes=place)
            code = random.choice(["5", "6", "5", "3", "7", "2", "4", None])
            one.contacts.append((at, random.choice(["01", "02", "03", "05", "06"]), code))
            for tool in (PHQ, GAD, SPIN):
                if random.random() < 0.6:
                    one.scores.append((at, tool, random.randint(0, 21)))
        told.append(one)
    return told


def rows(told: list[Told]) -> list[SQLModel]:
    """The same as it stands in the database."""
    made: list[Any] = []
    for number, each in enumerate(told):
        referral = world.referral(
            each.crn, status=each.status, source_of_referral=each.source, received_on=each.received,
            end_code=each.end_code, closed_on=each.discharged,
        )  # fmt: skip
        made += [world.person(each.crn), referral]
        if each.sentence:
            dates = {"start_date": each.received, "end_date": each.received + timedelta(days=number % 3)}
            made.append(world.supervision(each.crn, sentence_type=each.sentence, **dates))
            later = {"start_date": each.received + timedelta(days=1), "end_date": None}
            made.append(world.supervision(each.crn, sentence_type="suspended-sentence-order", **later))
        for written, step, problem in ((0, 1, "F99"), (5, each.step, each.problem)):
            on = each.received + timedelta(days=written)
            coded = {"problem_scheme": "01" if problem else None, "problem_code": problem}
            made.append(of(t.Clinical, each.crn, referral_id=referral.id, written_on=on, step=step, **coded))
        for at, kind, code in each.contacts:
            about = {"starts_at": at, "appointment_type": kind, "attendance_code": code}
            made.append(world.appointment(each.crn, referral, **about))
        for at, tool, total in each.scores:
            about = {"tool": NAMES[tool], "tool_code": tool, "total": float(total), "completed_at": at}
            made.append(of(t.OutcomeScore, each.crn, referral_id=referral.id, **about))
    return made
