"""A file with a fault is refused as a whole: where, in which clause, what is wrong, and what would put it right."""

import re

import pytest

from app.policies import AgreementInvalid, compile_agreement, load_agreement
from app.policies.load import digest_of, read_agreement
from tests.policies.clauses import FILE

TEXT = FILE.read_text(encoding="utf-8")
DIGEST = "f2e65758fca0e48ac4b219940713c8807431750e420de29a7684f82a2eedf7ba"


def changed(old: str, new: str, text: str = TEXT) -> str:
    """The file with one place changed, which has to be there."""
    assert old in text, old
    return text.replace(old, new, 1)


def line_of(text: str, part: str) -> int:
    """The line on which a part of the text last begins."""
    return text[: text.rindex(part)].count("\n") + 1


def in_clause(clause: str, old: str, new: str) -> str:
    """The file with one place of one clause changed."""
    start = TEXT.index(f'id = "{clause}"')
    return TEXT[:start] + changed(old, new, TEXT[start:])


def added(block: str) -> str:
    """The file with one more clause at its end."""
    return f"{TEXT}\n[[clauses]]\n{block}"


def refused(text: str) -> AgreementInvalid:
    """Why the file is refused."""
    with pytest.raises(AgreementInvalid) as caught:
        read_agreement(text, "draft.toml")
    assert caught.value.file == "draft.toml"
    assert str(caught.value).startswith(f"draft.toml:{caught.value.line}: ")
    assert caught.value.remedy in str(caught.value)
    return caught.value


CLAUSE = """id = "Z1"
text = "A clause for this test."
effect = "permit"
roles = ["health-trainer"]
purposes = ["direct-care"]
actions = ["read"]
categories = ["scores"]
needs = ["service"]
basis = ["UK GDPR Art 6(1)(e)"]
"""


def clause(**said: str) -> str:
    """A clause that adds something to the agreement, with these lines in place of its own; empty takes a line out."""
    lines = dict(line.split(" = ", 1) for line in CLAUSE.splitlines())
    lines |= said
    return "\n".join(f"{key} = {value}" for key, value in lines.items() if value) + "\n"


def test_the_clause_of_these_tests_is_good():
    assert read_agreement(added(clause()), "draft.toml").clauses[-1].id == "Z1"


