"""What every guarded address can answer besides 200, for the OpenAPI document."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from app.routers.problems import FAULTS, MEDIA_TYPE, TOKEN_CODES
from app.services.shapes import Withheld


class Why(BaseModel):
    """Why a time or a place is unsuitable, for whoever may see that."""

    model_config = ConfigDict(extra="forbid")

    code: str
    kind: str | None = None
    startsAt: datetime | None = None  # noqa: N815  # as it stands in JSON
    endsAt: datetime | None = None  # noqa: N815  # as it stands in JSON
    place: str | None = None


class Problem(BaseModel):
    """RFC 9457 problem details with a stable code and a remedy."""

    model_config = ConfigDict(extra="forbid")

    type: str
    title: str
    status: int
    code: str
    remedy: str
    detail: str | None = None
    field: str | None = None
    possible: list[str] | None = None
    renewAt: str | None = None  # noqa: N815  # as it stands in JSON
    withheld: list[Withheld] | None = None
    taken: list[str] | None = None
    unsuitable: list[str] | None = None
    why: list[Why] | None = None


_RECEIPT = {
    "Audit-Receipt": {
        "description": "entry number and leaf hash; of a list the first and the last",
        "schema": {"type": "string"},
    },
    "Audit-Proof": {
        "description": "with `Prefer: audit-proof`: that the (last) entry is in the log as it was once the entry was"
        " durable; a dictionary of structured fields (RFC 9651): `entry`, `size`, `root`, `hashes`",
        "schema": {"type": "string"},
    },
    "Preference-Applied": {
        "description": "`audit-proof` where the proof that was preferred is there",
        "schema": {"type": "string"},
    },
}


def _problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    described: dict[int | str, dict[str, Any]] = {}
    for status in statuses:
        codes = sorted(code for code, fault in FAULTS.items() if fault.status == status)
        codes += TOKEN_CODES if status == 401 else ()
        content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        described[status] = {
            "model": Problem,
            "description": f"a problem; of these codes the one that applies: {', '.join(codes)}",
            "content": content,
        }
    return described


REFUSALS = {200: {"headers": _RECEIPT}, **_problems(400, 401, 403, 404, 413, 429, 500, 503)}
LISTED = {200: {"headers": _RECEIPT}, **_problems(400, 401, 403, 413, 429, 500, 503)}
PAGED = {**LISTED, **_problems(422)}
EXPORTED = {**PAGED, **_problems(406)}
_CHANGE_PROBLEMS = _problems(400, 401, 403, 404, 409, 413, 422, 429, 500, 503)
EXPLAINED = {**REFUSALS, **_problems(422)}
CHANGES = {200: {"headers": _RECEIPT}, **_CHANGE_PROBLEMS}
SENT_IN = {
    202: {"headers": _RECEIPT, "description": "kept whole; it is applied from now on"},
    **_problems(400, 401, 403, 409, 413, 415, 422, 429, 500, 503),
}
PRECONDITIONS = _problems(412, 428)
CREATED = {201: {"headers": _RECEIPT}, **_CHANGE_PROBLEMS}
CHOSEN = _problems(400)
"""What is public and has several forms."""
PROVEN = _problems(400, 404, 500, 503)
"""What is public and proves something about the log."""
COSIGNED = _problems(400, 404, 413, 422, 500, 503)
