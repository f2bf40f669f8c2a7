"""Answers as bytes, made once: what is hashed into the log is exactly what is sent."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json

from app.audit.submission import Receipt
from app.policies import Explanation


@dataclass(frozen=True, slots=True)
class Answer:
    """A JSON document, and the receipt of the entry that says it was given; of a list, those of its entries.

    `tag` is the entity tag of what can be changed.
    """

    body: bytes
    receipt: Receipt | Sequence[Receipt] | None = None
    tag: str | None = None

    @property
    def receipts(self) -> Sequence[Receipt]:
        """In the order of the log; none for what is published."""
        return (self.receipt,) if isinstance(self.receipt, Receipt) else self.receipt or ()


def document(content: Mapping[str, Any]) -> bytes:
    """JSON; dates as yyyy-MM-dd, moments in UTC with their offset."""
    return to_json(content)


def reasons(withheld: Iterable[Explanation]) -> list[dict[str, Any]]:
    """`withheld` as an answer carries it."""
    return [each.as_data() for each in withheld]


def page(rows: Sequence[bytes], after: str | None, size: int) -> bytes:
    """A list as probation APIs give it: the rows, and where to go on; never a total."""
    pagination = to_json({"next": after, "pageSize": size})
    return b'{"data":[' + b",".join(rows) + b'],"pagination":' + pagination + b"}"
