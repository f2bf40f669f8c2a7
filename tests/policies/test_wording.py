"""What the policy says to people, word for word: the agreement as shown, findings, faults, refusals and remedies."""

from datetime import date
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from app.policies import AgreementInvalid, CompiledAgreement, Explanation, explain, findings, load_agreement, render
from app.policies.load import read_agreement
from app.policies.schema import _known, _told_with
from app.vocabulary import Purpose, Question, Role
from tests.policies.asking import asks, decided, facts, leicester, standing
from tests.policies.drafts import draft, draft_text
from tests.policies.test_load import line_of, refused

CONSENT = "Ask the person whether they agree, and record what they say (E3); a no is as good an answer."
HIDDEN = "There may be a reason that cannot be given here."
GUARDIAN = "the Caldicott guardian of your organisation"


def shown(first: str, agreement: CompiledAgreement | None = None) -> list[str]:
    """The lines from the one that begins so, to the next empty one."""
    lines = list(render(agreement or leicester()))
    start = next(number for number, line in enumerate(lines) if line.startswith(first))
    return lines[start : lines.index("", start) if "" in lines[start:] else None]


def load(text: str) -> CompiledAgreement:
    """A text, compiled anew."""
    return CompiledAgreement(read_agreement(text, "draft.toml"))


def test_the_agreement_begins_with_its_title_its_term_and_its_parties():
    assert render(leicester())[:12] == (
        "Leicester Open Mind: information-sharing agreement between probation and talking therapy",
        f"Version 2012-11, digest {leicester().digest}",
        "In force from 2012-11-01, reviewed every 12 months",
        "",
        "Leicestershire Partnership NHS Trust (ODS RT5): Runs the Open Mind talking-therapy service.",
        "The Probation Service, Leicester (probation provider): Supervises the people whom the service",
        "treats.",
        "The commissioner of the service (ODS QK1): Pays for the service and sees figures alone.",
        "",
        "S1    A human caller needs to be employed in their role and trained in information sharing, a system",
        "      to be registered and not suspended, or nothing is permitted.",
        "S2    Prohibitions beat permissions. Nothing is permitted unless a clause permits it.",
    )


def test_a_last_day_is_shown_with_the_term():
    ends = draft(("in_force_from = 2012-11-01", "last_day = 2027-03-31\nin_force_from = 2012-11-01"))
    assert render(ends)[2] == "In force from 2012-11-01 to the end of 2027-03-31, reviewed every 12 months"


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(
            """\
E3    An offender manager records what a person on their caseload agrees to and objects to; a
      withdrawal is never refused to them.
      Note: What they record of sharing from health to justice takes effect with a signed form or a
      clinician's countersignature.
      Permits offender-manager for supervision
      needs caseload
      read, write: consent
      withdraw: consent
      also of a restricted record (announced where staff use it)
      also after this agreement has ended
      Basis: UK GDPR Art 6(1)(e); UK GDPR Art 9(2)(h)""",
            id="a note, parts, and lines that go on",
        ),
        pytest.param(
            """\
D4    While a sentence runs, and for as long as the person agrees, their offender manager may know
      the totals and severity bands of outcome measures, and never a single answer.
      Permits offender-manager for supervision
      read: scores
      needs caseload, supervised, consent:scores
      as far as: totals
      Basis: UK GDPR Art 6(1)(e); UK GDPR Art 9(2)(h); Crime and Disorder Act 1998 s115; common law:
        consent to disclose (not the UK GDPR basis)""",
            id="how far a category is open",
        ),
        pytest.param(
            """\
P3    Nobody of the justice party ever sees or writes clinical details, session notes or the
      clinician's record of safety: no clause, no consent and no emergency lifts this.
      Note: Read as every role at the justice party, its auditors and its Caldicott guardian among
      them: what is withheld most is withheld widest.
      Prohibits offender-manager, probation-lead, case-management-system, auditor, caldicott-
        guardian for direct-care, supervision, public-protection, emergency, oversight, subject-
        access, service-evaluation, records-sync
      read, write, create: clinical, notes, safety
      Basis: UK GDPR Art 9(1); common law: duty of confidentiality""",
            id="a prohibition",
        ),
        pytest.param(
            """\
P4    Whoever may see a safety alert acknowledges that they have seen it.
      Permits offender-manager, probation-lead for public-protection
      also of a restricted record (announced where staff use it)
      offender-manager: acknowledge: safety-alert
      needs caseload
      probation-lead: acknowledge: safety-alert
      Basis: UK GDPR Art 6(1)(d) or (e); UK GDPR Art 9(2)(c) or (g); common law: public-interest
        defence""",
            id="parts for one role each",
        ),
        pytest.param(
            """\
G3    A records officer gives a person who has asked for it everything that is held about them,
      without the names of third parties and without what a clinician has recorded as likely to
      cause serious harm.
      Permits records-officer for subject-access
      read: identity, contact, supervision, offence, risk, obligations, referral, attendance,
        progress, scores, clinical, notes, safety, safety-alert, meeting, consent
      needs subject-request
      as far as: third-parties-withheld
      referrals: all
      also of a restricted record (announced where staff use it)
      whatever the person objects to
      also after this agreement has ended
      Basis: UK GDPR Art 15; DPA 2018 s45""",
            id="rows, and everything that a clause goes on despite",
        ),
        pytest.param(
            """\
H6    A system's change feed carries only what the system may read now, and drops a person the
      moment that stops being so; the removal notice carries the receiver's own id alone.
      Narrows H2, H3, H4
      Basis: UK GDPR Art 5(1)(c)""",
            id="a limit",
        ),
    ],
)
def test_a_clause_is_shown_with_its_sentence_and_all_that_it_grants(lines):
    assert shown(lines[:6]) == lines.splitlines()


