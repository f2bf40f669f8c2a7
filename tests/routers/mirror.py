"""A mirror: it reads checkpoint and tiles over HTTP, and shares no code with the service.

It follows C2SP tlog-checkpoint, signed-note and tlog-tiles, and RFC 6962 as it is written there.
"""

import base64
from collections.abc import Awaitable, Callable, Sequence
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Fetch = Callable[[str], Awaitable[bytes]]


def opened(note: bytes, verifier: str) -> tuple[int, bytes]:
    """Size and root of a checkpoint that this key has signed; InvalidSignature or StopIteration otherwise."""
    text, _, signatures = note.decode().partition("\n\n")
    name, _, rest = verifier.partition("+")
    key_id, _, key = rest.partition("+")
    line = next(each for each in signatures.splitlines() if each.startswith(f"— {name} "))
    signature = base64.b64decode(line.rpartition(" ")[2])
    assert signature[:4].hex() == key_id
    Ed25519PublicKey.from_public_bytes(base64.b64decode(key)[1:]).verify(signature[4:], f"{text}\n".encode())
    _origin, size, root = text.split("\n")[:3]
    return int(size), base64.b64decode(root)


def tile_path(level: int | str, index: int, width: int) -> str:
    places = f"{index % 1000:03}"
    while index := index // 1000:
        places = f"x{index % 1000:03}/{places}"
    return f"tile/{level}/{places}" + (f".p/{width}" if width < 256 else "")


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


def _middle(size: int) -> int:
    return 1 << ((size - 1).bit_length() - 1)


def root_of(leaves: Sequence[bytes]) -> bytes:
    """MTH over hashes of leaves (RFC 6962, 2.1)."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"").digest()
    middle = _middle(len(leaves))
    return _node(root_of(leaves[:middle]), root_of(leaves[middle:]))


def rooted(number: int, size: int, leaf: bytes, path: Sequence[bytes]) -> bytes:
    """The root that an audit path leads to from a leaf."""
    if size == 1:
        assert not path
        return leaf
    middle = _middle(size)
    if number < middle:
        return _node(rooted(number, middle, leaf, path[:-1]), path[-1])
    return _node(path[-1], rooted(number - middle, size - middle, leaf, path[:-1]))


def grown(old: int, size: int, root: bytes | None, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    """The roots, old and new, that a consistency proof leads to from the old one."""
    if old == size:
        assert len(proof) == (root is None)
        return (root or proof[0],) * 2
    middle = _middle(size)
    if old <= middle:
        before, after = grown(old, middle, root, proof[:-1])
        return before, _node(after, proof[-1])
    before, after = grown(old - middle, size - middle, None, proof[:-1])
    return _node(proof[-1], before), _node(proof[-1], after)


class Mirror:
    """The log of a checkpoint, tile by tile."""

    def __init__(self, fetch: Fetch, size: int) -> None:
        self._fetch, self.size = fetch, size
        self._tiles: dict[tuple[int, int], bytes] = {}

    async def hashes(self, level: int, index: int) -> list[bytes]:
        """What the tile of this tree holds, full or partial."""
        if (level, index) not in self._tiles:
            width = min(256, (self.size >> 8 * level) - 256 * index)
            self._tiles[level, index] = await self._fetch(tile_path(level, index, width))
            assert len(self._tiles[level, index]) == 32 * width
        tile = self._tiles[level, index]
        return [tile[start : start + 32] for start in range(0, len(tile), 32)]

    async def leaves(self) -> list[bytes]:
        """What every leaf says."""
        found = []
        for start in range(0, self.size, 256):
            width = min(256, self.size - start)
            bundle = await self._fetch(tile_path("entries", start // 256, width))
            while bundle:
                length = int.from_bytes(bundle[:2], "big")
                found.append(bundle[2 : 2 + length])
                bundle = bundle[2 + length :]
        return found

    async def check(self, root: bytes) -> list[bytes]:
        """Every tile of every level against the leaves, and the whole against the root; the leaves' hashes."""
        nodes = hashes = [sha256(b"\0" + leaf).digest() for leaf in await self.leaves()]
        assert len(hashes) == self.size
        assert root_of(hashes) == root
        level = 0
        while nodes:
            served = [each for start in range(0, len(nodes), 256) for each in await self.hashes(level, start // 256)]
            assert served == nodes
            full = len(nodes) - len(nodes) % 256
            nodes = [root_of(nodes[start : start + 256]) for start in range(0, full, 256)]
            level += 1
        return hashes

    async def root(self, start: int, stop: int) -> bytes:
        """MTH(D[start:stop]), from the highest tiles that have it."""
        width = stop - start
        if width > 1 and width & (width - 1):
            middle = start + (1 << (width.bit_length() - 1))
            return _node(await self.root(start, middle), await self.root(middle, stop))
        level = (width.bit_length() - 1) // 8
        first, last = start >> 8 * level, stop >> 8 * level
        served = await self.hashes(level, first // 256)
        return root_of(served[first % 256 : first % 256 + last - first])

    async def inclusion(self, number: int) -> list[bytes]:
        """PATH (RFC 6962, 2.1.1)."""
        path, start, stop = [], 0, self.size
        while stop - start > 1:
            middle = start + _middle(stop - start)
            if number < middle:
                path.append(await self.root(middle, stop))
                stop = middle
            else:
                path.append(await self.root(start, middle))
                start = middle
        return path[::-1]

    async def consistency(self, old: int) -> list[bytes]:
        """PROOF (RFC 6962, 2.1.2)."""
        return await self._subproof(old, 0, self.size, is_whole=True)

    async def _subproof(self, old: int, start: int, stop: int, *, is_whole: bool) -> list[bytes]:
        if old == stop:
            return [] if is_whole else [await self.root(start, stop)]
        middle = start + _middle(stop - start)
        if old <= middle:
            return [*await self._subproof(old, start, middle, is_whole=is_whole), await self.root(middle, stop)]
        return [*await self._subproof(old, middle, stop, is_whole=False), await self.root(start, middle)]
