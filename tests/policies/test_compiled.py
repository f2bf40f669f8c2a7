"""An agreement that was compiled a moment ago, with nothing remembered yet, says and decides what its file says."""

from datetime import UTC, datetime

import pytest

from app.policies import CompiledAgreement, decide
from app.policies.load import digest_of, read_agreement
from app.vocabulary import Category, Question, Role
from tests.policies.asking import asks, facts, standing, subject
from tests.policies.clauses import AFTER, FILE, expected, just
from tests.policies.law import OF_NOBODY, Line, lines

TEXT = FILE.read_text(encoding="utf-8")
ENDS = TEXT.replace("in_force_from = 2012-11-01", "last_day = 2027-03-31\nin_force_from = 2012-11-01")


def compiled(text: str = TEXT) -> CompiledAgreement:
    """A new one each time."""
    return CompiledAgreement(read_agreement(text, "draft.toml"))


def test_it_has_the_words_of_its_file():
    agreement, terms = compiled(), read_agreement(TEXT, "draft.toml")
    assert (agreement.title, agreement.version, agreement.digest) == (terms.title, "2012-11", digest_of(terms))
    assert agreement.agreement == terms
    assert agreement.clauses == terms.clauses
    assert agreement.caveats == {
        "totals": terms.caveats["totals"],
        "third-parties-withheld": terms.caveats["third-parties-withheld"],
    }
    assert {type(word) for word in agreement.caveats} == {str}
    assert agreement.begins == datetime(2012, 11, 1, tzinfo=UTC)
    assert agreement.begins.tzinfo is UTC  # and not the zone of the machine
    assert (agreement.ends, compiled(ENDS).ends) == (None, datetime(2027, 3, 31, 23, tzinfo=UTC))
    for clause in terms.clauses:
        assert agreement.clause(clause.id) is agreement.clauses[terms.clauses.index(clause)]
        assert agreement.sentence(clause.id) == clause.text
    for condition in terms.standing:
        assert agreement.sentence(condition.id) == condition.text
        with pytest.raises(KeyError):
            agreement.clause(condition.id)


def test_each_line_of_the_law_permits():
    agreement = compiled()
    for line in lines():
        decision = decide(_asks(line), just(line), agreement)
        assert (decision.agreement, decision.in_force) == (agreement.digest, True)
        assert decision.permitted == (subject(line.subject),)
        assert line.clause in decision.rulings[0].clauses


@pytest.mark.parametrize("also", ["restricted", "restricted listed", "excluded", "objection"])
def test_each_line_of_the_law_stops_as_the_law_says(also):
    """Each with nothing remembered: first what holds, then what stops it, then what holds again."""
    agreement = compiled()
    for line in lines():
        stops = facts(also if also != "objection" else line.objection or "")
        for holding in (just(line), just(line) | stops, just(line)):
            decision = decide(_asks(line), holding, agreement)
            assert decision.any_permitted == bool(expected(line, holding))
            is_announced = decision.any_permitted and bool(holding & facts("restricted") and line.despite_restriction)
            is_announced &= line.subject not in OF_NOBODY and not line.role.endswith("-system")
            assert decision.rulings[0].announce == (is_announced and not holding & facts("listed"))


def test_what_p3_forbids_is_forbidden():
    agreement = compiled()
    question = asks("offender-manager", "supervision", "read", "notes")
    assert decide(question, standing("offender-manager") | facts("caseload"), agreement).rulings[0].clauses == ("P3",)
    caller = question.caller
    assert agreement.prohibitions(caller.role, caller.party, question.purpose, question.action, Category.NOTES) == (
        "P3",
    )
    assert agreement.prohibitions(caller.role, caller.party, question.purpose, question.action, Category.OFFENCE) == ()


def test_a_ruling_that_was_not_asked_for_is_not_there():
    decision = decide(asks("offender-manager", "supervision", "read", "identity"), 0, compiled())
    assert decision.ruling(Category.IDENTITY) is decision.rulings[0]
    with pytest.raises(KeyError) as caught:
        decision.ruling(Category.NOTES)
    assert caught.value.args == (Category.NOTES,)


def test_when_it_has_ended_what_outlives_it_permits_and_nothing_else():
    agreement = compiled(ENDS)
    for line in lines():
        decision = decide(_asks(line, over=True), just(line), agreement)
        assert (decision.agreement, decision.in_force) == (agreement.digest, False)
        assert decision.permitted == ((subject(line.subject),) if line.despite_end else ())
    question = asks("offender-manager", "supervision", "read", "notes", at=AFTER)
    assert decide(question, standing("offender-manager"), agreement).rulings[0].clauses == ("P3",)


def _asks(line: Line, *, over: bool = False) -> Question:
    """The question that a line of the law answers."""
    words = (line.role, line.purpose, line.action, line.subject)
    return asks(*words, at=AFTER) if over else asks(*words)


def test_each_role_has_the_purposes_of_its_lines():
    agreement = compiled()
    for role in Role:
        own = {line.purpose for line in lines() if line.role == role.value}
        assert {purpose.value for purpose in agreement.purposes_of(role)} >= own
        assert agreement.purposes_of(role) == {key[2] for key, _ in agreement.cells() if key[0] is role}
