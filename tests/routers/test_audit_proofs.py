"""Proofs, consistency and tiles over HTTP, for strangers: what they prove, and what they refuse."""

import base64
import gzip
from hashlib import sha256
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.audit.checkpoint import Checkpoint
from app.audit.proofs import check_consistency, check_inclusion
from app.db import Address
from app.services.proofs import ProofService
from tests.audit.checkpointing import ORIGIN, KeptCheckpoints
from tests.audit.logs import Owner, append_all
from tests.routers.cast import FULL, NOBODY, OLGA, OTTO, WORK, told
from tests.routers.mirror import Mirror, grown, opened, rooted
from tests.world import Service, execute

shared = pytest.mark.asyncio(loop_scope="session")
COUNT = 600


async def get(service: Service, path: str, **request: Any) -> httpx.Response:
    """As somebody nobody knows."""
    answer = await service.http.get(f"/v1/audit/{path}", **request)
    assert answer.status_code == 200, answer.text
    return answer


def hexes(found: list[str]) -> list[bytes]:
    return [bytes.fromhex(each) for each in found]


async def test_a_receipt_becomes_a_proof_later(proving: tuple[Service, KeptCheckpoints]) -> None:
    """The disclosure, then 600 other entries; the proof in trees of several sizes, and under signed checkpoints."""
    service, checkpoints = proving
    log = service.app.state.services.gate.log
    await append_all(log, 2)
    given = await service.get(f"/v1/people/{FULL}/attendance", *OLGA, WORK, headers={"Prefer": "audit-proof"})
    receipt = given.headers["audit-receipt"]
    assert receipt.startswith("2:")
    leaf_hash = receipt.partition(":")[2]
    assert (await get(service, "entries/2/proof")).json()["size"] == 3
    for path in ("0/000", "0/000.p/4", "1/000.p/1", "entries/000", "entries/000.p/4", "entries/001.p/1"):
        assert told(await service.http.get(f"/v1/audit/tile/{path}"))["code"] == "tile-unknown", path
    early = await checkpoints.make()
    await append_all(log, COUNT - 3)
    (((body,),),) = await execute(service.url, [(text("SELECT body FROM log_entry WHERE seq = 2"), None)])
    for size in (None, 3, 4, 256, 257, COUNT):
        proof = (await get(service, "entries/2/proof", params={"size": size} if size else {})).json()
        assert (proof["number"], proof["size"], proof["leafHash"]) == (2, size or 3, leaf_hash)
        leaf = f"audit-leaf/v1\n2\n{proof['leaf']['recordedAt']}\n{proof['leaf']['entryDigest']}\n"
        assert sha256(b"\0" + leaf.encode()).hexdigest() == leaf_hash
        assert proof["leaf"]["entryDigest"] == sha256(body.encode()).hexdigest()
        path, root = hexes(proof["hashes"]), bytes.fromhex(proof["root"])
        check_inclusion(2, proof["size"], bytes.fromhex(leaf_hash), path, root)
        said = (await get(service, "consistency", params={"from": proof["size"]})).json()
        assert (said["from"], said["to"], said["fromRoot"]) == (proof["size"], COUNT, proof["root"])
    assert (await get(service, "entries/3/proof")).json()["size"] == COUNT, "no checkpoint covers it yet"
    late = await checkpoints.make()
    for note, size in ((early, 3), (late, COUNT)):
        answer = await get(service, "entries/2/proof", params={"size": size}, headers={"Accept": "text/plain"})
        _check_file(answer, checkpoints, leaf_hash)
        assert answer.text.endswith(f"\n\n{note}")
    newest = await get(service, "entries/2/proof?format=tlog-proof")
    assert newest.text.endswith(f"\n\n{late}")
    missing = await service.http.get("/v1/audit/entries/2/proof?format=tlog-proof&size=4")
    assert (told(missing)["code"], missing.json()["field"]) == ("checkpoint-missing", "size")


