"""The gate itself: what a question is asked of, and the only place from which entries are written."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import datetime
from typing import Any

from app.audit.entry import Entry, PersonPart, Record, event_id
from app.audit.submission import Change, Receipt, Submission
from app.audit.writer import AuditLog
from app.gate.acting import STANDING, Act, Acting, Announcing, Beside, decide_beside, released_by, widen
from app.gate.asking import Asking, Opened
from app.gate.entries import PERMITTED, REFUSED, PhraseBook, cited
from app.gate.feed_working import Memory
from app.gate.in_turn import go_on
from app.gate.limited import AskingAccess
from app.gate.listing import AskingMany, Kind, Listed
from app.gate.many import Many, many
from app.gate.refusals import AccessRefused, NotOnFile, SessionRevoked
from app.policies import AgreementVersions, CompiledAgreement, Decision, decide
from app.records import announcements
from app.records.lists import ListedRow
from app.records.reading import Records, Standing, consents_in
from app.records.writing import Writer
from app.vocabulary import Action, Fact, Facts, Party, Question

READ, EXPLAINED, CHANGE, AUTHENTICATION = "access", "explanation", "change", "authentication"
BOOTSTRAP = "bootstrap"


class Gate:
    """Decides questions about one person or about many, and writes down each answer and each refusal."""

    def __init__(
        self, records: Records, log: AuditLog, agreements: AgreementVersions, told: frozenset[str] = frozenset()
    ) -> None:
        self.records = records
        self.log = log
        self.agreements = agreements
        self.writer = Writer(records.database)
        self._phrases = PhraseBook()
        self.told = told
        """The systems that are told of changes in their feeds, besides being answered."""
        self.feeds: dict[str, Memory] = {}
        """By system, what this process remembers of its feed."""

    def ask(self, question: Question, *, kind: str = READ, referral: str | None = None) -> Asking:
        """`async with gate.ask(question) as opened:` about the person of a CRN, or of a referral."""
        return Asking(self, question, kind, referral)

    def act(self, question: Question, *, record: tuple[str, str] | None = None, alone: bool = False,
            facts_at: datetime | None = None) -> Acting:  # fmt: skip
        """`async with gate.act(question) as act:` to change something, or to read a register.

        About the person of the question's CRN, or of a record (table, id); without either about nobody. `alone` decides
        on the facts about the caller and keeps the CRN for the entry, so that the answer tells nothing of a person.
        `facts_at` as in `change`.
        """
        return Acting(self, question, record, facts_at, alone=alone)

    async def go_on(self, act: Act, asked: Question, following: Question, standing: Standing) -> None:
        """Let an act ask its next question on the facts as its changes so far leave them: see `app.gate.in_turn`."""
        await go_on(self, act, asked, following, standing)

    async def decide_about(self, act: Act, question: Question, crn: str) -> bool:
        """Decide an act again on the facts about the person whom its record turns out to be about.

        False: an exclusion closes it (S3), and the record is to be answered like one that is not there.
        """
        standing = await self.records.standing(question.caller, question.at, crn=crn)
        act.standing = replace(standing, crn=crn)
        act.decision = decide(question, standing.facts, act.agreement)
        return all(ruling.permitted for ruling in act.decision.rulings)

    def decide_beside(self, act: Act, question: Question) -> Beside:
        """Decide a further question about the person of an act, for the same answer; it has an entry of its own."""
        return decide_beside(act, question)

    def widen(self, act: Act, question: Question) -> bool:
        """Whether an act may ask for more about the same person; from here on it has."""
        return widen(act, question)

    def ask_many(
        self, question: Question, kind: Kind, filters: Mapping[str, Any], after: tuple[Any, ...] | None, size: int
    ) -> AskingMany:
        """`async with gate.ask_many(…) as listed:` about everybody of whom something is open."""
        return AskingMany(self, question, kind, filters, after, size)

    def ask_access(self, question: Question, crns: Sequence[str], user: str | None) -> AskingAccess:
        """`async with gate.ask_access(…) as limited:` about a `user` of the caller's, or the caller themselves."""
        return AskingAccess(self, question, crns, user)

    def many(self, question: Question) -> AbstractAsyncContextManager[Many]:
        """`async with gate.many(question) as many:` to write many records, of many people, of a system's."""
        return many(self, question)

    async def check_purpose(self, question: Question) -> CompiledAgreement:
        """The agreement in force; AccessRefused for a purpose that the role may never use."""
        agreement = self.agreements.at(question.at)
        if question.purpose not in agreement.purposes_of(question.caller.role):
            raise await self.refuse(question, "purpose-not-for-role")
        return agreement

    async def check_caller(self, question: Question) -> None:
        """Nobody is to be shown: has the caller nobody, or may the caller not ask? AccessRefused for the latter."""
        standing = await self.records.standing(question.caller, question.at, crn="")
        if not standing.session_is_live:
            raise await self.refuse(question, "session-revoked", standing.facts)
        needed = Fact.EMPLOYED.bit if question.caller.is_system else STANDING
        if standing.facts & needed != needed:
            raise await self.refuse(question, "standing-lapsed", standing.facts)

    async def refuse(self, question: Question, code: str, facts: Facts | None = None) -> AccessRefused:
        """Make a refusal durable that is about nobody in particular; the caller raises what comes back."""
        record = self._record(question, self.agreements.at(question.at), REFUSED, facts=facts, reason=code)
        person = PersonPart(None, question.crn) if question.crn else None
        await self.log.append(Submission((record.sealed(person),)))
        return SessionRevoked() if code == "session-revoked" else AccessRefused(code)

    async def refuse_unasked(self, code: str, at: datetime, resource: str, request_id: str, **known: Any) -> None:
        """Make durable that a request was turned away before it was a question: no token, no purpose."""
        record = Record(
            kind=AUTHENTICATION if known.get("caller") is None else READ,
            occurred_at=at,
            caller=known.get("caller"),
            action="read",
            resource=resource,
            outcome=REFUSED,
            request_id=request_id,
            reason=code,
        )
        await self.log.append(Submission((record.sealed(),)))

    async def change(
        self,
        question: Question,
        changes: Sequence[tuple[Any, ...]],
        details: Mapping[str, Any],
        facts_at: datetime | None = None,
    ) -> Receipt:
        """Make changes and the entry that says so durable in one transaction; AccessRefused if no clause permits them.

        `changes` come from `Writer`, each with the number of rows that it must touch where another number means that
        somebody was faster; `details` names what was changed, and holds nothing personal. `facts_at` is the moment
        whose facts decide, for what was recorded elsewhere before it came here. ChangeRefused if the database refuses
        one of them: then nothing is written.
        """
        agreement = await self.check_purpose(question)
        standing = await self.records.standing(question.caller, facts_at or question.at, crn=question.crn or "")
        if not await self.session_is_live(question, standing, facts_at):
            raise await self.refuse(question, "session-revoked", standing.facts)
        decision = decide(question, standing.facts, agreement)
        if not decision.any_permitted or any(not ruling.permitted for ruling in decision.rulings):
            await self.append(question, agreement, decision, standing, reason="not-permitted")
            raise NotOnFile
        said = self._phrases.say(question, decision.rulings, agreement)
        record = self._record(
            question, agreement, PERMITTED, kind=CHANGE, clauses=said.clauses, facts=standing.facts, details=details,
            announce=Party.JUSTICE.value if said.announce else None,
        )  # fmt: skip
        person = PersonPart(standing.person_id, question.crn) if question.crn else None
        made = tuple(Change(*change) for change in changes)
        (receipt,) = await self.log.append(Submission((record.sealed(person),), made + self._announcements([record])))
        return receipt

    async def bootstrap(
        self,
        at: datetime,
        request_id: str,
        changes: Sequence[tuple[Any, ...]],
        details: Mapping[str, Any],
        *,
        resource: str = "openmind import",
    ) -> Receipt:
        """Make durable what the operator writes since nobody could be permitted to: the first staff and systems.

        And premises, which no clause is about; `resource` is the command.
        """
        record = Record(
            kind=BOOTSTRAP,
            occurred_at=at,
            caller=None,
            action=Action.WRITE.value,
            resource=resource,
            outcome=PERMITTED,
            request_id=request_id,
            agreement=self.agreements.at(at).digest,
            reason="operator-import",
            details=details,
        )
        made = tuple(Change(*change) for change in changes)
        (receipt,) = await self.log.append(Submission((record.sealed(),), made))
        return receipt

    async def session_is_live(self, question: Question, standing: Standing, facts_at: datetime | None) -> bool:
        """Whether the caller may speak; of an older record also whether the system that brings it may speak today."""
        if facts_at is None or not standing.session_is_live:
            return standing.session_is_live
        system = replace(question.caller, staff=None)
        return (await self.records.standing(system, question.at, crn="")).session_is_live

    async def append(
        self,
        question: Question,
        agreement: CompiledAgreement,
        decision: Decision,
        standing: Standing,
        *,
        opened: Opened | None = None,
        reason: str | None = None,
    ) -> Receipt:
        """One entry about one person: what was released and withheld, under which clauses, on which facts."""
        said = self._phrases.say(question, decision.rulings, agreement)
        part = PersonPart(
            standing.person_id, standing.crn or question.crn, cited(said, standing.consents, standing.against)
        )
        explained = opened is not None and opened.kind == EXPLAINED
        released = said.released if opened is None or opened.released is None else opened.released
        record = self._record(
            question,
            agreement,
            REFUSED if opened is None else said.outcome,
            kind=opened.kind if opened else READ,
            released={} if opened is None or explained else released,
            withheld=said.withheld,
            clauses=said.clauses,
            facts=standing.facts,
            announce=Party.JUSTICE.value if opened is not None and said.announce else None,
            reason=reason,
            answer=opened.answer if opened else None,
            details=opened.details if opened else None,
        )
        changes = self._announcements([record])
        (receipt,) = await self.log.append(Submission((record.sealed(part),), changes))
        return receipt

    async def append_acts(self, acts: Sequence[tuple[Question, Act]]) -> Sequence[Receipt]:
        """Entries for all whom acts of one request are about, with their changes, in their order; one transaction.

        The receipt of each is that of its first entry.
        """
        entries: list[Entry] = []
        changes: list[Change] = []
        for question, act in acts:
            records = [self._acted(question, act, *each) for each in ((act.standing, act.decision), *act.also)]
            records += [self._besides(act, each) for each in act.beside if each.released]
            changes += [Change(*change) for change in act.changes]
            changes += self._announcements([record for record, _ in records])
            if act.announcing is not None:
                record, part = records[0]
                records[0] = replace(record, announce=record.announce or act.announcing.office), part
                changes += self._told(records[0][0], act.announcing)
            entries += [record.sealed(part) for record, part in records]
        return await self.log.append(Submission(tuple(entries), tuple(changes)))

    def _acted(
        self, question: Question, act: Act, standing: Standing, decision: Decision
    ) -> tuple[Record, PersonPart | None]:
        said = self._phrases.say(question, decision.rulings, act.agreement)
        crn = standing.crn or question.crn
        record = self._record(
            question,
            act.agreement,
            PERMITTED if act.unfound is None else REFUSED,
            kind=CHANGE if act.changes else READ,
            released=released_by(act, question),
            withheld=said.withheld,
            clauses=said.clauses,
            facts=standing.facts,
            announce=Party.JUSTICE.value if said.announce else None,
            reason=act.unfound,
            details=act.details | _subjects(question) if act.changes else act.details or None,
            answer=act.answer,
        )
        return record, PersonPart(
            standing.person_id, crn, cited(said, standing.consents, standing.against)
        ) if crn else None

    async def append_beside(self, act: Act) -> None:
        """The entries of what further questions of an act told, where the act itself is refused."""
        told = [self._besides(act, each) for each in act.beside if each.released]
        if told:
            entries = tuple(record.sealed(part) for record, part in told)
            await self.log.append(Submission(entries, self._announcements([record for record, _ in told])))

    def _besides(self, act: Act, beside: Beside) -> tuple[Record, PersonPart | None]:
        """A further question of an act: decided like any other, and told no more of than its entry says."""
        said, standing = self._phrases.say(beside.question, beside.decision.rulings, act.agreement), act.standing
        record = self._record(
            beside.question,
            act.agreement,
            said.outcome if act.unfound is None else REFUSED,
            released=beside.released,
            withheld=said.withheld,
            clauses=said.clauses,
            facts=standing.facts,
            announce=Party.JUSTICE.value if said.announce else None,
            reason=act.unfound,
            details=_subjects(beside.question),
        )
        return record, PersonPart(standing.person_id, standing.crn, cited(said, standing.consents, standing.against))

    async def append_page(
        self, question: Question, agreement: CompiledAgreement, listed: Listed, kind: Kind
    ) -> Sequence[Receipt]:
        """One entry for each person on a page; one for the page itself if it shows nobody."""
        if not listed.rows:
            record = self._record(question, agreement, PERMITTED, reason="nobody-listed")
            return await self.log.append(Submission((record.sealed(),)))
        records, entries = [], []
        for row, decision, answer in zip(listed.rows, listed.decisions, listed.answers, strict=True):
            said = self._phrases.say(question, decision.rulings, agreement)
            record = self._listed(question, agreement, row, decision, answer, kind)
            records.append(record)
            part = PersonPart(row.person_id, row.crn, cited(said, consents_in(row.consents)))
            entries.append(record.sealed(part))
        return await self.log.append(Submission(tuple(entries), self._announcements(records)))

    def _listed(self, question: Question, agreement: CompiledAgreement, row: ListedRow, decision: Decision,
                answer: bytes, kind: Kind) -> Record:  # fmt: skip
        said = self._phrases.say(question, decision.rulings, agreement)
        shown = set(kind.alone if row.is_limited and kind.alone else {"crn", *row.fields})
        open_too = {each.subject for each in decision.rulings[1:] if each.permitted}
        beside = {subject: names for subject, names in kind.beside.items() if subject in open_too}
        released = {question.subjects[0].value: sorted(shown.difference(*kind.beside.values()))}
        return self._record(
            question,
            agreement,
            said.outcome,
            released=released | {subject.value: sorted(names) for subject, names in beside.items()},
            withheld=said.withheld,
            clauses=said.clauses,
            facts=row.facts,
            announce=Party.JUSTICE.value if said.announce else None,
            answer=answer,
        )

    def _record(self, question: Question, agreement: CompiledAgreement, outcome: str, **values: Any) -> Record:
        values.setdefault("kind", READ)
        return Record(
            occurred_at=question.at,
            caller=question.caller,
            purpose=question.purpose.value,
            action=question.action.value,
            resource=question.resource,
            request_id=question.request_id,
            outcome=outcome,
            agreement=agreement.digest,
            event_id=event_id(),
            **values,
        )

    def _announcements(self, records: Sequence[Record]) -> tuple[Change, ...]:
        """Told to the party that keeps the restriction (S3), in the transaction of the entry."""
        return tuple(
            self.announced(record, record.event_id, "restricted-record-used", record.announce)
            for record in records
            if record.announce and record.event_id
        )

    def _told(self, record: Record, announcing: Announcing) -> tuple[Change, ...]:
        """Told because of an act, to each party; each has an id of its own, since a receiver may know both."""
        kind, ids = announcing.kind, announcing.about
        return tuple(self.announced(record, event_id(), kind, party.value, **ids) for party in announcing.parties)

    def announced(self, record: Record, identity: str, kind: str, party: str, **ids: str | None) -> Change:
        """That a party is told of an entry; `ids` name what it is about, as in `announcements.ABOUT`."""
        insert = self.records.prepared("announce", announcements.announce)
        about = {"event_id": record.event_id, "created_at": record.occurred_at} | dict.fromkeys(announcements.ABOUT)
        return Change(insert.sql, insert.arguments({"id": identity, "kind": kind, "party": party} | about | ids))


def _subjects(question: Question) -> dict[str, Any]:
    """What a change was about: without it a past decision under a clause of several categories can't be made again."""
    return {"subjects": [subject.value for subject in question.subjects]}
