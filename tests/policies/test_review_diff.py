"""Differences of two agreements: exactly what decisions say, in the fewest conditions, and in sentences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.policies import decide
from app.policies.review.cubes import Cube, Region
from app.policies.review.diff import ENDED, IN_FORCE, Change, compare, worded_otherwise
from app.policies.review.openings import Difference, Effect, Extent, effect_of, extent_of
from app.policies.review.sentences import sentences
from app.vocabulary import (
    FACTS,
    Action,
    Caller,
    Category,
    Party,
    Purpose,
    Question,
    Register,
    Role,
    facts_of,
    parties_of,
)
from tests.policies import drafts
from tests.policies.asking import facts, leicester
from tests.policies.clauses import AFTER, ended, just
from tests.policies.drafts import DRAFTS, draft
from tests.policies.law import lines

SAID = {
    "D1 without consent": [
        "Opens: for supervision, an offender manager (justice) may now read attendance where the person is on their "
        "caseload, a sentence is running, no Mental Health Treatment Requirement is running, the person does not agree "
        "to sharing their attendance and the person does not object to it being read (under D1; no clause opened it "
        "before).",
    ],
    "D2 stopped by an objection": [
        "Closes: for supervision, an offender manager (justice) may no longer read referral and attendance where the "
        "person is on their caseload, a sentence is running, a Mental Health Treatment Requirement is running and the "
        "person objects to it being read (it was open under D2).",
    ],
    "D4 with single answers": [
        "Widens: for supervision, an offender manager (justice) may, and now further than before, read scores where "
        "the person is on their caseload, a sentence is running, the person agrees to sharing their scores and the "
        "person does not object to it being read - before: totals and severity bands only, never single answers; now: "
        "in full (under D4).",
    ],
    "F1 stopped by a restriction": [
        "Closes: for emergency, a therapist (health) or a clinical lead (health) may no longer read identity, contact, "
        "supervision, risk, referral, attendance, progress, scores, clinical, notes, safety and safety-alert where "
        "they hold a live emergency grant, the record is restricted and they are not on its access list (it was open "
        "under F1).",
    ],
    "G1 over with the agreement": [
        "Closes: for oversight, an auditor (health, justice) or a caldicott guardian (health, justice) may no longer "
        "read audit-log whenever S1 and S3 are met, also of a restricted record once the agreement has ended (it was "
        "open under G1).",
    ],
    "P3 without safety": [],
    "E2 without consent": [
        "Opens: for direct-care, a health trainer (health) may now read identity, contact, referral and attendance "
        "where the person has a live referral to their service and the person does not agree to a health trainer "
        "(under E2; no clause opened it before).",
    ],
}


def said(name: str) -> tuple[str, ...]:
    new = draft(DRAFTS[name])
    return sentences(compare(leicester(), new), leicester(), new)


@pytest.mark.parametrize("name", SAID)
def test_what_opens_and_closes_is_said_in_sentences(name):
    assert [each for each in SAID[name] if each not in said(name)] == []
    if name != "D1 without consent":  # which says two more things of referrals, where D6 opens the caller's own draft
        assert len(said(name)) == len(SAID[name])


def test_back_again_closes_what_opened():
    there = compare(leicester(), draft(drafts.WITHOUT_CONSENT))
    back = compare(draft(drafts.WITHOUT_CONSENT), leicester())
    assert [each.difference.where for each in there] == [each.difference.where for each in back]
    assert [each.effect for each in there] == ["opens", "widens", "opens"]
    assert [each.effect for each in back] == ["closes", "narrows", "closes"]


def test_a_draft_that_only_says_it_otherwise_opens_nothing():
    new = draft(drafts.OTHER_WORDS)
    assert compare(leicester(), new) == ()
    assert worded_otherwise(leicester(), new) == ("clauses B1: text",)


def test_a_caveat_in_other_words_is_a_place_that_differs():
    new = draft(('totals = "Totals and severity bands only', 'totals = "The totals and severity bands only'))
    assert worded_otherwise(leicester(), new) == ("caveats totals: text",)


def test_what_goes_on_after_the_end_closes_then_too():
    part = 'purposes = ["oversight"]\nactions = ["review"]\nregisters = ["access-alert"]'
    new = draft((f'roles = ["auditor", "caldicott-guardian"]\n{part}', f'roles = ["auditor"]\n{part}'))
    changes = compare(leicester(), new)
    assert {(each.role, each.effect, each.while_) for each in changes} == {
        (Role.CALDICOTT_GUARDIAN, "closes", (IN_FORCE, ENDED))
    }
    (closed, *_) = changes
    assert closed.clauses_before == ("G6",)
    assert closed.clauses_after == ()


def test_a_place_that_says_several_things_differs_in_one_of_them():
    new = draft(('hl7 = "TREAT"', 'hl7 = "CAREMGT"'))
    assert worded_otherwise(leicester(), new) == ("purposes direct-care: hl7",)


def test_places_that_differ_are_named_without_what_they_open():
    new = draft(('id = "H9"', 'id = "H8"\n'.replace("H8", "H10")), ("review_months = 12", "review_months = 6"))
    assert worded_otherwise(leicester(), new) == ("agreement: review_months", "clauses H9: gone", "clauses H10: added")
    assert compare(leicester(), new) == ()


def test_a_change_as_data_names_facts_and_clauses():
    (referral, _, attendance) = compare(leicester(), draft(drafts.WITHOUT_CONSENT))
    assert attendance.as_data() == {
        "change": "opens",
        "role": "offender-manager",
        "party": "justice",
        "purpose": "supervision",
        "action": "read",
        "category": "attendance",
        "before": None,
        "after": {"clauses": ["D1"], "fields": [], "referrals": ["sent"]},
        "where": [
            {
                "holds": ["employed", "training:information-sharing", "caseload", "supervised"],
                "doesNotHold": ["excluded", "mhtr", "restricted", "consent:attendance", "objection:attendance"],
            },
            {
                "holds": ["employed", "training:information-sharing", "caseload", "listed", "supervised"],
                "doesNotHold": ["excluded", "mhtr", "consent:attendance", "objection:attendance"],
            },
        ],
        "unless": [],
        "while": ["in-force"],
    }
    assert "training:mental-health-awareness" in referral.as_data()["where"][0]["doesNotHold"]


CASELOAD, SUPERVISED, MHTR = (Cube(facts(word), 0) for word in ("caseload", "supervised", "mhtr"))
STANDING = Cube(facts("employed training:information-sharing"), 0)
OBJECTED = Cube(facts("objection:attendance"), 0)
TOTALS, SENT, BOTH = Extent(("totals",), frozenset({"sent"})), Extent((), frozenset({"sent"})), ("in-force", "ended")
OWN = Extent((), frozenset({"own-draft"}))
OLIVE, SYSTEM = (Role.OFFENDER_MANAGER, Purpose.SUPERVISION), (Role.CASE_MANAGEMENT_SYSTEM, Purpose.RECORDS_SYNC)


def change(effect, before, after, *cubes, who=OLIVE, asks=("read", Category.ATTENDANCE), unless=(), by=((), ()),
           while_=("in-force",)):  # fmt: skip
    role, purpose = who
    where = (Region(cubes, tuple(unless)),)
    difference = Difference(Effect(effect), before, after, where)
    return Change(role, Party.JUSTICE, purpose, Action(asks[0]), asks[1], difference, *by, while_)


@pytest.mark.parametrize(("changes", "sentence"), [
    pytest.param(
        [change("opens", None, SENT, CASELOAD, SUPERVISED, by=((), ("D1",)))],
        "Opens: for supervision, an offender manager (justice) may now read attendance where (1) the person is on "
        "their caseload; or (2) a sentence is running, also of a restricted record (under D1; no clause opened it "
        "before).",
        id="alternatives are numbered",
    ),
    pytest.param(
        [change("closes", SENT, None, STANDING, CASELOAD, by=(("D1", "D2"), ()), while_=BOTH)],
        "Closes: for supervision, an offender manager (justice) may no longer read attendance where (1) S1 and S3 are "
        "met; or (2) the person is on their caseload, also of a restricted record also once the agreement has ended "
        "(it was open under D1 and D2).",
        id="one of them is that nothing else is asked for",
    ),
    pytest.param(
        [change("opens", None, TOTALS, CASELOAD, unless=(MHTR, OBJECTED), by=((), ("D4",)))],
        "Opens: for supervision, an offender manager (justice) may now read attendance where the person is on their "
        "caseload, unless (1) a Mental Health Treatment Requirement is running; or (2) the person objects to it being "
        "read, also of a restricted record - totals and severity bands only, never single answers (under D4; no clause "
        "opened it before).",
        id="these but not those",
    ),
    pytest.param(
        [change("closes", TOTALS, None, CASELOAD, unless=(MHTR,), by=(("D4",), ()))],
        "Closes: for supervision, an offender manager (justice) may no longer read attendance where the person is on "
        "their caseload, unless a Mental Health Treatment Requirement is running, also of a restricted record - totals "
        "and severity bands only, never single answers (it was open under D4).",
        id="how far it was open",
    ),
    pytest.param(
        [change("narrows", SENT, TOTALS, CASELOAD, by=(("D1",), ("D4",)))],
        "Narrows: for supervision, an offender manager (justice) may, and now less far than before, read attendance "
        "where the person is on their caseload, also of a restricted record - before: in full; now: totals and "
        "severity bands only, never single answers (under D4; before under D1).",
        id="less far and by another clause",
    ),
    pytest.param(
        [change("alters", TOTALS, OWN, CASELOAD, by=(("D1",), ("D1",)), while_=("ended",))],
        "Alters: for supervision, an offender manager (justice) may, and now in another way than before, read "
        "attendance where the person is on their caseload, also of a restricted record - before: totals and severity "
        "bands only, never single answers; now: the caller's own draft alone, until it is sent once the agreement has "
        "ended (under D1).",
        id="further in one respect and less far in another",
    ),
    pytest.param(
        [change("opens", None, SENT, CASELOAD, by=((), ("D1",))),
         change("opens", None, SENT, CASELOAD, asks=("write", Category.REFERRAL), by=((), ("D1",)))],
        "Opens: for supervision, an offender manager (justice) may now read attendance; write referral where the "
        "person is on their caseload, also of a restricted record (under D1; no clause opened it before).",
        id="two things at once",
    ),
    pytest.param(
        [change("opens", None, SENT, CASELOAD, asks=("read", Register.STAFF), by=((), ("I1",)))],
        "Opens: for supervision, an offender manager (justice) may now read staff where the person is on their "
        "caseload (under I1; no clause opened it before).",
        id="of a register that is about nobody's record no restriction is said",
    ),
    pytest.param(
        [change("opens", None, SENT, STANDING, who=SYSTEM, unless=(Cube(STANDING.holds, 0),), by=((), ("H3",)))],
        "Opens: for records-sync, a case management system (justice) may now read attendance where their "
        "information-sharing training is valid, unless their information-sharing training is valid, also of a "
        "restricted record (under H3; no clause opened it before).",
        id="of a system nobody asks for training",
    ),
])  # fmt: skip
def test_a_change_in_a_sentence(changes, sentence):
    assert sentences(changes, leicester(), leicester()) == (sentence,)


def test_a_change_as_data_says_how_far_it_was_open_and_what_is_left_out():
    told = change("narrows", SENT, TOTALS, CASELOAD, unless=(MHTR,), by=(("D1",), ("D4",)), while_=BOTH).as_data()
    assert told["before"] == {"clauses": ["D1"], "fields": [], "referrals": ["sent"]}
    assert told["after"] == {"clauses": ["D4"], "fields": ["totals"], "referrals": ["sent"]}
    assert told["where"] == [{"holds": ["caseload"], "doesNotHold": []}]
    assert told["unless"] == [{"holds": ["mhtr"], "doesNotHold": []}]
    assert told["while"] == ["in-force", "ended"]


@st.composite
def asked(draw: st.DrawFn):
    """A draft, a question of the law, and facts close to what its clause needs."""
    name = draw(st.sampled_from(sorted(DRAFTS)))
    line = draw(st.sampled_from(lines()))
    return name, line, just(line) ^ facts_of(*draw(st.lists(st.sampled_from(FACTS), max_size=4, unique=True)))


@given(asked(), st.booleans())
def test_a_difference_is_exactly_where_the_decisions_differ(of, over):
    """Against the decisions themselves, of an agreement that runs and of one that is over."""
    name, line, holding = of
    changes = (("in_force_from = 2012-11-01", "last_day = 2027-03-31\nin_force_from = 2012-11-01"), DRAFTS[name])
    old, new = (ended(), draft(*changes)) if over else (leicester(), draft(DRAFTS[name]))
    for change in compare(old, new):
        caller = Caller(change.party, change.role, "a-client", "a-token")
        question = Question(caller, change.purpose, change.action, (change.subject,), AFTER, "", "")
        if (change.role, change.purpose, change.action) != (line.role, line.purpose, line.action):
            continue
        ends = [extent_of(decide(question, holding, each).rulings[0]) for each in (old, new)]
        meant = ("ended" if over else "in-force") in change.while_
        is_said = meant and any(each.has(holding) for each in change.difference.where)
        assert is_said == (meant and ends == [change.difference.before, change.difference.after])


@given(asked(), st.booleans())
def test_where_no_difference_is_said_the_decisions_are_the_same(of, over):
    name, line, holding = of
    changes = (("in_force_from = 2012-11-01", "last_day = 2027-03-31\nin_force_from = 2012-11-01"), DRAFTS[name])
    old, new = (ended(), draft(*changes)) if over else (leicester(), draft(DRAFTS[name]))
    key = (Role(line.role), Purpose(line.purpose), Action(line.action))
    (subject,) = {each for _, each in old.cells() if each == line.subject}
    found = [each for each in compare(old, new) if (each.role, each.purpose, each.action) == key]
    for party in parties_of(key[0]):
        told = any(
            (each.party, each.subject) == (party, subject)
            and ("ended" if over else "in-force") in each.while_
            and any(where.has(holding) for where in each.difference.where)
            for each in found
        )
        question = Question(Caller(party, key[0], "a-client", "a-token"), *key[1:], (subject,), AFTER, "", "")
        ends = [extent_of(decide(question, holding, each).rulings[0]) for each in (old, new)]
        assert told == (effect_of(*ends) is not None)


def test_one_extent_covers_another_only_if_it_opens_all_of_it():
    sent, drafts_too = frozenset({"sent"}), frozenset({"sent", "own-draft"})
    assert effect_of(Extent(("totals",), sent), Extent((), sent)) == "widens"
    assert effect_of(Extent((), sent), Extent(("totals",), sent)) == "narrows"
    assert effect_of(Extent((), sent), Extent((), drafts_too)) == "widens"
    assert effect_of(Extent(("totals",), drafts_too), Extent((), sent)) == "alters"
    assert effect_of(Extent((), drafts_too), Extent((), frozenset({"all"}))) == "widens"
    assert effect_of(None, None) is None
