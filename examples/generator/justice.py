"""The probation side's records: people, sentences, offences, risk, alerts and caseloads."""

from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from examples.generator import prose
from examples.generator.cast import COMMUNITY, HATHERSAGE, LICENCE, LINDQVALE, MHTR, MOSSVALE, RAR, SUSPENDED, THORLEY
from examples.generator.moments import TODAY, at, months_after, not_later, office_hours, stamp, working_day
from examples.generator.people import Person
from examples.generator.plan import Case
from examples.generator.writing import Files, Row

SENTENCE_CODES = {COMMUNITY: "SP", SUSPENDED: "SSO", LICENCE: "LIC"}
FORMER = (LINDQVALE, MOSSVALE)


def times(recorded: datetime, changed: datetime | None = None) -> dict[str, str | None]:
    """When a record was written and last changed."""
    written = not_later(recorded)
    return {"recordedAt": stamp(written), "lastUpdatedAt": stamp(max(written, not_later(changed or written)))}


def files(cases: list[Case], people: dict[str, Person], dice: Random) -> Files:
    """Everything but the diary; the sentence is the one that ran when the first referral came."""
    first: dict[str, Case] = {}
    for case in cases:
        first.setdefault(case.crn, case)
    newest = {case.crn: case for case in cases}
    sentences = {crn: supervision(n, first[crn], newest[crn], dice) for n, crn in enumerate(sorted(first), 1)}
    risks = [risk(number, first[crn], sentences[crn], dice) for number, crn in enumerate(sorted(first), 1)]
    levels = {row["crn"]: row["rosh"] for row in risks}
    return {
        "justice/people.jsonl": [_person(people[crn], sentences[crn], dice) for crn in sorted(first)],
        "justice/supervisions.jsonl": list(sentences.values()),
        "justice/offences.jsonl": _offences(sentences, dice),
        "justice/risk.jsonl": risks,
        "justice/registrations.jsonl": _registrations(sentences, levels, dice),
        "justice/allocations.jsonl": _allocations(newest, sentences, dice),
    }


def _person(person: Person, sentence: Row, dice: Random) -> Row:
    known = at(working_day(date.fromisoformat(sentence["startDate"])), "11:00")
    return {
        "crn": person.crn,
        "nomsNumber": person.noms_number,
        "pncNumber": person.pnc_number,
        "croNumber": person.cro_number,
        "nhsNumber": person.nhs_number,
        "name": {"forename": person.forename, "surname": person.surname},
        "dateOfBirth": person.born.isoformat(),
        "sex": person.sex,
        "contactDetails": {
            "address": {"line": person.address, "postcode": person.postcode},
            "telephone": person.phone,
            "email": person.email,
        },
        "interpreterLanguage": None if person.language == "en" else person.language,
        "accessNeeds": person.needs,
        **times(known, known + timedelta(days=dice.randint(0, 60))),
    }


def supervision(number: int, case: Case, newest: Case, dice: Random) -> dict[str, Any]:
    """One sentence with its requirements, running while the person was referred and, if still seen, today."""
    anchor = case.received or date(2013, 2, 1)
    start = working_day(anchor - timedelta(days=dice.randint(14, 240)))
    months = 12
    # A sentence that ran out before the last referral could not have led to it.
    last_needed = max(newest.received or anchor, date(2013, 9, 1) if newest.course in ("live", "none") else anchor)
    while (end := months_after(start, months)) < last_needed + timedelta(days=30):
        months += 6
    end = case.sentence_ends or end
    convicted = start - timedelta(days=dice.randint(20, 60) + (300 if case.sentence == LICENCE else 0))
    return {
        "supervisionId": f"SV{number:05}",
        "crn": case.crn,
        "eventNumber": 1,
        "sentenceType": case.sentence,
        "sentenceCode": SENTENCE_CODES[case.sentence],
        "court": prose.COURTS[1] if case.sentence == LICENCE else dice.choice(prose.COURTS),
        "convictionDate": working_day(convicted).isoformat(),
        "startDate": start.isoformat(),
        "endDate": end.isoformat(),
        "terminationDate": None,
        "requirements": _requirements(number, case, newest, start, end, dice),
        **times(at(start, "15:30"), at(start + timedelta(days=dice.randint(1, 30)), "10:15")),
    }


