"""A witness cosigns a log that only grows, remembers before it answers, and never cosigns two views of it."""

import logging
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest

from app.audit.log_keys import LogKeyUnusable, TrustedKey, write_key_file
from app.audit.signed_note import Note, Signature, Signer
from app.audit.witness import MOST_BYTES, Answer, Refused, Witness, open_witness
from app.config import WitnessedLog, WitnessSettings
from tests.audit.growing import LOG, NEW_KEY, NOON, ORIGIN, WITNESS, Grown, kept_size, request, witness_in

TRUE, REWRITTEN = Grown(), Grown("other", same=6)
STRANGER = Signer.new(ORIGIN)


def grown_to(folder: Path, size: int, *keys: TrustedKey) -> Witness:
    """A witness that has cosigned so much of the true log."""
    witness = witness_in(folder, *keys)
    assert witness.add_checkpoint(TRUE.request(0, size)).status == 200
    return witness


def cosigned(answer: Answer, note: Note) -> list[int]:
    """The times of the cosignatures in an answer, each of them checked over the note."""
    assert answer.status == 200, answer.body
    lines = [Signature.of(line) for line in answer.body.splitlines()]
    for each in lines:
        WITNESS.verifier.check(note.text, each)
    return [each.time for each in lines]


# --- every answer ----------------------------------------------------------------------------------------------------


def test_a_log_that_grows_is_cosigned(tmp_path: Path) -> None:
    """From nothing, by a proof, by a proof that starts in the middle of a tree, and the same once more."""
    witness = witness_in(tmp_path)
    for old, size in ((0, 3), (3, 4), (4, 11), (11, 300), (300, 300)):
        assert cosigned(witness.add_checkpoint(TRUE.request(old, size)), TRUE.note(size)) == [NOON]
        assert kept_size(tmp_path) == size


def test_what_is_kept_is_the_logs_note_with_the_cosignature(tmp_path: Path) -> None:
    """So that it proves by itself what the log had signed, and can be handed out."""
    note = TRUE.note(5).with_([STRANGER.sign(TRUE.note(5).text)])
    witness_in(tmp_path).add_checkpoint(request(0, [], str(note)))
    answer = witness_in(tmp_path).checkpoint(sha256(ORIGIN.encode()).hexdigest())
    kept = Note.of(answer.body)
    assert (answer.status, kept.text) == (200, note.text)
    assert len(kept.by([LOG.verifier])) == len(kept.by([WITNESS.verifier])) == 1
    assert len(kept.signatures) == 2  # the stranger's is not handed on


def test_a_log_of_which_nothing_is_cosigned_yet_is_another_answer_than_an_unknown_one(tmp_path: Path) -> None:
    witness = witness_in(tmp_path)
    assert witness.checkpoint(sha256(ORIGIN.encode()).hexdigest()).status == 204
    assert witness.checkpoint(sha256(b"another").hexdigest()).status == 404


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(str(TRUE.note(7)).encode(), id="no old size"),
        pytest.param(request("05", TRUE.proof(5, 7), str(TRUE.note(7))), id="a leading zero"),
        pytest.param(request("-5", TRUE.proof(5, 7), str(TRUE.note(7))), id="a sign"),
        pytest.param(request("5 ", TRUE.proof(5, 7), str(TRUE.note(7))), id="a space too many"),
        pytest.param(request(5, [b"short"], str(TRUE.note(7))), id="a hash that is too short"),
        pytest.param(b"old 5\n" + b"*" * 44 + b"\n\n" + str(TRUE.note(7)).encode(), id="a hash that is no base64"),
        pytest.param(request(5, [bytes(32)] * 64, str(TRUE.note(7))), id="more hashes than there can be"),
        pytest.param(request(5, TRUE.proof(5, 7), TRUE.note(7).text), id="a note without a signature"),
        pytest.param(request(5, TRUE.proof(5, 7), str(TRUE.note(7)).replace("\n7\n", "\n+7\n")), id="no plain size"),
        pytest.param(TRUE.request(8, 7), id="an old size that is larger than the checkpoint's"),
        pytest.param(b"old 5\n\n\xff\xfe", id="no UTF-8"),
        pytest.param(request(5, TRUE.proof(5, 7), str(TRUE.note(7)) + "x" * MOST_BYTES), id="too much of it"),
    ],
)
def test_400_for_what_is_no_request(tmp_path: Path, body: bytes) -> None:
    witness = grown_to(tmp_path, 5)
    answer = witness.add_checkpoint(body)
    assert (answer.status, kept_size(tmp_path)) == (400, 5)
    assert answer.body.endswith("\n")


