"""Whatever is recorded, taken back or runs out, in any order: the facts and decisions are those of the naive reading.

A state machine records things in a real SQLite database and in the model beside it, lets time pass, and compares after
each step the facts of every caller about everybody, by the statement of lists and by that of single reads, and every
decision that follows from them.
"""

import asyncio
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import count, product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import create_engine, select, text
from sqlalchemy.pool import StaticPool

import app.tables as t
from app.db import Address, open_database, warranted
from app.policies import decide
from app.records import facts
from app.records.facts import PERSON
from app.records.reading import Records, consents_in
from app.vocabulary import FACTS, SUBJECTS, UNFAVOURABLE, Action, Facts, Purpose, Question, names_of
from tests import world
from tests.gate.house import CALLERS, STAFF
from tests.gate.house import everybody as house
from tests.model import prose
from tests.model.prose import (
    LONDON,
    Allocation,
    Consent,
    Grant,
    Limit,
    Merger,
    Objection,
    Recorded,
    Request,
    day_of,
    months_after,
)
from tests.policies.clauses import AFTER, ended
from tests.policies.law import lines
from tests.progress import progress
from tests.world import SERVICE, TestWarrant, person_id

FULL = os.environ.get("HYPOTHESIS_PROFILE") == "full"
STEPS, STEPS_IN_FULL, AT_ONCE = 300, 10_000, 50
EVERY_FACT = (1 << len(FACTS)) - 1
START = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
PEOPLE = ("X000001", "X000002")
NOBODY = "X999999"
BETWEEN = "X999998"
"""A number under which nobody is on file, though records were merged into it."""
SCOPES = (*["attendance"] * 4, "progress", "scores", "offence", "meeting", "health-trainer")
EVERYBODY = (
    select(PERSON.crn, facts.facts_of(PERSON), facts.facts_but_consents(PERSON), facts.relied_on(PERSON))
    .select_from(t.Person.__table__)  # type: ignore[attr-defined]  # SQLModel adds it
    .order_by(PERSON.crn)
)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
PASSING = {
    "a minute": MINUTE,
    "59 minutes": 59 * MINUTE,
    "an hour": 60 * MINUTE,
    "a day": DAY,
    "27 days": 27 * DAY,
    "28 days": 28 * DAY,
    "half a year": 183 * DAY,
}
WHEN = st.sampled_from([timedelta(0), -MINUTE, -DAY, -40 * DAY, DAY, 60 * MINUTE])
LASTING = st.sampled_from([None, None, 30 * MINUTE, DAY, 20 * DAY])
PICK = st.integers(0, 999)
MOSTLY = st.sampled_from([True, True, True, False])
SOME = st.sampled_from((*PEOPLE, PEOPLE[0]))
ANYBODY = st.sampled_from(sorted(CALLERS))
STAFF_NAMES = sorted(STAFF)
taken: Counter[str] = Counter()
seen: Counter[str] = Counter()


