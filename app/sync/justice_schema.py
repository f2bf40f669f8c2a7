"""The justice side's extract as a JSON Schema, in the names of HMPPS: what a case-management system has to send.

It says what can be said of each object alone: names, kinds, codes and lengths. Check digits and letters, the order of
dates, and what refers to another object are the import's to look at. An object may hold more than this; what is not
named here is not kept.
"""

from collections.abc import Iterable
from typing import Any

from app.sync.justice import ALIASES, OUTCOMES, ROSH, SEXES
from app.vocabulary.justice import OBLIGATIONS, REQUIREMENTS, SENTENCES, TREATMENT

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
_DAY = r"\d{4}-\d{2}-\d{2}"
_MOMENT = _DAY + r"T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})"


def _text(longest: int, described: str | None = None) -> Schema:
    said = {"description": described} if described else {}
    return {"type": "string", "minLength": 1, "maxLength": longest, **said}


def _pattern(pattern: str, described: str) -> Schema:
    return {"type": "string", "pattern": f"^({pattern})$", "description": described}


def _code(codes: Iterable[str]) -> Schema:
    return {"type": "string", "enum": list(codes)}


def _number(lowest: int, highest: int) -> Schema:
    return {"type": "integer", "minimum": lowest, "maximum": highest}


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def _maybe(schema: Schema) -> Schema:
    """The same, or null; nothing at all says as much."""
    enum = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return {**schema, "type": [schema["type"], "null"], **enum}


def _object(described: str, needed: Schema, optional: Schema) -> Schema:
    return {
        "type": "object",
        "description": described,
        "required": list(needed),
        "properties": {**needed, **{name: _maybe(schema) for name, schema in optional.items()}},
    }


CRN = _pattern(r"[A-Za-z]\d{6}", "case reference number, such as X320741")
DAY = _pattern(_DAY, "yyyy-MM-dd")
MOMENT = _pattern(_MOMENT, "yyyy-MM-ddTHH:mm:ss with the offset from UTC")
START = _pattern(f"{_DAY}|{_MOMENT}", "a moment with its offset, or a date from its beginning in London")
END = _pattern(f"{_DAY}|{_MOMENT}", "a moment with its offset, or a date to its end in London")
USERNAME = _pattern(r"[!-~]{1,60}", "as on the register of staff, in any case")
ID = _text(40, "the sender's own, never used again for another")
TIMES = {"recordedAt": MOMENT, "lastUpdatedAt": MOMENT}


def _sent(described: str, identity: str, needed: Schema, optional: Schema) -> Schema:
    """An object of its own, of one person; of two versions the one that was updated last is the newer."""
    return _object(described, {identity: ID, "crn": CRN, **needed, **TIMES}, optional)


