"""What a witness does (C2SP tlog-witness): cosigns a log that only grows, and remembers what it has cosigned.

It knows nothing of what a log holds. Whatever a process dies of, it never cosigns two views of one log.
"""

import logging
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from app.audit.checkpoint import Checkpoint
from app.audit.kept import KeptNote
from app.audit.log_keys import LogKeyUnusable, Trust, TrustedKey, UnknownOrigin, read_key_file, read_signed, trusted
from app.audit.merkle import EMPTY_ROOT
from app.audit.proofs import ProofInvalid, check_consistency
from app.audit.signed_note import Algorithm, Note, NoteInvalid, Signer, Verifier, decoded
from app.config import WitnessedLog, WitnessSettings

log = logging.getLogger("openmind.witness")
MOST_BYTES = 24_576
"""Of a request: 63 hashes and the largest note that is read."""
MOST_HASHES = 63
MOST_EVIDENCE = 1_000
"""Files of each kind."""
TEXT, SIZE = "text/plain; charset=utf-8", "text/x.tlog.size"
_DISAGREE = {
    "conflict": "log '%s' shows two views: its checkpoint of %d entries is another than the one of %d cosigned here",
    "unproven": "log '%s': nothing proves that its checkpoint of %d entries begins with the one of %d cosigned here",
}
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered over HTTP."""

    status: int
    body: str
    content_type: str = TEXT


class Refused(Exception):
    """A checkpoint is not cosigned; `answer` says why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.answer = Answer(status, reason + "\n")


class Conflict(Refused):
    """The checkpoint does not follow the one that was cosigned last; the answer is that one's size."""

    def __init__(self, size: int) -> None:
        super().__init__(409, "not the size that was cosigned last")
        self.answer = Answer(409, f"{size}\n", SIZE)


@dataclass(frozen=True, slots=True)
class Submitted:
    """A request: the size that its proof starts from, the proof, and the checkpoint's note."""

    old: int
    proof: tuple[bytes, ...]
    note: Note

    @classmethod
    def of(cls, body: bytes) -> "Submitted":
        """Read a request; NoteInvalid says what is wrong with its form."""
        if len(body) > MOST_BYTES:
            raise NoteInvalid(f"a request of more than {MOST_BYTES} bytes")
        try:
            head, gap, note = body.decode().partition("\n\n")
        except UnicodeDecodeError:
            raise NoteInvalid("a request is UTF-8") from None
        lines = head.split("\n")
        old = _OLD.fullmatch(lines[0])
        if old is None or not gap or len(lines) > MOST_HASHES + 1:
            raise NoteInvalid(f"a request is 'old' and a size, up to {MOST_HASHES} hashes, an empty line and a note")
        proof = tuple(map(decoded, lines[1:]))
        if any(len(each) != 32 for each in proof):
            raise NoteInvalid("a hash has 32 bytes")
        return cls(int(old[1]), proof, Note.of(note))


@dataclass(frozen=True, slots=True)
class Cosigned:
    """The last checkpoint of a log that this witness has cosigned, as it is kept; nothing yet is a tree of none."""

    size: int = 0
    root: bytes = EMPTY_ROOT
    note: str | None = None


