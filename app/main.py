"""Builds the application: opens what it needs, puts the rooms together, and gives every error its HTTP meaning once."""

import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any, ClassVar

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute

from app import __doc__ as about
from app.audit.ahead import MonthsAhead
from app.audit.archive import ArchiveUnavailable
from app.audit.checkpoints import Checkpoints
from app.audit.indexing import Indexing
from app.audit.submission import EntryRefused, LogUnavailable
from app.config import Settings
from app.db import Address, DatabaseUnavailable
from app.gate import AccessRefused, Unacceptable, open_gate
from app.identity import Authenticator, NotAuthenticated, TokenService, load_keys
from app.pathway.reports import beside, read_beside
from app.routers import (
    access_alerts,
    agreement,
    allocations,
    attendance,
    audit,
    audit_checkpoints,
    audit_proofs,
    authorisations,
    capacity,
    changes,
    consents,
    diary,
    domain_events,
    emergency_grants,
    explanations,
    lifecycle,
    limits,
    matches,
    meetings,
    notes,
    oauth2,
    operations,
    people,
    referrals,
    reports,
    safety,
    scores,
    staff,
    subject_access,
    sync,
    tasks,
    working_time,
)
from app.routers.asking import BadRequest, note_refusal
from app.routers.document import complete
from app.routers.problems import problem, token_problem
from app.routers.transport import BodyTooLarge, Transport
from app.services.access_alerts import AccessAlertService
from app.services.agreements import AgreementService
from app.services.allocations import AllocationService
from app.services.appointments import AppointmentService
from app.services.attendance import AttendanceService
from app.services.audit import AuditService
from app.services.audit_export import ExportService
from app.services.authorisations import AuthorisationService
from app.services.batches import BatchService
from app.services.calendars import CalendarService
from app.services.capacity import CapacityService
from app.services.changes import ChangesService, Unheard
from app.services.chasing import ChaseService, patience_of
from app.services.checkpointing import Checkpointing
from app.services.checkpoints import CheckpointService
from app.services.consents import ConsentService
from app.services.container import Services, TooManyStrangers
from app.services.cursors import CursorInvalid
from app.services.diary import DiaryService
from app.services.disclosures import DisclosureService
from app.services.domain_events import DomainEventService
from app.services.duplicates import DuplicateService
from app.services.explanations import ExplanationService
from app.services.grants import GrantService
from app.services.held import HeldService
from app.services.lapsing import LapsingService
from app.services.limits import LimitService
from app.services.matches import MatchService
from app.services.matching import MatchingService
from app.services.meeting_parties import MeetingParties
from app.services.meetings import MeetingService
from app.services.moving import MovingService
from app.services.notes import NoteService
from app.services.objections import ObjectionService
from app.services.people import PeopleService
from app.services.preferences import PreferenceService
from app.services.proofs import ProofService
from app.services.readiness import Readiness
from app.services.referrals import ReferralService
from app.services.referring import ReferringService
from app.services.reliance import RelianceService
from app.services.reminders import ReminderService
from app.services.reports import ReportService
from app.services.safety import SafetyService
from app.services.scores import ScoreService
from app.services.simulations import SimulationService
from app.services.staff import StaffService
from app.services.subject_access import SubjectAccessService
from app.services.tasks import TaskService
from app.services.triaging import TriageService
from app.services.waiting import WaitingService
from app.services.watching import SMALL_PAGE, WatchService
from app.services.webhooks import Webhooks
from app.services.working_time import WorkingTimeService
from app.sync.batches import Applying

NOBODY_THERE = 499
"""As web servers write it of a client that has closed its connection; nobody reads it."""
PUBLIC = {
    "/health": "says that the process runs, and nothing else",
    "/ready": "says which part answers; load balancers have no token",
    "/oauth2/token": "where a caller becomes known",
    "/v1/agreement": "the agreement is published by both parties and names nobody",
    "/v1/agreement/matrix": "the same agreement as a table",
    "/v1/audit/entries/{number}/proof": "proves that an entry is in the log by hashes alone, and says when it was made",
    "/v1/audit/consistency": "proves that the log has only grown, by hashes alone",
    "/v1/audit/tile/{path:path}": "the log as mirrors read it: hashes, places and times, nothing of what entries say",
    "/v1/audit/checkpoint": "what others keep of the log: a size and a hash, nothing about anybody",
    "/v1/audit/checkpoints/{size}/cosignatures": "a cosignature proves itself: one by each known witness key is kept",
    "/openapi.json": "the API's description, no data",
}
"""Every address that asks for no token, with the reason; all others are guarded, which a test holds to."""

Answer = Callable[[Request, Exception], Awaitable[Response]]