class Machine(RuleBasedStateMachine):
    """Records the same in the database and in the model, and compares what follows."""

    template: Path
    advance: Callable[[int], None] = staticmethod(lambda _: None)  # somebody who listens puts theirs in

    def __init__(self) -> None:
        super().__init__()
        self.numbers = count(1)
        self.now = START
        self.folder = tempfile.TemporaryDirectory()
        path = shutil.copy(self.template, Path(self.folder.name) / "open-mind.db")
        self.engine = create_engine(f"sqlite:///{path}", poolclass=StaticPool)
        with self.engine.connect() as connection:
            connection.execute(text("PRAGMA synchronous = OFF"))  # nobody turns the machine off meanwhile
        self.loop = asyncio.Runner()
        self.records = Records(open_database(Address(f"sqlite:///{path}")))
        names = {name: (each.party.value, each.role.value) for name, each in CALLERS.items()}
        self.model = Recorded(
            PEOPLE,
            {
                name: prose.Somebody(name, party, role, SERVICE if party == "health" else None)
                for name, (party, role) in names.items()
            },
        )

    def teardown(self) -> None:
        """Nothing is kept."""
        self.loop.run(self.records.database.close())
        self.loop.close()
        self.engine.dispose()
        self.folder.cleanup()

    @initialize()
    def everybody_is_there(self) -> None:
        """Everybody in their role, and nobody trained, authorised or allocated; two people on file."""
        there = [row for row in house() if not isinstance(row, t.Training | t.Authorisation)]
        for row in there:
            if isinstance(row, t.Staff):
                row.employed_from = date(2024, 1, 1)
        self._put(*there, *(world.person(crn) for crn in PEOPLE))
        for name in STAFF_NAMES:
            self._train(name, "information-sharing", START.date() - 100 * DAY)

    # --- how things are recorded ------------------------------------------------------------------------------------

    def _put(self, *rows: Any) -> None:
        with warranted(TestWarrant()), self.engine.begin() as connection:
            for row in rows:
                connection.execute(row.__table__.insert(), row.model_dump())

    def _change(self, model: Any, identity: str, **values: Any) -> None:
        table = model.__table__
        with warranted(TestWarrant()), self.engine.begin() as connection:
            connection.execute(table.update().where(table.c.id == identity).values(**values))

    def _id(self, kind: str) -> str:
        return f"{kind}-{next(self.numbers)}"

    def _one(self, several: list[Any], pick: int) -> Any:
        return several[pick % len(several)]

    def _train(self, who: str, course: str, completed: date) -> None:
        expires = months_after(completed, prose.VALID_MONTHS[course])
        row = world.training(who, course, expires)
        row.completed_on = completed
        self._put(row)
        self.model.trainings.append((who, course, completed))

    # --- the caller -------------------------------------------------------------------------------------------------

    @rule(who=st.sampled_from(STAFF_NAMES), course=st.sampled_from(sorted(prose.VALID_MONTHS)), ago=st.sampled_from(
        [-1, 0, 1, 300, 364, 365, 366, 729, 730, 731, 1095]))  # fmt: skip
    def takes_a_course(self, who: str, course: str, ago: int) -> None:
        self._train(who, course, day_of(self.now) - ago * DAY)

    @rule(who=st.sampled_from(["theo", "claire", "adam", "hana"]), when=WHEN, lasting=st.sampled_from([DAY, 20 * DAY]))
    def is_authorised(self, who: str, when: timedelta, lasting: timedelta) -> None:
        one = Grant(self.now + when, self.now + when + lasting, self._id("authorisation"), who)
        self._put(world.authorisation(who, "lena", id=one.id, valid_from=one.begins, valid_until=one.ends))
        self.model.authorisations.append(one)

    @precondition(lambda self: self.model.authorisations)
    @rule(pick=PICK)
    def authorisation_is_revoked(self, pick: int) -> None:
        one = self._one(self.model.authorisations, pick)
        one.revoked_at = self.now
        self._change(t.Authorisation, one.id, revoked_at=self.now)

    @rule(who=ANYBODY, pick=PICK)
    def leaves_or_comes_back(self, who: str, pick: int) -> None:
        if pick % 4:  # most stay, or little would ever be permitted
            return
        somebody = self.model.somebody[who]
        if somebody.is_system:
            somebody.revoked_at = None if somebody.revoked_at else self.now
            self._change(t.Client, CALLERS[who].client, suspended_at=somebody.revoked_at)
        elif pick % 8:
            somebody.last_day = None if somebody.last_day else day_of(self.now)
            self._change(t.Staff, f"staff-{who}", employed_until=somebody.last_day)
        else:
            somebody.revoked_at = None if somebody.revoked_at else self.now
            self._change(t.Staff, f"staff-{who}", revoked_at=somebody.revoked_at)

    # --- allocations, referrals, sentences --------------------------------------------------------------------------

    @rule(crn=SOME, who=st.sampled_from(["olive", "olive", "omar"]))
    def comes_onto_a_caseload(self, crn: str, who: str) -> None:
        for one in self.model.allocations:  # one person has one offender manager
            if one.crn == crn and one.referral is None and one.holds(self.now):
                one.ends = self.now
                self._change(t.Allocation, one.id, valid_until=self.now)
        one = Allocation(self.now, None, self._id("caseload"), crn, who)
        self._put(world.caseload(crn, who, id=one.id, valid_from=one.begins))
        self.model.allocations.append(one)

    @precondition(lambda self: self.model.allocations)
    @rule(pick=PICK)
    def allocation_ends(self, pick: int) -> None:
        one = self._one(self.model.allocations, pick)
        if one.holds(self.now):
            one.ends = self.now
            self._change(t.Allocation, one.id, valid_until=self.now)

    @rule(
        crn=SOME, service=st.sampled_from([SERVICE, SERVICE, "another-service"]), ago=st.sampled_from([None, 0, 3, -1])
    )
    def is_referred(self, crn: str, service: str, ago: int | None) -> None:
        if sum(each.crn == crn and each.closed is None for each in self.model.referrals) > 1:
            return  # where one of many is closed nothing follows
        received = None if ago is None else day_of(self.now) - ago * DAY
        one = prose.Referral(self._id("referral"), crn, service, received)
        status = {"status": "draft", "referred_by": "olive"} if received is None else {}
        self._put(world.referral(crn, id=one.id, service_id=service, received_on=received, **status))
        self.model.referrals.append(one)

    @precondition(lambda self: self.model.referrals)
    @rule(pick=PICK, ago=st.sampled_from([0, 1, 27, 28, 29]))
    def referral_is_sent_or_closed(self, pick: int, ago: int) -> None:
        one = self._one(self.model.referrals, pick)
        if one.received is None:
            one.received = day_of(self.now)
            self._change(t.Referral, one.id, received_on=one.received, status="received")
        elif one.closed is None:
            one.closed = max(one.received, day_of(self.now) - ago * DAY)
            self._change(t.Referral, one.id, closed_on=one.closed, status="discharged", end_code="46")

    @precondition(lambda self: self.model.referrals)
    @rule(pick=PICK, who=st.sampled_from(["theo", "theo", "claire"]))
    def therapist_is_allocated(self, pick: int, who: str) -> None:
        referral = self._one(self.model.referrals, pick)
        one = Allocation(self.now, None, self._id("treating"), referral.crn, who, referral.id)
        row = world.treating(referral.crn, who, t.Referral(id=referral.id), id=one.id, valid_from=one.begins)
        self._put(row)
        self.model.allocations.append(one)

    @rule(crn=SOME, begins=st.sampled_from([-30, 0, 2]), days=st.sampled_from([None, 0, 1, 100]))
    def is_sentenced(self, crn: str, begins: int, days: int | None) -> None:
        if sum(each.crn == crn and each.runs(day_of(self.now)) for each in self.model.sentences) > 1:
            return
        first = day_of(self.now) + begins * DAY
        one = prose.Sentence(self._id("sentence"), crn, first, None if days is None else max(
            first, day_of(self.now) + days * DAY))  # fmt: skip
        self._put(world.supervision(crn, id=one.id, start_date=first, end_date=one.last_day))
        self.model.sentences.append(one)

    @precondition(lambda self: self.model.sentences)
    @rule(pick=PICK, treatment=st.booleans(), days=st.sampled_from([None, 0, 1, 50]))
    def gets_a_requirement(self, pick: int, treatment: bool, days: int | None) -> None:
        sentence = self._one(self.model.sentences, pick)
        last = None if days is None else max(sentence.first_day, day_of(self.now) + days * DAY)
        one = prose.Sentence(
            self._id("requirement"), sentence.crn, sentence.first_day, last, None, sentence.id, treatment
        )
        kind = {} if treatment else {"requirement_type": "curfew"}
        self._put(world.requirement(sentence.crn, t.Supervision(id=sentence.id), id=one.id, start_date=one.first_day,
                                    end_date=last, **kind))  # fmt: skip
        self.model.requirements.append(one)

    @precondition(lambda self: self.model.sentences)
    @rule(pick=PICK, later=st.integers(0, 1))
    def sentence_or_requirement_is_terminated(self, pick: int, later: int) -> None:
        one = self._one(self.model.sentences + self.model.requirements, pick)
        one.terminated = max(one.first_day, day_of(self.now) + later * DAY)
        kind = t.Supervision if one.of is None else t.Requirement
        self._change(kind, one.id, terminated_on=one.terminated)

    # --- what the person says ---------------------------------------------------------------------------------------

    @rule(crn=SOME, scope=st.sampled_from(SCOPES), permits=MOSTLY, when=WHEN,
          lasting=LASTING, capable=MOSTLY, by=st.sampled_from(["health", "justice"]),
          signed=st.booleans(), recipients=st.sampled_from([("health", "justice"), ("justice",), ("health",)]),
          instead=st.sampled_from([None, None, 0, 1, 2]))  # fmt: skip
    def agrees_or_refuses(
        self, crn: str, scope: str, permits: bool, when: timedelta, lasting: timedelta | None, capable: bool, by: str,
        signed: bool, recipients: tuple[str, ...], instead: int | None,
    ) -> None:  # fmt: skip
        ends = None if lasting is None else max(self.now + when, self.now) + lasting
        before = [each for each in self.model.consents if (each.crn, each.scope) == (crn, scope)]
        supersedes = self._one(before, instead).id if before and instead is not None else None
        new = Consent(self.now + when, ends, self._id("consent"), crn, scope, permits, capable, by, signed)
        self._consent(replace(new, recipients=recipients, supersedes=supersedes))

    @precondition(lambda self: self.model.consents)
    @rule(pick=PICK, capable=MOSTLY, signed=st.booleans(), lasting=LASTING)
    def changes_their_mind(self, pick: int, capable: bool, signed: bool, lasting: timedelta | None) -> None:
        """A refusal in place of a permission, or the other way round."""
        one = self._one(self.model.consents, pick)
        ends = None if lasting is None else self.now + lasting
        new = Consent(
            self.now, ends, self._id("consent"), one.crn, one.scope, not one.permits, capable, "justice", signed
        )
        self._consent(replace(new, recipients=("health", "justice"), supersedes=one.id))

    def _consent(self, one: Consent) -> None:
        self._put(*world.consent(
            one.crn, one.scope, *one.recipients, id=one.id, decision="permit" if one.permits else "refuse",
            valid_from=one.begins, valid_until=one.ends, capacity=one.capable, recorded_by_party=one.by_party,
            signed_form="F1" if one.signed else None, supersedes_id=one.supersedes,
        ))  # fmt: skip
        self.model.consents.append(one)

    @precondition(lambda self: self.model.consents)
    @rule(pick=PICK)
    def withdraws(self, pick: int) -> None:
        one = self._one(self.model.consents, pick)
        one.withdrawn_at = self.now
        self._change(t.Consent, one.id, withdrawn_at=self.now)

    @precondition(lambda self: self.model.consents)
    @rule(pick=PICK)
    def consent_is_countersigned(self, pick: int) -> None:
        one = self._one(self.model.consents, pick)
        one.countersigned_at = self.now
        self._change(t.Consent, one.id, countersigned_by="theo", countersigned_at=self.now)

    @rule(crn=SOME, category=st.sampled_from(prose.OBJECTIONABLE), when=WHEN, lasting=LASTING)
    def objects(self, crn: str, category: str, when: timedelta, lasting: timedelta | None) -> None:
        begins = self.now + when
        ends = None if lasting is None else max(begins, self.now) + lasting
        for_good = {
            (each.crn, each.category) for each in self.model.objections if each.ends is each.withdrawn_at is None
        }
        if ends is None and (crn, category) in for_good:
            return  # the database keeps one alone
        one = Objection(begins, ends, self._id("objection"), crn, category)
        self._put(world.objection(crn, category, id=one.id, valid_from=begins, valid_until=ends))
        self.model.objections.append(one)

    @precondition(lambda self: self.model.objections)
    @rule(pick=PICK)
    def takes_an_objection_back(self, pick: int) -> None:
        one = self._one(self.model.objections, pick)
        one.withdrawn_at = self.now
        self._change(t.Objection, one.id, withdrawn_at=self.now)

    @rule(crn=SOME, pick=PICK)
    def asks_for_their_records_or_has_them(self, crn: str, pick: int) -> None:
        open_ones = [each for each in self.model.requests if each.crn == crn and each.closed is None]
        if open_ones:
            open_ones[0].closed = max(open_ones[0].opened, day_of(self.now) + (pick % 2) * DAY)
            self._change(t.SubjectRequest, open_ones[0].id, closed_on=open_ones[0].closed)
        else:
            one = Request(self._id("request"), crn, day_of(self.now) + (pick % 3 == 0) * DAY)
            self._put(world.subject_request(crn, id=one.id, opened_on=one.opened))
            self.model.requests.append(one)

    # --- limits and emergencies -------------------------------------------------------------------------------------

    @rule(crn=SOME, excludes=st.booleans(), names=st.sets(st.sampled_from(STAFF_NAMES), max_size=9), when=WHEN,
          lasting=LASTING)  # fmt: skip
    def is_limited(self, crn: str, excludes: bool, names: set[str], when: timedelta, lasting: timedelta | None) -> None:
        begins = self.now + when
        ends = (max(begins, self.now) + lasting) if lasting else None
        one = Limit(begins, ends, self._id("limit"), crn, excludes, tuple(sorted(names)))
        kind = "exclusion" if excludes else "restriction"
        self._put(*world.limit(crn, kind, *one.names, id=one.id, valid_from=begins, valid_until=ends))
        self.model.limits.append(one)

    @precondition(lambda self: any(each.holds(self.now) for each in self.model.limits))
    @rule(pick=PICK)
    def limit_is_lifted(self, pick: int) -> None:
        one = self._one([each for each in self.model.limits if each.holds(self.now)], pick)
        one.ends = self.now
        self._change(t.AccessLimit, one.id, valid_until=self.now)

    @rule(who=st.sampled_from(["theo", "claire", "olive", "lena"]), crn=st.sampled_from((*PEOPLE, NOBODY)))
    def breaks_the_glass(self, who: str, crn: str) -> None:
        one = Grant(self.now, self.now + 60 * MINUTE, self._id("grant"), who, crn)
        self._put(world.grant(crn, who, id=one.id, granted_at=one.begins, expires_at=one.ends))
        self.model.grants.append(one)

    @precondition(lambda self: self.model.grants)
    @rule(pick=PICK)
    def grant_is_revoked(self, pick: int) -> None:
        one = self._one(self.model.grants, pick)
        one.revoked_at = self.now
        self._change(t.EmergencyGrant, one.id, revoked_at=self.now)

    # --- two records of one person ----------------------------------------------------------------------------------

    @rule(crn=SOME, directly=MOSTLY)
    def record_is_merged_or_parted(self, crn: str, directly: bool) -> None:
        """Into the other's, or into one that has not come yet."""
        (other,) = {*PEOPLE} - {crn}
        into = other if directly else BETWEEN
        mine = [each for each in self.model.mergers if (each.said_by, each.into) == (crn, into)]
        if not mine:
            self._put(*world.merged(crn, into, recorded_at=self.now))
            self.model.mergers.append(Merger(crn, into))
            return
        (one,) = mine
        one.stands = not one.stands
        table = t.PersonAlias.__table__
        said = (table.c.said_by == person_id(crn)) & ((table.c.other_crn == into) | (table.c.crn == into))
        parted = None if one.stands else self.now
        with warranted(TestWarrant()), self.engine.begin() as connection:
            connection.execute(table.update().where(said).values(parted_at=parted, recorded_at=self.now))

    # --- time -------------------------------------------------------------------------------------------------------

    @rule(passing=st.sampled_from(sorted(PASSING)))
    def time_passes(self, passing: str) -> None:
        if passing != "half a year" or next(self.numbers) % 3 == 0:
            self.now += PASSING[passing]

    @rule(before=st.booleans())
    def midnight_comes_in_london(self, before: bool) -> None:
        """To the stroke of it or the second before, also on the days on which the clocks change."""
        midnight = datetime.combine(day_of(self.now) + DAY, datetime.min.time(), LONDON).astimezone(UTC)
        self.now = max(self.now, midnight - timedelta(seconds=before))

    @rule(
        end=st.sampled_from([datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)])
    )
    def clocks_change(self, end: datetime) -> None:
        self.now = max(self.now, end) if end - self.now < 40 * DAY else self.now

    @precondition(lambda self: AFTER - 120 * DAY < self.now < AFTER)
    @rule()
    def agreement_ends(self) -> None:
        self.now = ended().ends or AFTER

    # --- what follows -----------------------------------------------------------------------------------------------

    @invariant()
    def facts_and_decisions_are_those_of_the_naive_reading(self) -> None:
        taken["steps"] += 1
        self.advance(1)
        with warranted(TestWarrant()), self.engine.connect() as connection:
            for who, caller in CALLERS.items():
                rows = connection.execute(EVERYBODY, facts.parameters(caller, self.now)).all()
                for crn, bits, but_consents, consents in rows:
                    named = consents_in(consents)
                    assert bits == but_consents | facts.consents_relied_on(named), "lists and single reads differ"
                    self._compare(who, crn, bits, named)
        self.loop.run(self._compare_single(sorted(CALLERS)[taken["steps"] % len(CALLERS)]))

    def _compare(self, who: str, crn: str, bits: int, named: tuple[tuple[str, str], ...]) -> None:
        found = frozenset(fact.value for fact in names_of(bits))
        assert found == self.model.facts(who, crn, self.now), (who, crn, self.now)
        agreed = self.model.agreed(CALLERS[who].party.value, crn, self.now)
        assert set(named) == {(scope, each) for scope, ids in agreed.items() for each in ids}
        seen.update(found)
        compare_decisions(who, bits, found, is_over=self.now >= AFTER)

    async def _compare_single(self, who: str) -> None:
        for crn in (*PEOPLE, NOBODY):
            found = await self.records.standing(CALLERS[who], self.now, crn=crn)
            assert found.person_id == (person_id(crn) if crn in PEOPLE else None)
            told = {fact.value for fact in names_of(found.facts)}
            assert told == self.model.facts(who, crn, self.now), (who, crn, self.now)


