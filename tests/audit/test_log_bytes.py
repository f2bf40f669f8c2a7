"""The bytes are final: canonical JSON, entries, leaves and roots are pinned, and agree with others' implementations."""

import hmac
import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from app.audit.canonical import GREATEST, OutsideProfile, assemble, canonical, parse, ready
from app.audit.entry import Entry, Pattern, PersonPart, Record, timestamp
from app.audit.merkle import EMPTY_ROOT, Tile, Tree, leaf_data, leaf_hash, leaf_hashes, node_hash
from app.audit.submission import Receipt, Receipts, receipt_header
from app.audit.verify_bytes import NotCanonical, canonical_value
from app.audit.verify_bytes import Tree as VerifiersTree
from tests.audit.logs import THEN, make_entry

LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}
KEYS = st.text(st.characters(min_codepoint=1, max_codepoint=127), max_size=8)
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
SCALARS = st.none() | st.booleans() | st.integers(-GREATEST, GREATEST) | TEXTS
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=20)


@given(VALUES)
def test_canonical_json_is_rfc_8785(value: Any) -> None:
    """The log's encoder gives the reference implementation's bytes, and both of ours read them back."""
    text = canonical(value)
    assert text.encode() == rfc8785.dumps(value)
    assert parse(text) == value
    assert parse(text.encode()) == value
    assert canonical_value(text) == value


@given(st.dictionaries(st.from_regex(r"[a-zA-Z]\w{0,5}", fullmatch=True).filter(str.isascii), VALUES))
def test_an_assembled_object_is_the_canonical_one(members: dict[str, Any]) -> None:
    """Putting ready texts together changes no byte."""
    assert assemble(members) == canonical(members)
    assert assemble({key: ready(value) for key, value in members.items()}) == canonical(members)


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        pytest.param(1.5, "a float", id="a fraction"),
        pytest.param(1.0, "a float", id="a whole number as a float"),
        pytest.param(float("nan"), "a float", id="no number"),
        pytest.param([1.5], "a float", id="a fraction in a list"),
        pytest.param(2**53, "an integer beyond 2^53-1", id="one more than the greatest"),
        pytest.param(-(2**53), "an integer beyond 2^53-1", id="one less than the least"),
        pytest.param({"é": 1}, "a key that is not ASCII", id="a key with an accent"),
        pytest.param({1: 1}, "a key that is not ASCII", id="a key that is a number"),
        pytest.param({"a\0b": 1}, "a key that is not ASCII", id="a key with a null"),
        pytest.param("\ud800", "a lone surrogate", id="half a character"),
        pytest.param({"a": {"b": "\udfff"}}, "a lone surrogate", id="half a character deep inside"),
        pytest.param("a\0b", "a U+0000", id="a null"),
        pytest.param(["a\0b"], "a U+0000", id="a null in a list"),
        pytest.param({"a": "a\0b"}, "a U+0000", id="a null in an object"),
        pytest.param(b"x", "a value that JSON does not have", id="bytes"),
        pytest.param({1}, "a value that JSON does not have", id="a set"),
        pytest.param([b"x"], "a value that JSON does not have", id="bytes in a list"),
    ],
)
def test_what_the_profile_leaves_out_is_refused(value: Any, rule: str) -> None:
    """A value that others could read differently never becomes bytes; the rule is named, and never the value."""
    for write in (canonical, ready, lambda value: assemble({"value": value})):
        with pytest.raises(OutsideProfile) as refusal:
            write(value)
        assert str(refusal.value) == rule


