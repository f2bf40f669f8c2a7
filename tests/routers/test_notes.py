"""Notes: whoever treats writes them, nobody at the justice party sees them, and the person is given what may be."""

from typing import Any

import pytest

from tests.routers.cast import (
    ADAM,
    CARE,
    CARLA,
    CLINICAL,
    FULL,
    OLGA,
    RESTRICTED,
    RORY,
    SUBJECT,
    SYNC,
    TARA,
    THEO,
    WORK,
    told,
)
from tests.world import Service

pytestmark = pytest.mark.asyncio
AT, MINE = "/v1/referrals/{}/notes", "/v1/referrals/referral-full/notes"
NOTE = {"kind": "session", "text": "He slept.", "thirdParty": False, "seriousHarm": False}


async def posts(service: Service, body: Any, who: Any = THEO, purpose: str = CARE, path: str = MINE) -> Any:
    return await service.request("POST", path, *who, purpose, json=body)


async def read(service: Service, who: Any, purpose: str) -> dict[str, str | None]:
    """The texts of the notes by their ids."""
    answer = await service.get(f"/v1/people/{FULL}/notes", *who, purpose)
    return {one["id"]: one["text"] for one in answer.json()["data"]["notes"]}


async def test_a_note_is_kept_and_read_by_who_may(service_on_both: Service) -> None:
    plain = await posts(service_on_both, NOTE)
    assert plain.status_code == 201, plain.text
    assert plain.json().keys() == {"id", "version"}
    third = await posts(service_on_both, NOTE | {"text": "His sister drinks.", "thirdParty": True}, CARLA)
    harm = await posts(service_on_both, NOTE | {"text": "Of harm.", "seriousHarm": True, "kind": "formulation"})
    ids = [answer.json()["id"] for answer in (plain, third, harm)]
    kept = await read(service_on_both, THEO, CARE)
    assert [kept[each] for each in ids] == ["He slept.", "His sister drinks.", "Of harm."]
    given = await read(service_on_both, RORY, SUBJECT)
    assert (given[ids[0]], given[ids[1]]) == ("He slept.", None)
    assert ids[2] not in given
    answer = await service_on_both.get(f"/v1/people/{FULL}/notes", *OLGA, WORK)
    assert answer.status_code == 403
    changes = [entry for entry in await service_on_both.entries() if entry["type"] == "change"]
    assert [(entry["clauses"], entry["details"]) for entry in changes[:1]] == [
        (["B1"], {"change": "created", "table": "session_note", "subjects": ["notes"]})
    ]
    assert "slept" not in str(changes)


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({name: value for name, value in NOTE.items() if name != "seriousHarm"}, "body-invalid", "seriousHarm"),
        ({name: value for name, value in NOTE.items() if name != "thirdParty"}, "body-invalid", "thirdParty"),
        (NOTE | {"thirdParty": "no"}, "body-invalid", "thirdParty"),
        (NOTE | {"text": " "}, "body-invalid", "text"),
        (NOTE | {"text": "\x00"}, "body-invalid", "text"),
        (NOTE | {"kind": "gossip"}, "body-invalid", "kind"),
        (NOTE | {"author": "tara"}, "body-invalid", "author"),
        (NOTE | {"writtenAt": "2026-04-01T09:00:00Z"}, "note-outside-referral", "writtenAt"),
        (NOTE | {"writtenAt": "2026-01-28T09:00:00Z"}, "note-outside-referral", "writtenAt"),
    ],
)
async def test_what_is_no_note(service: Service, body: Any, code: str, field: str) -> None:
    answer = await posts(service, body)
    assert (answer.status_code, told(answer)["code"], told(answer)["field"]) == (422, code, field)


@pytest.mark.parametrize(
    ("who", "purpose", "path"),
    [
        pytest.param(OLGA, WORK, MINE, id="the offender manager (P3)"),
        pytest.param(ADAM, CARE, MINE, id="the administrator"),
        pytest.param(TARA, CARE, MINE, id="a therapist who does not treat"),
        pytest.param(CLINICAL, SYNC, MINE, id="a system sends batches"),
        pytest.param(CARLA, CARE, AT.format(f"referral-{RESTRICTED}"), id="restricted"),
        pytest.param(CARLA, CARE, AT.format("referral-elsewhere"), id="another service"),
        pytest.param(CARLA, CARE, AT.format("draft-full"), id="a draft"),
    ],
)
async def test_out_of_reach_is_like_nothing(service: Service, who: Any, purpose: str, path: str) -> None:
    answer = await posts(service, NOTE, who, purpose, path)
    nothing = await posts(service, NOTE, who, purpose, AT.format("nothing"))
    assert (answer.status_code, answer.content) == (404, nothing.content)
    assert [entry["outcome"] for entry in await service.entries()] == ["refused", "refused"]
