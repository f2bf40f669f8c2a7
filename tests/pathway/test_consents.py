"""The life of a consent as a pure function, and which party receives by each scope."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.pathway.consents import CLOCKS_APART as SOON
from app.pathway.consents import (
    CONSENT_COLUMNS,
    RECEIVES,
    WHY,
    Consent,
    State,
    in_the_way,
    is_replaced,
    period_state,
    state_of,
)
from app.vocabulary import Scope, consent_for
from tests.policies.asking import leicester
from tests.world import NOW

DAY, MOMENT = timedelta(days=1), timedelta(microseconds=1)
YES = Consent("yes", "attendance", "permit", NOW - 9 * DAY)
NO = Consent("no", "attendance", "refuse", NOW - 20 * DAY)
BY_JUSTICE = {"recorded_by_party": "justice"}


def test_each_scope_opens_something_to_the_party_that_it_names_and_to_no_other() -> None:
    """What the agreement's clauses need is what a consent can be recorded for."""
    agreement = leicester()
    opened: dict[Scope, set[Any]] = {scope: set() for scope in Scope}
    for (role, party, purpose, action), subject in agreement.cells():
        for condition in agreement.conditions(role, party, purpose, action, subject):
            for scope in Scope:
                if condition.needs & consent_for(scope).bit:
                    opened[scope].add(party)
    assert opened == {scope: {party} for scope, party in RECEIVES.items()}


STATES = [
    pytest.param([YES], "yes", State.EFFECTIVE, id="it holds"),
    pytest.param([replace(YES, valid_from=NOW)], "yes", State.EFFECTIVE, id="from its first moment"),
    pytest.param([replace(YES, valid_from=NOW + MOMENT)], "yes", State.NOT_YET, id="and not before it"),
    pytest.param([replace(YES, valid_until=NOW + MOMENT)], "yes", State.EFFECTIVE, id="to its last moment"),
    pytest.param([replace(YES, valid_until=NOW)], "yes", State.EXPIRED, id="and not at its end"),
    pytest.param([replace(YES, withdrawn_at=NOW)], "yes", State.WITHDRAWN, id="withdrawn this moment"),
    pytest.param([replace(YES, withdrawn_at=NOW + SOON + MOMENT)], "yes", State.EFFECTIVE, id="later"),
    pytest.param([replace(YES, withdrawn_at=NOW + SOON)], "yes", State.WITHDRAWN, id="by a clock that is ahead"),
    pytest.param([replace(NO, withdrawn_at=NOW + SOON)], "no", State.EFFECTIVE, id="a refusal by this clock alone"),
    pytest.param([replace(YES, withdrawn_at=NOW, valid_until=NOW)], "yes", State.WITHDRAWN, id="withdrawn says more"),
    pytest.param([replace(YES, capacity=False)], "yes", State.WITHOUT_CAPACITY, id="without capacity"),
    pytest.param([replace(YES, **BY_JUSTICE)], "yes", State.AWAITING, id="by justice, of sharing from health"),
    pytest.param([replace(YES, **BY_JUSTICE, signed_form="F1")], "yes", State.EFFECTIVE, id="with a signed form"),
    pytest.param([replace(YES, **BY_JUSTICE, countersigned_at=NOW)], "yes", State.EFFECTIVE, id="countersigned"),
    pytest.param([replace(YES, **BY_JUSTICE, countersigned_at=NOW + MOMENT)], "yes", State.AWAITING, id="not yet so"),
    pytest.param([replace(YES, **BY_JUSTICE, scope="offence")], "yes", State.EFFECTIVE, id="the other way needs none"),
    pytest.param([replace(NO, **BY_JUSTICE)], "no", State.EFFECTIVE, id="a refusal needs none"),
    pytest.param([replace(NO, capacity=False)], "no", State.EFFECTIVE, id="a refusal needs no capacity"),
    pytest.param([YES, NO], "yes", State.OUTWEIGHED, id="an older refusal beats it"),
    pytest.param([YES, NO], "no", State.EFFECTIVE, id="and holds itself"),
    pytest.param([YES, replace(NO, scope="scores")], "yes", State.EFFECTIVE, id="one of another scope does not"),
    pytest.param([YES, replace(NO, withdrawn_at=NOW)], "yes", State.EFFECTIVE, id="one that was withdrawn does not"),
    pytest.param([replace(YES, supersedes_id="no"), NO], "no", State.SUPERSEDED, id="a refusal is superseded"),
    pytest.param([replace(YES, supersedes_id="no"), NO], "yes", State.EFFECTIVE, id="by what holds then"),
    pytest.param([replace(YES, supersedes_id="no", **BY_JUSTICE), NO], "no", State.EFFECTIVE, id="not without effect"),
    pytest.param([replace(YES, supersedes_id="no", valid_from=NOW + DAY), NO], "no", State.EFFECTIVE, id="nor ahead"),
    pytest.param([replace(YES, supersedes_id="no", withdrawn_at=NOW), NO], "no", State.SUPERSEDED,
                 id="what was superseded does not come back"),
    pytest.param([YES, replace(NO, supersedes_id="yes")], "yes", State.SUPERSEDED, id="a permission too"),
    pytest.param([replace(YES, supersedes_id="no", valid_from=NOW), NO], "no", State.SUPERSEDED, id="from its moment"),
    pytest.param([replace(YES, supersedes_id="no", **BY_JUSTICE, countersigned_at=NOW), NO], "no", State.SUPERSEDED,
                 id="from its countersignature"),
    pytest.param([replace(NO, valid_until=NOW)], "no", State.EXPIRED, id="a refusal that is over"),
    pytest.param([replace(NO, valid_from=NOW + MOMENT)], "no", State.NOT_YET, id="a refusal to come"),
]  # fmt: skip


