"""Everything a router can call, put together once at start."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.gate import Gate
from app.identity import Authenticator, NotAuthenticated
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
from app.services.changes import ChangesService
from app.services.checkpoints import CheckpointService
from app.services.consents import ConsentService
from app.services.diary import DiaryService
from app.services.disclosures import DisclosureService
from app.services.domain_events import DomainEventService
from app.services.duplicates import DuplicateService
from app.services.explanations import ExplanationService
from app.services.grants import GrantService
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
from app.services.reports import ReportService
from app.services.safety import SafetyService
from app.services.scores import ScoreService
from app.services.simulations import SimulationService
from app.services.staff import StaffService
from app.services.subject_access import SubjectAccessService
from app.services.tasks import TaskService
from app.services.triaging import TriageService
from app.services.waiting import WaitingService
from app.services.working_time import WorkingTimeService
from app.vocabulary import Caller

STRANGERS_PER_SECOND = 50


class TooManyStrangers(Exception):
    """So many requests without a valid token that writing each down would crowd out everybody else."""


@dataclass(slots=True)
class Services:
    """The use cases, and who may ask for them."""

    clock: Callable[[], datetime]
    authenticator: Authenticator
    gate: Gate
    people: PeopleService
    referrals: ReferralService
    duplicates: DuplicateService
    moving: MovingService
    referring: ReferringService
    triage: TriageService
    consents: ConsentService
    objections: ObjectionService
    reliance: RelianceService
    subject_access: SubjectAccessService
    disclosures: DisclosureService
    explanations: ExplanationService
    grants: GrantService
    agreements: AgreementService
    simulations: SimulationService
    readiness: Readiness
    staff: StaffService
    lapsing: LapsingService
    authorisations: AuthorisationService
    allocations: AllocationService
    attendance: AttendanceService
    limits: LimitService
    domain_events: DomainEventService
    proofs: ProofService
    checkpoints: CheckpointService
    audit: AuditService
    exports: ExportService
    access_alerts: AccessAlertService
    reports: ReportService
    scores: ScoreService
    notes: NoteService
    tasks: TaskService
    capacity: CapacityService
    waiting: WaitingService
    working_time: WorkingTimeService
    safety: SafetyService
    meetings: MeetingService
    meeting_parties: MeetingParties
    matching: MatchingService
    matches: MatchService
    batches: BatchService
    changes: ChangesService
    diary: DiaryService
    appointments: AppointmentService
    preferences: PreferenceService
    calendars: CalendarService
    _strangers: deque[datetime] = field(default_factory=deque)

    async def authenticate(
        self, authorization: str | None, now: datetime, at: datetime, resource: str, request_id: str
    ) -> Caller:
        """The caller; NotAuthenticated once the attempt is in the log."""
        try:
            await self.authenticator.prepare(authorization, now)
            return self.authenticator.authenticate(authorization, now)
        except NotAuthenticated as refused:
            self._count_stranger(now)
            await self.gate.refuse_unasked(refused.code, at, resource, request_id)
            raise

    def _count_stranger(self, now: datetime) -> None:
        """No entry, no answer: past the limit they are told to wait, and the log stays usable."""
        while self._strangers and self._strangers[0] < now - timedelta(seconds=1):
            self._strangers.popleft()
        if len(self._strangers) >= STRANGERS_PER_SECOND:
            raise TooManyStrangers
        self._strangers.append(now)
