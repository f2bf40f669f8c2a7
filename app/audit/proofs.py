"""RFC 6962 proofs: which subtrees prove that an entry is in a log, or that a log has only grown; and their check.

A subtree is (level, place): the leaves from place << level on, 1 << level of them. Where their hashes come from is for
the caller to say.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from app.audit.merkle import EMPTY_ROOT, node_hash, root_of

Subtree = tuple[int, int]
Part = tuple[Subtree, ...]
"""One hash of a proof: perfect subtrees side by side, largest first, hashed up from the right."""


@dataclass(frozen=True, slots=True)
class Inclusion:
    """That a leaf is in a tree: its number, the tree's size and root, and the audit path from its sibling up."""

    number: int
    size: int
    root: bytes
    hashes: tuple[bytes, ...]


class ProofInvalid(ValueError):
    """The hashes do not prove it; the message says what they were to prove."""


def subtrees(start: int, stop: int) -> Part:
    """The perfect subtrees that make up the leaves from `start`, which is even enough, to before `stop`."""
    found = []
    while start < stop:
        level = (stop - start).bit_length() - 1
        found.append((level, start >> level))
        start += 1 << level
    return tuple(found)


def inclusion(number: int, size: int) -> list[Part]:
    """The audit path of a leaf in a tree, from its sibling up (2.1.1); ValueError if it is not in it."""
    if not 0 <= number < size:
        raise ValueError(f"leaf {number} is not in a tree of {size}")
    path: list[Part] = []
    start, stop = 0, size
    while stop - start > 1:
        middle = start + _split(stop - start)
        path.append(subtrees(middle, stop) if number < middle else subtrees(start, middle))
        start, stop = (start, middle) if number < middle else (middle, stop)
    return path[::-1]


def consistency(old: int, new: int) -> list[Part]:
    """The proof that a tree of `new` leaves begins with one of `old` (2.1.2); ValueError for a smaller one."""
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {new} is no later state of one of {old}")
    proof: list[Part] = []
    start, stop, is_whole = 0, new, True
    while 0 < old < new and old != stop:
        middle = start + _split(stop - start)
        if old <= middle:
            proof.append(subtrees(middle, stop))
            stop = middle
        else:
            proof.append(subtrees(start, middle))
            start, is_whole = middle, False
    if 0 < old < new and not is_whole:
        proof.append(subtrees(start, stop))
    return proof[::-1]


def hashes(parts: Sequence[Part], nodes: Mapping[Subtree, bytes] | Callable[[Subtree], bytes]) -> list[bytes]:
    """The hashes of a proof, each over its subtrees."""
    get = nodes.__getitem__ if isinstance(nodes, Mapping) else nodes
    return [root_of([get(subtree) for subtree in part]) for part in parts]


class Batch:
    """The subtrees of a tree that has just grown by some leaves, from its frontier before and those leaves alone.

    It costs next to nothing until something is asked of it, which is when no leaf is added any more.
    """

    def __init__(self, start: int, frontier: Sequence[bytes], leaves: Sequence[bytes]) -> None:
        self.start, self._frontier, self._leaves = start, tuple(frontier), leaves

    @property
    def size(self) -> int:
        """Leaves of the tree as it is now."""
        return self.start + len(self._leaves)

    def proof(self, number: int) -> Inclusion:
        """One of the new leaves in the tree as it is now, without a read; ValueError for one that was there before."""
        if number < self.start:
            raise ValueError(f"leaf {number} came before this batch")
        path = hashes(inclusion(number, self.size), self._node)
        return Inclusion(number, self.size, self._root, tuple(path))

    @cached_property
    def _root(self) -> bytes:
        return root_of([self._node(subtree) for subtree in subtrees(0, self.size)])

    @cached_property
    def _known(self) -> dict[Subtree, bytes]:
        return dict(zip(subtrees(0, self.start), self._frontier, strict=True))

    def _node(self, subtree: Subtree) -> bytes:
        level, place = subtree
        if level == 0 and place >= self.start:
            return self._leaves[place - self.start]
        known = self._known.get(subtree)
        if known is None:
            below = (level - 1, 2 * place), (level - 1, 2 * place + 1)
            known = self._known[subtree] = node_hash(*map(self._node, below))
        return known


def leads_to(number: int, size: int, leaf: bytes, path: Sequence[bytes]) -> bytes:
    """The root to which a path leads from the leaf's hash (RFC 9162, 2.1.3.2); ProofInvalid for a wrong length."""
    if not 0 <= number < size:
        raise ProofInvalid(f"leaf {number} is not in a tree of {size}")
    place, last, node = number, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise ProofInvalid("the path is too long")
        if place & 1 or place == last:
            node = node_hash(sibling, node)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        place, last = place >> 1, last >> 1
    if last:
        raise ProofInvalid("the path is too short")
    return node


def check_inclusion(number: int, size: int, leaf: bytes, path: Sequence[bytes], root: bytes) -> None:
    """ProofInvalid unless the path leads from the leaf's hash to the root."""
    if leads_to(number, size, leaf, path) != root:
        raise ProofInvalid(f"leaf {number} is not in the tree of {size} with this root")


def check_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """ProofInvalid unless the larger tree begins with the smaller one (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= new:
        raise ProofInvalid(f"a tree of {new} is no later state of one of {old}")
    if old in (0, new):
        is_same = old_root == (EMPTY_ROOT if old == 0 else new_root)
        if proof or not is_same:
            raise ProofInvalid(f"two trees of {old} have other roots" if not proof else "the proof is too long")
        return
    steps = list(proof) if old & (old - 1) else [old_root, *proof]
    if not steps:
        raise ProofInvalid("the proof is too short")
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    before = after = steps[0]
    for step in steps[1:]:
        if last == 0:
            raise ProofInvalid("the proof is too long")
        if place & 1 or place == last:
            before, after = node_hash(step, before), node_hash(step, after)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            after = node_hash(after, step)
        place, last = place >> 1, last >> 1
    if last or before != old_root or after != new_root:
        raise ProofInvalid(f"the tree of {new} does not begin with the tree of {old}")


def _split(size: int) -> int:
    """The largest power of two below a size."""
    return 1 << ((size - 1).bit_length() - 1)