class Witness:
    """One witness with its key, its logs and its folder; any number of processes may share the folder."""

    def __init__(self, signer: Signer, trust: Trust, folder: Path, now: Callable[[], int]) -> None:
        self._signer, self._trust, self._folder, self._now = signer, trust, folder, now

    @property
    def verifier(self) -> str:
        """Its verifier key, to be given to the logs."""
        return str(self._signer.verifier)

    def latest(self) -> Mapping[str, Cosigned]:
        """What was cosigned last of each log, by origin; NoteInvalid if a file does not hold that."""
        return {origin: self._read(self._kept(origin), origin) for origin in self._trust}

    def checkpoint(self, origin_hash: str) -> Answer:
        """The last cosigned checkpoint of a log; 204 before there is one, 404 for a log that is not known."""
        for origin in self._trust:
            if hash_of(origin) == origin_hash:
                note = self._kept(origin).read()
                return Answer(204, "") if note is None else Answer(200, note)
        return Answer(404, "no such log is known here\n")

    def add_checkpoint(self, body: bytes) -> Answer:
        """Cosign a checkpoint that continues the last one, once that is durable; the answer says whether it was."""
        try:
            submitted = Submitted.of(body)
            checkpoint = self._signed(submitted)
            kept = self._kept(checkpoint.origin)
            with kept.locked():
                return self._extend(kept, checkpoint, submitted)
        except Refused as refusal:
            return refusal.answer
        except NoteInvalid as fault:
            return Answer(400, f"{fault}\n")

    def _signed(self, submitted: Submitted) -> Checkpoint:
        checkpoint = Checkpoint.of(submitted.note.text)
        try:
            read_signed(submitted.note, self._trust)
        except UnknownOrigin as fault:
            raise Refused(404, str(fault)) from fault
        except NoteInvalid as fault:
            raise Refused(403, str(fault)) from fault
        if submitted.old > checkpoint.size:
            raise Refused(400, "the old size is larger than the checkpoint's")
        return checkpoint

    def _extend(self, kept: KeptNote, checkpoint: Checkpoint, submitted: Submitted) -> Answer:
        """Under the lock of this log: what is compared with is what is replaced."""
        last = self._read(kept, checkpoint.origin)
        is_another = checkpoint.size == last.size and checkpoint.root != last.root
        if is_another:
            self._accuse("conflict", checkpoint, submitted.note, last)
        if is_another or submitted.old != last.size:
            raise Conflict(last.size)
        try:
            check_consistency(last.size, checkpoint.size, last.root, checkpoint.root, submitted.proof)
        except ProofInvalid as fault:
            self._accuse("unproven", checkpoint, submitted.note, last)
            raise Refused(422, str(fault)) from fault
        cosigned = self._signer.cosign(submitted.note.text, self._now())
        signed = submitted.note.by(self._keys(checkpoint))
        kept.replace(str(Note(submitted.note.text, (*signed, cosigned))))
        return Answer(200, cosigned.line())

    def _keys(self, checkpoint: Checkpoint) -> list[Verifier]:
        return [key.verifier for key in self._trust[checkpoint.origin] if key.counts_at(checkpoint.size)]

    def _read(self, kept: KeptNote, origin: str) -> Cosigned:
        """By our own signature or the log's: either may have another key by now."""
        try:
            written = kept.read()
            if written is None:
                return Cosigned()
            note = Note.of(written)
            checkpoint = Checkpoint.of(note.text)
            is_ours = checkpoint.origin == origin and note.by([self._signer.verifier, *self._keys(checkpoint)])
        except (NoteInvalid, UnicodeError):
            is_ours = ()
        if not is_ours:
            raise Refused(500, f"'{kept.path}' does not hold what was cosigned of '{origin}'")
        return Cosigned(checkpoint.size, checkpoint.root, written)

    def _accuse(self, kind: str, checkpoint: Checkpoint, note: Note, last: Cosigned) -> None:
        """Keep what the log signed beside what it had signed before, once, and say so.

        Of a proof that does not hold whoever sent it may be the cause; what they sent is still for people to look at.
        """
        log.error(_DISAGREE[kind], checkpoint.origin, checkpoint.size, last.size)
        folder = self._folder / "evidence"
        name = f"{kind}-{hash_of(checkpoint.origin)[:16]}-{checkpoint.size}-{checkpoint.root.hex()[:16]}.txt"
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        if len(list(folder.glob(f"{kind}-*"))) < MOST_EVIDENCE and not (folder / name).exists():
            KeptNote(folder / name).replace(f"{note}\n{last.note or ''}")

    def _kept(self, origin: str) -> KeptNote:
        return KeptNote(self._folder / f"{hash_of(origin)}.checkpoint")


def hash_of(origin: str) -> str:
    """What stands for an origin in addresses and file names, as in C2SP tlog-mirror."""
    return sha256(origin.encode()).hexdigest()


def open_witness(settings: WitnessSettings, now: Callable[[], int]) -> Witness:
    """The witness that the settings describe; LogKeyUnusable if it could not cosign or not remember."""
    signer = read_key_file(settings.key_file)
    if signer.algorithm is not Algorithm.COSIGNATURE:
        raise LogKeyUnusable(
            f"key file '{settings.key_file}' is a log's; `openmind audit key` with --witness makes one"
        )
    trust = {each.origin: _keys_of(each) for each in settings.logs}
    if not settings.state_dir.is_dir():
        raise LogKeyUnusable(f"'{settings.state_dir}' is no folder; make it, and set OPENMIND_WITNESS_STATE_DIR")
    return Witness(signer, trust, settings.state_dir, now)


def _keys_of(known: WitnessedLog) -> tuple[TrustedKey, ...]:
    try:
        return trusted(known.keys, known.retired)
    except NoteInvalid as fault:
        raise LogKeyUnusable(f"a key of '{known.origin}' cannot be used: {fault}; set OPENMIND_WITNESS_LOGS") from fault
