"""Every address of the application, and requests to it: made from what the application says of itself.

A route that is added is walked without a word here: its path's names are filled by what they are called, its parameters
are those that it admits to knowing, and its body is made from its own schema.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from random import Random
from typing import Any

from fastapi.routing import iter_route_contexts

from tests.documented import unstarted

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
READING = ("GET", "HEAD", "OPTIONS")
SEARCHES = ("/searches", "/access", "/audit/counts", "/audit/export")
"""Addresses that take a body and change nothing end so."""


@dataclass(frozen=True)
class Route:
    """An address with one of its methods."""

    method: str
    path: str
    parameters: tuple[str, ...] = ()
    schema: Mapping[str, Any] = field(default_factory=dict, compare=False, hash=False)

    @property
    def changes_something(self) -> bool:
        """Whether it may leave the world another one, so that nothing can be compared after it."""
        return self.method not in READING and not self.path.endswith(SEARCHES)


@dataclass(frozen=True)
class Sent:
    """One request."""

    method: str
    path: str
    template: str
    query: tuple[tuple[str, str], ...] = ()
    body: Any = None
    headers: tuple[tuple[str, str], ...] = ()


@cache
def routes() -> tuple[Route, ...]:
    """Every address and method that the application answers."""
    app = unstarted()
    described = app.openapi()
    found = []
    for route in iter_route_contexts(app.routes):
        for method in sorted(route.methods or ()):
            about = described["paths"].get(route.path, {}).get(method.lower(), {})
            known = {
                *_admitted(route),
                *(each["name"] for each in about.get("parameters", []) if each.get("in") == "query"),
            }
            found.append(Route(method, route.path or "", tuple(sorted(known)), _schema(about, described)))
    return tuple(found)


def _admitted(route: Any) -> Iterator[str]:
    """Names of parameters that a route's dependencies were made with."""
    waiting = [getattr(route, "dependant", None) or getattr(getattr(route, "route", None), "dependant", None)]
    while waiting:
        one = waiting.pop()
        if one is not None:
            waiting += one.dependencies
            for cell in getattr(one.call, "__closure__", None) or ():
                if isinstance(cell.cell_contents, frozenset):
                    yield from (name for name in cell.cell_contents if isinstance(name, str))


def _schema(about: Mapping[str, Any], described: Mapping[str, Any]) -> Mapping[str, Any]:
    for content in about.get("requestBody", {}).get("content", {}).values():
        schema: Mapping[str, Any] = content.get("schema", {})
        return {**schema, "components": described.get("components", {})}
    return {}


@dataclass
class Filling:
    """What a request can be filled with: people, ids and values of the worlds that are compared."""

    crns: Sequence[str]
    ids: Sequence[str]
    values: Mapping[str, Sequence[str]]
    """What some row has under each name, as JSON writes it."""
    chance: Random

    def request(self, route: Route, method: str | None = None) -> Sent:
        """A request to an address, by its own method or another."""
        path = re.sub(r"{(\w+)[^}]*}", lambda match: self._named(match[1]), route.path)
        wanted = [name for name in route.parameters if name == "crn" or self.chance.random() < 0.5]
        query = tuple((name, str(self._value(name, {"type": "string"}, {}))) for name in wanted)
        body = self._object(route.schema, route.schema) if route.schema else None
        headers = (("If-None-Match", "*"),) if self.chance.random() < 0.1 else ()
        return Sent(method or route.method, path, route.path, query, body, headers)

    def _named(self, name: str) -> str:
        if "crn" in name:
            return self.chance.choice(self.crns)
        if name == "category":
            return self.chance.choice(["attendance", "notes", "horoscope"])
        return self.chance.choice([*self.ids, "never-was"])

    def _object(self, schema: Mapping[str, Any], whole: Mapping[str, Any]) -> dict[str, Any]:
        properties, required = schema.get("properties", {}), schema.get("required", ())
        if "$ref" in schema:
            return self._object(_resolved(schema, whole), whole)
        known = [name for name in properties if name in required or self.chance.random() < 0.4]
        return {name: self._value(name, properties[name], whole) for name in known or list(properties)[:1]}

    def alone(self, route: Route) -> Sent:
        """A request with one thing in its body, so that nothing else decides what comes back."""
        sent = self.request(route)
        properties = sorted({*route.schema.get("properties", {})} & {"crn", *self.values})
        if not properties:
            return sent
        name = self.chance.choice(properties)
        return replace(sent, body={name: self._value(name, route.schema["properties"][name], route.schema)})

    def _value(self, name: str, schema: Mapping[str, Any], whole: Mapping[str, Any]) -> Any:
        for choices in ("anyOf", "oneOf"):
            if choices in schema:
                return self._value(name, next(one for one in schema[choices] if one.get("type") != "null"), whole)
        schema = _resolved(schema, whole)
        if "enum" in schema or "const" in schema:
            return self.chance.choice(schema.get("enum", [schema.get("const")]))
        if name in self.values and schema.get("type") == "string":
            return self.chance.choice(self.values[name])
        match name, schema.get("type"), schema.get("format"):
            case "crn" | "crns", "string", _:
                return self.chance.choice(self.crns)
            case "pageSize", "string", _:
                return self.chance.choice(["1", "2", "50"])
            case "status", "string", _:
                return self.chance.choice(["draft", "in-treatment", "discharged", "open"])
            case _, "integer" | "number", _:
                return self.chance.choice([1, 2, 50])
            case _, "boolean", _:
                return self.chance.random() < 0.5
            case _, "array", _:
                return [self._value(name, schema.get("items", {}), whole)]
            case _, "object", _:
                return self._object(schema, whole)
            case _, _, "date":
                return self.chance.choice(["2026-03-09", "1980-01-01", "1990-02-03"])
            case _, _, "date-time":
                return "2026-03-09T10:00:00Z"
        return "a reason of more than twenty characters"


def _resolved(schema: Mapping[str, Any], whole: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in schema:
        return schema
    name = schema["$ref"].rpartition("/")[2]
    found: Mapping[str, Any] = {**whole.get("$defs", {}), **whole.get("components", {}).get("schemas", {})}.get(
        name, {}
    )
    return found
