"""The log for oversight (G1): entries by page or one by one, counts, exports; identifiers travel in bodies alone."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response, StreamingResponse

from app.audit.rows import Order
from app.audit.submission import receipt_header
from app.routers.accepting import chosen
from app.routers.asking import Asker, Asking, BadRequest, answered, asker, checked_size, page_size
from app.routers.audit_words import (
    PAGING,
    CountsQuery,
    CountsSearch,
    EntriesQuery,
    EntriesSearch,
    ExportQuery,
    ExportSearch,
    from_address,
    names_of,
    parameters_of,
)
from app.routers.bodies import PAGED_BY, body
from app.routers.responses import EXPORTED, PAGED, REFUSALS
from app.services import shapes_audit as shapes
from app.services.audit import Breakdown
from app.services.audit_export import Export
from app.services.audit_formats import MEDIA_TYPES, Format
from app.vocabulary import Action, Question, Register

router = APIRouter(prefix="/v1/audit", tags=["audit"])
AskingEntries = Annotated[Asker, Depends(asker(*names_of(EntriesQuery), *PAGING))]
AskingCounts = Annotated[Asker, Depends(asker(*names_of(CountsQuery)))]
AskingExport = Annotated[Asker, Depends(asker(*names_of(ExportQuery)))]
_EXPORTED = {
    **EXPORTED,
    200: {
        **EXPORTED[200],
        "description": "the entries, oldest first, as they are read",
        "content": {
            kind.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}} for kind in MEDIA_TYPES.values()
        },
    },
}


@router.get(
    "/entries",
    response_model=shapes.EntriesPage,
    responses=PAGED,
    openapi_extra={"parameters": [*parameters_of(EntriesQuery), *PAGED_BY]},
)
async def entries(ask: AskingEntries, request: Request) -> Response:
    """Entries of a period, newest or oldest first, that say all of what is asked for."""
    wanted = from_address(EntriesQuery, request)
    search, order = wanted.search(ask.services.audit.knows), Order(wanted.order)
    cursor, size = request.query_params.get("cursor"), page_size(request)
    return answered(await ask.services.audit.page(_reads(ask), search, order, cursor, size))


@router.post("/searches", response_model=shapes.EntriesPage, responses=PAGED, openapi_extra=body(EntriesSearch))
async def search(ask: Asking) -> Response:
    """The same for somebody who is identified, by any identifier that they are known by."""
    wanted = await ask.body(EntriesSearch)
    sought, size = wanted.search(ask.services.audit.knows), checked_size(wanted.pageSize)
    return answered(await ask.services.audit.page(_reads(ask), sought, Order(wanted.order), wanted.cursor, size))


@router.get("/entries/{number}", response_model=shapes.Entry, responses=REFUSALS)
async def entry(number: str, ask: Asking) -> Response:
    """One entry: what was hashed, when it was recorded, its leaf, and whom it is about unless that was erased."""
    if not (number.isascii() and number.isdecimal() and len(number) < 19):
        raise BadRequest("log-entry-unknown", field="number")
    return answered(await ask.services.audit.one(_reads(ask), int(number)))


@router.get(
    "/counts",
    response_model=shapes.CountsOfEntries,
    responses=PAGED,
    openapi_extra={"parameters": parameters_of(CountsQuery)},
)
async def counts(ask: AskingCounts, request: Request) -> Response:
    """How many entries there are, and by what: staff, purpose, outcome, clause, hour …"""
    wanted = from_address(CountsQuery, request)
    return answered(await ask.services.audit.counts(_reads(ask), wanted.search(ask.services.audit.knows), _by(wanted)))


@router.post("/counts", response_model=shapes.CountsOfEntries, responses=PAGED, openapi_extra=body(CountsSearch))
async def counts_of(ask: Asking) -> Response:
    """The same for somebody who is identified."""
    wanted = await ask.body(CountsSearch)
    return answered(await ask.services.audit.counts(_reads(ask), wanted.search(ask.services.audit.knows), _by(wanted)))


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses=_EXPORTED,
    openapi_extra={"parameters": parameters_of(ExportQuery)},
)
async def export(ask: AskingExport, request: Request) -> Response:
    """Everything of a period that says all of this, as it stands when the export begins: NDJSON, CSV or Parquet."""
    wanted = from_address(ExportQuery, request)
    form = _form(wanted.format, request)
    return _handed(await ask.services.exports.to_caller(_reads(ask), wanted.search(ask.services.audit.knows), form))


@router.post("/export", response_class=StreamingResponse, responses=_EXPORTED, openapi_extra=body(ExportSearch))
async def export_of(ask: Asking, request: Request) -> Response:
    """The same for somebody who is identified."""
    wanted = await ask.body(ExportSearch)
    form = _form(wanted.format, request)
    return _handed(await ask.services.exports.to_caller(_reads(ask), wanted.search(ask.services.audit.knows), form))


def _reads(ask: Asker) -> Question:
    return ask.asks(Action.READ, (Register.AUDIT_LOG,))


def _by(wanted: CountsQuery | CountsSearch) -> Breakdown | None:
    return Breakdown(wanted.by) if wanted.by else None


def _form(given: str | None, request: Request) -> Format:
    """By name, or what the header accepts most; NDJSON where that is anything."""
    if given is not None:
        return Format(given)
    return chosen(request, MEDIA_TYPES)


def _handed(export: Export) -> Response:
    """Sent as it is read; an answer that breaks off is without its last chunk, which every client notices."""
    headers = {
        "Audit-Receipt": receipt_header((export.receipt,)),
        "Content-Disposition": f'attachment; filename="audit-log.{export.form}"',
    }
    return StreamingResponse(export.chunks(), 200, headers, MEDIA_TYPES[export.form])
