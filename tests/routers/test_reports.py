"""G4 and G7 over HTTP: who is refused a report, and what cannot be had of one; each is an entry."""

import httpx
import pytest

from app.vocabulary import Role
from tests.routers.cast import CARLA, COLIN, EVALUATION, RESTRICTED, THEO, told
from tests.world import Service

pytestmark = pytest.mark.asyncio(loop_scope="session")
PATHWAY = "/v1/reports/pathway"
Who = tuple[Role, str]


async def asked(service: Service, who: Who, accept: str = "application/json", **parameters: str) -> httpx.Response:
    return await service.get(PATHWAY, *who, EVALUATION, params=parameters, headers={"Accept": accept})


@pytest.mark.parametrize(
    ("who", "parameters", "status", "code", "field"),
    [
        pytest.param(COLIN, {"to": "2026-10-30"}, 422, "period-not-published", "from", id="a day less"),
        pytest.param(COLIN, {"from": "2025-12-01"}, 422, "period-not-published", "from", id="a month less"),
        pytest.param(COLIN, {"from": "2024-11-01"}, 422, "period-not-published", "from", id="two years at once"),
        pytest.param(CARLA, {"from": "2026-03-02", "to": "2026-03-01"}, 422, "period-disordered", "to", id="backwards"),
        pytest.param(CARLA, {"from": "2001-01-01"}, 422, "period-too-long", "from", id="a quarter of a century"),
        pytest.param(CARLA, {"from": "March"}, 400, "parameter-invalid", "from", id="no day"),
        pytest.param(CARLA, {"by": "person"}, 400, "parameter-invalid", "by", id="no such table"),
        pytest.param(CARLA, {"crn": RESTRICTED}, 400, "parameter-unknown", "crn", id="nobody in particular"),
        pytest.param(CARLA, {"chart": "waits"}, 400, "parameter-invalid", "chart", id="a chart in JSON"),
        pytest.param(THEO, {}, 403, "purpose-not-for-role", None, id="a therapist evaluates nothing"),
    ],
)
async def test_what_cannot_be_had(
    service: Service, who: Who, parameters: dict[str, str], status: int, code: str, field: str | None
) -> None:
    answer = await asked(service, who, **parameters)
    problem = told(answer)
    assert (answer.status_code, problem["code"], problem.get("field")) == (status, code, field)
    (entry,) = await service.entries()
    assert (entry["outcome"], entry["reason"], entry["released"]) == ("refused", code, {})


async def test_another_form_than_there_is(service: Service) -> None:
    answer = await asked(service, CARLA, accept="text/html")
    problem = told(answer)
    assert (answer.status_code, problem["code"]) == (406, "not-acceptable")
    assert problem["detail"] == "accept one of application/json, text/csv, image/svg+xml, image/png"


@pytest.mark.parametrize(("accept", "begins"), [("image/svg+xml", b"<?xml"), ("image/png", b"\x89PNG\r\n\x1a\n")])
async def test_a_picture(service: Service, accept: str, begins: bytes) -> None:
    """By the header Accept, the funnel if no chart is named; the entry says which was drawn."""
    answer = await asked(service, CARLA, accept)
    assert (answer.status_code, answer.headers["content-type"]) == (200, accept)
    assert answer.content.startswith(begins)
    (entry,) = await service.entries()
    assert (entry["outcome"], entry["clauses"], entry["released"]) == (
        "permitted",
        ["G7"],
        {"aggregate-figures": ["*"]},
    )
    assert entry["details"]["chart"] == "funnel"
    assert entry["details"]["format"] == accept.partition("/")[2].partition("+")[0]