@pytest.mark.parametrize(("consents", "which", "state"), STATES)
def test_how_it_stands_and_why(consents: list[Consent], which: str, state: State) -> None:
    (one,) = (each for each in consents if each.id == which)
    for among in (consents, consents[::-1]):  # the order of the records changes nothing
        found, because = state_of(one, among, NOW)
        assert found is state
        assert because.endswith(".")
        if state not in (State.EFFECTIVE, State.SUPERSEDED, State.OUTWEIGHED):
            assert because == WHY[state]
        named = {State.SUPERSEDED, State.OUTWEIGHED}
        assert any(f"onsent {each.id}" in because for each in consents) is (state in named)


def test_why_a_refusal_and_a_permission_hold_or_do_not() -> None:
    both = [YES, NO]
    assert state_of(NO, both, NOW)[1] == "It holds until something supersedes it."
    assert state_of(YES, [YES], NOW)[1] == "It holds, and nothing outweighs it."
    assert state_of(YES, both, NOW)[1] == ("A refusal stands, and beats it until one supersedes the other: consent no.")
    assert state_of(NO, [NO, replace(YES, supersedes_id="no")], NOW)[1] == "Consent yes has taken its place."


def test_a_consent_from_a_row_whose_columns_have_other_names() -> None:
    row = {"identity": "yes", **{each: getattr(YES, each) for each in CONSENT_COLUMNS if each != "id"}}
    assert Consent.of(row, {"id": "identity"}) == YES
    assert Consent.of({**row, "id": "other"}) == replace(YES, id="other")


def test_every_state_has_its_sentence() -> None:
    assert WHY.keys() | {State.SUPERSEDED, State.OUTWEIGHED} == set(State)


@pytest.mark.parametrize(
    ("start", "end", "withdrawn", "state"),
    [
        (NOW, None, None, State.EFFECTIVE),
        (NOW + MOMENT, None, None, State.NOT_YET),
        (NOW - DAY, NOW, None, State.EXPIRED),
        (NOW - DAY, NOW + MOMENT, None, State.EFFECTIVE),
        (NOW - DAY, NOW, NOW, State.WITHDRAWN),
        (NOW - DAY, None, NOW + MOMENT, State.EFFECTIVE),
    ],
)
def test_how_an_objection_stands(start: Any, end: Any, withdrawn: Any, state: State) -> None:
    assert period_state(start, end, withdrawn, NOW) is state


OTHER = replace(YES, id="other")
WAYS = [
    pytest.param(OTHER, [YES], ["yes"], id="a permission beside a permission"),
    pytest.param(OTHER, [NO], ["no"], id="a permission beside a refusal"),
    pytest.param(replace(OTHER, decision="refuse"), [YES], [], id="a refusal can always stand beside a permission"),
    pytest.param(replace(OTHER, decision="refuse"), [NO], ["no"], id="a refusal beside a refusal"),
    pytest.param(replace(OTHER, supersedes_id="yes"), [YES], [], id="what takes its place"),
    pytest.param(replace(OTHER, supersedes_id="no"), [YES, NO], ["yes"], id="the place of one of two"),
    pytest.param(OTHER, [replace(YES, scope="scores")], [], id="of another scope"),
    pytest.param(OTHER, [replace(YES, withdrawn_at=NOW)], [], id="withdrawn"),
    pytest.param(OTHER, [replace(YES, valid_until=YES.valid_from)], [], id="over before it begins"),
    pytest.param(replace(OTHER, valid_until=YES.valid_from), [YES], [], id="begun when it is over"),
    pytest.param(replace(OTHER, valid_until=YES.valid_from + MOMENT), [YES], ["yes"], id="one moment in common"),
    pytest.param(OTHER, [YES, replace(YES, id="next", supersedes_id="yes")], ["next"], id="the newest of a chain"),
]  # fmt: skip


@pytest.mark.parametrize(("new", "known", "ways"), WAYS)
def test_what_is_in_the_way_of_a_new_one(new: Consent, known: list[Consent], ways: list[str]) -> None:
    assert [each.id for each in in_the_way(new, known, NOW)] == ways


@pytest.mark.parametrize(
    ("successor", "replaced"),
    [
        pytest.param({}, True, id="by one that holds"),
        pytest.param(BY_JUSTICE, True, id="by one that waits for its countersignature"),
        pytest.param({"withdrawn_at": NOW}, True, id="by one that had taken its place before it was withdrawn"),
        pytest.param(BY_JUSTICE | {"withdrawn_at": NOW}, False, id="not by one that was withdrawn before it could"),
        pytest.param(
            BY_JUSTICE | {"countersigned_at": NOW, "withdrawn_at": NOW},
            True,
            id="by one that was countersigned before it was",
        ),
        pytest.param({"supersedes_id": "another"}, False, id="not by one that supersedes another"),
    ],
)
def test_the_newest_of_a_chain(successor: dict[str, Any], replaced: bool) -> None:
    later = replace(YES, id="later", **({"supersedes_id": "yes"} | successor))
    assert is_replaced(YES, [YES, later], NOW) is replaced
