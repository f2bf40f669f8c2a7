"""The pathway from end to end by request: from an offender manager's worry to an outcome that stands in the figures."""

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.pathway.measures import BY_WORD
from tests import world
from tests.routers.booking import SITE, diaries
from tests.routers.cast import ADAM, CARE, CARLA, EVALUATION, OLGA, THEO, WORK, told
from tests.routers.meeting import HELD, SAID
from tests.world import NOW, SERVICE, TODAY, Service, put, serving_at_rest

pytestmark = pytest.mark.asyncio
NEW = "X100042"
LATER = NOW + timedelta(days=8)
COUNTED = dict.fromkeys(
    (
        "referred", "enteredTreatment", "finishedTreatment", "treatedWithin6Weeks", "treatedWithin18Weeks",
        "finishedWithPairedScores", "finishedNotBelowCaseness", "recovered", "reliablyRecovered", "reliablyImproved",
    ),
    1,
) | {"contactsDue": 2}  # fmt: skip
PERIOD = "?from=2026-01-01&to=2026-03-31"


async def asks(service: Service, method: str, path: str, who: Any, status: int = 200, /, **body: Any) -> Any:
    """One request that has to be answered with a status; what is changed is changed as it was read."""
    purpose, headers = WORK if who == OLGA else CARE, {}
    if method in ("PATCH", "PUT") or path.rsplit("/", 1)[-1] in ("triage", "decision", "moves", "discharge"):
        read = await service.get(path if method in ("PATCH", "PUT") else path.rsplit("/", 1)[0], *who, purpose)
        headers = {"If-Match": read.headers["etag"]}
    answer = await service.request(method, path, *who, purpose, json=body, headers=headers)
    assert answer.status_code == status, (path, answer.text)
    return answer.json()


def answers(tool: str, total: int) -> list[int]:
    """Answers that come to a total, the last of them 0."""
    measure = BY_WORD[tool]
    given = [0] * (measure.items or 0)
    for place in range(total):
        given[place % (len(given) - 1)] += 1
    return given


async def scores(service: Service, path: str, at: str, phq: int, gad: int) -> None:
    for tool, total in (("PHQ-9", phq), ("GAD-7", gad)):
        said = await asks(
            service, "POST", f"{path}/scores", THEO, 201, tool=tool, items=answers(tool, total), completedAt=at
        )
        assert said["total"] == total


async def figures(service: Service) -> dict[str, int]:
    """What the clinical lead's report counts of everybody (G7)."""
    answer = await service.get(f"/v1/reports/pathway{PERIOD}", *CARLA, EVALUATION)
    assert answer.status_code == 200, answer.text
    (everybody,) = (row for table in answer.json()["tables"] if table["by"] == "all" for row in table["rows"])
    return {name: shown["value"] for name, shown in everybody["counts"].items()}


async def test_from_a_worry_to_an_outcome(cast_template: Path, tmp_path: Path, key_file: Path) -> None:
    shutil.copy(cast_template, tmp_path / "cast.db")
    url = f"sqlite:///{tmp_path / 'cast.db'}"
    theirs = [world.person(NEW), world.caseload(NEW, "olga"), world.supervision(NEW, id=f"sentence-{NEW}")]
    await put(url, [*theirs, *diaries()])
    async with serving_at_rest(url, key_file) as service:
        before = await figures(service)
        booked, path = await _referred_to_a_first_appointment(service)
    async with serving_at_rest(url, key_file, clock_start=LATER) as service:
        await _treated_and_discharged(service, path, booked)
        after = await figures(service)
        assert {name: after[name] - before[name] for name in after if after[name] != before[name]} == COUNTED
        await _what_the_offender_manager_is_left_with(service, path)


