"""What the database keeps of the tree is enough for every proof, across full tiles and the ragged edge."""

from hashlib import sha256
from typing import Any

import pytest

from app.audit.ddl import SERVICE_ROLE
from app.audit.proofs import check_consistency, check_inclusion, consistency, inclusion, subtrees
from app.audit.tree import LogTree, NotThere
from app.db import Address, open_database
from tests.audit.logs import Owner

SIZES = (1, 2, 7, 128, 255, 256, 257, 299, 300)


async def test_every_proof_is_made_of_what_is_kept(filled: Address) -> None:
    """Inclusion in, and consistency between, trees of many sizes, of a log with a full tile."""
    leaves = [bytes(row[0]) for row in Owner(filled).rows("SELECT leaf_hash FROM log_entry ORDER BY seq")]
    database = open_database(filled, SERVICE_ROLE)
    tree = LogTree(database)
    try:
        roots = {size: (await tree.hashes([subtrees(0, size)]))[0] for size in SIZES}
        assert await tree.head() == (300, roots[300])
        for size in SIZES:
            for number in {0, 1, size // 2, size - 1}:
                if number < size:
                    path = await tree.hashes(inclusion(number, size))
                    check_inclusion(number, size, leaves[number], path, roots[size])
            for later in SIZES:
                if later >= size:
                    proof = await tree.hashes(consistency(size, later))
                    check_consistency(size, later, roots[size], roots[later], proof)
    finally:
        await database.close()


async def test_what_is_not_in_the_log_has_no_proof(filled: Address) -> None:
    """A tree that is larger than the log is somebody else's, or the log was cut."""
    database = open_database(filled, SERVICE_ROLE)
    try:
        with pytest.raises(NotThere, match="does not hold"):
            await LogTree(database).hashes(inclusion(3, 400))
        assert await LogTree(database).nodes([]) == {}
    finally:
        await database.close()


async def test_a_full_tile_is_made_once_and_never_taken_for_another(address: Address, owner: Owner) -> None:
    """It is looked up by its root, so that another log in its place, a restored backup say, is seen at once."""
    database = open_database(address, SERVICE_ROLE)
    looks, run = [], database._run

    async def counted(statement: Any, arguments: list[Any]) -> Any:
        rows = await run(statement, arguments)
        looks.append(len(rows))
        return rows

    database._run = counted
    tree, wanted = LogTree(database), [(8, 0), (9, 3), (12, 5), (15, 1)]
    try:
        owner.run(*_rows(owner, b"first"))
        first = await tree.nodes(wanted)
        assert first == {subtree: _over(b"first", *subtree) for subtree in wanted}
        assert await tree.nodes(wanted) == first
        assert looks == [256, 1]
        owner.tamper("DELETE FROM log_tile", *_rows(owner, b"second"))
        assert await tree.nodes(wanted) == {subtree: _over(b"second", *subtree) for subtree in wanted}
        assert looks == [256, 1, 1, 256]
    finally:
        await database.close()


def _tile(mark: bytes) -> list[tuple[int, int, bytes]]:
    """A full tile of 65,536 entries that nobody wrote, and its root."""
    return [(8, place, _over(mark, 8, place)) for place in range(256)] + [(16, 0, _over(mark, 16, 0))]


def _over(mark: bytes, level: int, place: int) -> bytes:
    if level == 8:
        return sha256(mark + bytes([place])).digest()
    below = (_over(mark, level - 1, 2 * place), _over(mark, level - 1, 2 * place + 1))
    return sha256(b"\1" + b"".join(below)).digest()


def _rows(owner: Owner, mark: bytes) -> list[str]:
    start, end = ("X'", "'") if owner.address.dialect == "sqlite" else ("decode('", "', 'hex')")
    return [
        f"INSERT INTO log_tile (level, number, root) VALUES ({level}, {place}, {start}{node.hex()}{end})"
        for level, place, node in _tile(mark)
    ]