def _check_file(answer: httpx.Response, checkpoints: KeptCheckpoints, leaf_hash: str) -> None:
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="entry-2.tlog-proof"'
    proof, _, note = answer.text.partition("\n\n")
    first, extra, index, *path = proof.split("\n")
    assert (first, index) == ("c2sp.org/tlog-proof@v1", "index 2")
    leaf = base64.b64decode(extra.removeprefix("extra "))
    assert sha256(b"\0" + leaf).hexdigest() == leaf_hash
    size, root = opened(note.encode(), str(checkpoints.signer.verifier))
    assert rooted(2, size, bytes.fromhex(leaf_hash), [base64.b64decode(each) for each in path]) == root


async def test_a_mirror_proves_everything_from_tiles_alone(proving: tuple[Service, KeptCheckpoints]) -> None:
    """Full and partial tiles of two levels, at two sizes; what the service proves is what the tiles prove."""
    service, checkpoints = proving
    log = service.app.state.services.gate.log

    async def fetch(path: str) -> bytes:
        return (await get(service, path)).content

    mirrors = []
    for more in (300, 400):
        await append_all(log, more)
        size, root = opened(str(await checkpoints.make()).encode(), str(checkpoints.signer.verifier))
        mirrors.append((Mirror(fetch, size), root))
    hashes = []
    for mirror, root in mirrors:
        hashes = await mirror.check(root)
        for number in {0, 255, 256, 299, mirror.size - 1}:
            path = await mirror.inclusion(number)
            assert rooted(number, mirror.size, hashes[number], path) == root
            said = (await get(service, f"entries/{number}/proof?size={mirror.size}")).json()
            assert (hexes(said["hashes"]), said["root"]) == (path, root.hex())
    (_, before), (mirror, after) = mirrors
    proof = await mirror.consistency(300)
    assert grown(300, 700, before, proof) == (before, after)
    said = (await get(service, "consistency?from=300&to=700")).json()
    assert said == {
        "from": 300, "to": 700, "fromRoot": before.hex(), "toRoot": after.hex(), "hashes": [p.hex() for p in proof],
    }  # fmt: skip


async def test_a_log_that_was_cut_proves_nothing(proving: tuple[Service, KeptCheckpoints]) -> None:
    """An entry is missing, or the log is another than the one that was signed: no proof, and whom to tell."""
    service, checkpoints = proving
    await append_all(service.app.state.services.gate.log, 5)
    size, _ = await checkpoints._tree.head()
    checkpoints.sign(Checkpoint(ORIGIN, size, bytes(32)))
    answer = await service.http.get("/v1/audit/entries/3/proof?format=tlog-proof")
    assert (answer.status_code, told(answer)["code"]) == (500, "log-incomplete")
    Owner(Address(service.url)).tamper("DELETE FROM log_subject WHERE seq = 2", "DELETE FROM log_entry WHERE seq = 2")
    for path in ("entries/3/proof", "entries/2/proof", "consistency?from=3", "tile/0/000.p/5", "tile/entries/000.p/5"):
        answer = await service.http.get(f"/v1/audit/{path}")
        assert (answer.status_code, told(answer)["code"]) == (500, "log-incomplete"), path


@shared
async def test_trees_grow_from_nothing_and_into_themselves(service: Service) -> None:
    """The empty tree is a part of every one, and every one of itself, without a hash."""
    await append_all(service.app.state.services.gate.log, 3)
    now = (await get(service, "consistency?from=0")).json()
    assert (now["hashes"], now["fromRoot"]) == ([], sha256(b"").hexdigest())
    size = now["to"]
    same = (await get(service, f"consistency?from={size}&to={size}")).json()
    assert (same["hashes"], same["fromRoot"], same["toRoot"]) == ([], now["toRoot"], now["toRoot"])
    two = (await get(service, f"consistency?from=2&to={size}")).json()
    check_consistency(2, size, *hexes([two["fromRoot"], two["toRoot"]]), hexes(two["hashes"]))