def test_what_is_nested_without_end_is_refused() -> None:
    """A value may come from a request: it costs its sender a refusal, not the service its stack."""
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(OutsideProfile) as refusal:
        canonical(value)
    assert str(refusal.value) == "nested too deeply"


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("é", id="an accent"),
        pytest.param("a b", id="two words"),
        pytest.param("1a", id="a number first"),
        pytest.param("", id="nothing"),
        pytest.param('a"b', id="a quote"),
        pytest.param("a\0b", id="a null"),
    ],
)
def test_an_assembled_object_has_ascii_words_for_keys(key: str) -> None:
    """Keys are put in unquoted by any rule, so that none may need one."""
    with pytest.raises(OutsideProfile) as refusal:
        assemble({key: 1})
    assert str(refusal.value) == "a key that is no ASCII word"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        pytest.param('{"a":1,"a":1}', "a duplicate key", id="a key given twice"),
        pytest.param('[{"a":1,"b":2,"a":3}]', "a duplicate key", id="a key given twice inside"),
        pytest.param('{"a":1, "b":2}', "not canonical", id="a space"),
        pytest.param('{"b":1,"a":2}', "not canonical", id="keys out of order"),
        pytest.param('"\\u0041"', "not canonical", id="a letter as its number"),
        pytest.param("1.0", "a float", id="a whole number as a float"),
        pytest.param("1e3", "a float", id="a power"),
        pytest.param("NaN", "a float", id="no number"),
        pytest.param("-Infinity", "a float", id="no end"),
        pytest.param("9007199254740992", "an integer beyond 2^53-1", id="one more than the greatest"),
        pytest.param('{"é":1}', "a key that is not ASCII", id="a key with an accent"),
        pytest.param('"\\u0000"', "a U+0000", id="a null"),
        pytest.param('"\\ud800"', "a lone surrogate", id="half a character"),
        pytest.param("", "no JSON", id="nothing"),
        pytest.param("{", "no JSON", id="half an object"),
        pytest.param("[" * 100_000, "no JSON", id="nested without end"),
    ],
)
def test_other_texts_of_equal_meaning_are_refused(text: str, rule: str) -> None:
    """The writer's and the verifier's reader agree on what is canonical."""
    for given_text in (text, text.encode()):
        with pytest.raises(OutsideProfile) as refusal:
            parse(given_text)
        assert str(refusal.value) == rule
    with pytest.raises(NotCanonical):
        canonical_value(text)


def least(**given: Any) -> Record:
    """A record that says no more than it has to, and what is given."""
    values: dict[str, Any] = {"kind": "start", "occurred_at": THEN, "caller": None, "action": "start"}
    return Record(**values | {"resource": "-", "outcome": "done", "request_id": "r"} | given)


def test_the_bytes_of_an_entry_are_pinned() -> None:
    """Every field stands in every entry, in one order, for good."""
    person = PersonPart("person-1", "X000001", ("consent-1",), salt=bytes(range(16)))
    body = {"type": "access", "eventId": "01900000-0000-7000-8000-000000000000", "occurredAt": timestamp(THEN)}
    entry = Entry.of(body, person)
    assert entry.person == '{"consents":["consent-1"],"crn":"X000001","personId":"person-1"}'
    subject = sha256(bytes(range(16)) + entry.person.encode()).hexdigest()
    assert entry.body == (
        '{"eventId":"01900000-0000-7000-8000-000000000000","occurredAt":"2026-01-02T03:04:05.678901Z",'
        f'"subject":"{subject}","type":"access","v":1}}'
    )
    assert entry.digest == "dd6a109fa84015d904001b7f69bb114779998b30e967c7fd743ab9489ce59dc3"


def test_an_entry_holds_what_its_body_commits_to() -> None:
    """The id, the digest, the salt and the person's part that are stored are those of the body."""
    person = PersonPart("person-1", "X000001", ("consent-1",), salt=bytes(range(16)))
    record = least(event_id="e1", answer=b'{"attended":false}')
    entry = record.sealed(person)
    assert (entry.event_id, entry.salt, entry.person) == ("e1", bytes(range(16)), person.body())
    assert entry.digest == sha256(entry.body.encode()).hexdigest()
    body = json.loads(entry.body)
    assert body["subject"] == sha256(bytes(range(16)) + person.body().encode()).hexdigest()
    assert body["answerDigest"] == hmac.digest(bytes(range(16)), b'{"attended":false}', "sha256").hex()
    nobody = record.sealed()
    assert (nobody.event_id, nobody.salt, nobody.person) == ("e1", None, None)


@given(
    texts=st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=3, max_size=3)
)
def test_a_pattern_makes_the_bytes_that_a_record_makes(texts: list[str]) -> None:
    """Whatever else the entry says, and whether it says quotes, braces or what stands in for a hole elsewhere."""
    reason, detail, crn = texts
    said = least(reason=reason, details={"said": detail}, facts=5, released={"identity": ["person.crn"]})
    person, answer = PersonPart("person-1", crn, ("consent-1",)), b'{"attended":false}'
    made = Pattern.of(said).sealed(person, answer)
    assert made == replace(said, answer=answer, event_id=made.event_id).sealed(person)
    again = Pattern.of(said).sealed(person, answer)
    assert (again.event_id != made.event_id, UUID(again.event_id).version) == (True, 7)