async def _referred_to_a_first_appointment(service: Service) -> tuple[list[str], str]:
    """He is referred, found suitable, allocated, and given a time that he has free."""
    made = await asks(
        service, "POST", "/v1/referrals", OLGA, 201, crn=NEW, basis="voluntary", reason="he does not sleep",
        service=SERVICE,
    )  # fmt: skip
    path = f"/v1/referrals/{made['id']}"
    unseen = await service.get(path, *OLGA, WORK)
    assert unseen.status_code == 404  # D1 needs his consent, and D6 ended with the sending
    await asks(
        service, "POST", f"{path}/triage", CARLA, measures=[{"tool": "PHQ-9", "total": 16}],
        problem={"scheme": "icd-10", "code": "F32.1", "description": "a depressive episode"},
    )  # fmt: skip
    await asks(service, "POST", f"{path}/decision", CARLA, outcome="suitable")
    await asks(service, "POST", f"{path}/allocation", CARLA, 201, therapist="theo")
    booked = []
    for day in ("2026-03-11", "2026-03-12"):
        slots = await service.get(f"{path}/slots?from={day}&until={day}&minutes=60&therapist=theo", *THEO, CARE)
        chosen = {name: slots.json()["data"][0][name] for name in ("startsAt", "site", "room", "therapist")}
        booked.append(await asks(service, "POST", f"{path}/appointments", ADAM, 201, appointmentType="02", **chosen))
    assert [each["moved"] for each in booked] == ["offered", None]  # the first one is the offer
    again = await service.request("POST", f"{path}/appointments", *ADAM, CARE, json=chosen)
    assert (again.status_code, told(again)["code"]) == (409, "slot-taken")
    assert chosen["site"] == SITE
    return [each["id"] for each in booked], path


async def _treated_and_discharged(service: Service, path: str, booked: list[str]) -> None:
    """He comes, agrees in a three-way meeting that this is known, gets better, and is discharged."""
    for each in booked:
        came = await asks(service, "PUT", f"{path}/appointments/{each}/attendance", THEO, attendanceCode="5")
        assert came["signals"] == []
    await scores(service, path, "2026-03-11T10:00:00Z", 16, 12)
    await asks(service, "POST", f"{path}/moves", THEO, to="in-treatment", step=3, therapyType="CBT")
    said = [SAID | {"scope": scope} for scope in ("meeting", "attendance")]
    held = {"record": HELD | {"personView": "it helps"}, "consents": said}
    met = await asks(
        service, "POST", f"/v1/people/{NEW}/meetings", THEO, 201, startsAt="2026-03-17T10:00:00Z", place="Harbour Row",
        agenda="how it goes", offenderManager="olga", **held,
    )  # fmt: skip
    assert met["status"] == "held"
    await scores(service, path, "2026-03-18T09:00:00Z", 8, 6)
    await asks(service, "POST", f"{path}/discharge", THEO, endCode="46")
    outcome = (await service.get(f"{path}/scores", *THEO, CARE)).json()["outcome"]
    assert {name: outcome[name] for name in ("recovered", "reliablyImproved", "reliablyRecovered")} == dict.fromkeys(
        ("recovered", "reliablyImproved", "reliablyRecovered"), True
    )


async def _what_the_offender_manager_is_left_with(service: Service, path: str) -> None:
    """By D1 and E1 what he agreed to, in words of fact; nothing clinical by any address, and no score without D4."""
    seen = (await service.get(path, *OLGA, WORK)).json()
    assert (seen["status"], seen["closedOn"]) == ("discharged", str(TODAY + timedelta(days=8)))
    attendance = (await service.get(f"/v1/people/{NEW}/attendance", *OLGA, WORK)).json()
    assert [each["outcome"] for each in attendance["data"]["appointments"]] == ["attended", "attended"]
    meetings = (await service.get(f"/v1/people/{NEW}/meetings", *OLGA, WORK)).json()
    assert [each["agreed"] for each in meetings["data"]["meetings"]] == [HELD["agreed"]]
    whole = await service.get(f"/v1/people/{NEW}", *OLGA, WORK)
    assert "F32.1" not in whole.text
    assert "CBT" not in whole.text
    for hidden in ("clinical", "scores", "notes"):
        assert (await service.get(f"/v1/people/{NEW}/{hidden}", *OLGA, WORK)).status_code == 403