def test_a_part_for_several_roles_names_each_of_them():
    one, two = '["offender-manager"]\nactions = ["ack', '["probation-lead", "offender-manager"]\nactions = ["ack'
    assert "      probation-lead, offender-manager: acknowledge: safety-alert" in shown("P4", draft((one, two)))


def test_a_clause_in_full_width_stays_within_it():
    assert max(map(len, render(leicester())[3:])) == 100


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        pytest.param(date(2012, 10, 31), ("it is not in force before 2012-11-01",), id="the day before it begins"),
        pytest.param(date(2012, 11, 1), (), id="the day on which it begins"),
        pytest.param(date(2013, 6, 30), (), id="its last day"),
        pytest.param(
            date(2013, 7, 1), ("it ended with 2013-06-30: only what outlives it is permitted",), id="the day after"
        ),
        pytest.param(
            date(2013, 11, 2),
            (
                "a review was due on 2013-11-01: no later one is recorded",
                "it ended with 2013-06-30: only what outlives it is permitted",
            ),
            id="over, and not reviewed",
        ),
    ],
)
def test_what_there_is_to_say_of_an_agreement_today(today, expected):
    ends = draft(("in_force_from = 2012-11-01", "last_day = 2013-06-30\nin_force_from = 2012-11-01"))
    assert findings(ends, today) == expected


def test_words_that_no_clause_uses_are_found():
    idle = load(without("D3", "D4", without("G4", "G5")))
    assert findings(idle, date(2012, 11, 1)) == (
        "fact 'consent:progress' is described, and no clause needs it",
        "role 'commissioner' is described, and no clause is for it",
    )
    assert idle.purposes_of(Role.COMMISSIONER) == frozenset()
    assert idle.purposes_of(Role.AUDITOR) == {Purpose.OVERSIGHT}


def without(clause: str, following: str, text: str = "") -> str:
    """The text of the agreement without a clause, given the one after it."""
    text = text or draft_text()
    start, end = (text.index(f'[[clauses]]\nid = "{each}"') for each in (clause, following))
    return text[:start] + text[end:]


@pytest.mark.parametrize(
    ("text", "line", "fault"),
    [
        pytest.param("a = 1\nb = = 2\nc = 3\n", 2, "Invalid value", id="the line that is said"),
        pytest.param("a = 1\nb = [\n\n", 2, "Invalid value", id="the last line, where the end is what is wrong"),
        pytest.param("a = 1\na = 2\n", 2, "cannot overwrite a value", id="a key given twice"),
        pytest.param("[a]\n[b]\n[a]\n", 3, "cannot declare ('a',) twice", id="a table given twice"),
        pytest.param("a = [\n  \n", 2, "Invalid value", id="the last line, though nothing stands in it"),
        pytest.param("a = 1\nb", 2, "Expected '=' after a key in a key/value pair", id="half a line"),
    ],
)
def test_what_is_not_toml_is_refused_with_its_line(text, line, fault):
    invalid = refused(text)
    assert str(invalid) == f"draft.toml:{line}: not TOML: {fault}; correct the line"
    assert (invalid.file, invalid.line, invalid.clause) == ("draft.toml", line, None)
    assert (invalid.fault, invalid.remedy) == (f"not TOML: {fault}", "correct the line")


