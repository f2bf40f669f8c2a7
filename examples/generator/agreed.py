"""What people agreed to, refused, withdrew and objected to; limits on records; and requests for one's own."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from examples.generator.cast import ABSENT, BY_CRN, ELLERBY
from examples.generator.justice import times
from examples.generator.moments import at, office_hours, stamp
from examples.generator.responsible import HEALTH, JUSTICE, Responsible
from examples.generator.sessions import Pathway
from examples.generator.writing import Files, Row

WORDING = "OM-2012-1"
NEWER_WORDING = "OM-2013-1"
PERMIT, REFUSE = "permit", "refuse"
MEETING, WRITING, WITNESS = "three-way-meeting", "in-writing", "orally-with-witness"
RECIPIENTS = {"offence": ["health"], "meeting": ["health", "justice"], "health-trainer": ["health"]}


@dataclass(frozen=True)
class Said:
    """One consent as the cast gives it; `until` is a day, a moment, or open."""

    crn: str
    scope: str
    given: date
    decision: str = PERMIT
    until: date | datetime | None = date(2013, 12, 31)
    starts: date | None = None
    how: str = MEETING
    by: str = HEALTH
    """The party that recorded it: whoever treated or supervised the person at that moment."""
    capacity: bool = True
    signed: bool = False
    countersigned: datetime | None = None
    """When a clinician signed beside the offender manager who recorded it."""
    withdrawn: datetime | None = None
    supersedes: int | None = None
    """How many consents before this one in the list."""


def _day(month: int, day: int) -> date:
    return date(2013, month, day)


SAID = (
    Said("X320741", "attendance", _day(3, 26)),
    Said("X320741", "meeting", _day(3, 26)),
    Said("X320744", "attendance", _day(5, 2), until=_day(7, 14)),
    Said("X320745", "attendance", _day(4, 5), withdrawn=at(_day(7, 1), "11:42")),
    Said("X320745", "scores", _day(4, 5), until=None),
    Said("X320746", "attendance", _day(4, 18), until=None, how=WRITING),
    Said("X320746", "attendance", _day(6, 3), REFUSE, until=None, how=WITNESS),
    Said("X320747", "attendance", _day(5, 9)),
    Said("X320748", "attendance", _day(5, 16)),
    Said("X320749", "attendance", _day(5, 9)),
    Said("X320749", "progress", _day(5, 9)),
    Said("X320751", "attendance", _day(3, 7), how=WRITING, signed=True),
    Said("X320751", "progress", _day(3, 7), how=WRITING, signed=True),
    Said("X320751", "scores", _day(3, 7), until=None, how=WRITING, signed=True),
    Said("X320752", "attendance", _day(3, 21), until=None),
    Said("X320752", "attendance", _day(4, 25), REFUSE, until=None, how=WITNESS, supersedes=1),
    Said("X320752", "attendance", _day(6, 6), supersedes=1),
    Said("X320753", "attendance", _day(4, 12)),
    Said("X320754", "attendance", _day(3, 22)),
    Said("X320756", "attendance", _day(6, 4), capacity=False),
    Said("X320757", "attendance", _day(6, 6), how=WITNESS, by=JUSTICE),
    Said("X320758", "attendance", _day(1, 28)),
    Said("X320759", "attendance", _day(3, 5)),
    Said("X320761", "attendance", _day(6, 18), how=WRITING, by=JUSTICE, signed=True),
    Said("X320762", "offence", _day(5, 2)),
    Said("X320762", "health-trainer", _day(5, 2)),
    Said("X320762", "meeting", _day(5, 2)),
    Said("X320763", "attendance", _day(5, 7)),
    Said("X320764", "attendance", _day(6, 20), starts=_day(8, 1)),
    Said("X320765", "attendance", _day(6, 4)),
    Said("X320766", "attendance", _day(5, 28), until=at(_day(7, 15), "17:00")),
    Said("X320767", "attendance", _day(5, 22)),
    Said("X320768", "attendance", _day(5, 9)),
    Said("X320769", "attendance", _day(5, 14)),
    Said("X320770", "attendance", _day(6, 4), REFUSE, until=None),
    Said("X320771", "attendance", _day(6, 11), how=WRITING, by=JUSTICE, signed=True),
    Said("X320771", "progress", _day(6, 11), how=WRITING, by=JUSTICE, signed=True),
)
COUNTERSIGNED = Said("X320771", "scores", _day(6, 18), how=WITNESS, by=JUSTICE, countersigned=at(_day(6, 19), "09:20"))
"""Stands after everybody else's, whose ids and moments stay what they were."""
SHARES = {"attendance": 0.72, "progress": 0.34, "scores": 0.24, "offence": 0.2, "meeting": 0.34, "health-trainer": 0.18}


def files(pathways: list[Pathway], responsible: Responsible, dice: Random) -> Files:
    """Consents of the cast and of everybody else, objections, requests and limits."""
    other = [said for pathway in pathways if pathway.case.crn not in BY_CRN for said in _others(pathway, dice)]
    rows: list[dict[str, Any]] = []
    moments: dict[tuple[str, date], datetime] = {}
    for said in (*SAID, *other, COUNTERSIGNED):
        given = moments.setdefault((said.crn, said.given), office_hours(said.given, dice))
        earlier = rows[-said.supersedes]["consentId"] if said.supersedes else _refused_before(rows, said)
        rows.append(_consent(f"CO{len(rows) + 1:05}", said, given, earlier, responsible))
    return {
        "standing/consents.jsonl": list(rows),
        "standing/objections.jsonl": _objections(),
        "standing/subject_requests.jsonl": _requests(),
        "justice/limits.jsonl": _limits(),
    }


