"""What an agreement may not say although its words are known: every fault, its place, and its remedy, and no other."""

import re

import pytest

from app.policies.checks import check_clauses
from app.policies.faults import Fault
from tests.policies.drafts import draft_text
from tests.policies.faulty import PARTS, PROHIBITION, at_last, found, part, unchecked
from tests.policies.test_load import added, changed, clause

LIMIT = dict.fromkeys(("roles", "purposes", "actions", "categories", "needs"), "") | {"effect": '"limit"'}


def without(table: str) -> str:
    """The file without one table."""
    return re.sub(rf"\[{re.escape(table)}\]\n(?:.+\n)+", "", draft_text())


def test_the_agreement_that_ships_has_no_fault():
    assert found(draft_text()) == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            changed("in_force_from = 2012-11-01", "last_day = 2012-11-01\nin_force_from = 2012-11-01"), id="of one day"
        ),
        pytest.param(without('facts."objection:identity"'), id="an objection to what is joint is not described"),
        pytest.param(added(clause(effect='"prohibit"', absolute="true", needs="")), id="a prohibition of its own"),
        pytest.param(added(PARTS + part(categories='["scores"]')), id="a clause of one part"),
        pytest.param(added(PARTS + part(categories="", registers='["staff"]')), id="a part about a register"),
        pytest.param(
            added(
                clause(roles='["therapist", "health-trainer"]', actions="", categories="")
                + part(roles='["health-trainer"]')
                + part(roles='["therapist"]')
            ),
            id="a part for each role",
        ),
        pytest.param(added(clause(**LIMIT, narrows='["H2"]', note='"A note."')), id="a limit with a note"),
        pytest.param(
            added(clause(roles='["auditor"]', parties='["health"]', purposes='["oversight"]')), id="one party"
        ),
        pytest.param(
            added(clause(needs='["service", "consent:scores"]', basis='["common law: consent to disclose"]')),
            id="consent, with the law that it is of",
        ),
    ],
)
def test_has_no_fault(text):
    assert found(text) == []


