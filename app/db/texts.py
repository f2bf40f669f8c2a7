"""What a statement's text shows: whether it can hand out rows at all."""

import re

PROTECTED = "protected"
"""The key in a table's `info` that says its rows may be read under a warrant alone."""

_WRITES_ALONE = re.compile(r"\s*INSERT\b(?!.*\b(?:SELECT|RETURNING)\b)", re.IGNORECASE | re.DOTALL)
_DEFINES = re.compile(r"\s*(?:CREATE|ALTER|DROP|PRAGMA|COMMENT|GRANT|REVOKE)\b(?!.*\bAS\s+SELECT\b)", re.I | re.S)


def reads(sql: str) -> bool:
    """Whether a statement may hand out rows; what only inserts or defines does not."""
    return not (_WRITES_ALONE.match(sql) or _DEFINES.match(sql))
