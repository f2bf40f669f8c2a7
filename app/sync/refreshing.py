"""The monthly refresh: a newer submission of a period replaces what its provider sent of that period before.

To a period belongs what has its day in it: a referral (with its presentation) that of its receipt, a contact with its
activities and scores its own; scores outside contacts, complaints, onward referrals and pauses theirs. Of what was sent
and is not in the newer one, each record is marked as taken back, with an entry of its own; a referral takes along what
hangs on it. A table that is not sent takes nothing back, nor does one with rows of which nobody can say which records
they were. What is not of the national tables stays as it is. Our own exports hold what one person may read: they are no
submission, and replace nothing.
"""

from collections.abc import AsyncIterator, Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.audit.submission import ChangeRefused
from app.gate import AccessRefused, Gate, Made
from app.gate.submissions import sent
from app.services.national import DATED, Sought, Submitted
from app.services.national_fields import OURS
from app.services.registers import RegisterService, Sent
from app.sync.health import Health
from app.sync.records import Act, version_of
from app.sync.report import ImportReport
from app.sync.submission import Header, path_of
from app.vocabulary import Category, Question, Subject

RESOURCE = "openmind import"
AT_ONCE = 500
"""Records that share a transaction."""
CATEGORY_OF = {
    "referral": Category.REFERRAL,
    "appointment": Category.ATTENDANCE,
    "outcome_score": Category.SCORES,
}
"""What is none of these is clinical."""
SENT_IN = {
    "referral": ("IDS101Referral",),
    "presentation": ("IDS101Referral",),
    "onward_referral": ("IDS105OnwardReferral",),
    "waiting_pause": ("IDS108WaitingTimePauses",),
    "appointment": ("IDS201CareContact",),
    "care_activity": ("IDS202CareActivity",),
    "clinical_record": ("IDS603PresentingComplaints",),
    "outcome_score": ("IDS606CodedScoreAssessmentRefer", "IDS607CodedScoreAssessmentAct"),
}
OWN_ID = {
    "referral": "ServiceRequestId",
    "waiting_pause": "PauseID",
    "appointment": "CareContactId",
    "care_activity": "CareActId",
}
"""Of these a broken row still says which record it is; the others are made up of several fields."""
LOCAL_OF = {"clinical_record": "LocalClinical", "outcome_score": "LocalCore10"}
"""Which local table brings records of the same kind."""
TOGETHER = ":"
"""Joins the fields that make up an id; what the clinical system's own tables send has ids without."""


@dataclass(frozen=True, slots=True)
class _Marked:
    """A record that is taken back from a moment on, or with None no longer."""

    table: str
    record: Submitted
    withdrawn_at: datetime | None


