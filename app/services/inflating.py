"""A body as it was before it was compressed, piece by piece, and never more of it than is allowed."""

import zlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import zstandard

from app.gate import Unacceptable

BOM = b"\xef\xbb\xbf"
LINES = "application/x-ndjson"
PIECE = 1024 * 1024
_ZSTD_INPUT = 512
"""Bytes that are inflated at once: each three can stand for 128 KiB, and the library gives all of it at once."""
_ZSTD_WINDOW = 128 * 1024 * 1024
"""The most that a sender may have the receiver remember (RFC 8878 asks for 8 MiB at least)."""


@dataclass(frozen=True, slots=True)
class Form:
    """What a body says that it is: its headers Content-Type and Content-Encoding."""

    media_type: str
    encoding: str

    def inflating(self) -> Any:
        """What makes lines of it; Unacceptable for any other form than there is."""
        if self.media_type.partition(";")[0].strip().lower() != LINES:
            raise Unacceptable("media-type-unsupported", field="Content-Type")
        found = _INFLATING.get(self.encoding.strip().lower())
        if found is None:
            raise Unacceptable("media-type-unsupported", field="Content-Encoding")
        return found()


async def inflated(body: AsyncIterator[bytes], form: Form, most: int) -> AsyncIterator[bytes]:
    """The bytes of a body; Unacceptable for one that is broken, ends too early, or is longer than `most`."""
    inflating, encoding, size = form.inflating(), form.encoding, 0
    async for piece in body:
        try:
            for plain in inflating.take(piece):
                size += len(plain)
                if size > most:
                    raise Unacceptable("batch-too-large", f"more than {most} bytes once it is inflated", "body")
                yield plain
        except (zlib.error, zstandard.ZstdError) as fault:
            raise Unacceptable("batch-unreadable", f"it is not {encoding}", "Content-Encoding") from fault
    if not inflating.is_whole:
        raise Unacceptable("batch-unreadable", f"the {encoding} ends too early", "body")


class _Identity:
    is_whole = True

    def take(self, piece: bytes) -> Iterator[bytes]:
        """As it comes."""
        yield piece


class _Inflating:
    """One member, or frame, after another."""

    def __init__(self) -> None:
        self._stream: Any = None

    @property
    def is_whole(self) -> bool:
        """Whether the last one that was begun has ended, and one was begun at all."""
        return self._stream is not None and self._stream.eof


class _Gzip(_Inflating):
    def take(self, piece: bytes) -> Iterator[bytes]:
        """No more than a piece at once, however much it stands for."""
        while piece:
            if self._stream is None or self._stream.eof:
                self._stream = zlib.decompressobj(wbits=31)
            yield self._stream.decompress(piece, PIECE)
            piece = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail


class _Zstd(_Inflating):
    def take(self, piece: bytes) -> Iterator[bytes]:
        """A little of the piece at a time."""
        for start in range(0, len(piece), _ZSTD_INPUT):
            rest = piece[start : start + _ZSTD_INPUT]
            while rest:
                if self._stream is None or self._stream.eof:
                    self._stream = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()
                yield self._stream.decompress(rest)
                rest = self._stream.unused_data if self._stream.eof else b""


_INFLATING: dict[str, type[Any]] = {"identity": _Identity, "gzip": _Gzip, "zstd": _Zstd}