def _refused_before(rows: list[dict[str, Any]], said: Said) -> str | None:
    """What somebody who was referred again takes back who had refused before."""
    if said.decision != PERMIT:
        return None
    same = (row for row in rows if (row["crn"], row["scope"], row["decision"]) == (said.crn, said.scope, REFUSE))
    stands = (row["consentId"] for row in same if (row["validUntil"] or "9999") >= said.given.isoformat())
    return next(stands, None)


def _others(pathway: Pathway, dice: Random) -> Iterator[Said]:
    """People who were seen said so in a meeting, the others on the referral form."""
    seen = bool(pathway.seen) and pathway.case.course != ABSENT
    given = pathway.seen[0].starts.date() if seen else pathway.received
    for scope, share in SHARES.items():
        if scope != "attendance" and not seen:
            continue
        drawn = dice.random()
        if drawn >= share + 0.06:
            continue
        ends = dice.choice((date(2013, 12, 31), date(2013, 10, 31), None))
        if given < date(2013, 1, 15):
            ends = dice.choice((date(2013, 6, 30), given + timedelta(days=365)))
        gone = at(given, "15:10") + timedelta(days=30) if given < date(2013, 5, 1) and dice.random() < 0.06 else None
        yield Said(
            pathway.case.crn,
            scope,
            given,
            PERMIT if drawn < share else REFUSE,
            ends,
            how=dice.choice((MEETING, WRITING, WITNESS)) if seen else WRITING,
            by=HEALTH if seen else JUSTICE,
            signed=not seen,
            withdrawn=gone if drawn < share else None,
        )


def _consent(identifier: str, said: Said, given: datetime, earlier: str | None,
             responsible: Responsible) -> dict[str, Any]:  # fmt: skip
    starts = at(said.starts, "00:00") if said.starts else given
    return {
        "consentId": identifier,
        "crn": said.crn,
        "scope": said.scope,
        "decision": said.decision,
        "recipients": RECIPIENTS.get(said.scope, ["justice"]),
        "validFrom": stamp(starts),
        "validUntil": stamp(said.until) if isinstance(said.until, datetime) else said.until and said.until.isoformat(),
        "givenHow": said.how,
        "capacity": said.capacity,
        "wordingVersion": WORDING if said.given < date(2013, 4, 1) else NEWER_WORDING,
        "recordedBy": responsible.of(said.by, said.crn, given),
        "recordedByParty": said.by,
        "signedForm": f"FORM-{identifier[2:]}" if said.signed else None,
        "countersignedBy": responsible.therapist(said.crn, said.countersigned) if said.countersigned else None,
        "countersignedAt": stamp(said.countersigned),
        "supersedes": earlier,
        "withdrawnAt": stamp(said.withdrawn),
        "withdrawnBy": responsible.of(said.by, said.crn, said.withdrawn) if said.withdrawn else None,
        **times(given, said.withdrawn or said.countersigned),
    }


def _objections() -> list[Row]:
    """Of one person, who had agreed before."""
    raised = at(_day(6, 26), "10:25")
    return [
        {
            "objectionId": "OJ001",
            "crn": "X320749",
            "category": "attendance",
            "reason": "does not want the appointments talked about while the family court decides",
            "validFrom": stamp(raised),
            "validUntil": None,
            "recordedBy": BY_CRN["X320749"].therapist,
            "withdrawnAt": None,
            **times(raised),
        }
    ]


def _requests() -> list[Row]:
    """One open, one answered."""
    return [
        {
            "subjectRequestId": f"SR{number:03}",
            "crn": crn,
            "openedOn": opened.isoformat(),
            "openedBy": ELLERBY,
            "dueOn": (opened + timedelta(days=40)).isoformat(),
            "closedOn": closed.isoformat() if closed else None,
            **times(at(opened, "09:45"), at(closed, "15:20") if closed else None),
        }
        for number, (crn, opened, closed) in enumerate(
            (("X320753", _day(7, 3), None), ("X320758", _day(4, 15), _day(5, 17))), 1
        )
    ]


def _limits() -> list[Row]:
    """A restriction with its list, and an exclusion of one offender manager."""
    restricted = "This record is restricted. Ask Eleanor Stanwick, probation lead, for access."
    excluded = "You are excluded from this record because of a family connection. Tell your manager."
    names = ["Hannah.Thorley", "eleanor.stanwick", "alice.winterbourne"]
    return [
        _limit("LM001", "X320747", "restriction", names, restricted, _day(5, 3), None),
        _limit("LM002", "X320748", "exclusion", ["Callum.Brayfield"], excluded, _day(7, 10), None),
    ]


def _limit(identifier: str, crn: str, kind: str, usernames: list[str], message: str, start: date,
           end: date | None) -> Row:  # fmt: skip
    begins, ends = at(start, "09:00"), at(end, "17:00") if end else None
    return {
        "limitId": identifier,
        "crn": crn,
        "type": kind,
        "usernames": usernames,
        "message": message,
        "startDateTime": stamp(begins),
        "endDateTime": stamp(ends),
        **times(begins, ends),
    }
