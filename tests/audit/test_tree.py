"""What the database keeps of the tree is enough for every proof, across full tiles and the ragged edge."""

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
