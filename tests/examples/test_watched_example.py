"""The example, watched: a normal year of its diaries and the demo's tour raise nothing, and what is not normal does."""

import csv
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.cli.demo import EXAMPLES, MOMENT
from app.cli.tour import CALLERS, TOUR
from app.config import Watch
from app.pathway.watching import Alert, Likeness, Look, Memory, Named, Watching, surnames
from app.pathway.working_days import is_working_day
from app.services.watching import WatchService
from app.vocabulary import Role
from tests.pathway.looking import LONDON, look
from tests.routers.cast import key_file
from tests.services.watched import stopped
from tests.sync.folder import load
from tests.world import Service, entries, serving

__all__ = ["key_file"]
MINUTE = timedelta(minutes=1)
_SYSTEMS = {"case-management": ("case-management-system", "justice"), "clinical-records": ("clinical-system", "health")}


def rows(name: str) -> list[dict[str, Any]]:
    path = EXAMPLES / name
    with path.open(newline="") as file:
        return [json.loads(line) for line in file] if path.suffix == ".jsonl" else list(csv.DictReader(file))


def _of_health() -> list[Look]:
    """Each contact is booked by the administrator, prepared and written up by its therapist.

    The example books on any day, a bank holiday among them; an office does it on the next day on which it works.
    """
    links, referrals = rows("health/LocalPatientLink.csv"), rows("health/IDS101Referral.csv")
    crns = {row["ServiceRequestId"]: row["CRN"] for row in links}
    patients = {row["LocalPatientId"]: row["CRN"] for row in links}
    crns |= {each["ServiceRequestId"]: patients[each["LocalPatientId"]] for each in referrals}
    booked = {row["CareContactId"]: row for row in rows("health/LocalContact.csv")}
    found = []
    for contact in rows("health/IDS201CareContact.csv"):
        crn, planned = crns[contact["ServiceRequestId"]], booked[contact["CareContactId"]]
        at = datetime.fromisoformat(f"{contact['CareContDate']}T{contact['CareContTime']}").replace(tzinfo=LONDON)
        who = {"staff": planned["TherapistUsername"], "party": "health", "role": "therapist", "purpose": "direct-care"}
        found += [look(moment, person=crn, **who) for moment in (at - 5 * MINUTE, at + 70 * MINUTE)]
        office = {"staff": "priya.kavadri", "party": "health", "role": "service-administrator", "own": False}
        found.append(look(_at_work(planned["RecordedAt"]), person=crn, purpose="direct-care", **office))
    return found


def _at_work(moment: str) -> datetime:
    at = datetime.fromisoformat(moment).astimezone(LONDON)
    while not is_working_day(at.date()):
        at += timedelta(days=1)
    return at


def _of_justice() -> list[Look]:
    """Offender managers look at whoever reports to them, and list their caseload on Mondays; a lead lists everybody."""
    manager = {row["crn"]: row["username"] for row in rows("justice/allocations.jsonl")}
    found = []
    for duty in rows("justice/obligations.jsonl"):
        if duty["type"] == "reporting" and duty["crn"] in manager:
            at = datetime.fromisoformat(duty["startDateTime"])
            found += [look(moment, manager[duty["crn"]], duty["crn"]) for moment in (at, at + 40 * MINUTE)]
    lead = {"staff": "eleanor.stanwick", "role": "probation-lead", "related": False, "own": False}
    for week in range(36):
        at = _at_work(datetime(2012, 11, 5, 9, 30, tzinfo=LONDON).isoformat()) + timedelta(weeks=week)
        found += [look(_at_work(at.isoformat()), whom, crn) for crn, whom in manager.items()]
        found += [look(_at_work((at + MINUTE).isoformat()), person=crn, **lead) for crn in manager]
    return found


def likeness() -> Likeness:
    on_file = [
        Named(row["crn"], row["name"]["forename"], row["name"]["surname"]) for row in rows("justice/people.jsonl")
    ]
    names = {row["username"]: row["name"] for row in rows("standing/staff.jsonl")}
    by_surname = {
        surname: [each for each in on_file if each.family_name.casefold() == surname.casefold()]
        for name in names.values()
        for surname in surnames(name)
    }
    return Likeness.between(names, by_surname, Watch())


def raised(looks: list[Look]) -> tuple[list[Alert], Memory]:
    log = [each._replace(number=n) for n, each in enumerate(sorted(looks, key=lambda each: each.at))]
    stream = Watching(Watch(), Memory())
    stream.compare_with(likeness())
    return stream.see(log, len(log), log[-1].at), stream.memory


@pytest.fixture(scope="module")
def year() -> list[Look]:
    return [*_of_health(), *_of_justice()]


def test_a_normal_year_raises_nothing(year: list[Look]) -> None:
    assert len(year) > 5_000
    assert len({each.staff for each in year}) > 12
    alerts, memory = raised(year)
    assert [(each.rule, each.look.staff, each.explanation) for each in alerts] == []
    assert memory.waiting == ()


def test_what_is_not_normal_stands_out_of_the_same_year(year: list[Look]) -> None:
    at = datetime(2013, 6, 12, 11, 0, tzinfo=LONDON)
    lone = {"staff": "alice.winterbourne", "party": "health", "role": "therapist", "related": False, "own": False}
    night = datetime(2013, 6, 12, 23, 0, tzinfo=LONDON)
    odd = [
        *(look(at + n * MINUTE / 60, "hannah.thorley", f"X{n}") for n in range(60)),
        *(look(night + n * MINUTE, person=f"X{n}", **lone) for n in range(4)),
        look(at, "joel.ashmarrow", "X320741", obtained=False),
        look(at + MINUTE, "joel.ashmarrow", "X320741", purpose="emergency", related=False, own=False),
    ]
    alerts, memory = raised([*year, *odd])
    assert sorted((each.rule.value, each.look.staff) for each in alerts) == [
        ("after-refusal", "joel.ashmarrow"),
        ("many-people", "hannah.thorley"),
        ("out-of-hours", "alice.winterbourne"),
    ]
    assert len(memory.waiting) == 5


async def _toured(service: Service) -> int:
    """Every question of the tour, in its order; how many there were."""
    staff = {row["username"]: row for row in rows("standing/staff.jsonl")}
    asked = 0
    for stop in TOUR:
        for ask in stop.asks:
            name, _, crn = ask.who.partition(" ")
            visitor = CALLERS[name]
            member = staff.get(visitor.username or "")
            role, party = (member["role"], member["party"]) if member else _SYSTEMS[visitor.client]
            claims = {"party": party, "client_id": visitor.client, "role": role}
            token = service.token(Role(role), visitor.username, **claims)
            headers = {"Authorization": f"Bearer {token}", "Purpose-Of-Use": ask.purpose}
            answer = await service.http.get(stop.path.format(crn=crn), headers=headers)
            assert answer.status_code == ask.status, (stop.question, ask.who)
            asked += 1
    return asked


async def test_the_demos_tour_raises_nothing(sqlite_url: str, key_file: Path) -> None:
    """On the day, and when everything that was to follow had time to."""
    await load(sqlite_url, EXAMPLES)
    async with serving(sqlite_url, key_file, clock_start=MOMENT) as service:
        before = len(await entries(sqlite_url))
        assert await _toured(service) > 35
        watching = WatchService(service.settings, service.app.state.services.gate)
        async with watching.watching():
            for at in (MOMENT + timedelta(hours=1), MOMENT + timedelta(days=60)):
                outcome = await watching.watch(stopped(at))
                assert [(each.alert.rule, each.alert.explanation) for each in outcome.raised] == []
        assert len(await entries(sqlite_url)) > before + 35
