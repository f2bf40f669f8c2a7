"""Signed notes and checkpoints are those of C2SP: others' notes are read, ours are theirs to the byte."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from app.audit.checkpoint import Checkpoint, check_origin, read_checkpoint
from app.audit.signed_note import MOST_SIGNATURES, Algorithm, Note, NoteInvalid, Signature, Signer, Verifier

# The example of the documentation of Go's sumdb/note
KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SECRET = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
SIGNED = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
LOG = Signer("log.example/leicester", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
WITNESS = Signer("witness.example/w1", Ed25519PrivateKey.from_private_bytes(bytes(32)), Algorithm.COSIGNATURE)
STRANGER = Signer("log.example/leicester", Ed25519PrivateKey.from_private_bytes(bytes([7]) * 32))
HEAD = Checkpoint(LOG.name, 20852163, bytes(range(100, 132)))


def test_gos_example_is_read_checked_and_made_to_the_byte() -> None:
    """Its key, its note and its signature."""
    verifier = Verifier.of(KEY)
    note = Note.of(f"{TEXT}\n{SIGNED}")
    assert (note.text, [each.name for each in note.by([verifier])]) == (TEXT, ["PeterNeumann"])
    assert str(verifier) == KEY
    private = Ed25519PrivateKey.from_private_bytes(base64.b64decode(SECRET)[1:])
    assert Signer("PeterNeumann", private).sign(TEXT).line() == SIGNED
    assert str(note) == f"{TEXT}\n{SIGNED}"


def test_a_checkpoint_is_three_lines_and_signed_by_each_of_the_logs_keys() -> None:
    """The bytes are pinned: others keep them."""
    note = str(HEAD.signed([LOG]))
    assert note == (
        "log.example/leicester\n20852163\nZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fH1+f4CBgoM=\n\n"
        "— log.example/leicester "
        "EtcytBCS3IJBf217lMZZItXNWCPd2/TPb78DVW8jTn/GBZ6iMtYMS7NiP6J3Gpg8I0kTG5Dqewp/rxptnMXVp3zMEgc=\n"
    )
    assert read_checkpoint(note.encode(), [STRANGER.verifier, LOG.verifier])[0] == HEAD
    both = HEAD.signed([LOG, STRANGER])
    assert len(both.by([LOG.verifier, STRANGER.verifier])) == 2


def test_a_cosignature_says_when_and_is_over_the_whole_text() -> None:
    """C2SP tlog-cosignature: eight bytes of time, then the signature over a header, the time and the text."""
    cosigned = WITNESS.cosign(HEAD.text(), 1_679_315_147)
    assert cosigned.time == 1_679_315_147
    signed = f"cosignature/v1\ntime 1679315147\n{HEAD.text()}".encode()
    WITNESS.private.public_key().verify(cosigned.value[8:], signed)
    note = HEAD.signed([LOG]).with_([cosigned])
    assert Note.of(str(note)).by([WITNESS.verifier]) == (cosigned,)
    assert note.with_([cosigned]) == note
    other = Signature(cosigned.name, cosigned.key_id, (1).to_bytes(8, "big") + cosigned.value[8:])
    with pytest.raises(NoteInvalid, match="does not fit"):
        HEAD.signed([LOG]).with_([other]).by([WITNESS.verifier])


def test_a_key_that_signs_does_not_cosign_and_the_other_way_round() -> None:
    """One key, one kind of statement."""
    with pytest.raises(ValueError, match="needs a time"):
        WITNESS.sign(HEAD.text())
    with pytest.raises(ValueError, match="takes a key for it"):
        LOG.cosign(HEAD.text(), 1)
    with pytest.raises(ValueError, match="since 1970"):
        WITNESS.cosign(HEAD.text(), -1)


def test_an_unknown_key_is_passed_over_and_a_known_one_that_does_not_fit_is_not() -> None:
    """The same name with another key is another key."""
    note = HEAD.signed([STRANGER])
    assert note.by([LOG.verifier]) == ()
    with pytest.raises(NoteInvalid, match="no known key"):
        read_checkpoint(str(note), [LOG.verifier])
    signature = LOG.sign("another text\n")
    with pytest.raises(NoteInvalid, match=r"'log\.example/leicester' does not fit"):
        Note(HEAD.text(), (signature, *HEAD.signed([LOG]).signatures)).by([LOG.verifier])


GOOD = str(HEAD.signed([LOG]))
LINE = GOOD.split("\n\n")[1]


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        pytest.param(GOOD.replace("\n\n", "\n"), "an empty line", id="no empty line"),
        pytest.param(GOOD[:-1], "each with a newline", id="no newline at the end"),
        pytest.param(f"{HEAD.text()}\n", "each with a newline", id="nobody signed"),
        pytest.param(GOOD + "\r\n", "control characters", id="a carriage return"),
        pytest.param(GOOD.replace("—", "-"), "malformed", id="a hyphen for a dash"),
        pytest.param(GOOD.replace("— log", "— a+log"), "malformed", id="a plus sign in a name"),
        pytest.param(f"{HEAD.text()}\n— x AAAA\n", "too short", id="no signature after the key's id"),
        pytest.param(f"{HEAD.text()}\n— x AAAAAAB=\n", "stray bits", id="base64 with bits that mean nothing"),
        pytest.param(f"{HEAD.text()}\n— x AAAAA\n", "not", id="base64 cut off"),
        pytest.param(f"{HEAD.text()}\n{LINE * (MOST_SIGNATURES + 1)}", "more than 32", id="too many signatures"),
        pytest.param("x" * 20_000, "more than 16384", id="too long"),
        pytest.param(b"\xff\xfe", "UTF-8", id="no text"),
    ],
)
def test_what_is_no_note_is_refused(written: str | bytes, fault: str) -> None:
    """The fault is named."""
    with pytest.raises(NoteInvalid, match=fault):
        Note.of(written)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        pytest.param("a\n1\n", "three lines", id="two lines"),
        pytest.param("a\n1\n\n", "three lines", id="no root"),
        pytest.param("\n1\nx\n", "three lines", id="no origin"),
        pytest.param("a\n01\nx\n", "plain number", id="a leading zero"),
        pytest.param("a\n-1\nx\n", "plain number", id="below zero"),
        pytest.param("a\n1\nAAAA\n", "32 bytes", id="a short root"),
        pytest.param("a\n1\n!\n", "base64", id="no root at all"),
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str, fault: str) -> None:
    """The fault is named."""
    with pytest.raises(NoteInvalid, match=fault):
        Checkpoint.of(text)


def test_extension_lines_are_let_be() -> None:
    """They are part of what is signed, and mean nothing here."""
    assert Checkpoint.of(HEAD.text() + "more\n") == HEAD


@pytest.mark.parametrize(
    ("key", "fault"),
    [
        pytest.param(KEY.replace("c74f20a3", "c74f20a4"), "id is not that", id="another id"),
        pytest.param("PeterNeumann", "another algorithm", id="a name alone"),
        pytest.param("a+00000000+BQ==", "another algorithm", id="another algorithm"),
        pytest.param("a+00000000+AQ==", "32 bytes", id="no key"),
        pytest.param("a b" + KEY[12:], "neither spaces", id="a space in the name"),
    ],
)
def test_what_is_no_verifier_key_is_refused(key: str, fault: str) -> None:
    """The fault is named."""
    with pytest.raises(NoteInvalid, match=fault):
        Verifier.of(key)


@pytest.mark.parametrize("origin", ["", "a b", "a+b", "a\nb", "x" * 201])
def test_an_origin_is_a_name_that_a_key_can_bear(origin: str) -> None:
    """It is the first line of what is signed."""
    with pytest.raises(NoteInvalid):
        check_origin(origin)
    assert check_origin("log.example/leicester") == "log.example/leicester"


@given(st.binary(max_size=300) | st.text(max_size=300))
def test_anything_else_is_refused_and_nothing_breaks(written: str | bytes) -> None:
    """Whatever arrives is a note or a NoteInvalid."""
    try:
        note = Note.of(written)
    except NoteInvalid:
        return
    assert Note.of(str(note)) == note
