"""Proofs are RFC 6962's: made from subtrees, checked as RFC 9162 says, against the definition written out."""

from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.audit.merkle import EMPTY_ROOT, Tree
from app.audit.proofs import (
    Batch,
    ProofInvalid,
    check_consistency,
    check_inclusion,
    consistency,
    hashes,
    inclusion,
    subtrees,
)

# Certificate Transparency's reference proofs over the eight test leaves of the RFC's authors
LEAVES = [
    sha256(b"\0" + bytes.fromhex(each)).digest()
    for each in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
KNOWN_INCLUSION = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
SIZES = st.integers(0, 300)


def leaves(count: int) -> list[bytes]:
    return [sha256(b"\0" + str(number).encode()).digest() for number in range(count)]


def root(found: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1, as it is written there."""
    if len(found) < 2:
        return found[0] if found else EMPTY_ROOT
    middle = 1
    while middle * 2 < len(found):
        middle *= 2
    return sha256(b"\x01" + root(found[:middle]) + root(found[middle:])).digest()


def path(number: int, found: Sequence[bytes]) -> list[bytes]:
    """PATH of RFC 6962, 2.1.1, as it is written there."""
    if len(found) == 1:
        return []
    middle = 1
    while middle * 2 < len(found):
        middle *= 2
    if number < middle:
        return [*path(number, found[:middle]), root(found[middle:])]
    return [*path(number - middle, found[middle:]), root(found[:middle])]


def subproof(old: int, found: Sequence[bytes], is_whole: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962, 2.1.2, as it is written there."""
    if old == len(found):
        return [] if is_whole else [root(found)]
    middle = 1
    while middle * 2 < len(found):
        middle *= 2
    if old <= middle:
        return [*subproof(old, found[:middle], is_whole), root(found[middle:])]
    return [*subproof(old - middle, found[middle:], False), root(found[:middle])]


def node(found: Sequence[bytes]):
    return lambda subtree: root(found[subtree[1] << subtree[0] : (subtree[1] + 1) << subtree[0]])


@pytest.mark.parametrize(("case", "expected"), KNOWN_INCLUSION.items(), ids=str)
def test_inclusion_of_the_reference_leaves(case: tuple[int, int], expected: list[str]) -> None:
    """The proofs that certificate transparency's implementations are tested with."""
    number, size = case
    made = hashes(inclusion(number, size), node(LEAVES))
    assert [each.hex() for each in made] == expected
    check_inclusion(number, size, LEAVES[number], made, root(LEAVES[:size]))


@given(SIZES.filter(bool).flatmap(lambda size: st.tuples(st.integers(0, size - 1), st.just(size))))
def test_inclusion_is_the_definition_and_proves_that_leaf_alone(case: tuple[int, int]) -> None:
    """Any other leaf, place, size or hash is refused."""
    number, size = case
    found = leaves(size)
    made = hashes(inclusion(number, size), node(found))
    assert made == path(number, found)
    check_inclusion(number, size, found[number], made, root(found))
    wrong = [
        (number, size, bytes(32), made, root(found)),
        (number, size, found[number], made, bytes(32)),
        (number, size, found[number], [*made, bytes(32)], root(found)),
        (size, size, found[number], made, root(found)),
        (-1, size, found[number], made, root(found)),
    ]
    wrong += [(number, size, found[number], made[:-1], root(found))] if made else []
    wrong += [(number ^ 1, size, found[number], made, root(found))] if size > 1 else []
    for arguments in wrong:
        with pytest.raises(ProofInvalid):
            check_inclusion(*arguments)


@given(SIZES.flatmap(lambda new: st.tuples(st.integers(0, new), st.just(new))))
def test_consistency_is_the_definition_and_proves_growth_alone(case: tuple[int, int]) -> None:
    """A tree in which anything before was changed, or that is shorter, is refused."""
    old, new = case
    found = leaves(new)
    made = hashes(consistency(old, new), node(found))
    assert made == (subproof(old, found, True) if old else [])
    before, after = root(found[:old]), root(found)
    check_consistency(old, new, before, after, made)
    if old:
        with pytest.raises(ProofInvalid):
            check_consistency(old, new, bytes(32), after, made)
        changed = [bytes(32), *found[1:]]
        with pytest.raises(ProofInvalid):
            check_consistency(old, new, before, root(changed), hashes(consistency(old, new), node(changed)))
    for proof in ([*made, bytes(32)], made[:-1]) if made else ([bytes(32)],):
        with pytest.raises(ProofInvalid):
            check_consistency(old, new, before, after, proof)
    if old < new:
        with pytest.raises(ProofInvalid):
            check_consistency(new, old, after, before, made)
        with pytest.raises(ValueError, match="no later state"):
            consistency(new, old)


@given(st.integers(0, 700), st.integers(1, 60))
def test_a_batch_proves_its_leaves_without_a_read(before: int, count: int) -> None:
    """The frontier before it and its own leaves are enough."""
    found = leaves(before + count)
    tree = Tree()
    for leaf in found[:before]:
        tree.append(leaf)
    batch = Batch(before, tree.frontier, found[before:])
    for number in range(before, before + count):
        made = batch.proof(number)
        assert (made.number, made.size, made.root) == (number, before + count, root(found))
        check_inclusion(number, made.size, found[number], made.hashes, made.root)
    if before:
        with pytest.raises(ValueError, match="before this batch"):
            batch.proof(before - 1)


@given(SIZES)
def test_subtrees_make_up_the_whole(size: int) -> None:
    """Side by side, largest first, every leaf once."""
    covered = [leaf for level, place in subtrees(0, size) for leaf in range(place << level, (place + 1) << level)]
    assert covered == list(range(size))


@pytest.mark.parametrize("case", [(0, 0), (3, 3), (-1, 3)])
def test_a_leaf_outside_has_no_proof(case: tuple[int, int]) -> None:
    """It is asked for by mistake."""
    with pytest.raises(ValueError, match="is not in a tree of"):
        inclusion(*case)
