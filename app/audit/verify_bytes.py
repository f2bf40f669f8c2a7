"""The verifier's own canonical JSON and its own tree; the writer has others."""

import json
from hashlib import sha256
from typing import Any

TILE_LEVELS = (8, 16, 24)


class NotCanonical(ValueError):
    """A text that the log's profile of RFC 8785 does not allow."""


def leaf_of(seq: int, recorded_at: str, text: str) -> bytes:
    """The hash of a leaf: place, time and the digest of the entry's bytes."""
    digest = sha256(text.encode()).hexdigest()
    return sha256(f"\0audit-leaf/v1\n{seq}\n{recorded_at}\n{digest}\n".encode()).digest()


class Tree:
    """RFC 6962 by a stack of (height, hash): not how the writer does it."""

    def __init__(self, stack: list[tuple[int, bytes]] | None = None) -> None:
        self.stack: list[tuple[int, bytes]] = stack or []

    def add(self, leaf: bytes) -> list[tuple[int, bytes]]:
        """Push a leaf; the full subtrees of the tiles' heights that it completes."""
        height, node, completed = 0, leaf, []
        while self.stack and self.stack[-1][0] == height:
            node = sha256(b"\x01" + self.stack.pop()[1] + node).digest()
            height += 1
            if height in TILE_LEVELS:
                completed.append((height, node))
        self.stack.append((height, node))
        return completed

    def root(self) -> bytes:
        """The hash of everything."""
        if not self.stack:
            return sha256(b"").digest()
        nodes = [node for _, node in self.stack]
        while len(nodes) > 1:
            right = nodes.pop()
            nodes[-1] = sha256(b"\x01" + nodes[-1] + right).digest()
        return nodes[0]


def joined(nodes: list[bytes]) -> bytes:
    """The root over a power of two of hashes."""
    while len(nodes) > 1:
        nodes = [sha256(b"\x01" + left + right).digest() for left, right in zip(nodes[::2], nodes[1::2], strict=True)]
    return nodes[0]


def _integer(digits: str) -> int:
    value = int(digits)
    if not -(2**53) < value < 2**53:
        raise NotCanonical("an integer beyond 2^53-1")
    return value


def _float(_digits: str) -> float:
    raise NotCanonical("a float")


_decode = json.JSONDecoder(parse_int=_integer, parse_float=_float, parse_constant=_float).decode
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False).encode


def canonical_value(text: str) -> Any:
    """The value of a canonical text. Duplicate keys, spaces, other orders and other escapes do not survive a round."""
    try:
        value = _decode(text)
    except (json.JSONDecodeError, RecursionError):
        raise NotCanonical("no JSON") from None
    if _encode(value) != text:
        raise NotCanonical("the same value has other canonical bytes")
    if "\\u0000" in text or not text.isascii():
        _refuse_strange(value)
    return value


def _refuse_strange(value: Any) -> None:
    if isinstance(value, str) and "\0" in value:
        raise NotCanonical("a U+0000")
    if isinstance(value, dict):
        for key, member in value.items():
            if not key.isascii() or "\0" in key:
                raise NotCanonical("a key that is not ASCII")
            _refuse_strange(member)
    if isinstance(value, list):
        for member in value:
            _refuse_strange(member)