CASES = [
    pytest.param(
        changed("in_force_from = 2012-11-01", "in_force_from = = 1"),
        "in_force_from = =",
        None,
        "not TOML: Invalid value",
        "correct the line",
        id="a syntax error, with its line",
    ),
    pytest.param(
        changed("review_months = 12", "review_month = 12"),
        "review_month =",
        None,
        "unknown key 'review_month'",
        "did you mean 'review_months'?",
        id="an unknown key, with the nearest",
    ),
    pytest.param(
        in_clause("D1", "needs =", "need ="),
        'need = ["caseload", "supervised", "consent:attendance"]',
        "D1",
        "unknown key 'need'",
        "did you mean 'needs'?",
        id="an unknown key of a clause",
    ),
    pytest.param(
        added(clause(roles='["health-trainor"]')),
        'roles = ["health-trainor"]',
        "Z1",
        "unknown role 'health-trainor'",
        "did you mean 'health-trainer'?",
        id="an unknown role",
    ),
    pytest.param(
        added(clause(purposes='["direct-car"]')),
        'purposes = ["direct-car"]',
        "Z1",
        "unknown purpose 'direct-car'",
        "did you mean 'direct-care'?",
        id="an unknown purpose",
    ),
    pytest.param(
        added(clause(actions='["reed"]')),
        'actions = ["reed"]',
        "Z1",
        "unknown action 'reed'",
        "did you mean 'read'?",
        id="an unknown action",
    ),
    pytest.param(
        added(clause(categories='["score"]')),
        'categories = ["score"]',
        "Z1",
        "unknown category 'score'",
        "did you mean 'scores'?",
        id="an unknown category",
    ),
    pytest.param(
        added(clause(categories="", registers='["stuff"]')),
        'registers = ["stuff"]',
        "Z1",
        "unknown register 'stuff'",
        "did you mean 'staff'?",
        id="an unknown register",
    ),
    pytest.param(
        added(clause(needs='["servise"]')),
        'needs = ["servise"]',
        "Z1",
        "unknown fact 'servise'",
        "did you mean 'service'?",
        id="an unknown fact",
    ),
    pytest.param(
        added(clause(needs='["*"]')),
        'needs = ["*"]',
        "Z1",
        "unknown fact '*'",
        "use a word of the vocabulary",
        id="a wildcard is no word",
    ),
    pytest.param(
        added(clause(fields='"total"')),
        'fields = "total"',
        "Z1",
        "unknown caveat 'total'",
        "did you mean 'totals'?",
        id="an unknown caveat",
    ),
    pytest.param(
        added(clause(rows='"sant"')),
        'rows = "sant"',
        "Z1",
        "unknown rows 'sant'",
        "did you mean 'sent'?",
        id="unknown rows",
    ),
    pytest.param(
        added(clause(effect='"permitt"')),
        'effect = "permitt"',
        "Z1",
        "unknown effect 'permitt'",
        "did you mean 'permit'?",
        id="an unknown effect",
    ),
    pytest.param(
        changed('told_with = "caller"', 'told_with = "callar"'),
        'told_with = "callar"',
        None,
        "unknown category, caller or never 'callar'",
        "did you mean 'caller'?",
        id="an unknown audience",
    ),
    pytest.param(
        added(clause(text="")),
        '[[clauses]]\nid = "Z1"',
        "Z1",
        "there is no `text`",
        "add it",
        id="a clause without its sentence",
    ),
    pytest.param(
        added(clause(text='" "')),
        'text = " "',
        "Z1",
        "`text`: string should match pattern '\\S'",
        "correct the value",
        id="a clause with an empty sentence",
    ),
    pytest.param(
        added(clause(basis="")),
        '[[clauses]]\nid = "Z1"',
        "Z1",
        "there is no `basis`",
        "add it",
        id="a clause without its lawful basis",
    ),
    pytest.param(
        added(clause(basis="[]")),
        "basis = []",
        "Z1",
        "`basis` is empty, and empty means refuse",
        "name at least one, or leave the clause out",
        id="an empty lawful basis",
    ),
    pytest.param(
        added(clause(roles="[]")),
        "roles = []",
        "Z1",
        "`roles` is empty, and empty means refuse",
        "name at least one, or leave the clause out",
        id="empty roles",
    ),
    pytest.param(
        added(clause(actions="[]")),
        "actions = []",
        "Z1",
        "`actions` is empty, and empty means refuse",
        "name at least one, or leave the clause out",
        id="empty actions",
    ),
    pytest.param(
        added(clause(categories="[]")),
        "categories = []",
        "Z1",
        "`categories` is empty, and empty means refuse",
        "name at least one, or leave the clause out",
        id="empty categories",
    ),
    pytest.param(
        added(clause(needs="[]")),
        "needs = []",
        "Z1",
        "`needs` is empty, and empty means refuse",
        "name at least one, or leave the clause out",
        id="empty needs",
    ),
    pytest.param(
        added(clause(roles="")),
        '[[clauses]]\nid = "Z1"',
        "Z1",
        "the clause has no `roles` and so can never apply",
        "add `roles`",
        id="absent roles do not mean everybody",
    ),
    pytest.param(
        added(clause(purposes="")),
        '[[clauses]]\nid = "Z1"',
        "Z1",
        "the clause has no `purposes` and so can never apply",
        "add `purposes`",
        id="absent purposes do not mean any",
    ),
    pytest.param(
        added(clause(actions="")),
        '[[clauses]]\nid = "Z1"',
        "Z1",
        "it has no `actions` and so can never apply",
        "add `actions`",
        id="absent actions do not mean any",
    ),
    pytest.param(
        added(clause(categories="")),
        '[[clauses]]\nid = "Z1"',
        "Z1",
        "it has neither `categories` nor `registers` and so can never apply",
        "add one of them",
        id="absent categories do not mean all",
    ),
    pytest.param(
        added(clause(roles='["health-trainer", "health-trainer"]')),
        'roles = ["health-trainer", "h',
        "Z1",
        "`roles` names something twice",
        "name each once",
        id="a role named twice",
    ),
    pytest.param(
        added(clause(id='"D1"')),
        'id = "D1"\ntext = "A clause',
        "D1",
        "a second clause 'D1'",
        "give it a number of its own",
        id="an id given twice",
    ),
    pytest.param(
        added(clause(id='"D01"')),
        'id = "D01"',
        "D01",
        "`id`: string should match pattern '^[A-Z][1-9][0-9]?$'",
        "correct the value",
        id="an id that looks like another",
    ),
    pytest.param(
        added(clause(id='"S1"')),
        'id = "S1"\ntext = "A clause',
        "S1",
        "'S1' is a standing condition",
        "give the clause a number of its own",
        id="the id of a standing condition",
    ),
    pytest.param(
        changed('id = "S2"', 'id = "S3"'),
        'id = "S3"\ntext = "Prohibitions',
        None,
        "S1 to S5 do not each stand there once, in order",
        "write each of them once",
        id="a standing condition that is not there",
    ),
    pytest.param(
        changed('[roles.therapist]\nparties = ["health"]', '[roles.therapist]\nparties = ["justice"]'),
        'parties = ["justice"]\ntext = "Treats the people',
        None,
        "role 'therapist' cannot be at party 'justice'",
        "its party is health",
        id="a role at a party where it cannot be",
    ),
    pytest.param(
        added(clause(parties='["justice"]')),
        'parties = ["justice"]\n',
        "Z1",
        "'health-trainer' is at none of the clause's parties, and so the clause can never apply to them",
        "leave out the role or add its party",
        id="a clause for a party where its role cannot be",
    ),
    pytest.param(
        added(clause(needs='["service", "excluded"]')),
        'needs = ["service", "excluded"]',
        "Z1",
        "it needs 'excluded', at which S3 or S4 withholds, and so can never apply",
        "leave it out; the standing conditions see to it",
        id="a need that S3 forbids",
    ),
    pytest.param(
        added(clause(needs='["restricted"]')),
        'needs = ["restricted"]',
        "Z1",
        "it needs 'restricted', at which S3 or S4 withholds, and so can never apply",
        "leave it out; the standing conditions see to it",
        id="a need that is a restriction",
    ),
    pytest.param(
        added(clause(needs='["objection:scores"]')),
        'needs = ["objection:scores"]',
        "Z1",
        "it needs 'objection:scores', at which S3 or S4 withholds, and so can never apply",
        "leave it out; the standing conditions see to it",
        id="a need that is an objection",
    ),
    pytest.param(
        added(clause(needs='["caseload"]')),
        'needs = ["caseload"]',
        "Z1",
        "'caseload' is never true of 'health-trainer', and so the clause can never apply to them",
        "leave out the role or the need",
        id="a need that its role can never meet",
    ),
    pytest.param(
        added(
            clause(roles='["clinical-system"]', purposes='["records-sync"]', needs='["training:information-sharing"]')
        ),
        'needs = ["training:information-sharing"]\nbasis = ["UK GDPR Art 6(1)(e)"]\n',
        "Z1",
        "'training:information-sharing' is never true of 'clinical-system', and so the clause can never apply to them",
        "leave out the role or the need",
        id="training asked of a system",
    ),
    pytest.param(
        added(clause(roles='["offender-manager"]', categories='["notes"]', needs="")),
        '[[clauses]]\nid = "Z1"',
        "Z1",
        "all that it permits 'offender-manager' is prohibited by P3, and so it can never apply",
        "leave out the role or the categories",
        id="a permission that is wholly prohibited",
    ),
    pytest.param(
        added(clause(roles='["therapist"]', categories='["referral"]', needs='["treating"]')),
        '[[clauses]]\nid = "Z1"',
        "Z1",
        "it permits nothing that clause B1 does not permit already",
        "leave it out, or say what it adds",
        id="a clause that another makes redundant",
    ),
    pytest.param(
        added(clause(roles='["therapist"]', categories='["scores"]', needs='["treating", "supervised"]')),
        '[[clauses]]\nid = "Z1"',
        "Z1",
        "it permits nothing that clause B1 does not permit already",
        "leave it out, or say what it adds",
        id="a clause that only needs more than another",
    ),
    pytest.param(
        added(clause(roles='["records-officer"]', purposes='["subject-access"]', needs="", fields='"totals"')),
        'fields = "totals"\n',
        "Z1",
        "'scores' is under two caveats, by clauses G3 and Z1",
        "give both the same caveat",
        id="two caveats on one thing",
    ),
    pytest.param(
        added(clause(effect='"prohibit"', needs="", categories='["scores"]')),
        '[[clauses]]\nid = "Z1"',
        "Z1",
        "a prohibition that something could lift",
        "say `absolute = true`, or leave the grant out instead",
        id="a prohibition that is not absolute",
    ),
    pytest.param(
        added(clause(effect='"prohibit"', absolute="true")),
        'needs = ["service"]\nbasis = ["UK GDPR Art 6(1)(e)"]\nabsolute',
        "Z1",
        "a prohibition has no `needs`: nothing lifts it",
        "leave it out",
        id="a prohibition with needs",
    ),
    pytest.param(
        added(clause(absolute="true")),
        "absolute = true\n",
        "Z1",
        "only a prohibition is absolute",
        "leave `absolute` out",
        id="a permission that is absolute",
    ),
    pytest.param(
        added(clause(effect='"limit"', narrows='["H2"]')),
        'roles = ["health-trainer"]',
        "Z1",
        "a limit has no `roles`: it grants nothing",
        "leave it out",
        id="a limit that grants",
    ),
    pytest.param(
        changed('narrows = ["H2", "H3", "H4"]', 'narrows = ["H2", "Q9"]'),
        'narrows = ["H2", "Q9"]',
        "H6",
        "'Q9' is no clause that permits",
        "name clauses that permit",
        id="a limit on a clause that is not there",
    ),
    pytest.param(
        added(clause(needs='["service", "consent:scores"]')),
        'basis = ["UK GDPR Art 6(1)(e)"]\n',
        "Z1",
        "the clause needs consent and its basis does not say of which law",
        "add 'common law: consent to disclose (not the UK GDPR basis)'",
        id="consent without the law it is of",
    ),
    pytest.param(
        added(clause(actions='["read"]') + '[[clauses.parts]]\nactions = ["read"]\ncategories = ["notes"]\n'),
        'actions = ["read"]\ncategories = ["scores"]',
        "Z1",
        "`actions` stands beside parts",
        "move it into a part",
        id="a grant beside parts",
    ),
    pytest.param(
        in_clause("P4", 'roles = ["offender-manager"]', 'roles = ["therapist"]'),
        'roles = ["therapist"]\nactions = ["acknowledge"]',
        "P4",
        "the clause is not for 'therapist'",
        "name the role in the clause too",
        id="a part for a role that its clause is not for",
    ),
    pytest.param(
        changed("[rows]\n", '[rows]\n"mine" = "Mine."\n'),
        '"mine"',
        None,
        "unknown rows 'mine'",
        "use a word of the vocabulary",
        id="rows that nothing can select",
    ),
    pytest.param(
        re.sub(r"\[roles\.health-trainer\]\n.*\n.*\n", "", TEXT),
        'roles = ["health-trainer"]',
        "E2",
        "'health-trainer' is not described under [roles]",
        "describe it under [roles]",
        id="a role that is used and not described",
    ),
    pytest.param(
        changed("in_force_from = 2012-11-01", "last_day = 2012-10-31\nin_force_from = 2012-11-01"),
        "last_day = ",
        None,
        "the agreement ends before it begins",
        "give a `last_day` after `in_force_from`",
        id="an end before the beginning",
    ),
    pytest.param(
        changed("review_months = 12", 'review_months = "12"'),
        "review_months =",
        None,
        "`review_months`: input should be a valid integer",
        "correct the value",
        id="a number as a text",
    ),
    pytest.param(
        changed("in_force_from = 2012-11-01", 'in_force_from = "2012-11-01"'),
        "in_force_from =",
        None,
        "`in_force_from`: input should be a valid date",
        "correct the value",
        id="a date as a text",
    ),
    pytest.param(
        in_clause("D2", "despite_objection = true", "despite_objection = 1"),
        "despite_objection = 1",
        "D2",
        "`despite_objection`: input should be a valid boolean",
        "correct the value",
        id="a flag that is a number",
    ),
    pytest.param(
        TEXT.replace('told_with = "never"', 'told_with = "consent"', 1),
        'told_with = "consent"\n\n[facts.excluded]',
        None,
        "'listed' would be told, and with it that access to the person is limited",
        'say `told_with = "never"`',
        id="a limit on access that would be told",
    ),
    pytest.param(
        re.sub(r'(\[facts\."consent:scores"\]\n(?:.+\n)*?)told_with = "consent"', r'\1told_with = "caller"', TEXT),
        'told_with = "caller"\n\n[facts."consent:offence"]',
        None,
        "'consent:scores' is about the person, not the caller",
        "name the category with which it is told",
        id="a consent that everybody would be told",
    ),
    pytest.param(
        re.sub(r'\[facts\."objection:scores"\]\n(?:.+\n)*', "", TEXT),
        "[facts.employed]",
        None,
        "'objection:scores' is not described under [facts]",
        "describe it: a standing condition depends on it",
        id="a fact of a standing condition that is not described",
    ),
    pytest.param(
        changed("valid_months = 12\n", ""),
        '[facts."training:information-sharing"]',
        None,
        "training 'training:information-sharing' has no `valid_months`",
        "say how long it is valid",
        id="training that would never lapse",
    ),
    pytest.param(
        changed('code = "ODS QK1"', 'code = "ODS QK1"\nid = "Q"'),
        'id = "Q"',
        None,
        "key 'id' does not belong here",
        "move it to where it belongs, or leave it out",
        id="a key that belongs somewhere else",
    ),
    pytest.param(
        re.sub(r"\[parties\.commissioner\]\n(?:.+\n)*", "", TEXT),
        'parties = ["commissioner"]',
        None,
        "'commissioner' is not described under [parties]",
        "describe it under [parties]",
        id="a role at a party that is not described",
    ),
    pytest.param(
        changed("review_months = 12", "review_months = 12\nlast_day = 9999-12-31"),
        "last_day = 9999-12-31",
        None,
        "`last_day`: input should be less than or equal to 2199-12-31",
        "correct the value",
        id="a day after which there is none",
    ),
    pytest.param(
        changed("valid_months = 24", "valid_months = 24000000"),
        "valid_months = 24000000",
        None,
        "`valid_months`: input should be less than or equal to 1200",
        "correct the value",
        id="months beyond all days",
    ),
    pytest.param(
        changed("review_months = 12", f"review_months = {'9' * 5000}"),
        "review_months = 9",
        None,
        "the line has more than 2000 characters",
        "break it into several",
        id="a number that nobody can read",
    ),
    *(
        pytest.param(
            changed("\n[parties.health]", f"\n\nnested = {text}\n[parties.health]"),
            "nested = ",
            None,
            "values are nested too deeply",
            "write it as the other blocks are written",
            id=f"nested beyond all depth, {kind}",
        )
        for kind, text in {
            "lists": f"{'[' * 900}{']' * 900}",
            "tables": f"{'{a=' * 450}1{'}' * 450}",
            "lists that never end": "[" * 1900,
        }.items()
    ),
    pytest.param(
        changed("\n[parties.health]", "\nmany = [\n" + "1,\n" * 9000 + "]\n[parties.health]"),
        "many = [",
        None,
        "unknown key 'many'",
        "leave it out",
        id="a list of many lines",
    ),
]


