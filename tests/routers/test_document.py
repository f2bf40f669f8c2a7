"""The OpenAPI document: every address, what it takes, and who may ask; tests/documented holds answers to it."""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts

from app import identity
from app.main import PUBLIC
from app.routers.problems import FAULTS, TOKEN_CODES
from tests.documented import UNNAMED, unstarted
from tests.many import many

APP = unstarted()


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return APP.openapi()


def _operations() -> Iterator[tuple[str, str, frozenset[str] | None]]:
    """Each address, its method, and the query parameters that it takes; None for one that checks none."""
    for route in iter_route_contexts(APP.routes):
        taken = [
            inspect.getclosurevars(each.call).nonlocals.get("known")
            for each in getattr(getattr(route, "dependant", None), "dependencies", ())
        ]
        for method in sorted((route.methods or set()) - {"HEAD"}):
            yield str(route.path_format), method.lower(), next((each for each in taken if each is not None), None)


OPERATIONS = [each for each in _operations() if each[0] not in UNNAMED]


def named(operation: dict[str, Any], place: str) -> set[str]:
    return {each["name"] for each in operation["parameters"] if each.get("in") == place}


def test_every_address_is_in_it_but_what_is_none(document: dict[str, Any]) -> None:
    said = {(path, method) for path, operations in document["paths"].items() for method in operations}
    assert said == {(path, method) for path, method, _ in OPERATIONS}
    assert len(said) >= 50


@many("path, method, taken", OPERATIONS, ids=lambda each: f"{each[1]} {each[0]}")
def test_what_an_address_takes(document: dict[str, Any], path: str, method: str, taken: frozenset[str] | None) -> None:
    operation = document["paths"][path][method]
    shared = {each["$ref"].rpartition("/")[2] for each in operation["parameters"] if "$ref" in each}
    assert named(operation, "path") == {part.strip("{}") for part in path.split("/") if part.startswith("{")}
    assert {"X-Request-ID", "X-Correlation-ID", "traceparent"} <= shared
    if path in {re.sub(r":\w+", "", each) for each in PUBLIC}:
        assert "security" not in operation
        assert "Purpose-Of-Use" not in shared
        return
    assert operation["security"] == [{"token": []}]
    assert "Purpose-Of-Use" in shared
    assert named(operation, "query") == taken
    assert {"400", "401", "403", "413", "429", "500", "503"} <= operation["responses"].keys()


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    def walk(part: Any) -> Iterator[str]:
        if isinstance(part, dict):
            yield from (part["$ref"],) if "$ref" in part else ()
            part = list(part.values())
        for each in part if isinstance(part, list) else ():
            yield from walk(each)

    found = set(walk(document))
    assert len(found) > 50
    for reference in found:
        place: Any = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def test_every_code_is_in_it_under_its_status(document: dict[str, Any]) -> None:
    said = document["components"]["responses"]
    for code, fault in FAULTS.items():
        if fault.status not in (405,):
            assert code in said[f"Problem{fault.status}"]["description"], code
    source = "".join(each.read_text() for each in Path(identity.__file__).parent.glob("*.py"))
    raised = set(re.findall(r"\"((?:token|client|caller)-[a-z-]+)\"", source)) - {"token-unprepared"}
    assert raised == set(TOKEN_CODES)
    assert all(code in said["Problem401"]["description"] for code in raised)
    assert "ETag" in document["paths"]["/v1/staff/{username}"]["get"]["responses"]["200"]["headers"]


def test_what_a_crn_is_is_said_wherever_one_is_taken(document: dict[str, Any]) -> None:
    said = [
        each["schema"]["pattern"]
        for operations in document["paths"].values()
        for operation in operations.values()
        for each in operation["parameters"]
        if each.get("name") == "crn"
    ]
    assert len(said) > 30
    (pattern,) = set(said)
    assert all(re.search(pattern, written) for written in ("X320741", " x32 07 41 "))
    assert not any(re.search(pattern, written) for written in ("X32074", "X3207411", "32X0741", ""))


def test_a_period_is_of_days_or_of_moments(document: dict[str, Any]) -> None:
    body = document["paths"]["/v1/people/{crn}/limits/{limit_id}"]["put"]["requestBody"]
    start = body["content"]["application/json"]["schema"]["properties"]["startDateTime"]
    assert [each["format"] for each in start["anyOf"]] == ["date", "date-time"]
