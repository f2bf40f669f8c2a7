"""Who relied on a consent, from the log: for oversight, which reads no record for it (G1)."""

from typing import Any

from app.audit.reading import Citing, ConsentLog
from app.gate import Gate
from app.policies import CompiledAgreement
from app.services.answers import Answer, document
from app.services.cursors import decode, encode, number
from app.vocabulary import Action, Category, Party, Purpose, Question, Role, Scope, consent_for

LISTING = "reliance"
SCOPES = {consent_for(scope): scope for scope in Scope}


class RelianceService:
    """Reads the log about one consent; every page leaves an entry."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._log = ConsentLog(gate.records.database)

    async def page(self, question: Question, consent: str, cursor: str | None, size: int) -> Answer:
        """Entries that name the consent, newest first; CursorInvalid for a cursor from elsewhere."""
        bound = {"consent": consent}
        before = number(decode(cursor, (str,), LISTING, bound)[0]) if cursor else None
        async with self._gate.act(question, record=("consent", consent)) as act:
            person = act.standing.person_id or ""
            found, has_more = await self._log.page(act.permit, person, consent, before, size)
            following = encode((str(found[-1].seq),), LISTING, bound) if has_more else None
            act.answer = document(
                {
                    "consent": consent,
                    "data": [self._line(each, act.agreement) for each in found],
                    "pagination": {"next": following, "pageSize": size},
                }
            )
        return Answer(act.answer, act.receipt)

    def _line(self, one: Citing, current: CompiledAgreement) -> dict[str, Any]:
        try:
            agreement = self._gate.agreements.by_digest(one.agreement)
        except KeyError:  # a version that this installation was never given: its clauses are not known here
            agreement = current
        by = {word: _needed(one, word, agreement) for word in one.released}
        lacked = {word: _scopes(facts) for word, facts in one.missing.items()}
        return {
            "entry": one.seq,
            "at": one.at,
            "staff": one.staff,
            "client": one.client,
            "party": one.party,
            "role": one.role,
            "purpose": one.purpose,
            "action": one.action,
            "outcome": one.outcome,
            "released": list(one.released),
            "byConsent": _listed(by),
            "withheld": _listed(lacked),
            "clauses": list(one.clauses),
        }


def _needed(one: Citing, word: str, agreement: CompiledAgreement) -> list[str]:
    """The scopes that the cited clauses needed to open a category."""
    if word not in {category.value for category in Category}:
        return []
    about = (Role(one.role), Party(one.party), Purpose(one.purpose), Action(one.action), Category(word))
    needs = 0
    for condition in agreement.conditions(*about):
        needs |= condition.needs if condition.clause in one.clauses else 0
    return [scope.value for fact, scope in SCOPES.items() if fact.bit & needs]


def _scopes(facts: tuple[str, ...]) -> list[str]:
    return [scope.value for fact, scope in SCOPES.items() if fact.value in facts]


def _listed(scopes: dict[str, list[str]]) -> list[dict[str, Any]]:
    return [{"category": word, "scopes": each} for word, each in scopes.items() if each]
