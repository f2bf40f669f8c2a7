"""Cedar and the compiled agreement answer alike: at random, near each clause, and once what was missing is there."""

import os
import random
from datetime import UTC, datetime
from functools import cache

import pytest

from app.vocabulary import CATEGORIES, FACTS, SUBJECTS, Action, Fact, Facts, Party, Purpose, Role, facts_of, names_of
from tests.oracle.cedar import CedarOracle, OracleFault
from tests.policies.asking import asks, decided, leicester, ruled
from tests.policies.clauses import AFTER, ended, just
from tests.policies.law import Line, lines

SAMPLE = int(os.environ.get("OPENMIND_ORACLE_SAMPLE", "12000"))


@cache
def oracle() -> CedarOracle:
    return CedarOracle()


def words(facts: Facts) -> list[str]:
    return [fact.value for fact in names_of(facts)]


def near(line: Line, chance: random.Random) -> Facts:
    """Facts close to what a line needs: a need less, a fact more."""
    facts = just(line)
    for _ in range(chance.randrange(4)):
        facts ^= chance.choice(FACTS).bit
    if chance.random() < 0.3:
        facts |= chance.choice([Fact.RESTRICTED, Fact.LISTED, Fact.EXCLUDED]).bit
    if chance.random() < 0.3:
        facts ^= Fact.RESTRICTED.bit | (Fact.LISTED.bit if chance.random() < 0.5 else 0)
    return facts


def sampled(number: int) -> list[tuple[Role, Party, Purpose, Action, object, Facts, bool]]:
    """Half around the clauses, half from anywhere."""
    chance = random.Random(20121101)
    known = lines()
    cells = []
    for _ in range(number // 2):
        line = chance.choice(known)
        facts = near(line, chance)
        party = (
            chance.choice(list(Party))
            if chance.random() < 0.1
            else asks(line.role, line.purpose, line.action).caller.party
        )
        subject = line.subject if chance.random() < 0.8 else chance.choice(SUBJECTS).value
        cells.append((line.role, party.value, line.purpose, line.action, subject, facts, chance.random() < 0.1))
    for _ in range(number - number // 2):
        facts = facts_of(*(fact for fact in FACTS if chance.random() < chance.choice((0.1, 0.5, 0.9))))
        what = (list(Role), list(Party), list(Purpose), list(Action), SUBJECTS)
        role, party, purpose, action, subject = (chance.choice(each).value for each in what)
        cells.append((role, party, purpose, action, subject, facts, chance.random() < 0.1))
    return cells


def ours(cell) -> tuple[bool, tuple[str, ...]]:
    role, party, purpose, action, subject, facts, over = cell
    question = asks(role, purpose, action, subject, party=party, at=AFTER if over else datetime(2026, 3, 2, tzinfo=UTC))
    ruling = ruled(question, facts, ended() if over else leicester())
    return ruling.permitted, ruling.clauses if ruling.permitted else ()


def test_cedar_answers_a_sample_of_requests_as_we_do():
    cells = sampled(SAMPLE)
    requests = [oracle().request(*cell[:5], words(cell[5]), ended=cell[6]) for cell in cells]
    answers = oracle().decide_all(requests)
    assert sum(allowed for allowed, _ in answers) > SAMPLE // 10, "a sample that permits nothing shows nothing"
    different = [
        (cell, answer, ours(cell)) for cell, answer in zip(cells, answers, strict=True) if ours(cell) != answer
    ]
    assert not different, different[:3]


def test_cedar_permits_once_what_we_say_is_missing_is_put_right():
    """Nothing in Cedar explains a default deny, so that what is missing is compared by asking again without it."""
    chance = random.Random(2)
    asked, expected = [], []
    for _ in range(SAMPLE // 6):
        line = chance.choice(lines())
        facts = near(line, chance)
        ruling = ruled(asks(line.role, line.purpose, line.action, line.subject), facts)
        party = asks(line.role, line.purpose, line.action).caller.party.value
        for each in ruling.missing:
            put_right = (facts | facts_of(*each.lacks)) & ~facts_of(*each.stopped_by)
            asked.append(oracle().request(line.role, party, line.purpose, line.action, line.subject, words(put_right)))
            expected.append(each.clause)
    answers = oracle().decide_all(asked)
    assert len(answers) > SAMPLE // 20
    assert all(allowed and clause in clauses for (allowed, clauses), clause in zip(answers, expected, strict=True))


def test_cedar_decides_a_whole_person_as_we_do():
    for role, purpose in (
        ("offender-manager", "supervision"),
        ("therapist", "emergency"),
        ("records-officer", "subject-access"),
    ):
        for line in (one for one in lines() if (one.role, one.purpose, one.action) == (role, purpose, "read")):
            question = asks(role, purpose, "read", *(category.value for category in CATEGORIES))
            rulings = decided(question, just(line)).rulings
            subjects = [category.value for category in CATEGORIES]
            party = question.caller.party.value
            answers = oracle().decide_person(role, party, purpose, "read", subjects, words(just(line)))
            assert [(each.permitted, each.clauses if each.permitted else ()) for each in rulings] == answers


def test_an_error_in_a_policy_is_a_fault_and_never_an_answer():
    broken = oracle().request("therapist", "health", "direct-care", "read", "notes", ["employed"])
    broken["context"] = '{"party": "health"}'
    with pytest.raises(OracleFault):
        oracle().decide_all([broken])
