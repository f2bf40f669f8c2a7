"""What stands in an address: ids, as far as a text can be one at all."""

import re

_ID = re.compile(r"[0-9A-Za-z_-]{1,36}")
_NOBODYS = "no-record"
"""What is asked for in place of a text that cannot be an id: refused like any other that is not there."""


def id_in(path: str) -> str:
    """An id in an address, or one that nothing can have."""
    return path if _ID.fullmatch(path) else _NOBODYS