class Refreshing:
    """One submission against those that came before it."""

    def __init__(
        self, gate: Gate, clock: Callable[[], datetime], run: str, report: ImportReport, header: Header
    ) -> None:
        self._gate, self._clock, self._run = gate, clock, run
        self._report, self._header = report, header
        self._registers = RegisterService(gate)

    async def is_superseded(self) -> bool:
        """Whether a newer submission speaks of any of its days; then a finding says that nothing of it is taken."""
        header = self._header
        if header.system == OURS:
            return False
        newer = [
            each
            for each in await self._registers.submissions(header.provider)
            if each.starts_on <= header.ends_on
            and header.starts_on <= each.ends_on
            and header.created_at < each.created_at
        ]
        if newer:
            self._report.found(path_of("IDS000Header"), 0, "DateTimeDatSetCreate", "submission-superseded")
        return bool(newer)

    async def replace(self, health: Health) -> None:
        """End what is not in the submission any more, bring back what is in it again, and note that it is in.

        Last of all the period is noted, so that a run that breaks off before is made again whole.
        """
        try:
            await self._replaced(health)
        except AccessRefused:
            self._report.found(path_of("IDS000Header"), 0, "", "agreement")
        except ChangeRefused:
            self._report.found(path_of("IDS000Header"), 0, "", "changed-meanwhile")

    async def _replaced(self, health: Health) -> None:
        before = await self._registers.submissions(self._header.provider)
        act = health.synced(Category.REFERRAL)
        if act is None or self._header.system == OURS or any(self._is_this(each) for each in before):
            return
        for earlier in before:
            if earlier.created_at < self._header.created_at:
                await self._replace(health, act, earlier)
        row = {
            "provider": self._header.provider,
            "starts_on": self._header.starts_on,
            "ends_on": self._header.ends_on,
            "created_at": self._header.created_at,
            "recorded_at": self._clock(),
        }
        said = "changed" if any(self._has_its_period(each) for each in before) else "created"
        upsert = self._gate.writer.upsert("national_submission", row)
        await self._changed(act, "national_submission", said, upsert)

    def _is_this(self, earlier: Sent) -> bool:
        return self._has_its_period(earlier) and earlier.created_at == self._header.created_at

    def _has_its_period(self, earlier: Sent) -> bool:
        return (earlier.starts_on, earlier.ends_on) == (self._header.starts_on, self._header.ends_on)

    async def _replace(self, health: Health, act: Act, earlier: Sent) -> None:
        """What both periods have in common."""
        first, last = max(earlier.starts_on, self._header.starts_on), min(earlier.ends_on, self._header.ends_on)
        if first > last:
            return
        for table in DATED:
            there = _ids(health, table)
            if there is None:
                continue
            sought = Sought(self._header.provider, first, last + timedelta(days=1))
            async for some in sent(self._gate, self._question(act, None), table, sought):
                marked = list(self._compared(health, table, there, some))
                along = [one for each in marked async for one in self._along(act, each)]
                await self._mark(act, [*marked, *along])

    def _compared(
        self, health: Health, table: str, there: Container[str], some: Sequence[Submitted]
    ) -> Iterator["_Marked"]:
        """Which of these records are to be marked as taken back, or as no longer so."""
        for record in some:
            if not _is_national(table, record, health):
                continue
            if (table, record.source_id) in health.sent and record.withdrawn_at is not None:
                yield _Marked(table, record, None)
            elif record.source_id not in there and record.withdrawn_at is None:
                yield _Marked(table, record, self._header.created_at)

    async def _along(self, act: Act, marked: "_Marked") -> AsyncIterator["_Marked"]:
        """With a referral whatever hangs on it and is in the same state."""
        if marked.table != "referral":
            return
        sought = Sought(self._header.provider, referral=marked.record.id)
        for other in [each for each in DATED if each != "referral"]:
            async for some in sent(self._gate, self._question(act, None), other, sought):
                for child in some:
                    if child.withdrawn_at == marked.record.withdrawn_at:
                        yield _Marked(other, child, marked.withdrawn_at)

    async def _mark(self, act: Act, several: Sequence["_Marked"]) -> None:
        """Some in each transaction, and of each an entry; AccessRefused, its entry durable, if one is not permitted."""
        for start in range(0, len(several), AT_ONCE):
            some = several[start : start + AT_ONCE]
            async with self._gate.many(self._question(act, None)) as many:
                await many.meet(each.record.crn for each in some)
                made = [self._made(act, each) for each in some]
                await many.commit(made)
                permitted = [many.permits(each) for each in made]
            written = [each for each, is_permitted in zip(some, permitted, strict=True) if is_permitted]
            self._report.entries += len(written)
            self._report.restored += sum(each.withdrawn_at is None for each in written)
            self._report.ended += sum(each.withdrawn_at is not None for each in written)
            if len(written) < len(some):
                raise AccessRefused("not-permitted")

    def _made(self, act: Act, marked: "_Marked") -> Made:
        """What writes the mark, of this version alone, with what its entry says."""
        record, subjects = marked.record, (CATEGORY_OF.get(marked.table, Category.CLINICAL),)
        said = "restored" if marked.withdrawn_at is None else "withdrawn"
        seen = {"id": record.id, "source_version": record.version}
        changed = {"withdrawn_at": marked.withdrawn_at, "recorded_at": self._header.created_at}
        return Made(
            action=act.action,
            subjects=subjects,
            crn=record.crn,
            details=self._details(marked.table, said, subjects),
            changes=[(0, self._gate.writer.update(marked.table, seen, changed))],
        )

    def _details(self, table: str, change: str, subjects: Sequence[Subject]) -> dict[str, object]:
        return {
            "change": change,
            "file": path_of(SENT_IN.get(table, ("IDS000Header",))[0]),
            "table": table,
            "version": version_of(self._header.created_at),
            "subjects": [subject.value for subject in subjects],
        }

    async def _changed(self, act: Act, table: str, change: str, made: tuple[object, ...]) -> None:
        await self._gate.change(self._question(act, None), [made], self._details(table, change, act.subjects))
        self._report.entries += 1

    def _question(self, act: Act, crn: str | None) -> Question:
        return Question(act.caller, act.purpose, act.action, act.subjects, self._clock(), RESOURCE, self._run, crn)


def _ids(health: Health, table: str) -> Container[Any] | None:
    """The ids of a table's records in the submission, broken ones too; None where that cannot be said."""
    files = SENT_IN[table]
    if not all(health.submission.has(each) for each in files):
        return None
    if table in OWN_ID:
        given = health.new_set()
        for identity in _given(health, files[0], OWN_ID[table]):
            given.add(identity)
        return given
    also = [LOCAL_OF[table]] if table in LOCAL_OF and health.submission.has(LOCAL_OF[table]) else []
    rejected = sum(health.report.files[path_of(each)].rejected for each in (*files, *also))
    return None if rejected else _Sent(health, table)


@dataclass(frozen=True, slots=True)
class _Sent:
    """The ids of a table's records that were taken in."""

    health: Health
    table: str

    def __contains__(self, identity: object) -> bool:
        return (self.table, identity) in self.health.sent


def _given(health: Health, file: str, name: str) -> Iterator[str]:
    for fields in health.rows(file):
        value = fields.given(name)
        if isinstance(value, str):
            yield value.strip()


def _is_national(table: str, record: Submitted, health: Health) -> bool:
    """Whether the record's own table was sent: what local tables bring is not missing from national ones."""
    local = LOCAL_OF.get(table)
    return local is None or TOGETHER in record.source_id or health.submission.has(local)