@pytest.mark.parametrize(
    "note",
    [
        pytest.param(str(Grown(signers=[STRANGER]).note(7)), id="signed by another key of this name"),
        pytest.param(str(Note(TRUE.note(7).text, (LOG.sign("another text\n"),))), id="a signature that does not fit"),
        pytest.param(str(Note(TRUE.note(7).text, (WITNESS.cosign(TRUE.note(7).text, 1),))), id="by the witness itself"),
    ],
)
def test_403_for_what_no_known_key_has_signed(tmp_path: Path, note: str) -> None:
    answer = grown_to(tmp_path, 5).add_checkpoint(request(5, TRUE.proof(5, 7), note))
    assert (answer.status, kept_size(tmp_path)) == (403, 5)


def test_404_for_a_log_that_is_not_known(tmp_path: Path) -> None:
    other = Signer.new("another.example/log")
    note = Note(TRUE.note(7).text.replace(ORIGIN, other.name), ())
    signed = Note(note.text, (other.sign(note.text),))
    assert grown_to(tmp_path, 5).add_checkpoint(request(0, [], str(signed))).status == 404
    assert len(list(tmp_path.glob("*.checkpoint"))) == 1


@pytest.mark.parametrize("old", [0, 4, 6])
def test_409_names_the_size_that_was_cosigned_last(tmp_path: Path, old: int) -> None:
    answer = grown_to(tmp_path, 5).add_checkpoint(TRUE.request(old, 7))
    assert (answer.status, answer.content_type, answer.body) == (409, "text/x.tlog.size", "5\n")
    assert kept_size(tmp_path) == 5


def test_a_smaller_checkpoint_never_takes_the_place_of_a_larger_one(tmp_path: Path) -> None:
    """Late or replayed, with whatever old size."""
    witness = grown_to(tmp_path, 5)
    assert [witness.add_checkpoint(TRUE.request(old, 4)).status for old in (0, 4, 5)] == [409, 409, 400]
    assert kept_size(tmp_path) == 5


@pytest.mark.parametrize(
    "proof",
    [
        pytest.param([], id="none"),
        pytest.param(TRUE.proof(5, 8)[:-1], id="one hash too few"),
        pytest.param([*TRUE.proof(5, 8), bytes(32)], id="one hash too many"),
        pytest.param([bytes(32), *TRUE.proof(5, 8)[1:]], id="one of another tree"),
        pytest.param(TRUE.proof(4, 8), id="of another size"),
    ],
)
def test_422_for_a_proof_that_proves_nothing(tmp_path: Path, proof: list[bytes]) -> None:
    answer = grown_to(tmp_path, 5).add_checkpoint(request(5, proof, str(TRUE.note(8))))
    assert (answer.status, kept_size(tmp_path)) == (422, 5)


def test_422_for_a_proof_where_none_is_due(tmp_path: Path) -> None:
    assert witness_in(tmp_path).add_checkpoint(request(0, [bytes(32)], str(TRUE.note(8)))).status == 422
    assert grown_to(tmp_path, 5).add_checkpoint(request(5, [bytes(32)], str(TRUE.note(5)))).status == 422


# --- a log that is not what it was -----------------------------------------------------------------------------------


def evidence(folder: Path) -> dict[str, list[str]]:
    """The sizes in each file that is kept as evidence, by the file's kind."""
    return {
        file.name.split("-")[0]: [line for line in file.read_text().splitlines() if line.isdigit()]
        for file in (folder / "evidence").iterdir()
    }


def test_a_rewritten_log_is_refused_and_both_sizes_are_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Rewritten from entry 6 on with the log's own key, and offered with its own proof."""
    witness = grown_to(tmp_path, 8)
    with caplog.at_level(logging.ERROR):
        answer = witness.add_checkpoint(REWRITTEN.request(8, 12))
    assert (answer.status, kept_size(tmp_path)) == (422, 8)
    assert f"log '{ORIGIN}'" in caplog.text
    assert "12 entries" in caplog.text
    assert "8 cosigned here" in caplog.text
    assert evidence(tmp_path) == {"unproven": ["12", "8"]}
    (file,) = (tmp_path / "evidence").iterdir()
    for text in file.read_text().split("\n\n\n"):
        assert ORIGIN in text


