"""The RFC 6962 tree, kept by its frontier alone: one hash for each perfect subtree, largest first."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

WIDTH = 32
EMPTY_ROOT = sha256(b"").digest()
TILE_LEVELS = (8, 16, 24)
"""Heights of the subtrees whose roots are kept: full tiles of 256 leaves, of 256 such tiles, and so on."""


def leaf_data(seq: int, recorded_at: str, entry_digest: str) -> bytes:
    """What a leaf says: place, time and the hash of the entry; nothing personal."""
    return f"audit-leaf/v1\n{seq}\n{recorded_at}\n{entry_digest}\n".encode()


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf."""
    return sha256(b"\x00" + data).digest()


def leaf_hashes(first: int, recorded_at: str, entry_digests: Sequence[str]) -> list[bytes]:
    """The hashes of leaves that follow each other from a number on, each as `leaf_hash` of its `leaf_data`."""
    last = f"\n{recorded_at}\n"
    said = (f"\0audit-leaf/v1\n{seq}{last}{digest}\n" for seq, digest in enumerate(entry_digests, start=first))
    return [sha256(each.encode()).digest() for each in said]


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees."""
    return sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Tile:
    """The root of a full subtree: the `number`-th of its level."""

    level: int
    number: int
    root: bytes


@dataclass(slots=True)
class Tree:
    """A growing tree: its size and popcount(size) hashes."""

    size: int = 0
    frontier: list[bytes] = field(default_factory=list)

    @classmethod
    def at(cls, size: int, frontier: bytes) -> "Tree":
        """The tree as a head row holds it; ValueError where the two disagree."""
        if len(frontier) != WIDTH * size.bit_count():
            raise ValueError(f"a tree of {size} leaves has no frontier of {len(frontier)} bytes")
        return cls(size, [frontier[start : start + WIDTH] for start in range(0, len(frontier), WIDTH)])

    def append(self, leaf: bytes) -> list[Tile]:
        """Add a leaf's hash; the tiles that it completes."""
        return self.extend((leaf,))

    def extend(self, leaves: Sequence[bytes]) -> list[Tile]:
        """Add leaves' hashes, one after the other; the tiles that they complete."""
        tiles, frontier = [], self.frontier
        for size, leaf in enumerate(leaves, start=self.size):
            node, level, place = leaf, 0, size
            while place & 1:
                node = sha256(b"\x01" + frontier.pop() + node).digest()  # as `node_hash`, without the call
                level, place = level + 1, place >> 1
                if level in TILE_LEVELS:
                    tiles.append(Tile(level, place, node))
            frontier.append(node)
        self.size += len(leaves)
        return tiles

    def packed(self) -> bytes:
        """The frontier as a head row holds it."""
        return b"".join(self.frontier)

    def root(self) -> bytes:
        """The hash of the whole tree."""
        return root_of(self.frontier)


def root_of(frontier: Sequence[bytes]) -> bytes:
    """The root over perfect subtrees, largest first."""
    if not frontier:
        return EMPTY_ROOT
    root = frontier[-1]
    for subtree in reversed(frontier[:-1]):
        root = node_hash(subtree, root)
    return root
