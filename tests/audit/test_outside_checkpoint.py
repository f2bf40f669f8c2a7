"""What a database alone cannot show: four attacks pass without a checkpoint kept elsewhere, and fail with it."""

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.audit.checkpoint import Checkpoint
from app.audit.merkle import Tree
from app.audit.signed_note import Algorithm, Note, Signer
from app.audit.verify import Against, Report, verify
from app.audit.verify_notes import Kept, Key, Unsigned, read_kept
from app.db import Address
from tests.audit.attacks import cut, everything, rebuild, regrow, rewrite
from tests.audit.logs import Owner, verified
from tests.postgres import wait_for

ORIGIN = "log.example/leicester"
LOG = Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes([1]) * 32))
WITNESS = Signer("witness.example/w1", Ed25519PrivateKey.from_private_bytes(bytes([2]) * 32), Algorithm.COSIGNATURE)
KEYS = [Key.read(str(LOG.verifier)), Key.read(str(WITNESS.verifier))]


def checkpoint(owner: Owner, size: int) -> Note:
    """What the log and a witness say of it at a size, as it is now."""
    tree = Tree()
    for (leaf,) in owner.rows(f"SELECT leaf_hash FROM log_entry WHERE seq < {size} ORDER BY seq"):
        tree.append(bytes(leaf))
    note = Checkpoint(ORIGIN, tree.size, tree.root()).signed([LOG])
    return note.with_([WITNESS.cosign(note.text, 1_800_000_000)])


def against(address: Address, *notes: Note, trusted: Note | None = None) -> Report:
    kept = [read_kept(str(note), KEYS) for note in notes]
    start = read_kept(str(trusted), KEYS) if trusted else None
    report: Report = wait_for(lambda: verify(address, None, Against(kept, start)))
    return report


def restore(owner: Owner) -> None:
    """Yesterday's backup: what was there at 280."""
    rebuild(owner, everything(owner)[:280])


ATTACKS: dict[str, tuple[Callable[[Owner], None], str, str]] = {
    "the tail cut off consistently": (cut(290), "behind", "the log has 290 entries, and the checkpoint"),
    "a restored backup": (restore, "behind", "entries 280 to 299 are gone"),
    "a rewrite with the log's own key": (rewrite(270), "rewritten", "something from entry 256 to 299 was rewritten"),
    "deleted and grown again": (regrow(260), "rewritten", "something from entry 256 to 299 was rewritten"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_what_the_database_alone_cannot_show(filled: Address, owner: Owner, name: str) -> None:
    """Clean by itself, clean against what the same hand signs anew, and found against what a witness has kept."""
    attack, code, says = ATTACKS[name]
    kept = [checkpoint(owner, 256), checkpoint(owner, 300)]
    assert against(filled, *kept).exit_code == 0
    attack(owner)
    alone = verified(filled)
    assert (alone.exit_code, alone.findings) == (0, [])
    assert against(filled, checkpoint(owner, alone.size)).exit_code == 0
    report = against(filled, *kept)
    assert (report.exit_code, [finding.code for finding in report.findings]) == (1, [code])
    assert says in report.findings[0].message


@pytest.mark.parametrize("size", [1, 255, 256, 257, 299, 300])
def test_it_starts_from_a_trusted_checkpoint(filled: Address, owner: Owner, size: int) -> None:
    """What is before it rests on the checkpoint, and all that comes after is read; the whole gives the same root."""
    report = against(filled, checkpoint(owner, 300), trusted=checkpoint(owner, size))
    assert (report.exit_code, report.start, report.size, report.root) == (0, size, 300, verified(filled).root)
    owner.tamper("UPDATE log_entry SET body = replace(body, 'o.manager', 'o.other') WHERE seq = 299")
    report = against(filled, trusted=checkpoint(owner, size))
    assert report.first == (299 if size < 300 else None)


def test_a_trusted_checkpoint_of_another_log_does_not_help(filled: Address, owner: Owner) -> None:
    """The log is then read from its first entry, and what is wrong is said."""
    trusted = checkpoint(owner, 280)
    rewrite(270)(owner)
    report = against(filled, trusted=trusted)
    assert (report.exit_code, report.start, report.size) == (1, 0, 300)
    assert [finding.code for finding in report.findings] == ["rewritten"]
    longer = checkpoint(owner, 300)
    cut(100)(owner)
    report = against(filled, trusted=longer)
    assert [finding.code for finding in report.findings] == ["behind"]


def test_two_views_of_one_log_are_told_apart(filled: Address, owner: Owner) -> None:
    """Two witnesses were shown different logs of one name: each has signed something, and both cannot be true."""
    one = checkpoint(owner, 300)
    rewrite(270)(owner)
    other = checkpoint(owner, 300)
    report = against(filled, one, other)
    assert (report.checkpoints, [finding.code for finding in report.findings]) == (2, ["rewritten"])


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        pytest.param(lambda note: note.replace("\n300\n", "\n301\n"), "does not fit", id="another size"),
        pytest.param(lambda note: note.replace(ORIGIN + "\n", "elsewhere\n", 1), "does not fit", id="another log"),
        pytest.param(
            lambda note: note.replace("— log", "— dog").replace("— wit", "— nit"), "no known key", id="strangers"
        ),
        pytest.param(lambda note: note.split("—")[0], "no checkpoint", id="unsigned"),
        pytest.param(lambda note: note[:-10] + "A" * 8 + "!\n", "base64|no checkpoint", id="a spoiled signature"),
        pytest.param(lambda _note: "", "no checkpoint", id="nothing"),
    ],
)
def test_a_checkpoint_counts_if_it_is_signed(
    filled: Address, owner: Owner, change: Callable[[str], str], fault: str
) -> None:
    """The verifier reads notes by itself: what the writer's reader takes, it takes, and says who signed and when."""
    note = str(checkpoint(owner, 300))
    kept = read_kept(note, KEYS)
    assert (kept.origin, kept.size, kept.by) == (ORIGIN, 300, (ORIGIN, WITNESS.name))
    assert kept.times == ((WITNESS.name, 1_800_000_000),)
    assert isinstance(kept, Kept)
    with pytest.raises(Unsigned, match=fault):
        read_kept(change(note), KEYS)


@pytest.mark.parametrize("text", ["", "a+b", "a+zz+AQ==", str(LOG.verifier).replace("+A", "+B"), "a+00000000+"])
def test_what_is_no_verifier_key_is_refused(text: str) -> None:
    """A key is its name, its id and itself, and they belong together."""
    with pytest.raises(Unsigned):
        Key.read(text)
