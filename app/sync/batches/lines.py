"""One line of a batch as a record: its kind, its id at its source, how new it is, and its rows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.services.registers import person_id, record_id
from app.sync.batches.kinds import KINDS, Kind
from app.sync.fields import Fields
from app.sync.reading import Source, object_of
from app.sync.records import version_numbered, version_of
from app.sync.report import ImportReport, Outcome
from app.sync.rules import RULES, Severity
from app.vocabulary import Role
from app.vocabulary.identifiers import IdentifierInvalid
from app.vocabulary.identifiers import crn as canonical_crn

Rows = Mapping[str, list[dict[str, Any]]]
LONGEST_ID = 40


@dataclass(slots=True)
class Found:
    """A rule that a line breaks, at which field; `others` are ids of further records that it names."""

    rule: str
    field: str
    others: tuple[str, ...] = ()


class LineReport(ImportReport):
    """Findings by line, of the lines that are judged together."""

    def __init__(self) -> None:
        super().__init__()
        self.of: dict[int, list[Found]] = {}

    def found(self, file: str, line: int, field: str, rule: str) -> None:
        """A rule is broken; `file` is the table of the row."""
        self.of.setdefault(line, []).append(Found(rule, f"{file}.{field}" if file else field))

    def came_to(self, file: str, outcome: Outcome, rows: int = 1) -> None:
        """Nothing: what comes of a line follows from what was found of it and from what was written."""

    def broken(self, line: int) -> list[Found]:
        """What rejects the line."""
        return [each for each in self.of.get(line, ()) if RULES[each.rule].severity is not Severity.WARNING]


@dataclass(slots=True)
class Line:
    """A line that could be read."""

    place: int
    """Among the lines that are judged with it, from 1."""
    kind: str
    about: Kind
    source: str
    source_id: str
    version: str
    modified_at: datetime
    is_numbered: bool
    rows: Rows
    text: str
    record_id: str
    names: dict[str, str] = field(default_factory=dict)
    """By field the record that it belongs to, as it names it."""


class Reader:
    """Reads the lines of one batch."""

    def __init__(self, role: Role, source: str, received_at: datetime, report: LineReport) -> None:
        self._kinds, self._role, self._source = KINDS[role], role, source
        self._received_at, self._report = received_at, report

    def read(self, place: int, text: str) -> Line | None:
        """The line; None if it cannot be read, which is found."""
        values = object_of(text)
        if values is None:
            self._report.found("", place, "", "row-malformed")
            return None
        fields = Fields(Source("", place, values), self._report)
        kind = fields.required("kind", 60)
        about = self._kinds.get(kind) if kind else None
        if kind and about is None:
            fields.fault("kind", "kind-unknown")
        source_id = fields.required("sourceId", LONGEST_ID)
        version, modified_at = self._version(fields)
        rows = self._rows(fields, kind, about) if about is not None else None
        if fields.is_broken or about is None or rows is None or version is None:
            return None
        line = Line(
            place, kind, about, self._source, source_id, version, modified_at, fields.given("version") is not None,
            rows, text, self._id(about, source_id),
        )  # fmt: skip
        self._stamp(line)
        return line

    def _version(self, fields: Fields) -> tuple[str | None, datetime]:
        """A source's own count, or when it was changed there."""
        if fields.given("version") is not None:
            number = fields.number("version", 1, 10**9)
            return (None if number is None else version_numbered(number)), self._received_at
        moment = fields.needed("lastUpdatedAt", fields.moment("lastUpdatedAt"))
        return (None if moment is None else version_of(moment)), moment or self._received_at

    def _rows(self, fields: Fields, kind: str, about: Kind) -> Rows | None:
        """The record's own rows, and those of its companions."""
        rows = {kind: _listed(fields, "record", fields.given("record"))}
        if fields.given("record") is None:
            fields.fault("record", "field-missing")
        beside = fields.given("with")
        if beside is not None and not isinstance(beside, Mapping):
            fields.fault("with", "value-malformed")
            return None
        for table, given in (beside or {}).items():
            if table not in about.with_:
                fields.fault("with", "companion-unknown")
            else:
                rows[table] = _listed(fields, f"with.{table}", given)
        return rows

    def _id(self, about: Kind, source_id: str) -> str:
        if about.table == "person":
            try:
                return person_id(canonical_crn(source_id))
            except IdentifierInvalid:
                return person_id(source_id)  # which is found where the record is read
        return record_id(about.table, self._source, source_id)

    def _stamp(self, line: Line) -> None:
        """How new the line is holds for all of its rows, and its id is theirs where they do not say it."""
        moment = version_of(line.modified_at) if line.is_numbered else line.version
        health = self._role is Role.CLINICAL_SYSTEM
        recorded, modified = ("RecordedAt", "ModifiedAt") if health else ("recordedAt", "lastUpdatedAt")
        for rows in line.rows.values():
            for row in rows:
                row[modified] = moment
                if line.is_numbered or row.get(recorded) is None:
                    row[recorded] = moment
        if line.about.id_field:
            line.rows[line.kind][0].setdefault(line.about.id_field, line.source_id)


def _listed(fields: Fields, name: str, given: Any) -> list[dict[str, Any]]:
    """One row or several, none of which is anything else than an object."""
    several = given if isinstance(given, list) else [given] if given is not None else []
    if not all(isinstance(row, dict) for row in several) or (isinstance(given, list) and not given):
        fields.fault(name, "value-malformed")
        return []
    return several


def lines_of(body: bytes, first: int) -> Iterator[tuple[int, str]]:
    """The lines of a chunk that are not blank, each with its number."""
    for number, line in enumerate(body.split(b"\n"), first):
        if line.strip():
            yield number, line.decode()