MISSPELT = draft_text(("review_months = 12", "review_month = 12"))
REVIEW = "unknown key 'review_month'; did you mean 'review_months'?"


@pytest.mark.parametrize(
    ("text", "where", "said"),
    [
        pytest.param("", "", "there is no `title`; add it", id="an empty file"),
        pytest.param(MISSPELT, "review_month ", REVIEW, id="a key"),
        pytest.param(MISSPELT.replace("\n", "\r\n"), "review_month ", REVIEW, id="a key, after a Windows line end"),
        pytest.param(
            draft_text(("talking therapy", "talking\u2028therapy"), ("review_months = 12", "review_month = 12")),
            "review_month ",
            REVIEW,
            id="a key, after a separator that ends no line of TOML",
        ),
        pytest.param(
            draft_text(('code = "ODS QK1"\n', "")),
            "[parties.commissioner]",
            "there is no `code`; add it",
            id="what is missing, at the block that it is missing from",
        ),
        pytest.param(draft_text() + "zz = 1\n", "zz", "clause I2: unknown key 'zz'; leave it out", id="no key is near"),
        pytest.param(
            draft_text(('basis = ["UK GDPR Art 6(1)(e)"', 'basis = [5, "UK GDPR Art 6(1)(e)"')),
            "basis = [5",
            "clause A1: `basis`: input should be a valid string; correct the value",
            id="one of several values",
        ),
        pytest.param(
            "clauses = [5]\n",
            "clauses",
            "`clauses`: input should be a valid dictionary or instance of Clause; correct the value",
            id="a clause that is no table",
        ),
        pytest.param(
            "clauses = 5\n", "clauses", "`clauses`: input should be a valid tuple; correct the value", id="no clauses"
        ),
        pytest.param(
            f"{draft_text()}\n[[clauses]]\nid = 5\n",
            "id = 5",
            "`id`: input should be a valid string; correct the value",
            id="a clause whose id is no text",
        ),
    ],
)
def test_a_fault_is_said_with_file_line_clause_and_remedy(text, where, said):
    assert str(refused(text)) == f"draft.toml:{line_of(text, where) if where else 1}: {said}"


def test_a_file_is_named_in_its_faults(tmp_path):
    for content, said in (
        (b'title = "x"\nversion = "\xe9"\n', ":2: the file is not UTF-8; save it as UTF-8"),
        (b"title = 1\n", ":1: `title`: input should be a valid string; correct the value"),
    ):
        path = tmp_path / "draft.toml"
        path.write_bytes(content)
        with pytest.raises(AgreementInvalid) as caught:
            load_agreement(path)
        assert (str(caught.value), caught.value.file) == (f"{path}{said}", str(path))


class Colour(StrEnum):
    """A closed set of words."""

    RED = "red"
    DARK_RED = "dark-red"
    GREEN = "green"


@pytest.mark.parametrize("word", Colour)
def test_a_word_of_the_vocabulary_is_that_word(word):
    known = _known(Colour)
    assert known(word) is word
    assert known(word.value) is word


@pytest.mark.parametrize(
    ("said", "message", "near"),
    [
        pytest.param("rde", "unknown colour 'rde'", "red", id="letters the wrong way round"),
        pytest.param("dark_red", "unknown colour 'dark_red'", "dark-red", id="the nearest of two"),
        pytest.param("RED", "unknown colour 'RED'", "", id="capitals are other letters"),
        pytest.param("blue", "unknown colour 'blue'", "", id="none is near"),
        pytest.param("r", "unknown colour 'r'", "red", id="half as near as can be"),
        pytest.param("", "unknown colour ''", "", id="nothing"),
        pytest.param(7, "unknown colour '7'", "", id="a number"),
        pytest.param(None, "unknown colour 'None'", "", id="no word at all"),
        pytest.param(["red"], "unknown colour '['red']'", "red", id="a list of words is no word"),
    ],
)
def test_any_other_word_is_refused_with_the_nearest(said, message, near):
    with pytest.raises(PydanticCustomError) as unknown:
        _known(Colour)(said)
    assert (unknown.value.type, unknown.value.message()) == ("unknown_word", message)
    assert unknown.value.context == {"word": str(said), "kind": "colour", "near": near}


@given(st.text())
def test_no_text_is_taken_for_a_word_that_it_is_not(text):
    if text in ("red", "dark-red", "green"):
        assert _known(Colour)(text).value == text
    else:
        with pytest.raises(PydanticCustomError):
            _known(Colour)(text)