NOT_THERE = [
    pytest.param("entries/99999/proof", 404, "log-entry-unknown", "number", id="a number beyond the log"),
    pytest.param("entries/007/proof", 404, "log-entry-unknown", "number", id="a number with zeros before it"),
    pytest.param("entries/-1/proof", 404, "log-entry-unknown", "number", id="a number below none"),
    pytest.param("entries/1e1/proof", 404, "log-entry-unknown", "number", id="a number in another notation"),
    pytest.param("entries/٣/proof", 404, "log-entry-unknown", "number", id="a number in other digits"),
    pytest.param(f"entries/{'9' * 400}/proof", 404, "log-entry-unknown", "number", id="a number of 400 digits"),
    pytest.param("entries/3/proof?size=3", 400, "parameter-invalid", "size", id="a tree that ends before the entry"),
    pytest.param("entries/3/proof?size=99999", 400, "parameter-invalid", "size", id="a tree larger than the log"),
    pytest.param("entries/3/proof?size=+4", 400, "parameter-invalid", "size", id="a size that is not plain"),
    pytest.param("entries/3/proof?size=4&size=5", 400, "parameter-invalid", "size", id="two sizes"),
    pytest.param("entries/3/proof?form=json", 400, "parameter-unknown", "form", id="a parameter nobody knows"),
    pytest.param("entries/3/proof?format=xml", 400, "parameter-invalid", "format", id="a format nobody makes"),
    pytest.param("entries/3/proof?format=tlog-proof", 404, "checkpoint-missing", None, id="no checkpoint at all"),
    pytest.param("consistency", 400, "parameter-invalid", "from", id="consistency with what"),
    pytest.param("consistency?from=2&to=1", 400, "parameter-invalid", "from", id="backwards"),
    pytest.param("consistency?from=99999", 400, "parameter-invalid", "from", id="from a tree larger than the log"),
    pytest.param("consistency?from=1&to=99999", 400, "parameter-invalid", "to", id="to a tree larger than the log"),
    pytest.param("consistency?from=1&to=x", 400, "parameter-invalid", "to", id="to no number"),
    pytest.param("tile/0/999", 404, "tile-unknown", None, id="a tile beyond the log"),
    pytest.param("tile/0/x000/000.p/1", 404, "tile-unknown", None, id="a tile by another spelling"),
    pytest.param("tile/00/000.p/1", 404, "tile-unknown", None, id="a level with a zero before it"),
    pytest.param("tile/entries/0.p/1", 404, "tile-unknown", None, id="entries by another spelling"),
    pytest.param("tile/", 404, "tile-unknown", None, id="no tile"),
    pytest.param("tile/0/000.p/1?x=1", 400, "parameter-unknown", "x", id="a tile with a parameter"),
]


@shared
@pytest.mark.parametrize(("path", "status", "code", "field"), NOT_THERE)
async def test_what_is_not_there_is_said_plainly(
    service: Service, path: str, status: int, code: str, field: str | None
) -> None:
    await append_all(service.app.state.services.gate.log, 5)
    answer = await service.http.get(f"/v1/audit/{path}")
    problem = told(answer)
    assert (answer.status_code, problem["code"], problem.get("field")) == (status, code, field)
    assert answer.headers["cache-control"] == "no-store"
    assert "99999" not in answer.text


@shared
async def test_the_form_of_a_proof_is_what_was_asked_for(service: Service) -> None:
    """JSON to browsers and to whoever says nothing; a file by Accept or by name, which goes first."""
    await append_all(service.app.state.services.gate.log, 1)
    gate = service.app.state.services.gate
    checkpoints = KeptCheckpoints(gate.records.database)
    await checkpoints.make()
    kept, service.app.state.services.proofs = service.app.state.services.proofs, ProofService(gate, checkpoints)
    try:
        for accept, query, form in (
            (None, "", "application/json"),
            ("*/*", "", "application/json"),
            ("text/html,application/xhtml+xml,*/*;q=0.8", "", "application/json"),
            ("application/json, text/plain", "", "application/json"),
            ("application/json;q=0.5, TEXT/plain", "", "text/plain"),
            ("text/plain;q=0", "", "application/json"),
            ("text/plain;q=none", "", "application/json"),
            ("text/plain", "?format=json", "application/json"),
            ("application/json", "?format=tlog-proof", "text/plain"),
        ):
            headers = {"Accept": accept} if accept else {}
            answer = await get(service, f"entries/0/proof{query}", headers=headers)
            assert answer.headers["content-type"].partition(";")[0] == form, (accept, query)
    finally:
        service.app.state.services.proofs = kept


