"""Who speaks for a log: keys that sign its checkpoints, keys that once did, and the witnesses that cosign them."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.audit.checkpoint import Checkpoint
from app.audit.signed_note import Algorithm, Note, NoteInvalid, Signature, Signer, Verifier
from app.audit.submission import LogUnavailable
from app.config import RetiredKey, Settings


class LogKeyUnusable(LogUnavailable):
    """A key of the log or of a witness cannot be used; the message says which, why, and what would do."""


class UnknownOrigin(NoteInvalid):
    """A checkpoint of a log that nobody named."""


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A key of a log; once retired, its signature counts for checkpoints smaller than a size alone."""

    verifier: Verifier
    retired_from: int | None = None

    def counts_at(self, size: int) -> bool:
        """Whether its signature is good under a checkpoint of this size."""
        return self.retired_from is None or size < self.retired_from


Trust = Mapping[str, Sequence[TrustedKey]]
"""The keys of each log, by its origin."""


def trusted(current: Iterable[str], retired: Iterable[RetiredKey] = ()) -> tuple[TrustedKey, ...]:
    """Keys as they are written; NoteInvalid for one that is none, or that cosigns."""
    keys = [TrustedKey(Verifier.of(each)) for each in current]
    keys += [TrustedKey(Verifier.of(each.key), each.from_size) for each in retired]
    for key in keys:
        if key.verifier.algorithm is not Algorithm.ED25519:
            raise NoteInvalid(f"the key of '{key.verifier.name}' is a witness's")
    return tuple(keys)


def read_signed(note: Note, trust: Trust) -> Checkpoint:
    """A checkpoint that a key of its log has signed which counts at its size; else UnknownOrigin or NoteInvalid."""
    checkpoint = Checkpoint.of(note.text)
    keys = trust.get(checkpoint.origin)
    if not keys:
        raise UnknownOrigin("a checkpoint of a log that is not known here")
    if not note.by(key.verifier for key in keys if key.counts_at(checkpoint.size)):
        raise NoteInvalid("no key that counts for this checkpoint has signed it")
    return checkpoint


@dataclass(frozen=True, slots=True)
class LogKeys:
    """The service's own log: its name, what signs, whom it trusts under which name, and its witnesses' keys."""

    origin: str
    signers: tuple[Signer, ...]
    trust: Trust
    witnesses: tuple[Verifier, ...] = ()

    def sign(self, size: int, root: bytes) -> Note:
        """The checkpoint of this size, signed by every key."""
        return Checkpoint(self.origin, size, root).signed(self.signers)

    def read(self, written: str | bytes) -> tuple[Checkpoint, Note]:
        """A checkpoint that this log signed, under its name or one that it had before; NoteInvalid for another."""
        note = Note.of(written)
        return read_signed(note, self.trust), note

    def cosigned(self, note: Note) -> tuple[Signature, ...]:
        """The cosignatures of our witnesses under a note, each checked; one for each key."""
        return tuple({each.key_id: each for each in note.by(self.witnesses)}.values())

    def renamed(self, signer: Signer) -> "LogKeys":
        """The same log under the name of a new key, its former keys trusted under their own."""
        keys = {**self.trust, signer.name: (TrustedKey(signer.verifier),)}
        return LogKeys(signer.name, (signer,), keys, self.witnesses)


def load_log_keys(settings: Settings) -> LogKeys:
    """The keys that the settings name; LogKeyUnusable if one is missing or of another kind."""
    signers = tuple(_signer(path, settings.log_origin) for path in settings.log_key_files)
    keys: dict[str, list[TrustedKey]] = {settings.log_origin: [TrustedKey(each.verifier) for each in signers]}
    if len({each.verifier.key_id for each in signers}) != len(signers):
        raise LogKeyUnusable("one log key is named twice; set OPENMIND_LOG_KEY_FILES to each key once")
    try:
        for key in trusted((), settings.log_retired_keys):
            keys.setdefault(key.verifier.name, []).append(key)
    except NoteInvalid as fault:
        raise LogKeyUnusable(f"a retired key cannot be used: {fault}; set OPENMIND_LOG_RETIRED_KEYS") from fault
    try:
        witnesses = tuple(Verifier.of(each.key) for each in settings.witnesses)
    except NoteInvalid as fault:
        raise LogKeyUnusable(f"a witness's key cannot be used: {fault}; set OPENMIND_WITNESSES") from fault
    if any(each.algorithm is not Algorithm.COSIGNATURE for each in witnesses):
        raise LogKeyUnusable("a witness's key is one that signs; `openmind audit key` with --witness makes its key")
    if len({(each.name, each.key_id) for each in witnesses}) != len(witnesses):
        raise LogKeyUnusable("one witness is named twice; set OPENMIND_WITNESSES to each once")
    return LogKeys(settings.log_origin, signers, keys, witnesses)


def read_key_file(path: Path) -> Signer:
    """The private key in a file; LogKeyUnusable names the file, and never what is in it."""
    try:
        return Signer.of(path.read_text())
    except (OSError, UnicodeDecodeError) as fault:
        raise LogKeyUnusable(f"key file '{path}' cannot be read") from fault
    except NoteInvalid as fault:
        raise LogKeyUnusable(f"key file '{path}': {fault}") from fault


def write_key_file(path: Path, signer: Signer) -> None:
    """A new file that its owner alone can read; FileExistsError rather than lose an old key."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(signer.secret() + "\n")


def _signer(path: Path, origin: str) -> Signer:
    remedy = "`openmind audit key` makes a key; set OPENMIND_LOG_KEY_FILES"
    try:
        signer = read_key_file(path)
    except LogKeyUnusable as fault:
        raise LogKeyUnusable(f"{fault}; {remedy}") from fault
    if signer.algorithm is not Algorithm.ED25519:
        raise LogKeyUnusable(f"key file '{path}' holds a witness's key; {remedy}")
    if signer.name != origin:
        raise LogKeyUnusable(
            f"key file '{path}' is named '{signer.name}', and OPENMIND_LOG_ORIGIN says '{origin}'; {remedy}"
        )
    return signer
