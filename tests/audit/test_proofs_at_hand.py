"""The proof of a batch at hand: every receipt can prove its entry at once, from what the transaction itself knew."""

import asyncio
from typing import Any

from app.audit.ddl import SERVICE_ROLE
from app.audit.entry import Entry
from app.audit.proofs import check_inclusion, subtrees
from app.audit.submission import EntryRefused, Receipt, Submission
from app.audit.tree import LogTree
from app.audit.writer import AuditLog
from app.db import Address, open_database
from tests.audit.logs import Owner, append_all, make_entry


async def check(address: Address, receipts: list[Receipt]) -> set[int]:
    """Each receipt's proof is of its own leaf, in a tree that the log has had; the sizes of those trees."""
    database, sizes = open_database(address, SERVICE_ROLE), set()
    try:
        for receipt in receipts:
            proof = receipt.proof()
            assert proof is not None
            assert proof.number == receipt.seq
            leaf = bytes.fromhex(receipt.leaf_hash)
            check_inclusion(receipt.seq, proof.size, leaf, proof.hashes, proof.root)
            assert await LogTree(database).hashes([subtrees(0, proof.size)]) == [proof.root]
            sizes.add(proof.size)
    finally:
        await database.close()
    return sizes


async def test_every_receipt_proves_its_entry(log: AuditLog, address: Address) -> None:
    """One alone, many at once, and more upon them."""
    batches = [await append_all(log, count) for count in (1, 64, 300)]
    sizes = await check(address, [receipt for receipts in batches for receipt in receipts])
    assert {1, 65, 365} <= sizes


async def test_what_was_refused_beside_it_is_in_no_proof(log: AuditLog, address: Address, owner: Owner) -> None:
    """A batch of which one submission fails when its entries were numbered already."""
    bad = make_entry(1)
    poisoned = Entry(bad.event_id, "no JSON", bad.digest, bad.salt, bad.person)
    entries = [make_entry(2), poisoned, make_entry(3), poisoned, make_entry(4)]
    done: list[Any] = await asyncio.gather(
        *(log.append(Submission((entry,))) for entry in entries), return_exceptions=True
    )
    assert [isinstance(one, EntryRefused) for one in done] == [False, True, False, True, False]
    good = [receipt for one in done if not isinstance(one, BaseException) for receipt in one]
    assert max(await check(address, good)) == 3 == owner.rows("SELECT size FROM log_head")[0][0]


async def test_an_entry_that_was_there_already_has_no_proof_at_hand(log: AuditLog) -> None:
    """It is asked for by its number."""
    entry = make_entry(1)
    (first,) = await log.append(Submission((entry,)))
    (again,) = await log.append(Submission((entry,)))
    assert again == first
    assert first.proof() is not None
    assert again.proof() is None