def test_an_entry_without_an_id_gets_one_of_its_own() -> None:
    """The id sorts by time (UUIDv7), stands in the body, and is never given twice."""
    entries = [least().sealed() for _ in range(100)]
    assert len({entry.event_id for entry in entries}) == 100
    for entry in entries:
        assert UUID(entry.event_id).version == 7
        assert json.loads(entry.body)["eventId"] == entry.event_id


def test_a_record_that_says_least_says_null() -> None:
    """Nobody asked, nothing was decided, and nothing was released: each is said, and nothing is made up."""
    entry = least().sealed()
    assert json.loads(entry.body) == {
        "action": "start",
        "agreement": None,
        "announce": None,
        "answerDigest": None,
        "caller": None,
        "clauses": [],
        "details": None,
        "eventId": entry.event_id,
        "facts": None,
        "occurredAt": "2026-01-02T03:04:05.678901Z",
        "outcome": "done",
        "purpose": None,
        "reason": None,
        "released": {},
        "requestId": "r",
        "resource": "-",
        "subject": None,
        "type": "start",
        "v": 1,
        "withheld": {},
    }


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        pytest.param(datetime(2026, 7, 1, 12, tzinfo=UTC), "2026-07-01T12:00:00.000000Z", id="a whole second"),
        pytest.param(
            datetime(2026, 1, 1, 0, 30, 0, 5, tzinfo=timezone(timedelta(hours=1))),
            "2025-12-31T23:30:00.000005Z",
            id="a moment that is another day elsewhere",
        ),
        pytest.param(
            datetime(2026, 7, 1, 12, tzinfo=ZoneInfo("Europe/London")), "2026-07-01T11:00:00.000000Z", id="summer time"
        ),
    ],
)
@pytest.mark.parametrize("machine", ["UTC", "Asia/Kathmandu"])
def test_a_moment_is_written_in_one_form(
    monkeypatch: pytest.MonkeyPatch, moment: datetime, text: str, machine: str
) -> None:
    """UTC with six digits, wherever the machine thinks it is."""
    monkeypatch.setenv("TZ", machine)
    time.tzset()
    try:
        assert timestamp(moment) == text
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_moment_without_an_offset_is_refused() -> None:
    """It could be any of a day's moments."""
    with pytest.raises(ValueError, match=r"^a moment needs an offset$"):
        timestamp(datetime(2026, 1, 1))  # noqa: DTZ001  # that it is naive is the point


def test_a_record_says_everything_that_an_entry_must() -> None:
    """Who, for whom, why, what, under which clauses, on which facts, with what result; null where there is nothing."""
    body = json.loads(make_entry(person=False, event_id="e1").body)
    assert body == {
        "action": "read",
        "agreement": "a" * 64,
        "announce": None,
        "answerDigest": hmac.digest(b"", b'{"attended":true}', "sha256").hex(),
        "caller": {
            "client": "case-management",
            "party": "justice",
            "role": "offender-manager",
            "service": None,
            "staff": "o.manager",
            "token": "token-1",
        },
        "clauses": ["D1"],
        "details": None,
        "eventId": "e1",
        "facts": {"bits": 33, "names": ["employed", "caseload"]},
        "occurredAt": "2026-01-02T03:04:05.678901Z",
        "outcome": "permitted",
        "purpose": "supervision",
        "reason": None,
        "released": {"attendance": ["id", "outcome"]},
        "requestId": "request-0",
        "resource": "/v1/people/{crn}/attendance",
        "subject": None,
        "type": "access",
        "v": 1,
        "withheld": {"scores": {"clauses": ["D4"], "missing": ["consent:scores"]}},
    }


def test_the_digest_of_an_answer_is_salted() -> None:
    """Two persons with the same small answer have different digests: it cannot be guessed once the salt is erased."""
    first, second = (json.loads(make_entry(1).body)["answerDigest"] for _ in range(2))
    assert first != second


def test_the_bytes_of_a_leaf_are_pinned() -> None:
    """A leaf holds place, time and the entry's hash, and a stranger can compute it."""
    data = leaf_data(7, "2026-01-02T03:04:05.678901Z", "ab" * 32)
    assert data == b"audit-leaf/v1\n7\n2026-01-02T03:04:05.678901Z\n" + b"ab" * 32 + b"\n"
    assert leaf_hash(data).hex() == sha256(b"\0" + data).hexdigest()


