"""Clauses put at the end of the agreement, and every fault that this makes of it."""

import tomllib

from app.policies.checks import check_clauses, check_terms
from app.policies.faults import Fault, Place
from app.policies.reach import check_reach
from app.policies.schema import Agreement
from tests.policies.drafts import draft_text
from tests.policies.test_load import clause

LAST = draft_text().count("[[clauses]]\n")
"""The number of the clause that `added` puts at the end."""


def unchecked(text: str) -> Agreement:
    """What a text says, before anything of it is checked."""
    return Agreement.model_validate(tomllib.loads(text))


def found(text: str) -> list[Fault]:
    """Everything that the first check to find something finds, in its order."""
    agreement = unchecked(text)
    checks = (check_terms, check_clauses, check_reach)
    return next((faults for check in checks if (faults := list(check(agreement)))), [])


def at_last(*place: str | int) -> Place:
    """A place in the clause at the end."""
    return ("clauses", LAST, *place)


def part(**said: str) -> str:
    """A part of the clause before it, with these lines in place of its own."""
    lines = {"actions": '["read"]', "categories": '["scores"]'} | said
    return "[[clauses.parts]]\n" + "".join(f"{key} = {value}\n" for key, value in lines.items() if value)


PARTS = clause(actions="", categories="")
PROHIBITION = {"effect": '"prohibit"', "absolute": "true", "needs": ""}