class OpenMind(FastAPI):
    """The application, with an OpenAPI document that says what every address has in common."""

    _described: ClassVar[dict[str, Any] | None] = None

    def openapi(self) -> dict[str, Any]:
        """Made once a process, as the addresses are."""
        self.openapi_schema = self.openapi_schema or OpenMind._described
        if self.openapi_schema is None:
            complete(super().openapi(), PUBLIC)
            OpenMind._described = self.openapi_schema
        return self.openapi_schema or {}


def create_app(settings: Settings) -> FastAPI:
    """The application; nothing is opened before it starts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as opened:
            app.state.services, app.state.tokens = await _open(settings, opened)
            gc.collect()
            gc.freeze()
            gc.set_threshold(50_000, 50, 50)
            yield
        gc.unfreeze()

    app = OpenMind(
        title="Open Mind",
        description=about or "",
        version="1",
        lifespan=lifespan,
        routes=_addresses(),
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # an address is one that there is, or it is not
    )
    for kind, answer in _ANSWERS.items():
        app.add_exception_handler(kind, answer)
    app.add_middleware(Transport, body_limit=settings.body_limit, limits={sync.BATCHES: settings.batch_limit})
    return app


@cache
def _addresses() -> list[BaseRoute]:
    """Every address, and what FastAPI has worked out about each: once a process, since no setting changes them."""
    together = APIRouter()
    for router in (
        oauth2.router,
        capacity.router,  # whose addresses would otherwise name somebody
        staff.router,
        working_time.router,
        authorisations.router,
        allocations.router,
        attendance.router,
        scores.router,
        notes.router,
        tasks.router,
        limits.router,
        changes.router,
        domain_events.router,
        consents.router,
        subject_access.router,
        explanations.router,
        people.router,
        referrals.router,
        safety.router,
        meetings.router,
        lifecycle.router,
        diary.router,
        emergency_grants.router,
        access_alerts.router,
        matches.router,
        sync.router,
        reports.router,
        agreement.router,
        audit_proofs.router,
        audit_checkpoints.router,
        audit.router,
        operations.router,
    ):
        together.include_router(router)
    return together.routes


async def _open(settings: Settings, opened: AsyncExitStack) -> tuple[Services, TokenService]:
    """Everything that has to be closed again, in the order in which it depends on each other."""
    gate, database = await opened.enter_async_context(open_gate(settings))
    keys = load_keys(settings)
    authenticator = Authenticator(settings, keys, database)
    address = Address(settings.database_url.get_secret_value())
    tokens = TokenService(settings, keys, database, address)
    checkpoints = Checkpoints.of(settings, database, lambda: datetime.now(UTC))
    months = MonthsAhead(database, address, settings.database_role, settings.clock)
    for part in (authenticator, tokens, checkpoints):
        opened.push_async_callback(part.close)
    await authenticator.refresh()
    matching = MatchingService(gate, settings.clock, HeldService(gate).released)
    await tokens.forget_expired()
    given = read_beside(settings.report_file) if settings.report_file else beside()
    consents = ConsentService(gate)
    services = Services(
        clock=settings.clock,
        authenticator=authenticator,
        gate=gate,
        people=PeopleService(gate),
        referrals=ReferralService(gate),
        duplicates=DuplicateService(gate),
        moving=MovingService(gate),
        referring=ReferringService(gate, settings.training_url),
        triage=TriageService(gate),
        consents=consents,
        objections=ObjectionService(gate),
        reliance=RelianceService(gate),
        subject_access=SubjectAccessService(gate),
        disclosures=DisclosureService(gate),
        explanations=ExplanationService(gate),
        grants=GrantService(gate),
        agreements=AgreementService(gate.agreements, settings.clock),
        simulations=SimulationService(gate),
        readiness=Readiness(gate, settings.clock, months),
        staff=StaffService(gate),
        lapsing=LapsingService(gate),
        authorisations=AuthorisationService(gate),
        allocations=AllocationService(gate),
        attendance=AttendanceService(gate, settings.short_notice_hours),
        limits=LimitService(gate),
        domain_events=DomainEventService(gate),
        proofs=ProofService(gate, checkpoints),
        checkpoints=CheckpointService(gate, checkpoints, settings),
        audit=AuditService(gate),
        exports=ExportService(gate),
        access_alerts=AccessAlertService(gate),
        scores=ScoreService(gate),
        notes=NoteService(gate),
        tasks=TaskService(gate),
        reports=ReportService(gate, given),
        capacity=CapacityService(gate, given),
        waiting=WaitingService(gate),
        working_time=WorkingTimeService(gate),
        meetings=MeetingService(gate, consents),
        meeting_parties=MeetingParties(gate, consents),
        safety=SafetyService(gate, patience_of(settings)),
        matching=matching,
        matches=MatchService(gate, matching),
        batches=BatchService(settings, gate),
        changes=ChangesService(gate, settings.clock),
        diary=DiaryService(gate),
        appointments=AppointmentService(gate),
        preferences=PreferenceService(gate),
        calendars=CalendarService(gate),
    )
    await opened.enter_async_context(months.running())
    await opened.enter_async_context(Checkpointing(settings, gate, checkpoints).running())
    await opened.enter_async_context(Webhooks(settings, gate).delivering())
    await opened.enter_async_context(ReminderService(settings, gate).running())
    await opened.enter_async_context(Indexing(database, address, settings.database_role).running())
    await opened.enter_async_context(Applying(gate, services.batches, matching, settings.clock).running())
    await opened.enter_async_context(ChaseService(settings, gate).running())
    await opened.enter_async_context(WatchService(settings, gate, page=SMALL_PAGE).watching())
    return services, tokens


def application() -> FastAPI:
    """The application with settings from the environment, for uvicorn."""
    return create_app(Settings())


# --- what each error means to a caller -----------------------------------------------------------------------------


async def _refused(_: Request, fault: Exception) -> Response:
    assert isinstance(fault, AccessRefused)  # noqa: S101  # registered for this type alone
    extra: dict[str, Any] = {"withheld": [each.as_data() for each in fault.withheld]} if fault.withheld else {}
    return problem(fault.code, extra=extra | ({"renewAt": fault.renew_at} if fault.renew_at else {}))


async def _not_authenticated(_: Request, fault: Exception) -> Response:
    assert isinstance(fault, NotAuthenticated)  # noqa: S101  # registered for this type alone
    return token_problem(fault.code, fault.detail)


async def _bad_request(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, BadRequest)  # noqa: S101  # registered for this type alone
    if not await _is_noted(request, fault.code):
        return problem("unavailable")
    return problem(fault.code, detail=fault.detail, extra={"field": fault.field} if fault.field else None)


async def _unacceptable(_: Request, fault: Exception) -> Response:
    assert isinstance(fault, Unacceptable)  # noqa: S101  # registered for this type alone
    extra = {"field": fault.field, "possible": None if fault.possible is None else list(fault.possible)}
    said = {name: told for name, told in extra.items() if told is not None}
    return problem(fault.code, detail=fault.detail, extra={**said, **fault.told})


async def _cursor_invalid(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, CursorInvalid)  # noqa: S101  # registered for this type alone
    noted = await _is_noted(request, "cursor-invalid")
    return problem("cursor-invalid", extra={"field": "cursor"}) if noted else problem("unavailable")


async def _is_noted(request: Request, code: str) -> bool:
    """Whether the refusal is in the log, as every answer to a known caller is."""
    try:
        await note_refusal(request, code)
    except LogUnavailable:
        return False
    return True


async def _invalid(_: Request, fault: Exception) -> Response:
    assert isinstance(fault, RequestValidationError)  # noqa: S101  # registered for this type alone
    first = fault.errors()[0]
    return problem("body-invalid", detail=first["msg"], extra={"field": ".".join(map(str, first["loc"][1:]))})


async def _http(_: Request, fault: Exception) -> Response:
    status = fault.status_code if isinstance(fault, HTTPException) else 500
    response = problem({404: "route-not-found", 405: "method-not-allowed"}.get(status, "internal"))
    if isinstance(fault, HTTPException) and fault.headers:
        response.headers.update(fault.headers)
    return response


async def _unheard(_: Request, _fault: Exception) -> Response:
    return Response(status_code=NOBODY_THERE)


async def _archive_unavailable(_: Request, fault: Exception) -> Response:
    return problem("archive-unavailable", detail=str(fault))


def _always(code: str) -> Answer:
    async def answer(_: Request, _fault: Exception) -> Response:
        return problem(code)

    return answer


_ANSWERS: dict[Any, Answer] = {
    AccessRefused: _refused,
    NotAuthenticated: _not_authenticated,
    BadRequest: _bad_request,
    Unacceptable: _unacceptable,
    RequestValidationError: _invalid,
    HTTPException: _http,
    CursorInvalid: _cursor_invalid,
    Unheard: _unheard,
    BodyTooLarge: _always("body-too-large"),
    TooManyStrangers: _always("too-many-failures"),
    LogUnavailable: _always("unavailable"),
    EntryRefused: _always("unavailable"),
    DatabaseUnavailable: _always("unavailable"),
    ArchiveUnavailable: _archive_unavailable,
}