EVERYTHING = tuple(product(Purpose, Action))


@cache
def questions(who: str, *, is_over: bool) -> tuple[tuple[Purpose, Action], ...]:
    """What some clause says something about, for this caller; the rest permits nothing, which is asked once for all."""
    of_role = {(line.purpose, line.action) for line in lines() if line.role == CALLERS[who].role.value}
    spoken_of = tuple((purpose, action) for purpose, action in EVERYTHING if (purpose, action) in of_role)
    for holding in (0, EVERY_FACT, EVERY_FACT & ~UNFAVOURABLE):
        others = [asked for asked in EVERYTHING if asked not in spoken_of]
        assert not any(_ruled(who, holding, others, is_over=is_over))
    return spoken_of


def _ruled(who: str, bits: Facts, asked: Iterable[tuple[Purpose, Action]], *, is_over: bool) -> dict[Any, prose.Answer]:
    at, permitted = AFTER if is_over else START, {}
    for purpose, action in asked:
        question = Question(CALLERS[who], purpose, action, SUBJECTS, at, "/v1/test", "a-request")
        for each in decide(question, bits, ended()).rulings:
            if each.permitted:
                answer = prose.Answer(each.clauses, each.rows, each.fields, each.announce)
                permitted[purpose.value, action.value, each.subject.value] = answer
    return permitted


