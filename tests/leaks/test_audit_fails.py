"""3: no durable entry, no answer, by every address: 503, when to come back, and not a word of the record."""

from typing import Any

import pytest

from app.audit.submission import LogBusy, LogUnavailable
from tests.routers.cast import EXCLUDED, FULL, OLGA, PATHS, WORK, told
from tests.world import Service

pytestmark = pytest.mark.asyncio(loop_scope="session")
READS = [
    *(("GET", path.format(crn=FULL)) for path in PATHS),
    ("GET", f"/v1/people/{EXCLUDED}"),
    ("GET", "/v1/people"),
    ("POST", "/v1/people/searches"),
    ("GET", "/v1/referrals"),
    ("GET", "/v1/referrals/referral-full"),
    ("GET", "/v1/referrals/never-was"),
]


@pytest.mark.parametrize("fault", [LogUnavailable, LogBusy])
async def test_what_cannot_be_written_down_is_not_answered(
    service: Service, monkeypatch: pytest.MonkeyPatch, fault: type[Exception]
) -> None:
    async def fails(*_: Any) -> None:
        raise fault("nothing was written")

    monkeypatch.setattr(service.app.state.services.gate.log, "append", fails)
    for method, path in READS:
        body = {"json": {"crn": FULL}} if method == "POST" else {}
        answer = await service.request(method, path, *OLGA, WORK, **body)
        assert (answer.status_code, told(answer)["code"]) == (503, "unavailable"), path
        assert answer.headers["retry-after"] == "2"
        assert "audit-receipt" not in answer.headers
        assert f"Family{FULL}" not in answer.text
        assert " full" not in answer.text
    stranger = await service.http.get(f"/v1/people/{FULL}")
    aimless = await service.get(f"/v1/people/{FULL}", *OLGA, None)
    assert (stranger.status_code, aimless.status_code) == (503, 503)
    monkeypatch.undo()
    assert await service.entries() == []
    assert (await service.get(f"/v1/people/{FULL}", *OLGA, WORK)).status_code == 200
