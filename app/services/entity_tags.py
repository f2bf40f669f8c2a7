"""Entity tags: which version of a record somebody has read, so that nobody changes what they have not seen."""

from collections.abc import Mapping
from typing import Any

from app.gate import Unacceptable


def tag_of(row: Mapping[str, Any]) -> str:
    """The entity tag of a record's version."""
    return f'"{row["source_version"]}"'


def check_tag(current: str, tag: str | None) -> None:
    """Unacceptable without `tag` (If-Match), or if it names another version; for who may read the record alone."""
    if tag is None:
        raise Unacceptable("precondition-required", field="If-Match")
    if tag != "*" and current not in (each.strip() for each in tag.split(",")):
        raise Unacceptable("precondition-failed", field="If-Match")