@cache
def compare_decisions(who: str, bits: Facts, found: frozenset[str], *, is_over: bool) -> None:
    """Every purpose, action and subject, once for each combination of facts that occurs."""
    caller = CALLERS[who]
    expected = prose.permitted(caller.role.value, caller.party.value, found, is_over=is_over)
    ruled = _ruled(who, bits, questions(who, is_over=is_over), is_over=is_over)
    assert ruled == expected, (who, sorted(found), is_over)
    taken["permitted"] += bool(ruled)


@pytest.fixture(autouse=True)
def _template_for_machines(sqlite_template: Path) -> None:
    Machine.template = sqlite_template


def run(steps: int) -> None:
    """Examples of up to AT_ONCE steps, until there are enough."""
    before = taken["steps"]
    while (left := steps - taken["steps"] + before) > 0:
        enough = settings(
            max_examples=-(-left // AT_ONCE), stateful_step_count=AT_ONCE, deadline=None,
            suppress_health_check=list(HealthCheck), derandomize=os.environ.get("CI") == "true",
        )  # fmt: skip
        run_state_machine_as_test(Machine, settings=enough)


def test_whatever_is_recorded_in_any_order_the_facts_and_decisions_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short by default; 10,000 steps with HYPOTHESIS_PROFILE=full, which `scripts/check --full` sets."""
    compare_decisions.cache_clear()
    before = Counter(taken)
    steps = STEPS_IN_FULL if FULL else STEPS
    with progress("steps of the state machine", steps) as advance:
        monkeypatch.setattr(Machine, "advance", staticmethod(advance))
        run(steps)
    assert taken["steps"] - before["steps"] >= steps
    assert taken["permitted"] - before["permitted"] > 30, "machines in which nothing is permitted show nothing"
    if FULL:
        assert set(seen) == {fact.value for fact in FACTS}