ONE_FAULT = [
    pytest.param(
        changed("in_force_from = 2012-11-01", "last_day = 2012-10-31\nin_force_from = 2012-11-01"),
        Fault(("last_day",), "the agreement ends before it begins", "give a `last_day` after `in_force_from`"),
        id="an end before the beginning",
    ),
    *(
        pytest.param(
            text,
            Fault(
                ("standing", place, "id"),
                "S1 to S5 do not each stand there once, in order",
                "write each of them once",
            ),
            id=name,
        )
        for text, place, name in (
            (changed('id = "S1"', 'id = "S2"'), 0, "the first standing condition is another"),
            (changed('id = "S4"', 'id = "S5"'), 3, "a standing condition twice"),
            (
                changed('[[clauses]]\nid = "A1"', '[[standing]]\nid = "S1"\ntext = "x"\n\n[[clauses]]\nid = "A1"'),
                5,
                "a sixth",
            ),
            (re.sub(r'\[\[standing\]\]\nid = "S5"\n.+\n', "", draft_text()), 0, "the last is left out"),
        )
    ),
    pytest.param(
        changed('[roles.therapist]\nparties = ["health"]', '[roles.therapist]\nparties = ["health", "justice"]'),
        Fault(
            ("roles", "therapist", "parties"), "role 'therapist' cannot be at party 'justice'", "its party is health"
        ),
        id="a role at a party where it cannot be",
    ),
    pytest.param(
        re.sub(r"(\[roles\.auditor\]\nparties = )\[.+\]", r'\1["commissioner"]', draft_text()),
        Fault(
            ("roles", "auditor", "parties"),
            "role 'auditor' cannot be at party 'commissioner'",
            "its party is health or justice",
        ),
        id="a role that can be at two others",
    ),
    *(
        pytest.param(
            without(f"facts.{key}"),
            Fault(
                ("facts",),
                f"'{fact}' is not described under [facts]",
                "describe it: a standing condition depends on it",
            ),
            id=f"{fact} is not described",
        )
        for key, fact in (
            ("employed", "employed"),
            ('"training:information-sharing"', "training:information-sharing"),
            ("excluded", "excluded"),
            ("restricted", "restricted"),
            ("listed", "listed"),
            ('"objection:offence"', "objection:offence"),
            ('"objection:notes"', "objection:notes"),
        )
    ),
    pytest.param(
        re.sub(r'(\[facts\."training:criminal-justice-data"\]\n(?:.+\n)*?)valid_months = .+\n', r"\1", draft_text()),
        Fault(
            ("facts", "training:criminal-justice-data"),
            "training 'training:criminal-justice-data' has no `valid_months`",
            "say how long it is valid",
        ),
        id="training that would never lapse",
    ),
    *(
        pytest.param(
            re.sub(rf'(\[facts\.{fact}\]\n(?:.+\n)*?)told_with = "never"', r'\1told_with = "identity"', draft_text()),
            Fault(
                ("facts", fact, "told_with"),
                f"'{fact}' would be told, and with it that access to the person is limited",
                'say `told_with = "never"`',
            ),
            id=f"{fact} would be told",
        )
        for fact in ("excluded", "restricted", "listed")
    ),
    *(
        pytest.param(
            re.sub(rf'(\[facts\."{fact}"\]\n(?:.+\n)*?)told_with = "consent"', r'\1told_with = "caller"', draft_text()),
            Fault(
                ("facts", fact, "told_with"),
                f"'{fact}' is about the person, not the caller",
                "name the category with which it is told",
            ),
            id=f"{fact} would be told to everybody",
        )
        for fact in ("consent:meeting", "objection:identity")
    ),
    pytest.param(
        added(clause(id='"A1"')),
        Fault(at_last("id"), "a second clause 'A1'", "give it a number of its own", "A1"),
        id="an id given twice",
    ),
    pytest.param(
        added(clause(id='"S5"')),
        Fault(at_last("id"), "'S5' is a standing condition", "give the clause a number of its own", "S5"),
        id="the id of a standing condition",
    ),
    pytest.param(
        added(clause(**LIMIT)),
        Fault(at_last(), "a limit narrows nothing", "name the clauses that it narrows in `narrows`", "Z1"),
        id="a limit on nothing",
    ),
    *(
        pytest.param(
            added(clause(**LIMIT, narrows=f'["H2", "{other}"]')),
            Fault(at_last("narrows"), f"'{other}' is no clause that permits", "name clauses that permit", "Z1"),
            id=f"a limit on {what}",
        )
        for other, what in (
            ("P3", "a prohibition"),
            ("H6", "a limit"),
            ("S1", "a standing condition"),
            ("Z9", "nothing"),
        )
    ),
    pytest.param(
        added(clause(**LIMIT, narrows='["H2"]', despite_end="true")),
        Fault(at_last("despite_end"), "a limit has no `despite_end`: it grants nothing", "leave it out", "Z1"),
        id="a limit that goes on despite the end",
    ),
    pytest.param(
        added(clause(narrows='["H2"]')),
        Fault(at_last("narrows"), "only a limit narrows other clauses", "leave `narrows` out", "Z1"),
        id="a permission that narrows",
    ),
    *(
        pytest.param(
            added(clause(**{key: ""})),
            Fault(at_last(), f"the clause has no `{key}` and so can never apply", f"add `{key}`", "Z1"),
            id=f"no {key}",
        )
        for key in ("roles", "purposes")
    ),
    pytest.param(
        added(clause(actions="")),
        Fault(at_last(), "it has no `actions` and so can never apply", "add `actions`", "Z1"),
        id="no actions",
    ),
    pytest.param(
        added(PARTS + part() + part(actions="", categories='["notes"]')),
        Fault(at_last("parts", 1), "it has no `actions` and so can never apply", "add `actions`", "Z1"),
        id="no actions in a part",
    ),
    pytest.param(
        added(PARTS + part() + part(categories="")),
        Fault(
            at_last("parts", 1),
            "it has neither `categories` nor `registers` and so can never apply",
            "add one of them",
            "Z1",
        ),
        id="nothing that a part is about",
    ),
    *(
        pytest.param(
            added(clause(**{"actions": "", "categories": "", key: value}) + part()),
            Fault(at_last(key), f"`{key}` stands beside parts", "move it into a part", "Z1"),
            id=f"{key} beside parts",
        )
        for key, value in (("actions", '["read"]'), ("categories", '["notes"]'), ("registers", '["staff"]'))
    ),
    pytest.param(
        added(PARTS + part() + part(roles='["health-trainer", "therapist"]', categories='["notes"]')),
        Fault(
            at_last("parts", 1, "roles"), "the clause is not for 'therapist'", "name the role in the clause too", "Z1"
        ),
        id="a part for a role that its clause is not for",
    ),
    pytest.param(
        added(clause(roles='["therapist", "health-trainer"]', actions="", categories="") + part(roles='["therapist"]')),
        Fault(at_last("roles"), "no part is for 'health-trainer'", "leave the role out or give it a part", "Z1"),
        id="a role for which there is no part",
    ),
    pytest.param(
        added(clause(effect='"prohibit"', needs="")),
        Fault(
            at_last(),
            "a prohibition that something could lift",
            "say `absolute = true`, or leave the grant out instead",
            "Z1",
        ),
        id="a prohibition that is not absolute",
    ),
    *(
        pytest.param(
            added(clause(**PROHIBITION | {key: value})),
            Fault(at_last(key), f"a prohibition has no `{key}`: nothing lifts it", "leave it out", "Z1"),
            id=f"a prohibition with {key}",
        )
        for key, value in (
            ("needs", '["service"]'),
            ("rows", '"all"'),
            ("fields", '"totals"'),
            ("despite_restriction", "true"),
            ("despite_objection", "true"),
            ("despite_end", "true"),
        )
    ),
    pytest.param(
        added(clause(**PROHIBITION | {"actions": "", "categories": ""}) + part() + part(needs='["service"]')),
        Fault(at_last("parts", 1, "needs"), "a prohibition has no `needs`: nothing lifts it", "leave it out", "Z1"),
        id="a part of a prohibition with needs",
    ),
    pytest.param(
        added(clause(absolute="true")),
        Fault(at_last("absolute"), "only a prohibition is absolute", "leave `absolute` out", "Z1"),
        id="a permission that is absolute",
    ),
    pytest.param(
        added(clause(needs='["service", "consent:scores"]', actions="", categories="") + part()),
        Fault(
            at_last("basis"),
            "the clause needs consent and its basis does not say of which law",
            "add 'common law: consent to disclose (not the UK GDPR basis)'",
            "Z1",
        ),
        id="consent in a clause with parts, without the law it is of",
    ),
    pytest.param(
        added(PARTS + part() + part(categories='["notes"]', needs='["consent:scores"]')),
        Fault(
            at_last("basis"),
            "the clause needs consent and its basis does not say of which law",
            "add 'common law: consent to disclose (not the UK GDPR basis)'",
            "Z1",
        ),
        id="consent in a part, without the law it is of",
    ),
]


