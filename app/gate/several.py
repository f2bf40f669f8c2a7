"""An act that turns out to be about people who were not named in the question: decided about each of them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.gate.acting import Act
from app.vocabulary import Question

if TYPE_CHECKING:
    from app.gate.door import Gate

CLOSED = "not-permitted"


async def decide_about_each(gate: "Gate", act: Act, question: Question, crns: Sequence[str]) -> list[str]:
    """Those of these CRNs, at least one, about whom the act may go on; its entries are about them.

    The others are answered like people whom nothing is known of (S3, S5). If they are all, the entry says that the
    act was refused, about the first of them.
    """
    decided = []
    for crn in crns:
        is_open = await gate.decide_about(act, question, crn)
        decided.append((crn, is_open, (act.standing, act.decision)))
    kept = [each for each in decided if each[1]]
    (act.standing, act.decision), *act.also = [rest for _, _, rest in kept or decided[:1]]
    act.unfound = None if kept else CLOSED
    return [crn for crn, _, _ in kept]
