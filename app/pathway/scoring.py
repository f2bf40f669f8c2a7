"""From the answers of a questionnaire to its total, or why there is none; the rules stand with each measure."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.pathway.measures import BY_WORD, NOT_APPLICABLE, WSAS, Measure, pro_rated

Answers = Sequence[int | None]
UNANSWERED = "-"


class Unscorable(Exception):
    """There is no such score: a stable code, and which of what was sent is at fault."""

    def __init__(self, code: str, field: str) -> None:
        super().__init__(code)
        self.code, self.field = code, field


@dataclass(frozen=True, slots=True)
class Scored:
    """A total with its band; the answers in their order, one character each, where they were given."""

    measure: Measure
    total: Decimal
    band: str | None
    items: str | None
    is_pro_rated: bool = False


def measure_named(tool: str | None, code: str | None) -> Measure:
    """The measure of a name, a code or both; Unscorable for one that is not known, or for two."""
    named = [(field, BY_WORD.get(word)) for field, word in (("tool", tool), ("toolCode", code)) if word is not None]
    if not named:
        raise Unscorable("score-tool-unknown", "toolCode")
    for field, measure in named:
        if measure is None or measure != named[0][1]:
            raise Unscorable("score-tool-unknown", field)
    measure = named[0][1]
    assert measure is not None  # noqa: S101  # the loop has refused it
    return measure


def score(measure: Measure, answers: Answers | None, total: Decimal | None) -> Scored:
    """By its answers, or by its total where the measure allows that; Unscorable for what cannot be."""
    if answers is not None:
        return _by_answers(measure, answers, total)
    if measure.by_item:
        raise Unscorable("score-needs-answers", "items")
    if total is None:
        raise Unscorable("score-incomplete", "total")
    if not measure.has_decimals and total != total.to_integral_value():
        raise Unscorable("score-malformed", "total")
    if not measure.is_in_range(total):
        raise Unscorable("score-out-of-range", "total")
    return Scored(measure, total, measure.band(total), None)


def _by_answers(measure: Measure, answers: Answers, given: Decimal | None) -> Scored:
    if measure.items is None or measure.highest_item is None:
        raise Unscorable("score-by-total", "items")
    if len(answers) != measure.items:
        raise Unscorable("score-incomplete", "items")
    for place, answer in enumerate(answers):
        if answer is not None and not _is_possible(measure, place, answer):
            raise Unscorable("score-out-of-range", f"items.{place}")
    counted = [
        answer for place, answer in enumerate(answers) if answer is not None and not _is_apart(measure, place, answer)
    ]
    if len(answers) - len(counted) > measure.may_miss:
        raise Unscorable("score-incomplete", "items")
    total = Decimal(pro_rated(counted, measure.items))
    if given is not None and given != total:
        raise Unscorable("score-differs", "total")
    said = " ".join(UNANSWERED if answer is None else str(answer) for answer in answers)
    return Scored(measure, total, measure.band(total), said, len(counted) < measure.items)


def _is_apart(measure: Measure, place: int, answer: int) -> bool:
    """Work that does not apply to somebody is no answer: it is missing like any other."""
    return measure is WSAS and place == 0 and answer == NOT_APPLICABLE


def _is_possible(measure: Measure, place: int, answer: int) -> bool:
    return 0 <= answer <= (measure.highest_item or 0) or _is_apart(measure, place, answer)


def prompts_safety(measure: Measure, items: str | None) -> bool:
    """Whether somebody has said that they think of being dead or of hurting themselves."""
    return safety_answer(measure, items) not in (None, "0", UNANSWERED)


def safety_answer(measure: Measure, items: str | None) -> str | None:
    """What they said when they were asked; None where nobody asked."""
    answers = (items or "").split()
    if measure.safety_item is None or len(answers) != measure.items:
        return None
    return answers[measure.safety_item - 1]