@pytest.mark.parametrize(("text", "fault"), ONE_FAULT)
def test_has_one_fault(text, fault):
    assert found(text) == [fault]


def undescribed(begins: str) -> str:
    """The file without the table, or the line of a table, that begins so."""
    start = draft_text().index(begins)
    return draft_text()[:start] + draft_text()[draft_text().index("\n\n" if begins[0] == "[" else "\n", start) :] + "\n"


WORDS = [
    pytest.param("[roles.health-trainer]", "roles", "health-trainer", "[roles]", "", id="a role"),
    pytest.param("[parties.health]", "parties", "health", "[parties]", "", id="a party"),
    pytest.param("[purposes.direct-care]", "purposes", "direct-care", "[purposes]", "", id="a purpose"),
    pytest.param("[categories.scores]", "categories", "scores", "[categories]", " or use 'progress'", id="a category"),
    pytest.param("[registers.staff]", "registers", "staff", "[registers]", "", id="a register"),
    pytest.param("[facts.service]", "needs", "service", "[facts]", " or use 'supervised'", id="a fact"),
    pytest.param("totals = ", "fields", "totals", "[caveats]", "", id="a caveat"),
    pytest.param("own-draft = ", "rows", "own-draft", "[rows]", "", id="rows"),
]
OTHERS = {"roles": '["auditor"]', "purposes": '["oversight"]', "needs": ""}


@pytest.mark.parametrize(("begins", "key", "word", "table", "nearest"), WORDS)
def test_a_word_that_is_used_is_described(begins, key, word, table, nearest):
    """At the place where it is used, in a clause or in a part of one; the remedy names the nearest that there is."""
    uses = {key: f'"{word}"' if key in ("fields", "rows") else f'["{word}"]'}
    others = OTHERS | {"actions": '["read"]', "categories": '["notes"]'}
    texts = {at_last(key): clause(**others | uses)}
    if key not in ("parties", "purposes"):
        parts = part(categories='["notes"]') + part(**{"categories": '["notes"]'} | uses)
        texts[at_last("parts", 1, key)] = clause(**OTHERS, actions="", categories="") + parts
    for place, text in texts.items():
        faults = [
            each
            for each in check_clauses(unchecked(f"{undescribed(begins)}[[clauses]]\n{text}"))
            if each.place == place and "not described" in each.fault
        ]
        assert faults == [
            Fault(place, f"'{word}' is not described under {table}", f"describe it under {table}{nearest}", "Z1")
        ]


def test_a_clause_has_every_fault_that_it_has():
    text = added(clause(id='"S1"', roles="", actions="", narrows='["H2"]', absolute="true"))
    assert [(each.place, each.fault) for each in found(text)] == [
        (at_last("id"), "'S1' is a standing condition"),
        (at_last("narrows"), "only a limit narrows other clauses"),
        (at_last(), "the clause has no `roles` and so can never apply"),
        (at_last(), "it has no `actions` and so can never apply"),
        (at_last("absolute"), "only a prohibition is absolute"),
    ]


def test_what_a_limit_cannot_have_is_said_key_by_key():
    said = {"roles": '["therapist"]', "parties": '["health"]', "absolute": "true"}
    faults = found(added(clause(**LIMIT | said, narrows='["H2"]')))
    assert [each.place for each in faults] == [at_last("absolute"), at_last("parties"), at_last("roles")]
    assert {each.remedy for each in faults} == {"leave it out"}


def test_roles_without_a_part_are_said_in_order():
    several = clause(roles='["therapist", "health-trainer", "clinical-lead"]', actions="", categories="")
    faults = found(added(several + part(roles='["health-trainer"]')))
    assert [each.fault for each in faults] == ["no part is for 'clinical-lead'", "no part is for 'therapist'"]
