"""Checkpoints (C2SP tlog-checkpoint): how far a log goes and the root over it, as the text of a signed note."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from app.audit.signed_note import Note, NoteInvalid, Signer, Verifier, decoded, encoded

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_ORIGIN = re.compile(r"[^\s+\x00-\x1f]{1,200}")


def check_origin(origin: str) -> str:
    """The name of a log, as it is; NoteInvalid for one that a key could not bear."""
    if not _ORIGIN.fullmatch(origin):
        raise NoteInvalid("an origin has 1 to 200 characters, and neither spaces nor a plus sign")
    return origin


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says of itself: its name, its size in leaves, and the RFC 6962 root (32 bytes)."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The text of its note, with its last newline."""
        return f"{self.origin}\n{self.size}\n{encoded(self.root)}\n"

    @classmethod
    def of(cls, text: str) -> Self:
        """Read the text of a note; NoteInvalid for any other. Extension lines are let be."""
        lines = text.split("\n")
        if len(lines) < 4 or lines[-1] or not all(lines[:-1]):
            raise NoteInvalid("a checkpoint is three lines: origin, size and root")
        if not _SIZE.fullmatch(lines[1]):
            raise NoteInvalid("a checkpoint's size is a plain number")
        root = decoded(lines[2])
        if len(root) != 32:
            raise NoteInvalid("a checkpoint's root has 32 bytes")
        return cls(lines[0], int(lines[1]), root)

    def signed(self, signers: Iterable[Signer]) -> Note:
        """Its note, signed by each of the log's keys."""
        text = self.text()
        return Note(text, tuple(signer.sign(text) for signer in signers))


def read_checkpoint(written: str | bytes, verifiers: Iterable[Verifier]) -> tuple[Checkpoint, Note]:
    """A checkpoint that at least one of these keys has signed; NoteInvalid says why there is none."""
    note = Note.of(written)
    if not note.by(verifiers):
        raise NoteInvalid("no known key has signed this")
    return Checkpoint.of(note.text), note
