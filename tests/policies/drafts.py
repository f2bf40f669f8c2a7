"""Drafts: the agreement that ships with one thing changed in its text."""

from functools import cache

from app.policies import CompiledAgreement, compile_agreement
from app.policies.load import read_agreement
from tests.policies.clauses import FILE

WITHOUT_CONSENT = ('needs = ["caseload", "supervised", "consent:attendance"]', 'needs = ["caseload", "supervised"]')
D2_STOPPED_BY_OBJECTION = (
    'needs = ["caseload", "supervised", "mhtr"]\ndespite_objection = true',
    'needs = ["caseload", "supervised", "mhtr"]',
)
SINGLE_ANSWERS = ('fields = "totals"\n', "")
EMERGENCY_NOT_RESTRICTED = (
    'needs = ["break-glass"]\ndespite_restriction = true',
    'needs = ["break-glass"]',
)
LOG_ENDS = (
    'registers = ["audit-log"]\ndespite_restriction = true\ndespite_end = true',
    'registers = ["audit-log"]\ndespite_restriction = true',
)
LESS_PROHIBITED = ('categories = ["clinical", "notes", "safety"]', 'categories = ["clinical", "notes"]')
TRAINER_WITHOUT_CONSENT = ('needs = ["service", "consent:health-trainer"]', 'needs = ["service"]')
OTHER_WORDS = ("they treat and may see who", "they treat, and may see who")
DRAFTS = {
    "D1 without consent": WITHOUT_CONSENT,
    "D2 stopped by an objection": D2_STOPPED_BY_OBJECTION,
    "D4 with single answers": SINGLE_ANSWERS,
    "F1 stopped by a restriction": EMERGENCY_NOT_RESTRICTED,
    "G1 over with the agreement": LOG_ENDS,
    "P3 without safety": LESS_PROHIBITED,
    "E2 without consent": TRAINER_WITHOUT_CONSENT,
}


def draft_text(*changes: tuple[str, str]) -> str:
    """The text of the agreement after these changes; AssertionError for one that changes nothing."""
    text = FILE.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


@cache
def draft(*changes: tuple[str, str]) -> CompiledAgreement:
    """The agreement after these changes."""
    return compile_agreement(read_agreement(draft_text(*changes), "draft.toml"))
