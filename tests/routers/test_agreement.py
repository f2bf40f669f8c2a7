"""The agreement for anybody to read, and the whole of it as a table in every form; nobody is asked who they are."""

import pytest

from app.policies.review.forms import FORMS, Form
from tests.policies.asking import leicester
from tests.routers.cast import told
from tests.world import Service

pytestmark = pytest.mark.asyncio(loop_scope="session")
MATRIX = "/v1/agreement/matrix"


@pytest.mark.parametrize(
    ("form", "media"),
    [
        pytest.param(Form.JSON, "application/json", id="data"),
        pytest.param(Form.HTML, "text/html; charset=utf-8", id="a page"),
        pytest.param(Form.MARKDOWN, "text/markdown; charset=utf-8", id="a text"),
        pytest.param(Form.CSV, "text/csv; charset=utf-8", id="a sheet"),
    ],
)
async def test_the_matrix_is_that_of_the_agreement_in_force(service: Service, form: Form, media: str) -> None:
    for _ in range(2):  # written once, and given again
        answer = await service.http.get(MATRIX, params={"format": form.value})
        assert (answer.status_code, answer.headers["content-type"]) == (200, media)
        assert answer.text == FORMS[form](leicester())
    assert await service.entries() == []


async def test_without_a_form_it_is_data(service: Service) -> None:
    body = (await service.http.get(MATRIX)).json()
    known = (await service.http.get("/v1/agreement")).json()
    assert (body["digest"], body["version"]) == (known["digest"], known["version"])
    row = next(row for row in body["rows"] if (row["role"], row["purpose"]) == ("offender-manager", "supervision"))
    cell = next(cell for cell in row["cells"] if cell["category"] == "notes")
    assert (cell["permits"], cell["prohibits"]) == ([], [{"clause": "P3", "actions": ["read", "write", "create"]}])


async def test_a_form_that_there_is_not_is_named(service: Service) -> None:
    answer = await service.http.get(MATRIX, params={"format": "pdf"})
    problem = told(answer)
    assert (answer.status_code, problem["field"]) == (400, "format")
    assert problem["detail"] == "one of html, markdown, csv, json"
