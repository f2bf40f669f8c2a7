"""What a person says of sharing in a three-way meeting: it counts before the meeting's record is decided on (E3).

The facts as they will be follow from the rows as they will be, by the rule that a test holds to the one in SQL; and in
the transaction, behind what was written and before the meeting, SQL is asked whether it says the same.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from app.gate import Act, Gate, Unacceptable
from app.pathway.consents import RECEIVES, Consent, Weighed, weighed, withdrawn
from app.records import consents as records
from app.records.reading import Standing
from app.services.consents import ConsentService, Given, stands
from app.vocabulary import Action, Category, Party, Question, Scope, consent_for


@dataclass(frozen=True, slots=True)
class Said:
    """Permissions and refusals, and the scopes of which the person takes everything back."""

    given: Sequence[Given] = ()
    taken_back: Sequence[Scope] = ()


@dataclass(slots=True)
class Heard:
    """What became of it in the act: for the answer, for the meeting, and for what is decided next."""

    answers: list[dict[str, Any]] = field(default_factory=list)
    sharing: list[dict[str, Any]] = field(default_factory=list)
    weighed: dict[Scope, Weighed] = field(default_factory=dict)


class Hearing:
    """Decides first on what was said, then on the meeting in which it was."""

    def __init__(self, gate: Gate, consents: ConsentService) -> None:
        self._gate, self._consents = gate, consents

    @asynccontextmanager
    async def act(self, question: Question, said: Said) -> AsyncIterator[tuple[Act, Heard]]:
        """An act that asks to write the meeting, with everything before it that was said.

        AccessRefused if the meeting is refused all the same: then nothing is kept but what was taken back.
        """
        _check_once(said)
        heard = Heard()
        about = replace(question, subjects=(Category.CONSENT,))
        steps = [replace(about, action=Action.WITHDRAW)] if said.taken_back else []
        steps += [about] if said.given else []
        async with self._gate.act([*steps, question][0]) as act:
            first = act.standing
            for asked, following in pairwise([*steps, question]):
                await (self._take_back if asked.action is Action.WITHDRAW else self._give)(act, asked, said, heard)
                await self._gate.go_on(act, asked, following, _standing(first, heard))
            act.changes += records.as_foreseen(
                self._gate.records, question.caller, question.at, first.person_id or "",
                {scope.value: bool(each.holding) for scope, each in heard.weighed.items()},
            )  # fmt: skip
            yield act, heard

    async def _take_back(self, act: Act, question: Question, said: Said, heard: Heard) -> None:
        person, by = act.standing.person_id or "", question.caller.staff or question.caller.client
        words = [scope.value for scope in said.taken_back]
        act.changes += records.withdrawal(self._gate.records, person, words, question.at, by)
        act.details |= {"change": "withdrawn", "table": "consent", "scopes": words}
        for scope in said.taken_back:
            found = await records.of_scope(self._gate.records, act.permit, person, scope.value)
            await self._weigh(act, question, scope, withdrawn(map(Consent.of, found), question.at), {}, heard)
            heard.sharing.append(_shared(scope, RECEIVES[scope], "withdraw", None))

    async def _give(self, act: Act, question: Question, said: Said, heard: Heard) -> None:
        for given in said.given:
            row, among = await self._consents.add(act, question, given)
            parties = list(dict.fromkeys(given.recipients))
            new = {row["id"]: {party.value for party in parties}}
            await self._weigh(act, question, given.scope, among, new, heard)
            heard.answers.append({"scope": given.scope.value, **stands(row, among, question.at)})
            heard.sharing += [_shared(given.scope, party, given.decision, row["id"]) for party in parties]
        act.details |= {"change": "recorded", "table": "consent", "scopes": [each.scope.value for each in said.given]}

    async def _weigh(self, act: Act, question: Question, scope: Scope, among: Sequence[Consent],
                     new: Mapping[str, set[str]], heard: Heard) -> None:  # fmt: skip
        person = act.standing.person_id or ""
        named = await records.recipients(self._gate.records, act.permit, person, scope.value) | dict(new)
        heard.weighed[scope] = weighed(among, named, question.caller.party, question.at)


def _check_once(said: Said) -> None:
    """Of two words about one scope in one act, nobody could say which was the later."""
    scopes = [given.scope for given in said.given]
    if len(set(scopes)) < len(scopes):
        raise Unacceptable("said-twice", field="consents")
    if len(set(said.taken_back)) < len(said.taken_back) or set(scopes) & set(said.taken_back):
        raise Unacceptable("said-twice", field="withdraws")


def _shared(scope: Scope, recipient: Party, decision: str, consent: str | None) -> dict[str, Any]:
    return {"scope": scope.value, "recipient": recipient.value, "decision": decision, "consent_id": consent}


def _standing(first: Standing, heard: Heard) -> Standing:
    """What is known once it is written: of the scopes that were spoken of, what their consents come to."""
    spoken = {scope.value for scope in heard.weighed}
    facts = first.facts
    for scope, each in heard.weighed.items():
        bit = consent_for(scope).bit
        facts = facts | bit if each.holding else facts & ~bit
    return replace(
        first,
        facts=facts,
        consents=_cited(first.consents, spoken, {scope: each.holding for scope, each in heard.weighed.items()}),
        against=_cited(first.against, spoken, {scope: each.against for scope, each in heard.weighed.items()}),
    )


def _cited(
    before: Sequence[tuple[str, str]], spoken: set[str], now: Mapping[Scope, Sequence[str]]
) -> tuple[tuple[str, str], ...]:
    kept = [each for each in before if each[0] not in spoken]
    return tuple(sorted([*kept, *((scope.value, identity) for scope, ids in now.items() for identity in ids)]))