_ADDRESS = _object("where somebody lives", {}, {"line": _text(300), "postcode": _text(10)})
PERSON = _object(
    "somebody whom the probation service supervises",
    {
        "crn": CRN,
        "name": _object("how they are called", {"forename": _text(200), "surname": _text(100)}, {}),
        "dateOfBirth": DAY,
        "sex": _code(SEXES),
        **TIMES,
    },
    {
        "nhsNumber": _pattern(r"\d{10}", "the last digit checks the others"),
        "pncNumber": _text(20, "such as 1981/0000034U"),
        "croNumber": _text(20, "such as 065656/91H or SF05/482703J"),
        "nomsNumber": _pattern(r"[A-Za-z]\d{4}[A-Za-z]{2}", "prison number, such as A1234AA"),
        "contactDetails": _object(
            "how to reach them", {}, {"address": _ADDRESS, "telephone": _text(30), "email": _text(254)}
        ),
        "interpreterLanguage": _text(10),
        "accessNeeds": _text(500),
    },
)
REQUIREMENT = _object(
    "what a sentence requires",
    {"requirementId": ID, "type": _code(REQUIREMENTS), "startDate": DAY},
    {
        "endDate": DAY,
        "terminationDate": DAY,
        "sourceCode": _text(20),
        "days": _number(1, 10_000),
        "willing": {"type": "boolean"},
        "practitioner": _text(200),
    },
)
REQUIREMENT["anyOf"] = [
    {"properties": {"type": {"enum": [kind for kind in REQUIREMENTS if kind != TREATMENT]}}},
    {"required": ["willing"], "properties": {"willing": {"enum": [True]}}},
]
"""Mental health treatment is required of nobody who is not willing."""
SUPERVISION = _sent(
    "a sentence with its requirements",
    "supervisionId",
    {"sentenceType": _code(SENTENCES), "startDate": DAY},
    {"sentenceCode": _text(20), "endDate": DAY, "terminationDate": DAY, "requirements": _list(REQUIREMENT)},
)
OFFENCE = _sent(
    "the index offence or a previous conviction",
    "offenceId",
    {"kind": _code(("index", "previous")), "code": _text(20), "description": _text(300)},
    {"offenceDate": DAY, "convictionDate": DAY, "court": _text(100)},
)
_CONDITION = _object(
    "a condition of the licence",
    {"conditionId": ID, "description": _text(500), "startDate": DAY},
    {"endDate": DAY, "area": _text(300)},
)
_ZONE = _object(
    "where the person must not go",
    {"zoneId": ID, "description": _text(500), "startDate": DAY},
    {"endDate": DAY, "area": _text(300), "sites": _list(_text(9)), "postcodes": _list(_text(9))},
)
_CURFEW = _object(
    "when the person has to be at home: weekly hours such as 'Mon-Sun 19:00-07:00'",
    {"curfewId": ID, "description": _text(500), "startDate": DAY, "hours": _text(500)},
    {"endDate": DAY, "area": _text(300)},
)
RISK = {
    **_sent(
        "an assessment of the risk of serious harm: its level, the registration code for it, or both that agree",
        "riskId",
        {"assessedOn": DAY},
        {
            "rosh": _code(ROSH.values()),
            "roshRegistrationCode": _code((*ROSH, *ALIASES)),
            "mappa": _object("MAPPA", {}, {"category": _number(1, 4), "level": _number(1, 3)}),
            "licenceConditions": _list(_CONDITION),
            "exclusionZones": _list(_ZONE),
            "curfews": _list(_CURFEW),
        },
    ),
    "anyOf": [
        {"required": [name], "properties": {name: {"type": "string"}}} for name in ("rosh", "roshRegistrationCode")
    ],
}
REGISTRATION = _sent(
    "an alert, live until it is taken off",
    "registrationId",
    {
        "type": _object("which alert it is", {"code": _text(10), "description": _text(300)}, {}),
        "startDate": DAY,
    },
    {"nextReviewDate": DAY, "deregistrationDate": DAY},
)
OBLIGATION = _sent(
    "something that the person has to attend; an outcome that is not recorded is not a missed appointment",
    "obligationId",
    {"type": _code(OBLIGATIONS), "description": _text(300), "startDateTime": MOMENT, "endDateTime": MOMENT},
    {"place": _text(200), "outcomeCode": _text(10, f"one of {', '.join(OUTCOMES)}; another is warned of")},
)
ALLOCATION = _sent(
    "whose caseload the person is on",
    "allocationId",
    {"username": USERNAME, "startDateTime": START},
    {"endDateTime": END},
)
LIMIT = _sent(
    "an exclusion or a restriction, with its list of names",
    "limitId",
    {"type": _code(("exclusion", "restriction")), "message": _text(500), "startDateTime": START},
    {"usernames": _list(USERNAME), "endDateTime": END},
)
FILES = {
    "people": PERSON,
    "supervisions": SUPERVISION,
    "offences": OFFENCE,
    "risk": RISK,
    "registrations": REGISTRATION,
    "obligations": OBLIGATION,
    "allocations": ALLOCATION,
    "limits": LIMIT,
}


def schema() -> Schema:
    """The JSON Schema of an extract."""
    return {
        "$schema": DIALECT,
        "title": "The extract of a probation case-management system",
        "description": "Each property is a file of JSON lines, justice/<name>.jsonl, an object of its list a line.",
        "type": "object",
        "properties": {name: _list({"$ref": f"#/$defs/{name}"}) for name in FILES},
        "$defs": FILES,
    }
