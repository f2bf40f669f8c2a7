"""Entries as the gate writes them, read back as past decisions."""

from collections.abc import Sequence
from typing import Any

from app.audit.entry import Record
from app.audit.history import History
from app.gate.entries import Phrases
from app.policies import CompiledAgreement, decide
from app.policies.review.past import Logged
from app.vocabulary import Facts, Question
from tests.policies.asking import leicester

_READER: Any = History(None)  # type: ignore[arg-type]  # it reads texts alone here


def entry_of(
    question: Question, holding: Facts, agreement: CompiledAgreement | None = None, /, seq: int = 0, **values: Any
) -> Logged:
    """The entry of one question on these facts: as a read that answers, or refuses where nothing is permitted."""
    under = agreement or leicester()
    decision = decide(question, holding, under)
    said = Phrases.of(question, decision.rulings, under)
    record: dict[str, Any] = {
        "kind": "access",
        "occurred_at": question.at,
        "caller": question.caller,
        "action": question.action.value,
        "resource": question.resource,
        "outcome": said.outcome,
        "request_id": question.request_id,
        "agreement": under.digest,
        "purpose": question.purpose.value,
        "released": said.released,
        "withheld": said.withheld,
        "clauses": said.clauses,
        "facts": holding,
    }
    if not decision.any_permitted:
        record |= {"released": {}, "reason": "not-permitted"}
    entry: Logged = _READER._logged(seq, Record(**record | values).sealed().body)
    return entry


def numbered(entries: Sequence[Logged]) -> list[Logged]:
    """The same, by their places."""
    return [entry._replace(seq=seq) for seq, entry in enumerate(entries)]
