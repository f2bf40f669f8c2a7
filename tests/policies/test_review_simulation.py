"""Simulation: past decisions made again under a draft, against the decisions themselves."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from app.policies import AgreementVersions, decide
from app.policies.review.openings import effect_of, extent_of
from app.policies.review.simulation import Simulated, Simulation
from app.vocabulary import CATEGORIES, Category
from tests.policies import drafts
from tests.policies.asking import asks, facts, leicester
from tests.policies.drafts import DRAFTS, draft
from tests.policies.past import entry_of, numbered
from tests.policies.test_properties import questions

STANDING = "employed training:information-sharing"
MANAGER = asks("offender-manager", "supervision", "read", "attendance")
SUPERVISED = facts(f"{STANDING} caseload supervised")
WHO = ("offender-manager", "justice", "supervision", "read")
STRICTER = (
    'needs = ["caseload", "supervised", "consent:attendance"]',
    'needs = ["caseload", "supervised", "consent:attendance", "consent:progress"]',
)


def simulated(new, *entries, versions=None) -> Simulated:
    simulation = Simulation(new, versions or AgreementVersions([leicester()]))
    simulation.add(numbered(entries))
    return simulation.result


@given(questions(), st.sampled_from(sorted(DRAFTS)))
def test_what_would_change_is_what_the_decisions_say(asked, name):
    question, holding = asked
    new = draft(DRAFTS[name])
    found = simulated(new, entry_of(question, holding))
    ends = [decide(question, holding, each).rulings for each in (leicester(), new)]
    expected = {
        (effect.value, old.subject.value)
        for old, now in zip(*ends, strict=True)
        if (effect := effect_of(extent_of(old), extent_of(now))) is not None
    }
    if not found.uncertain:
        assert {(group[0], group[5]) for group in found.groups} == expected
    assert found.changed == bool(expected) or found.uncertain


def test_a_draft_that_changes_nothing_changes_nothing():
    found = simulated(leicester(), entry_of(MANAGER, SUPERVISED), entry_of(MANAGER, SUPERVISED | facts("mhtr")))
    assert (found.entries, found.decisions, found.changed) == (2, 2, 0)
    assert (found.disclosures_lost, found.refusals_opened, found.groups) == ([], [], {})


def test_disclosures_that_would_not_have_happened_are_named_by_entry():
    agreed = SUPERVISED | facts("consent:attendance")
    found = simulated(
        draft(STRICTER),
        entry_of(MANAGER, SUPERVISED),
        entry_of(MANAGER, agreed),
        entry_of(MANAGER, agreed | facts("consent:progress")),
        entry_of(MANAGER, agreed | facts("mhtr")),
        entry_of(MANAGER, agreed),
    )
    assert found.disclosures_lost == [1, 4]
    assert found.groups == {("closes", *WHO, "attendance"): [1, 4]}
    assert (found.changed, found.refusals_opened) == (2, [])


def test_refusals_that_would_have_opened_are_named_by_entry():
    found = simulated(
        draft(drafts.WITHOUT_CONSENT),
        entry_of(MANAGER, facts(STANDING)),
        entry_of(MANAGER, SUPERVISED),
        entry_of(MANAGER, SUPERVISED | facts("objection:attendance")),
    )
    assert found.refusals_opened == [1]
    assert found.groups == {("opens", *WHO, "attendance"): [1]}


def test_what_opens_beside_something_else_is_no_refusal_that_opened():
    whole = replace(MANAGER, subjects=CATEGORIES)
    found = simulated(draft(drafts.WITHOUT_CONSENT), entry_of(whole, SUPERVISED))
    assert ("opens", *WHO, "attendance") in found.groups
    assert (found.changed, found.refusals_opened) == (1, [])


def test_nobody_is_there_under_any_agreement():
    nobody = entry_of(MANAGER, SUPERVISED, reason="not-on-file", outcome="refused")
    found = simulated(draft(drafts.WITHOUT_CONSENT), nobody)
    assert (found.decisions, found.changed, found.groups) == (1, 0, {})


def test_an_explanation_is_no_disclosure():
    whole = replace(MANAGER, subjects=CATEGORIES)
    explained = entry_of(whole, SUPERVISED | facts("consent:attendance"), kind="explanation", released={})
    found = simulated(draft(STRICTER), explained)
    assert (found.changed, found.disclosures_lost) == (1, [])
    assert ("closes", *WHO, "attendance") in found.groups


def test_single_answers_instead_of_totals_widen_what_was_disclosed():
    scores = replace(MANAGER, subjects=(Category.SCORES,))
    entry = entry_of(scores, SUPERVISED | facts("consent:scores"))
    found = simulated(draft(drafts.SINGLE_ANSWERS), entry)
    assert found.groups == {("widens", *WHO, "scores"): [0]}
    assert (found.disclosures_lost, found.refusals_opened) == ([], [])


def test_without_the_agreement_of_an_entry_only_what_opens_and_closes_is_seen():
    elsewhere = AgreementVersions([draft(drafts.OTHER_WORDS)])
    scores = entry_of(replace(MANAGER, subjects=(Category.SCORES,)), SUPERVISED | facts("consent:scores"))
    agreed = entry_of(MANAGER, SUPERVISED | facts("consent:attendance"))
    found = simulated(draft(drafts.SINGLE_ANSWERS, STRICTER), scores, agreed, versions=elsewhere)
    assert found.groups == {("closes", *WHO, "attendance"): [1]}


def test_a_purpose_that_a_role_would_have_could_be_asked_for():
    purposes = (
        'purposes = ["supervision"]\nactions = ["read", "write"]\ncategories = ["identity", "contact"',
        'purposes = ["supervision", "direct-care"]\nactions = ["read", "write"]\ncategories = ["identity", "contact"',
    )
    other = asks("offender-manager", "direct-care", "read", "identity")
    refused = entry_of(other, 0, facts=None, withheld={}, clauses=(), outcome="refused", reason="purpose-not-for-role")
    assert simulated(draft(purposes), refused).could_be_asked == [0]
    assert simulated(leicester(), refused).could_be_asked == []


def change(**values):
    write = asks("offender-manager", "supervision", "write", "identity")
    return entry_of(write, SUPERVISED, kind="change", released={}, **values)


def test_a_change_that_does_not_say_what_it_changed_is_certain_only_if_all_that_it_can_be_goes_one_way():
    """A1 lets an offender manager write six categories; the draft takes away none, one, or all of them."""
    categories = '["identity", "contact", "supervision", "offence", "risk", "obligations"]\nneeds = ["caseload"]'
    one = (categories, categories.replace('"contact", ', ""))
    none = (categories, categories.replace('needs = ["caseload"]', 'needs = ["caseload", "mhtr"]'))
    entry = change(details={"table": "person"})
    assert (simulated(leicester(), entry).changed, simulated(leicester(), entry).uncertain) == (0, [])
    assert (simulated(draft(one), entry).changed, simulated(draft(one), entry).uncertain) == (0, [0])
    closed = simulated(draft(none), entry)
    ((group, numbers),) = closed.groups.items()
    assert (group[0], group[5], numbers) == (
        "closes",
        "identity or contact or supervision or offence or risk or obligations",
        [0],
    )
    assert closed.disclosures_lost == []


def test_a_change_that_says_what_it_changed_is_certain():
    categories = '["identity", "contact", "supervision", "offence", "risk", "obligations"]\nneeds = ["caseload"]'
    one = (categories, categories.replace('"contact", ', ""))
    assert simulated(draft(one), change(details={"subjects": ["identity"]})).groups == {}
    found = simulated(draft(one), change(details={"subjects": ["contact"]}))
    assert [(group[0], group[5]) for group in found.groups] == [("closes", "contact")]


def test_a_change_is_not_certain_without_its_agreement():
    """Which of what it can have been about was permitted, only its own agreement says."""
    elsewhere = AgreementVersions([draft(drafts.OTHER_WORDS)])
    found = simulated(leicester(), change(details={"table": "person"}), versions=elsewhere)
    assert (found.changed, found.uncertain) == (0, [0])


def test_what_a_read_cites_beside_what_it_released_is_looked_at_too():
    """A2 for the identity that is named, I1 for a register that is not."""
    lead = asks("probation-lead", "supervision", "read", "identity")
    entry = entry_of(lead, facts(STANDING), clauses=("A2", "I1"))
    registers = ('registers = ["staff", "training"]\nbasis', 'registers = ["staff"]\nbasis')
    closed = ('registers = ["staff", "training"]\nbasis', 'registers = ["staff", "training"]\nneeds = ["mhtr"]\nbasis')
    assert (simulated(leicester(), entry).changed, simulated(leicester(), entry).uncertain) == (0, [])
    assert simulated(draft(registers), entry).uncertain == [0]
    (group,) = simulated(draft(closed), entry).groups
    assert (group[0], group[5]) == ("closes", "staff or training")


def test_data_is_so_to_the_letter():
    group = ("closes", *WHO, "attendance")
    told = Simulated(9, 8, 3, {group: [2, 5, 7]}, [2, 5, 7], [1, 2, 3, 4], [4, 6, 8, 9, 10], [3, 7, 8, 9, 10, 11])
    assert told.as_data(2) == {
        "entries": 9,
        "decisions": 8,
        "changed": 3,
        "changes": [
            {
                **{"change": "closes", "role": "offender-manager", "party": "justice", "purpose": "supervision"},
                **{"action": "read", "category": "attendance", "count": 3, "entryNumbers": [2, 5], "leftOut": 1},
            }
        ],
        "disclosuresLost": {"count": 3, "entryNumbers": [2, 5], "leftOut": 1},
        "refusalsOpened": {"count": 4, "entryNumbers": [1, 2], "leftOut": 2},
        "couldBeAsked": {"count": 5, "entryNumbers": [4, 6], "leftOut": 3},
        "uncertain": {"count": 6, "entryNumbers": [3, 7], "leftOut": 4},
    }


def test_data_has_at_most_so_many_numbers_of_each_list_and_says_how_many_are_left_out():
    found = simulated(draft(drafts.WITHOUT_CONSENT), *[entry_of(MANAGER, SUPERVISED)] * 5)
    assert found.as_data(2)["refusalsOpened"] == {"count": 5, "entryNumbers": [0, 1], "leftOut": 3}
    assert found.as_data()["refusalsOpened"] == {"count": 5, "entryNumbers": [0, 1, 2, 3, 4], "leftOut": 0}
    (group,) = found.as_data(2)["changes"]
    assert group == {
        "change": "opens",
        "role": "offender-manager",
        "party": "justice",
        "purpose": "supervision",
        "action": "read",
        "category": "attendance",
        "count": 5,
        "entryNumbers": [0, 1],
        "leftOut": 3,
    }