def _requirements(number: int, case: Case, newest: Case, start: date, end: date, dice: Random) -> list[Row]:
    """Of a community or suspended order; a licence has conditions instead."""
    if case.sentence == LICENCE:
        return []
    chosen = []
    if MHTR in (case.basis, newest.basis):
        chosen.append("mental-health-treatment")
    if RAR in (case.basis, newest.basis) or dice.random() < 0.3:
        chosen.append("rehabilitation-activity")
    if dice.random() < 0.4:
        chosen.append("unpaid-work")
    if dice.random() < 0.25:
        chosen.append(dice.choice(("accredited-programme", "alcohol-treatment", "drug-rehabilitation", "curfew")))
    return [_requirement(f"RQ{number:05}-{place}", kind, case, start, end, dice)
            for place, kind in enumerate(chosen or ["residence"], 1)]  # fmt: skip


def _requirement(identifier: str, kind: str, case: Case, start: date, end: date, dice: Random) -> Row:
    treatment = kind == "mental-health-treatment"
    runs_to = date(2013, 5, 31) if treatment and case.crn == "X320755" else end
    return {
        "requirementId": identifier,
        "type": kind,
        "sourceCode": {"mental-health-treatment": "MHT", "rehabilitation-activity": "RAR", "unpaid-work": "UPW"}.get(
            kind
        ),
        "startDate": start.isoformat(),
        "endDate": runs_to.isoformat(),
        "terminationDate": None,
        "days": dice.choice((10, 20, 30)) if kind == "rehabilitation-activity" else None,
        "hours": dice.choice((40, 80, 120)) if kind == "unpaid-work" else None,
        "willing": True if treatment else None,
        "practitioner": HATHERSAGE if treatment else None,
    }


def _offences(sentences: dict[str, dict[str, Any]], dice: Random) -> list[Row]:
    rows: list[Row] = []
    for crn, sentence in sentences.items():
        convicted = date.fromisoformat(sentence["convictionDate"])
        for place in range(1 + dice.choices((0, 1, 2, 3), (3, 3, 2, 1))[0]):
            category, code, description = dice.choice(prose.OFFENCES)
            conviction = convicted - timedelta(days=place * dice.randint(200, 900))
            rows.append(
                {
                    "offenceId": f"OF{sentence['supervisionId'][2:]}-{place + 1}",
                    "crn": crn,
                    "supervisionId": sentence["supervisionId"] if place == 0 else None,
                    "kind": "previous" if place else "index",
                    "category": category,
                    "code": code,
                    "description": description,
                    "offenceDate": (conviction - timedelta(days=dice.randint(15, 200))).isoformat(),
                    "convictionDate": conviction.isoformat(),
                    "court": dice.choice(prose.COURTS[:2]),
                    "recordedAt": sentence["recordedAt"],
                    "lastUpdatedAt": sentence["recordedAt"],
                }
            )
    return rows


