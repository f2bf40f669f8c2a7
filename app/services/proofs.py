"""Proofs over the log for anybody who asks: hashes, places and times, and nothing of what the entries say."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from app.audit.checkpoint import Checkpoint
from app.audit.leaves import Leaf, Leaves
from app.audit.merkle import leaf_hash
from app.audit.proof_file import proof_file
from app.audit.proofs import Inclusion, consistency, inclusion, leads_to, subtrees
from app.audit.signed_note import Note
from app.audit.tiles import TilePath, bundle
from app.audit.tree import LogTree, NotThere
from app.gate import Gate, Unacceptable
from app.services.answers import Answer, document


class Checkpointed(Protocol):
    """What the log has signed of itself."""

    async def latest(self) -> Note | None:
        """The newest checkpoint, with the cosignatures that are known."""
        ...

    async def covering(self, size: int) -> Note | None:
        """The first checkpoint over so many entries or more."""
        ...


class ProofService:
    """Makes proofs; a few reads of 256 hashes each, however long the log is. It leaves no entry."""

    def __init__(self, gate: Gate, checkpoints: Checkpointed | None = None) -> None:
        self._checkpoints = checkpoints
        self._tree = LogTree(gate.records.database)
        self._leaves = Leaves(gate.records.database)

    async def inclusion(self, number: int, size: int | None) -> Answer:
        """That an entry is in the tree of `size`, or of the newest checkpoint over it, or as the log is now.

        Unacceptable for a number or a size that is not there.
        """
        now = await self._size_with(number)
        if size is None:
            latest = await self._latest()
            size = latest.size if latest and number < latest.size <= now else now
        leaf, hashed, proof = await self._prove(number, _checked(size, number + 1, now, "size"))
        said = {
            "number": number,
            "size": size,
            "leaf": {"recordedAt": leaf.recorded_at, "entryDigest": leaf.entry_digest},
            "leafHash": hashed.hex(),
            "hashes": [each.hex() for each in proof.hashes],
            "root": proof.root.hex(),
        }
        return Answer(document(said))

    async def file(self, number: int, size: int | None) -> str:
        """The same under a checkpoint of exactly that size, the newest unless one is given, as a tlog-proof.

        Unacceptable where there is none, or where the log is another than the one that was signed.
        """
        now = await self._size_with(number)
        note = await self._signed(size if size is None else _checked(size, number + 1, now, "size"))
        if note is None or (signed := Checkpoint.of(note.text)).size <= number:
            raise Unacceptable("checkpoint-missing", field=None if size is None else "size")
        leaf, _, proof = await self._prove(number, signed.size)
        if proof.root != signed.root:
            raise Unacceptable("log-incomplete", f"its first {signed.size} entries are not those that were signed")
        return proof_file(proof, leaf.data(), note)

    async def consistency(self, old: int, new: int | None) -> Answer:
        """That the tree of `new`, or the log as it is now, begins with the tree of `old`; Unacceptable as above."""
        now, _ = await self._tree.head()
        new = _checked(now if new is None else new, 0, now, "to")
        _checked(old, 0, new, "from")
        with _whole():
            *path, before, after = await self._tree.hashes([*consistency(old, new), subtrees(0, old), subtrees(0, new)])
        said = {"from": old, "to": new, "fromRoot": before.hex(), "toRoot": after.hex()}
        return Answer(document({**said, "hashes": [each.hex() for each in path]}))

    async def tile(self, tile: TilePath) -> bytes:
        """What a tile holds, in any state of the log that has it; Unacceptable if the log is not so long."""
        now, _ = await self._tree.head()
        if not tile.is_in(now):
            raise Unacceptable("tile-unknown")
        with _whole():
            if tile.level is not None:
                return b"".join(await self._tree.hashes([(subtree,) for subtree in tile.subtrees()]))
            return bundle(leaf.data() for leaf in await self._leaves.read(tile.places.start, tile.places.stop))

    async def _size_with(self, number: int) -> int:
        now, _ = await self._tree.head()
        if number >= now:
            raise Unacceptable("log-entry-unknown", f"there are {now}, numbered from 0", "number")
        return now

    async def _prove(self, number: int, size: int) -> tuple[Leaf, bytes, Inclusion]:
        """The leaf as the entry makes it now, its hash, and the root to which that leads."""
        with _whole():
            (leaf,) = await self._leaves.read(number, number + 1)
            path = await self._tree.hashes(inclusion(number, size))
        hashed = leaf_hash(leaf.data())
        return leaf, hashed, Inclusion(number, size, leads_to(number, size, hashed, path), tuple(path))

    async def _latest(self) -> Checkpoint | None:
        note = await self._signed(None)
        return None if note is None else Checkpoint.of(note.text)

    async def _signed(self, size: int | None) -> Note | None:
        """The newest checkpoint, or the one of a size."""
        if self._checkpoints is None:
            return None
        if size is None:
            return await self._checkpoints.latest()
        note = await self._checkpoints.covering(size)
        return note if note is not None and Checkpoint.of(note.text).size == size else None


@contextmanager
def _whole() -> Iterator[None]:
    try:
        yield
    except NotThere as fault:
        raise Unacceptable("log-incomplete") from fault


def _checked(value: int, least: int, most: int, field: str) -> int:
    if not least <= value <= most:
        raise Unacceptable("parameter-invalid", f"a whole number from {least} to {most}", field)
    return value