@pytest.mark.parametrize("size", ROOTS)
def test_the_roots_of_the_rfc(size: int) -> None:
    """Both trees give the roots of RFC 6962's own leaves."""
    tree, other = Tree(), VerifiersTree()
    for leaf in LEAVES[:size]:
        tree.append(leaf_hash(bytes.fromhex(leaf)))
        other.add(leaf_hash(bytes.fromhex(leaf)))
    assert tree.root().hex() == other.root().hex() == ROOTS[size]


def naive_root(leaves: list[bytes]) -> bytes:
    """The recursive definition in RFC 6962, section 2.1."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return node_hash(naive_root(leaves[:split]), naive_root(leaves[split:]))


@given(st.integers(0, 1100), st.integers(0, 1100))
def test_the_frontier_gives_the_root_of_the_whole_tree(size: int, stop: int) -> None:
    """Kept incrementally and taken up again anywhere, it is the tree that the RFC defines, and so are its tiles."""
    leaves = [leaf_hash(str(number).encode()) for number in range(size)]
    tree, other, tiles = Tree(), VerifiersTree(), []
    for number, leaf in enumerate(leaves):
        if number == stop:
            tree = Tree.at(tree.size, tree.packed())
        tiles += tree.append(leaf)
        other.add(leaf)
    assert tree.root() == other.root() == naive_root(leaves)
    assert len(tree.frontier) == size.bit_count()
    assert tiles == [
        Tile(8, number, naive_root(leaves[number * 256 : (number + 1) * 256])) for number in range(size // 256)
    ]


@pytest.mark.parametrize("level", [8, 16, 24])
def test_the_last_leaf_of_a_tile_completes_it_and_those_below_it(level: int) -> None:
    """Tiles of every level come at once, each with its level, its place and the root over what it holds."""
    frontier = [leaf_hash(bytes([number])) for number in range(level)]
    tree = Tree.at(2**level - 1, b"".join(frontier))
    roots = [leaf_hash(b"last")]
    for subtree in reversed(frontier):
        roots.append(node_hash(subtree, roots[-1]))
    assert tree.append(roots[0]) == [Tile(at, 2 ** (level - at) - 1, roots[at]) for at in range(8, level + 1, 8)]
    assert (tree.size, tree.packed(), tree.root()) == (2**level, roots[level], roots[level])


def test_a_frontier_of_another_size_is_refused() -> None:
    """A damaged head row never becomes the ground for more entries."""
    with pytest.raises(ValueError, match=r"^a tree of 3 leaves has no frontier of 32 bytes$"):
        Tree.at(3, bytes(32))
    with pytest.raises(ValueError, match=r"^a tree of 4 leaves has no frontier of 64 bytes$"):
        Tree.at(4, bytes(64))


def test_the_receipt_header_names_one_or_the_first_and_the_last() -> None:
    """A list's receipts are a range."""
    receipts = [Receipt(number, f"{number:064x}", "e") for number in range(3)]
    assert receipt_header(receipts[:1]) == f"0:{0:064x}"
    assert receipt_header(receipts) == f"0:{0:064x}, 2:{2:064x}"


def test_receipts_are_made_when_they_are_asked_for() -> None:
    """One, some or all of them, as if each had been made at once."""
    leaves = [bytes([number]) * 32 for number in range(3)]
    receipts = Receipts(7, leaves, ["a", "b", "c"], None)
    each = tuple(Receipt(7 + place, leaves[place].hex(), name) for place, name in enumerate("abc"))
    assert (tuple(receipts), len(receipts), receipts[1], receipts[-1], receipts[1:]) == (each, 3, *each[1:], each[1:])
    assert receipts == each
    assert receipts != each[:2]
    assert receipts != (each[0], each[0], each[2])


def test_leaves_that_follow_each_other_are_hashed_as_each_alone() -> None:
    """And make the tiles that they make one by one."""
    digests, at = [f"{number:064x}" for number in range(300)], "2026-03-10T09:30:00.000000Z"
    leaves = leaf_hashes(5, at, digests)
    assert leaves == [leaf_hash(leaf_data(5 + place, at, digest)) for place, digest in enumerate(digests)]
    one, other = Tree(), Tree()
    assert one.extend(leaves) == [tile for leaf in leaves for tile in other.append(leaf)] != []
    assert (one.size, one.frontier) == (other.size, other.frontier)
