"""Questions that one request asks one after the other, each on the facts as those before it leave them.

What is written for all of them is durable together or not at all, but for a withdrawal of consent: that is never
refused (E3), and so it is kept even where what was to follow it is refused.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from app.gate.acting import Act
from app.gate.refusals import AccessRefused, NotOnFile
from app.policies import decide, explain
from app.records.permit import issue_tables
from app.records.reading import Standing
from app.records.views import tables_about
from app.vocabulary import CATEGORIES, Action, Question

if TYPE_CHECKING:
    from app.gate.door import Gate

WITHDRAWN_ALL_THE_SAME = "withheld-and-withdrawn"
FOLLOWED = "refused-with-what-followed"
"""Why something that was permitted by itself is not kept."""


async def go_on(gate: "Gate", act: Act, asked: Question, following: Question, standing: Standing) -> None:
    """Let an act that `asked` one question ask the next: from here on its changes and details are that one's.

    `standing` is what is known before the decision once the changes so far are made. Raises AccessRefused with every
    entry made; of the changes, withdrawals alone are kept then.
    """
    decision = decide(following, standing.facts, act.agreement)
    act.before.append((asked, replace(act, before=[])))
    act.question, act.standing, act.decision = following, standing, decision
    act.changes, act.details = [], {}
    if any(not ruling.permitted for ruling in decision.rulings):
        raise await _refuse(gate, act, following)
    tables = act.permit.tables | tables_about(following.subjects)
    act.permit.close()
    act.permit = issue_tables(tables)


async def _refuse(gate: "Gate", act: Act, following: Question) -> AccessRefused:
    """Reasons where something else of the person is open, as of any refusal; else nobody is there (S5).

    But whoever withdrew something is told so: a withdrawal tells them no more than by itself.
    """
    act.permit.close()
    withdrawn = [(asked, done) for asked, done in act.before if asked.action is Action.WITHDRAW]
    lost = [(asked, _unkept(done, FOLLOWED)) for asked, done in act.before if asked.action is not Action.WITHDRAW]
    await gate.append_acts([*withdrawn, *lost, (following, _unkept(act, "not-permitted"))])
    reading = replace(following, subjects=CATEGORIES, action=Action.READ)
    as_it_stood = act.before[0][1].standing.facts
    if decide(reading, as_it_stood, act.agreement).any_permitted:
        code = WITHDRAWN_ALL_THE_SAME if withdrawn else "withheld"
        return AccessRefused(code, explain(act.decision, act.agreement))
    return AccessRefused(WITHDRAWN_ALL_THE_SAME) if withdrawn else NotOnFile()


def _unkept(act: Act, reason: str) -> Act:
    return replace(act, changes=[], details={}, announcing=None, before=[], unfound=reason)
