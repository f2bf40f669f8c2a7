"""Cedar and the compiled agreement answer alike, and as was worked out by hand; the whole space is in `whole`."""

import os
import random
import tomllib
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from app.vocabulary import CATEGORIES, FACTS, SUBJECTS, Action, Fact, Facts, Party, Purpose, Role, facts_of, names_of
from tests.oracle import whole
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


GOLDEN = tomllib.loads((Path(__file__).parent / "golden.toml").read_text(encoding="utf-8"))["cases"]


@pytest.mark.parametrize("case", [pytest.param(case, id=case["why"]) for case in GOLDEN])
def test_both_answer_what_was_worked_out_by_hand(case):
    expected = (bool(case["by"]), tuple(case["by"]))
    over = case.get("ended", False)
    assert oracle().decide(*case["asks"], case["holds"], ended=over) == expected
    assert whole.ours(whole.Cell(*case["asks"]), case["holds"], over=over) == expected


def test_some_cells_of_the_whole_space_with_every_combination_of_facts():
    """All of them are compared by `scripts/check --full`; here as many as fit into a few seconds."""
    chance = random.Random(46)
    known = [cell for cell in whole.cells() if cell.is_spoken_of]
    spoken_of = [cell for cell in known if cell.size <= 1024]
    elsewhere = [cell for cell in whole.cells() if not cell.is_spoken_of and cell.size <= 1024]
    tried = chance.sample(spoken_of, 60) + chance.sample(elsewhere, 20)
    assert [each for cell in tried for each in whole.differences(cell)] == []


def test_the_whole_space_is_whole():
    """Every role at each party where it can be, every purpose, action and subject; and the facts that clauses name."""
    cells = list(whole.cells())
    assert len(cells) == len(set(cells)) == 14 * len(Purpose) * len(Action) * len(SUBJECTS)
    assert sum(cell.size for cell in cells) > 8_000_000
    named = set(whole.named_by("offender-manager", "supervision"))
    assert named == {fact for line in lines() if line.role == "offender-manager" and line.purpose == "supervision"
                     for fact in line.needs}  # fmt: skip
    cell = whole.Cell("offender-manager", "justice", "supervision", "read", "attendance")
    assert set(cell.free) == named | {*whole.STANDING, "objection:attendance"}
    assert len({(*held, over) for held, over in cell.held()}) == cell.size


def test_a_policy_that_is_left_out_of_a_cell_could_not_have_matched():
    """What speaks of a request is all that can answer it: with every policy there the answers are the same."""
    chance = random.Random(7)
    for cell in chance.sample(list(whole.cells()), 40):
        contexts = chance.sample(list(cell.held()), 8)
        asked = (cell.role, cell.party, cell.purpose, cell.action, cell.subject)
        all_of_them = oracle().decide_all([oracle().request(*asked, held, ended=over) for held, over in contexts])
        assert list(oracle().decide_cell(*asked, contexts)) == all_of_them
