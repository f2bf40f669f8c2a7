"""Replay: what the gate writes agrees with its agreement, and whatever is written otherwise is found."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given

from app.policies import AgreementVersions
from app.policies.review.again import asked
from app.policies.review.past import Logged
from app.policies.review.replay import KEPT, Replay
from app.vocabulary import CATEGORIES, SUBJECTS, Register
from tests.policies.asking import asks, facts, leicester
from tests.policies.clauses import AFTER, ended
from tests.policies.drafts import WITHOUT_CONSENT, draft
from tests.policies.past import entry_of
from tests.policies.test_properties import questions

KNOWN = "employed training:information-sharing caseload supervised"
ALL = [category.value for category in CATEGORIES]
MANAGER = asks("offender-manager", "supervision", "read", *ALL)
PARTLY = entry_of(MANAGER, facts(f"{KNOWN} consent:attendance"))
EXPLAINED = entry_of(MANAGER, facts(f"{KNOWN} consent:attendance"), kind="explanation", released={})
REFUSED = entry_of(asks("therapist", "direct-care", "read", "notes"), facts("employed training:information-sharing"))


def replayed(*entries: Logged, versions: AgreementVersions | None = None) -> Replay:
    replaying = Replay(versions or AgreementVersions([leicester()]))
    for entry in entries:
        replaying.add(entry)
    return replaying


def altered(entry: Logged, **values) -> Logged:
    return entry._replace(said=replace(entry.said, **values))


@given(questions())
def test_what_the_gate_writes_agrees(one):
    """Reads that answer, reads that refuse, and reads of registers, on any facts and by anybody."""
    question, holding = one
    replaying = replayed(entry_of(question, holding))
    assert replaying.report.disagreements == []
    assert (replaying.report.exit_code, replaying.report.decisions) == (0, 1)


@given(questions())
def test_an_explanation_a_change_and_one_that_found_nothing_agree(one):
    question, holding = one
    explained = replace(question, subjects=CATEGORIES)
    entry = entry_of(explained, holding)
    if entry.said.released:
        entry = entry_of(explained, holding, kind="explanation", released={})
    unfound = entry_of(question, holding, released={}, outcome="refused", reason="not-on-file")
    entries = [entry, unfound]
    whole = entry_of(question, holding)
    if not whole.said.withheld:
        entries.append(entry_of(question, holding, kind="change", released={}, details={"table": "person"}))
    assert replayed(*entries).report.disagreements == []


@pytest.mark.parametrize(
    ("entry", "code", "message"),
    [
        pytest.param(
            altered(PARTLY, released=(*PARTLY.said.released, "scores"), withheld={
                key: value for key, value in PARTLY.said.withheld.items() if key != "scores"
            }),
            "released", "released 'scores', which is refused (D4)", id="released what a clause refuses",
        ),
        pytest.param(
            altered(EXPLAINED, withheld={
                key: value for key, value in EXPLAINED.said.withheld.items() if key != "scores"
            }),
            "released", "permitted 'scores', which is refused (D4)", id="explained as open what a clause refuses",
        ),
        pytest.param(
            altered(PARTLY, released=tuple(each for each in PARTLY.said.released if each != "attendance"), withheld={
                **PARTLY.said.withheld, "attendance": {"clauses": ("D1",), "missing": (), "stoppedBy": ()}
            }),
            "withheld", "withheld 'attendance', which is permitted (D1)", id="withheld what a clause opens",
        ),
        pytest.param(
            altered(PARTLY, withheld={
                **PARTLY.said.withheld, "scores": {"clauses": ("D4",), "missing": ("caseload",), "stoppedBy": ()}
            }),
            "withheld", "withheld 'scores' for other reasons than D4", id="withheld for another reason",
        ),
        pytest.param(altered(PARTLY, clauses=("A1", "D2", "E3")), "clauses",
                     "cites A1, D2 and E3 instead of A1, D1 and E3", id="cites another clause"),
        pytest.param(altered(PARTLY, clauses=()), "clauses",
                     "cites no clause instead of A1, D1 and E3", id="cites no clause"),
        pytest.param(altered(REFUSED, clauses=("A1",)), "clauses",
                     "cites A1 instead of B1", id="cites another clause for a refusal"),
        pytest.param(altered(PARTLY, outcome="permitted"), "outcome", "says 'permitted' instead of 'partly-permitted'",
                     id="another outcome"),
        pytest.param(altered(REFUSED, outcome="permitted"), "outcome", "says 'permitted' instead of 'refused'",
                     id="a permission that permitted nothing"),
        pytest.param(altered(PARTLY, outcome="refused"), "outcome", "released something and says 'refused'",
                     id="a refusal that released something"),
        pytest.param(altered(PARTLY, fact_names=("employed",)), "facts",
                     "the names of its facts are not those of its facts", id="facts under other names"),
        pytest.param(altered(REFUSED, facts=REFUSED.said.facts | facts("treating"), fact_names=(
            "employed", "training:information-sharing", "treating")),
            "withheld", "withheld 'notes', which is permitted (B1)", id="refused on facts that permit"),
        pytest.param(altered(REFUSED, role="gardener"), "entry",
                     "it uses a word that there is not: 'gardener' is not a valid Role", id="a role that there is not"),
        pytest.param(altered(REFUSED, withheld={"horoscope": REFUSED.said.withheld["notes"]}), "entry",
                     "it uses a word that there is not: 'horoscope'", id="a category that there is not"),
        pytest.param(altered(REFUSED, reason="purpose-not-for-role"), "outcome",
                     "refused 'direct-care' as no purpose of 'therapist', which it is", id="the role's purpose"),
        pytest.param(REFUSED._replace(occurred_at="yesterday"), "entry", "its time is malformed", id="no time"),
    ],
)  # fmt: skip
def test_what_is_written_otherwise_is_found(entry, code, message):
    report = replayed(PARTLY, entry._replace(seq=7)).report
    assert (report.exit_code, report.first, report.decisions) == (1, 7, 2 if entry.occurred_at != "yesterday" else 1)
    assert [(one.seq, one.code, one.message) for one in report.disagreements][:1] == [(7, code, message)]


def test_a_change_that_cites_a_clause_which_does_not_permit_it_is_found():
    change = entry_of(asks("offender-manager", "supervision", "write", "identity"), facts(KNOWN), kind="change",
                      released={}, details={"table": "person"}, clauses=("A1",))  # fmt: skip
    assert replayed(change).report.exit_code == 0
    lies = altered(change, facts=facts("employed"), fact_names=("employed",))
    said = [(each.code, each.message) for each in replayed(lies).report.disagreements]
    assert said == [("clauses", "cites A1 instead of none")]


def test_an_entry_without_a_decision_is_counted_and_no_more():
    stranger = entry_of(MANAGER, 0, caller=None, agreement=None, facts=None, released={}, withheld={}, clauses=())
    revoked = entry_of(MANAGER, 0, reason="session-revoked", released={}, withheld={}, clauses=(), outcome="refused")
    nobody, elsewhere = altered(REFUSED, role=None), altered(REFUSED, agreement=None)
    report = replayed(stranger, revoked, nobody, elsewhere).report
    assert (report.exit_code, report.decisions, report.not_decided) == (0, 0, 4)


@pytest.mark.parametrize("lacking", ["facts", "role", "purpose", "agreement"])
def test_without_any_one_of_what_a_decision_rests_on_there_is_none(lacking):
    assert asked(altered(PARTLY, **{lacking: None}).said) is None


def test_what_an_entry_can_have_been_about_besides_is_not_what_it_names():
    again = asked(altered(REFUSED, released=("audit-log",), withheld={}, clauses=("G1",)).said)
    assert again is not None
    assert again.released == (Register.AUDIT_LOG,)
    assert again.besides == tuple(each for each in SUBJECTS if each is not Register.AUDIT_LOG)


def test_a_read_of_categories_can_have_been_about_registers_besides_and_anything_else_about_all():
    some = altered(PARTLY, withheld={key: why for key, why in PARTLY.said.withheld.items() if key != "scores"})
    read, write = asked(some.said), asked(altered(some, action="write").said)
    assert read is not None
    assert write is not None
    assert read.besides == tuple(Register)
    assert write.besides == tuple(each for each in SUBJECTS if each not in (*write.released, *write.withheld))
    assert set(write.besides) > set(Register)


def test_what_was_released_under_no_clause_was_decided_all_the_same():
    assert asked(altered(PARTLY, withheld={}, clauses=()).said) is not None


def test_an_agreement_that_is_not_at_hand_is_named_and_nothing_is_clean():
    report = replayed(PARTLY, altered(PARTLY._replace(seq=3), agreement="f" * 64)).report
    assert (report.exit_code, report.unknown) == (2, {"f" * 64: 3})


def test_a_version_that_was_not_in_force_is_found():
    later = draft(WITHOUT_CONSENT, ('version = "2012-11"', 'version = "2026-07"'),
                  ("in_force_from = 2012-11-01", "in_force_from = 2026-07-01"))  # fmt: skip
    versions = AgreementVersions([leicester(), later])
    after = replace(MANAGER, at=datetime(2026, 7, 2, tzinfo=UTC))
    report = replayed(
        entry_of(MANAGER, 0), entry_of(after, 0, seq=1), entry_of(after, 0, later), versions=versions
    ).report
    (found,) = report.disagreements
    assert (found.seq, found.code) == (1, "agreement")
    assert found.message == "decided under version '2012-11' while '2026-07' was in force"


def test_what_was_refused_since_the_agreement_had_ended_agrees():
    after = replace(MANAGER, at=AFTER)
    holding = facts(f"{KNOWN} consent:attendance")
    report = replayed(entry_of(after, holding, ended()), versions=AgreementVersions([ended()])).report
    assert (report.disagreements, report.decisions) == ([], 1)


def test_disagreements_are_all_counted_and_not_all_kept():
    lies = altered(PARTLY, outcome="permitted")
    report = replayed(*[lies] * (KEPT + 5)).report
    assert (report.found, len(report.disagreements)) == (KEPT + 5, KEPT)