def test_two_views_of_one_size_are_a_conflict_whoever_asks(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """That the log signed both needs no proof: the witness keeps them beside each other, once."""
    witness = grown_to(tmp_path, 8)
    with caplog.at_level(logging.ERROR):
        answers = [witness.add_checkpoint(REWRITTEN.request(old, 8)) for old in (8, 0, 3)]
    assert [(each.status, each.body) for each in answers] == [(409, "8\n")] * 3
    assert "shows two views" in caplog.text
    assert evidence(tmp_path) == {"conflict": ["8", "8"]}
    (file,) = (tmp_path / "evidence").iterdir()
    first, second = file.read_text().split("\n\n" + ORIGIN)
    assert Note.of(first + "\n").by([LOG.verifier])
    assert Note.of(ORIGIN + second).by([LOG.verifier])
    assert first.splitlines()[2] != second.splitlines()[2]


def test_a_file_of_its_own_that_is_not_its_own_makes_it_refuse(tmp_path: Path) -> None:
    """Rather than begin anew with an empty memory."""
    grown_to(tmp_path, 5)
    (file,) = tmp_path.glob("*.checkpoint")
    for rubbish in ("", "rubbish", str(Grown(signers=[STRANGER]).note(5))):
        file.write_text(rubbish)
        assert witness_in(tmp_path).add_checkpoint(TRUE.request(0, 7)).status == 500
        assert file.read_text() == rubbish
        with pytest.raises(Refused, match="does not hold"):
            witness_in(tmp_path).latest()


# --- its memory ------------------------------------------------------------------------------------------------------


def test_it_remembers_whatever_it_died_of(tmp_path: Path) -> None:
    """Another process over the same folder goes on where the last one was."""
    grown_to(tmp_path, 5)
    again = witness_in(tmp_path)
    assert {origin: last.size for origin, last in again.latest().items()} == {ORIGIN: 5}
    assert again.add_checkpoint(REWRITTEN.request(0, 7)).body == "5\n"
    assert again.add_checkpoint(TRUE.request(5, 7)).status == 200


def test_it_is_durable_before_it_is_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new file is flushed, put in the old one's place, and then the folder is."""
    done: list[str] = []
    flush, put = os.fsync, os.replace

    def flushed(descriptor: int) -> None:
        done.append("folder" if os.path.isdir(f"/proc/self/fd/{descriptor}") else "file")
        flush(descriptor)

    def replaced(old: str, new: Path) -> None:
        done.append("replaced")
        put(old, new)

    monkeypatch.setattr(os, "fsync", flushed)
    monkeypatch.setattr(os, "replace", replaced)
    assert witness_in(tmp_path).add_checkpoint(TRUE.request(0, 5)).status == 200
    assert done == ["file", "replaced", "folder"]


def test_a_disk_that_fails_means_no_cosignature(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was kept, so nothing may be said."""
    witness = grown_to(tmp_path, 5)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="space"):
            witness.add_checkpoint(TRUE.request(5, 7))
    assert kept_size(tmp_path) == 5
    assert witness.add_checkpoint(TRUE.request(5, 7)).status == 200


KILLED = """
import os, signal, sys
from pathlib import Path
from app.audit import kept
from app.audit.log_keys import TrustedKey, read_key_file
from app.audit.signed_note import Verifier
from app.audit.witness import Witness
folder, origin, key = Path(sys.argv[1]), sys.argv[2], Verifier.of(sys.argv[3])
replace = kept.KeptNote.replace
def killed(self, note):
    replace(self, note)
    os.kill(os.getpid(), signal.SIGKILL)
kept.KeptNote.replace = killed
witness = Witness(read_key_file(folder / "key"), {origin: (TrustedKey(key),)}, folder, lambda: 1)
print(witness.add_checkpoint(sys.stdin.buffer.read()).status)
"""


def test_killed_between_remembering_and_answering_it_has_cosigned_nothing_else(tmp_path: Path) -> None:
    """The log asks again: it is told the size, and gets its cosignature without a second view ever being possible."""
    write_key_file(tmp_path / "key", WITNESS)
    command = [sys.executable, "-c", KILLED, str(tmp_path), ORIGIN, str(LOG.verifier)]
    died = subprocess.run(command, input=TRUE.request(0, 5), capture_output=True, check=False)
    assert (died.returncode, died.stdout) == (-signal.SIGKILL, b"")
    assert kept_size(tmp_path) == 5
    after = witness_in(tmp_path)
    assert after.add_checkpoint(REWRITTEN.request(0, 7)).body == "5\n"
    assert after.add_checkpoint(TRUE.request(0, 5)).body == "5\n"
    assert cosigned(after.add_checkpoint(TRUE.request(5, 5)), TRUE.note(5)) == [NOON]


def test_of_twenty_at_once_one_is_cosigned(tmp_path: Path) -> None:
    """From one size to twenty others, half of them of a rewritten log, each by a witness over the same folder."""
    grown_to(tmp_path, 8)
    views = {size: REWRITTEN if size % 2 else TRUE for size in range(9, 29)}

    def submit(size: int) -> tuple[int, Answer]:
        return size, witness_in(tmp_path).add_checkpoint(views[size].request(8, size))

    with ThreadPoolExecutor(20) as threads:
        answers = dict(threads.map(submit, views))
    won = [size for size, answer in answers.items() if answer.status == 200]
    assert won == [kept_size(tmp_path)]
    assert won[0] % 2 == 0
    # the others came before (then the rewritten ones were not proven) or after the one that was cosigned
    assert {answers[size].status for size in views if size not in won} <= {409, 422}
    assert all(answers[size].status == 409 for size in views if size % 2 == 0 and size not in won)
    assert {answer.body for answer in answers.values() if answer.status == 409} <= {f"{won[0]}\n"}


def test_twenty_that_try_again_are_cosigned_in_one_order(tmp_path: Path) -> None:
    """Each asks from the size that it is told, until it is cosigned or has been passed."""

    def submit(size: int) -> list[int]:
        witness, old, cosigned_at = witness_in(tmp_path), 0, []
        while old < size:
            answer = witness.add_checkpoint(TRUE.request(old, size))
            if answer.status == 200:
                return [size]
            assert answer.status == 409
            old = int(answer.body)
        return cosigned_at

    with ThreadPoolExecutor(20) as threads:
        done = sorted(size for sizes in threads.map(submit, range(1, 21)) for size in sizes)
    assert done[-1] == kept_size(tmp_path) == 20


# --- keys ------------------------------------------------------------------------------------------------------------


def test_two_keys_are_good_while_one_takes_over_and_a_retired_one_is_not(tmp_path: Path) -> None:
    """Old alone, both, new alone; then the old one is retired from a size on."""
    old, new = TrustedKey(LOG.verifier), TrustedKey(NEW_KEY.verifier)
    both = Grown(signers=[LOG, NEW_KEY])
    witness = grown_to(tmp_path, 5, old, new)
    assert witness.add_checkpoint(both.request(5, 6)).status == 200
    assert witness.add_checkpoint(Grown(signers=[NEW_KEY]).request(6, 7)).status == 200
    retired = witness_in(tmp_path, TrustedKey(LOG.verifier, retired_from=8), new)
    assert retired.add_checkpoint(TRUE.request(7, 8)).status == 403
    assert retired.add_checkpoint(TRUE.request(7, 7)).status == 200  # smaller than the size it is retired from
    assert retired.add_checkpoint(both.request(7, 9)).status == 200
    kept = Note.of(next(tmp_path.glob("*.checkpoint")).read_text())
    assert (len(kept.by([NEW_KEY.verifier])), len(kept.by([LOG.verifier]))) == (1, 0)


def test_a_witness_with_a_new_key_goes_on_with_what_the_old_one_cosigned(tmp_path: Path) -> None:
    grown_to(tmp_path, 5)
    other = Signer.new("health.example/witness-2", WITNESS.algorithm)
    again = witness_in(tmp_path, signer=other)
    assert again.add_checkpoint(REWRITTEN.request(0, 8)).body == "5\n"
    answer = again.add_checkpoint(TRUE.request(5, 8))
    other.verifier.check(TRUE.note(8).text, Signature.of(answer.body.strip()))


def settings(folder: Path, key: Signer, **log: object) -> WitnessSettings:
    write_key_file(folder / "key", key)
    known = WitnessedLog.model_validate({"origin": ORIGIN, "keys": [str(LOG.verifier)]} | log)
    return WitnessSettings(key_file=folder / "key", logs=[known], state_dir=folder)


def test_it_opens_as_its_settings_say(tmp_path: Path) -> None:
    gone = {"key": str(LOG.verifier), "from_size": 6}
    opened = open_witness(settings(tmp_path, WITNESS, keys=[str(NEW_KEY.verifier)], retired=[gone]), lambda: NOON)
    assert opened.verifier == str(WITNESS.verifier)
    assert [opened.add_checkpoint(TRUE.request(old, size)).status for old, size in ((0, 5), (5, 6))] == [200, 403]


def test_what_it_cannot_cosign_with_is_said(tmp_path: Path) -> None:
    with pytest.raises(LogKeyUnusable, match="is a log's"):
        open_witness(settings(tmp_path, LOG), lambda: NOON)
    (tmp_path / "key").unlink()
    with pytest.raises(LogKeyUnusable, match="is a witness's"):
        open_witness(settings(tmp_path, WITNESS, keys=[str(WITNESS.verifier)]), lambda: NOON)
    nowhere = settings_of_folder(tmp_path, tmp_path / "nowhere")
    with pytest.raises(LogKeyUnusable, match="is no folder"):
        open_witness(nowhere, lambda: NOON)
    (tmp_path / "key").unlink()
    with pytest.raises(LogKeyUnusable, match="cannot be read"):
        open_witness(nowhere, lambda: NOON)


def settings_of_folder(folder: Path, state: Path) -> WitnessSettings:
    known = WitnessedLog(origin=ORIGIN, keys=[str(LOG.verifier)])
    return WitnessSettings(key_file=folder / "key", logs=[known], state_dir=state)