@shared
async def test_tiles_may_be_kept_and_carry_nobodys_ids(service: Service) -> None:
    """A shared cache gives one client's answer to the next: no id of the first may be in it."""
    log = service.app.state.services.gate.log
    await append_all(log, 256)
    sent = {"X-Request-ID": "case-7", "X-Correlation-ID": "visit.9", "Accept-Encoding": "identity"}
    for path, age in (("0/000", 31_536_000), ("1/000.p/1", 86_400), ("entries/000.p/9", 86_400)):
        answer = await get(service, f"tile/{path}", headers=sent)
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["cache-control"] == f"public, max-age={age}, immutable"
        assert answer.headers["vary"] == "Accept-Encoding"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert not {"x-request-id", "x-correlation-id", "content-encoding"} & answer.headers.keys()
        again = await get(service, f"tile/{path}", headers={"Authorization": "Bearer nonsense"})
        assert again.content == answer.content


@shared
@pytest.mark.parametrize(
    ("accepted", "is_smaller"),
    [("gzip", True), ("br, GZIP;q=0.2", True), ("identity", False), ("gzip;q=0", False), ("*", False)],
)
async def test_entries_are_compressed_for_whoever_takes_it(service: Service, accepted: str, is_smaller: bool) -> None:
    await append_all(service.app.state.services.gate.log, 100)
    plain = (await get(service, "tile/entries/000.p/100", headers={"Accept-Encoding": "identity"})).content
    async with service.http.stream(
        "GET", "/v1/audit/tile/entries/000.p/100", headers={"Accept-Encoding": accepted}
    ) as answer:
        sent = b"".join([each async for each in answer.aiter_raw()])
    assert answer.headers.get("content-encoding") == ("gzip" if is_smaller else None)
    assert (gzip.decompress(sent) if is_smaller else sent) == plain
    assert (len(sent) < len(plain) * 0.7) == is_smaller


@shared
@pytest.mark.parametrize(
    ("preference", "is_applied"),
    [
        ("audit-proof", True),
        ("respond-async, Audit-Proof", True),
        ('audit-proof; x="a, b"', True),
        ("handling=lenient", False),
        ("audit-proofs", False),
        ('note="x, audit-proof"', False),
        ("", False),
    ],
)
async def test_an_answer_brings_its_proof_to_whoever_prefers_it(
    service: Service, preference: str, is_applied: bool
) -> None:
    """RFC 7240; the proof is a dictionary of structured fields, and the receipt's own."""
    headers = {"Prefer": preference}
    answer = await service.get(f"/v1/people/{FULL}/attendance", *OLGA, WORK, headers=headers)
    assert ("audit-proof" in answer.headers, answer.headers.get("preference-applied")) == (
        is_applied,
        "audit-proof" if is_applied else None,
    )
    if is_applied:
        await _check_header(service, answer)


async def _check_header(service: Service, answer: httpx.Response) -> None:
    number, leaf = answer.headers["audit-receipt"].split(", ")[-1].split(":")
    said = dict(each.split("=", 1) for each in answer.headers["audit-proof"].split(", "))
    assert list(said) == ["entry", "size", "root", "hashes"]
    assert (said["entry"], int(said["size"])) == (number, int(number) + 1)
    path = [base64.b64decode(each.strip(":")) for each in said["hashes"].strip("()").split()]
    root = base64.b64decode(said["root"].strip(":"))
    assert rooted(int(number), int(said["size"]), bytes.fromhex(leaf), path) == root
    later = (await get(service, f"entries/{number}/proof?size={said['size']}")).json()
    assert (hexes(later["hashes"]), later["root"]) == (path, root.hex())


@shared
async def test_of_a_list_the_last_entry_is_proved(service: Service) -> None:
    answer = await service.get("/v1/people", *OLGA, WORK, headers={"Prefer": "audit-proof"})
    assert "," in answer.headers["audit-receipt"]
    await _check_header(service, answer)


@shared
async def test_a_refusal_brings_no_proof(service: Service) -> None:
    """As it brings no receipt."""
    for crn in (NOBODY, FULL):
        answer = await service.get(f"/v1/people/{crn}", *OTTO, WORK, headers={"Prefer": "audit-proof"})
        assert answer.status_code == 404
        assert not {"audit-proof", "preference-applied"} & answer.headers.keys()
