"""The shapes of proofs over the log, for the OpenAPI document: hashes are SHA-256 in lower-case hex."""

from typing import Annotated

from pydantic import Field, StringConstraints

from app.services.shapes import Shape

Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class LeafSaid(Shape):
    """What the leaf says besides its number: it is `audit-leaf/v1`, the number, and these two, a line each."""

    recordedAt: str = Field(description="when the entry was recorded, as it stands in the leaf")  # noqa: N815  # as it stands in JSON
    entryDigest: Hash = Field(description="SHA-256 of the entry")  # noqa: N815  # as it stands in JSON


class InclusionProof(Shape):
    """RFC 6962, 2.1.1: that an entry is in the log's tree of so many entries."""

    number: int = Field(description="of the entry, from 0")
    size: int = Field(description="entries in the tree")
    leaf: LeafSaid
    leafHash: Hash = Field(description="SHA-256 of a zero byte and the leaf")  # noqa: N815  # as it stands in JSON
    hashes: list[Hash] = Field(description="the audit path, from the leaf's sibling up")
    root: Hash = Field(description="of the tree")


class ConsistencyProof(Shape):
    """RFC 6962, 2.1.2: that the log of `to` entries begins with the log of `from` entries."""

    from_: int = Field(alias="from", description="entries in the smaller tree")
    to: int = Field(description="entries in the larger tree")
    fromRoot: Hash = Field(description="of the smaller tree")  # noqa: N815  # as it stands in JSON
    toRoot: Hash = Field(description="of the larger tree")  # noqa: N815  # as it stands in JSON
    hashes: list[Hash]