@pytest.mark.parametrize(("text", "where", "clause", "fault", "remedy"), CASES)
def test_refuses(text, where, clause, fault, remedy):
    invalid = refused(text)
    assert (invalid.fault, invalid.remedy, invalid.clause) == (fault, remedy, clause)
    assert invalid.line == line_of(text, where), invalid


def test_refuses_what_is_not_utf8(tmp_path):
    file = tmp_path / "latin.toml"
    file.write_bytes(b'title = "x"\nversion = "\xe9"\n')
    with pytest.raises(AgreementInvalid) as caught:
        load_agreement(file)
    assert (caught.value.file, caught.value.line, caught.value.fault) == (str(file), 2, "the file is not UTF-8")


def test_the_digest_of_what_was_signed_is_pinned():
    assert digest_of(read_agreement(TEXT, "x")) == DIGEST


def test_the_digest_is_of_what_is_said_and_not_of_how_it_is_written():
    bare = "\n".join(line.split(" #")[0].rstrip() for line in TEXT.splitlines() if line.strip() and line[0] != "#")
    assert digest_of(read_agreement(bare, "x")) == DIGEST
    spaced = TEXT.replace(" = ", "   =  ").replace("\n[[clauses]]", "\n\n\n[[clauses]]")
    assert digest_of(read_agreement(spaced, "x")) == DIGEST
    start = TEXT.index('[[clauses]]\nid = "A1"')
    head, body = TEXT[:start], TEXT[start:]
    first, rest = body.split("\n\n", 1)
    lines = first.splitlines()
    reordered = "\n".join([lines[0], *reversed(lines[1:])])
    assert digest_of(read_agreement(f"{head}{reordered}\n\n{rest}", "x")) == DIGEST
    explicit = in_clause("D1", "needs =", "despite_restriction = false\nneeds =")
    assert digest_of(read_agreement(explicit, "x")) == DIGEST


@pytest.mark.parametrize(
    "text",
    [
        changed("reviewed within two working days", "reviewed within three working days"),
        in_clause("D1", '"caseload", ', ""),
        in_clause("D1", "basis =", "despite_end = true\nbasis ="),
        changed("review_months = 12", "review_months = 6"),
        changed('told_with = "consent"', 'told_with = "supervision"'),
    ],
    ids=["a sentence", "a need", "a flag", "the term", "who is told"],
)
def test_the_digest_changes_with_anything_that_is_said(text):
    assert digest_of(read_agreement(text, "x")) != DIGEST


def test_compiling_the_same_file_twice_decides_alike():
    one, other = (compile_agreement(read_agreement(TEXT, "x")) for _ in range(2))
    assert one.digest == other.digest == DIGEST
