"""Decisions beside Cedar's: the same requests with the same answers, from facts to clauses, missing facts and fields.

Both sides start from a request that is ready made, and Cedar from policies and entities that are parsed already.
"""

import random
import time
from collections.abc import Callable, Sequence
from typing import Any

from app.policies import CompiledAgreement, Decision, decide
from app.vocabulary import CATEGORIES, FACTS, Action, Fact, Facts, Question, names_of
from bench.rows import Row
from bench.sizes import Sizes
from tests.oracle.cedar import Answer, CedarOracle
from tests.policies.asking import asks, leicester
from tests.policies.clauses import just
from tests.policies.law import Line, lines

SEED = 20121101
Asked = tuple[Question, Facts, list[dict[str, Any]]]


class AnswersDiffer(Exception):
    """Ours and Cedar's answers are not the same, so that their times say nothing."""


def measure(sizes: Sizes) -> list[Row]:
    """For one category, and for a whole person, warm and with every memo emptied before each question."""
    oracle, agreement = CedarOracle(), leicester()
    rows = []
    for what, asked in (("one", _ones(oracle, sizes.questions)), ("person", _people(oracle, sizes.questions // 8))):
        permitted = _compare(oracle, agreement, asked)
        extra = {"same_answers": len(asked), "of_them_permitting": permitted}
        warm, cold, theirs = [], [], []
        for _ in range(sizes.decide_rounds):
            warm.append(_rate(len(asked) * 20, lambda asked=asked: _warm(agreement, asked, 20)))  # type: ignore[misc]  # called at once
            theirs.append(_rate(len(asked), lambda asked=asked: _cedar(oracle, asked)))  # type: ignore[misc]  # called at once
            cold.append(len(asked) / _cold(agreement, asked))
        unit = "decisions/s" if what == "one" else "people/s"
        for name, ours, bar in (("", warm, 100), ("_cold", cold, 20)):
            cpu = {"cpu_us": {"ours": _us(ours), "rival": _us(theirs)}}
            rows.append(Row(f"decide_{what}_vs_cedarpy{name}", unit, ours, theirs, bar, extra=cpu | extra))
    return rows


def _us(rates: Sequence[float]) -> float:
    return round(1e6 / sorted(rates)[len(rates) // 2], 2)


# --- the requests ---------------------------------------------------------------------------------------------------


def _near(line: Line, chance: random.Random) -> Facts:
    """What a clause needs, with up to three facts changed and now and then a limit on the record."""
    facts = just(line)
    for _ in range(chance.randrange(4)):
        facts ^= chance.choice(FACTS).bit
    return facts | (Fact.RESTRICTED.bit if chance.random() < 0.1 else 0)


def _ones(oracle: CedarOracle, number: int) -> list[Asked]:
    chance = random.Random(SEED)
    asked = []
    for _ in range(number):
        line = chance.choice(lines())
        question = asks(line.role, line.purpose, line.action, line.subject)
        asked.append(_asked(oracle, question, _near(line, chance)))
    return asked


def _people(oracle: CedarOracle, number: int) -> list[Asked]:
    chance = random.Random(SEED)
    about_people = {category.value for category in CATEGORIES}
    reads = [line for line in lines() if line.action == Action.READ and line.subject in about_people]
    asked = []
    for _ in range(number):
        line = chance.choice(reads)
        question = asks(line.role, line.purpose, "read", *(category.value for category in CATEGORIES))
        asked.append(_asked(oracle, question, _near(line, chance)))
    return asked


def _asked(oracle: CedarOracle, question: Question, facts: Facts) -> Asked:
    caller, words = question.caller, [fact.value for fact in names_of(facts)]
    said = (caller.role.value, caller.party.value, question.purpose.value, question.action.value)
    return question, facts, [oracle.request(*said, subject.value, words) for subject in question.subjects]


# --- the answers ----------------------------------------------------------------------------------------------------


def _compare(oracle: CedarOracle, agreement: CompiledAgreement, asked: Sequence[Asked]) -> int:
    """How many of the answers permit something; AnswersDiffer if one is not Cedar's."""
    permitting = 0
    for question, facts, requests in asked:
        ours = _said(decide(question, facts, agreement))
        theirs = oracle.decide_all(requests)
        if ours != theirs:
            raise AnswersDiffer(f"{question.caller.role} for {question.purpose}: {ours} is not {theirs}")
        permitting += any(permitted for permitted, _ in ours)
    return permitting


def _said(decision: Decision) -> list[Answer]:
    return [(each.permitted, each.clauses if each.permitted else ()) for each in decision.rulings]


# --- the time -------------------------------------------------------------------------------------------------------


def _rate(count: int, act: Callable[[], None]) -> float:
    started = time.thread_time()
    act()
    return count / (time.thread_time() - started)


def _warm(agreement: CompiledAgreement, asked: Sequence[Asked], times: int) -> None:
    for _ in range(times):
        for question, facts, _requests in asked:
            decide(question, facts, agreement)


def _cold(agreement: CompiledAgreement, asked: Sequence[Asked]) -> float:
    """The seconds of the decisions alone; emptying the memos before each is not part of them."""
    spent, now = 0, time.thread_time_ns
    for question, facts, _requests in asked:
        agreement.forget()
        started = now()
        decide(question, facts, agreement)
        spent += now() - started
    return spent / 1e9


def _cedar(oracle: CedarOracle, asked: Sequence[Asked]) -> None:
    for _question, _facts, requests in asked:
        oracle.decide_all(requests)