@pytest.mark.parametrize("word", ["caller", "never", "identity", "safety-alert"])
def test_a_fact_is_told_to_the_caller_to_nobody_or_with_a_category(word):
    assert _told_with(word) == word
    assert type(_told_with(word)) is str


@pytest.mark.parametrize(
    ("said", "near"),
    [
        pytest.param("callar", "caller", id="the caller, misspelt"),
        pytest.param("safety_alert", "safety-alert", id="a category, misspelt"),
        pytest.param("always", "", id="none is near"),
        pytest.param(5, "", id="a number"),
    ],
)
def test_nothing_else_is_told_with(said, near):
    with pytest.raises(PydanticCustomError) as unknown:
        _told_with(said)
    assert unknown.value.type == "unknown_word"
    assert unknown.value.message() == f"unknown category, caller or never '{said}'"
    assert unknown.value.context == {"word": str(said), "kind": "category, caller or never", "near": near}


def refusal(question: Question, words: str, category: str, agreement: CompiledAgreement | None = None) -> Explanation:
    """Why one category is refused with the standing facts and these."""
    agreement = agreement or leicester()
    decision = decided(question, standing(question.caller.role) | facts(words), agreement)
    (found,) = (each for each in explain(decision, agreement) if each.subject.value == category)
    return found


def test_two_remedies_are_said_one_after_the_other_and_each_once():
    question = asks("offender-manager", "supervision", "read", "consent", "supervision", "identity", "progress")
    data = refusal(question, "", "progress").as_data()
    assert data["remedies"][-1] == {
        "text": f"Have the person allocated to your caseload, if you supervise them. {HIDDEN}",
        "ask": f"your probation lead; {GUARDIAN}",
        "facts": [],
    }
    own = refusal(asks("offender-manager", "supervision", "create", "referral"), "caseload", "referral").as_data()
    assert own["remedies"] == [
        {
            "text": f"Complete the mental health awareness training. {HIDDEN}",
            "ask": f"your line manager; {GUARDIAN}",
            "facts": [],
        }
    ]
    assert own["text"] == f"{leicester().sentence('D5')} {leicester().sentence('D6')}"


def test_where_nothing_may_be_said_it_is_said_whom_to_ask():
    question = asks("therapist", "direct-care", "read", "offence")
    held = "service training:criminal-justice-data authorised:criminal-justice"
    assert refusal(question, held, "offence").as_data() == {
        "category": "offence",
        "code": "undisclosed",
        "text": leicester().sentence("C2"),
        "clauses": ["C2"],
        "missing": [],
        "remedies": [{"text": HIDDEN, "ask": GUARDIAN, "facts": []}],
    }


def test_what_is_missing_of_ones_own_is_said_together():
    data = refusal(asks("therapist", "direct-care", "read", "risk"), "service", "risk").as_data()
    assert data["remedies"] == [
        {
            "text": "Complete the criminal-justice data training. Have the authorisation granted or renewed (A3). "
            + HIDDEN,
            "ask": f"your line manager; a probation lead; {GUARDIAN}",
            "facts": [],
        }
    ]


@pytest.mark.parametrize("lacking", ["employed", "training:information-sharing"])
def test_the_standing_condition_is_cited_where_either_half_is_missing(lacking):
    holding = (standing("offender-manager") | facts("caseload")) & ~facts(lacking)
    (found,) = explain(decided(asks("offender-manager", "supervision", "read", "identity"), holding), leicester())
    assert found.clauses == (("S1", leicester().sentence("S1")), ("A1", leicester().sentence("A1")))
    assert [each.fact.value for each in found.missing] == [lacking]


NARROWER = """
[[clauses]]
id = "Z1"
text = "A clause that needs more than B1, and goes on despite a restriction."
effect = "permit"
roles = ["therapist"]
purposes = ["direct-care"]
actions = ["read"]
categories = ["scores"]
needs = ["treating", "training:criminal-justice-data"]
despite_restriction = true
basis = ["UK GDPR Art 6(1)(e)"]
"""


def test_of_two_remedies_the_lesser_alone_is_said():
    wider = load(draft_text() + NARROWER)
    (found,) = explain(decided(asks("therapist", "direct-care", "read", "scores"), standing("therapist"), wider), wider)
    assert [clause for clause, _ in found.clauses] == ["B1", "Z1"]
    assert [each.fact.value for each in found.missing] == ["training:criminal-justice-data", "treating"]
    assert [[fact.value for fact in each.facts] for each in found.remedies] == [["treating"]]