def risk(number: int, case: Case, sentence: dict[str, Any], dice: Random) -> dict[str, Any]:
    """The newest assessment, with the licence's conditions and the places to keep away from."""
    start = date.fromisoformat(sentence["startDate"])
    assessed = working_day(start + timedelta(days=10))
    rosh = dice.choices(("LOW", "MEDIUM", "HIGH", "VERY_HIGH"), (8, 11, 4, 1))[0]
    two_needed = case.crn == "X320765"
    rosh = "HIGH" if two_needed else rosh
    mappa = (
        {"category": dice.choice((1, 2, 3)), "level": dice.choice((1, 1, 2))} if rosh in ("HIGH", "VERY_HIGH") else None
    )
    licence = case.sentence == LICENCE
    conditions = dice.sample(prose.CONDITIONS, 2) if licence else []
    zones = [("Quarry Gate and the streets around it", ["RT5P2"])] if two_needed else []
    if licence and not zones and dice.random() < 0.3:
        zones = [("Canal Basin, between the two bridges", [])]
    period = {"startDate": sentence["startDate"], "endDate": sentence["endDate"]}
    return {
        "riskId": f"RK{number:05}",
        "crn": case.crn,
        "rosh": rosh,
        "roshRegistrationCode": {"LOW": "RLRH", "MEDIUM": "RMRH", "HIGH": "RHRH", "VERY_HIGH": "RVHR"}[rosh],
        "mappa": mappa,
        "assessedOn": assessed.isoformat(),
        "licenceConditions": [
            {"conditionId": f"LC{number:05}-{place}", "description": text, **period}
            for place, text in enumerate(conditions, 1)
        ],
        "exclusionZones": [
            {"zoneId": f"EZ{number:05}-{place}", "description": "not to enter the area", "area": area, "sites": sites,
             **period}
            for place, (area, sites) in enumerate(zones, 1)
        ],
        **times(office_hours(assessed, dice)),
    }  # fmt: skip


def _registrations(sentences: dict[str, dict[str, Any]], levels: dict[str, str], dice: Random) -> list[Row]:
    """Alerts, most still live; people at higher risk have more of them."""
    rows: list[Row] = []
    for crn, sentence in sentences.items():
        many = dice.choices((0, 1, 2), (1, 3, 2) if levels[crn] in ("HIGH", "VERY_HIGH") else (6, 3, 1))[0]
        codes = dice.sample(list(prose.ALERT_TYPES), many)
        if crn == "X320765":
            codes = ["AV2S2", "RVLN"]
        elif crn == "X320750":
            codes = ["ALSH"]
        for place, code in enumerate(codes, 1):
            start = working_day(date.fromisoformat(sentence["startDate"]) + timedelta(days=dice.randint(5, 30)))
            ended = dice.random() < 0.2 and crn not in ("X320765", "X320750")
            off = min(working_day(start + timedelta(days=60)), TODAY - timedelta(days=3)) if ended else None
            off = off if off is None or off > start else None
            rows.append(
                {
                    "registrationId": f"RG{sentence['supervisionId'][2:]}-{place}",
                    "crn": crn,
                    "type": {"code": code, "description": prose.ALERT_TYPES[code]},
                    "startDate": start.isoformat(),
                    "nextReviewDate": months_after(TODAY if start < TODAY else start, 3).isoformat(),
                    "deregistrationDate": off.isoformat() if off else None,
                    **times(at(start, "14:10"), at(off, "14:40") if off else None),
                }
            )
    return rows


def _allocations(newest: dict[str, Case], sentences: dict[str, dict[str, Any]], dice: Random) -> list[Row]:
    """Whose caseload a person is on; some came from somebody who has left."""
    rows: list[Row] = []
    for crn, sentence in sentences.items():
        start, manager = date.fromisoformat(sentence["startDate"]), newest[crn].offender_manager
        spans: list[tuple[str, date, date | None]] = [(manager, start, None)]
        if crn == "X320763":
            spans = [("ruth.penhallam", start, date(2013, 6, 3)), (THORLEY, date(2013, 6, 3), None)]
        elif start < date(2013, 3, 1) and dice.random() < 0.15:
            moved = date(2013, 3, 25)
            spans = [(dice.choice(FORMER), start, moved), (manager, moved, None)]
        for place, (username, begins, ends) in enumerate(spans, 1):
            begun, ended = at(begins, "09:00"), at(ends, "09:00") if ends else None
            rows.append(
                {
                    "allocationId": f"CM{sentence['supervisionId'][2:]}-{place}",
                    "crn": crn,
                    "username": username,
                    "startDateTime": stamp(begun),
                    "endDateTime": stamp(ended),
                    **times(begun, ended),
                }
            )
    return rows
