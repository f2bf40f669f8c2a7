"""The log's checkpoints over HTTP: the newest for anybody, one more and the witnesses for oversight, cosignatures."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.audit.checkpoint import Checkpoint
from app.audit.log_keys import read_key_file
from app.audit.signed_note import Algorithm, Note, Signer
from tests import world
from tests.routers.cast import ALMA, CARA, COLIN, FULL, OLGA, OVERSIGHT, WORK, cast, told
from tests.world import LOG_ORIGIN, Service, log_key_file

WITNESS = Signer.new("health.example/witness", Algorithm.COSIGNATURE)
STRANGER = Signer.new("somebody.example/witness", Algorithm.COSIGNATURE)
PUBLIC = "/v1/audit/checkpoint"


@pytest.fixture
async def witnessed(database_url: str, key_file: Path, tmp_path: Path) -> AsyncIterator[Service]:
    """A service with a witness that is not there: what it cosigns is brought."""
    away = {"key": str(WITNESS.verifier), "url": "http://127.0.0.1:9/", "party": "health"}
    await world.put(database_url, cast())
    values: dict[str, Any] = {"witnesses": [away], "log_state_file": tmp_path / "state"}
    async with world.serving(database_url, key_file, **values) as service:
        yield service


def read(answer: httpx.Response) -> tuple[Checkpoint, Note]:
    """A note as anybody checks it who knows the log's key."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    note = Note.of(answer.content)
    assert len(note.by([read_key_file(log_key_file()).verifier])) == 1
    return Checkpoint.of(note.text), note


async def test_anybody_reads_the_newest_checkpoint(service_on_both: Service) -> None:
    """Without a token; it may be kept for a moment, and nothing else may."""
    service = service_on_both
    answer = await service.http.get(PUBLIC)
    assert read(answer)[0].origin == LOG_ORIGIN
    assert answer.headers["cache-control"] == "public, max-age=5"
    assert "audit-receipt" not in answer.headers
    assert (await service.http.get("/ready")).headers["cache-control"] == "no-store"
    assert await service.entries() == []


async def test_oversight_has_one_made_and_an_entry_says_so(service_on_both: Service) -> None:
    """By an auditor and by a guardian (G1), over everything that was appended before they asked."""
    service = service_on_both
    await service.get(f"/v1/people/{FULL}", *OLGA, WORK)
    for number, who in enumerate((ALMA, CARA), start=1):
        answer = await service.request("POST", "/v1/audit/checkpoints", *who, OVERSIGHT)
        body = answer.json()
        checkpoint = Checkpoint.of(Note.of(body["note"]).text)
        assert (body["origin"], body["size"], body["root"]) == (LOG_ORIGIN, number, checkpoint.root.hex())
        assert checkpoint.size == number
        entry = (await service.entries())[-1]
        assert (entry["outcome"], entry["clauses"], entry["details"]) == ("permitted", ["G1"], {"checkpoint": number})
        assert answer.headers["audit-receipt"].startswith(f"{number}:")
        assert read(await service.http.get(PUBLIC))[0] == checkpoint


@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/audit/checkpoints"), ("GET", "/v1/audit/witnesses")])
async def test_nobody_else_has(service_alone: Service, method: str, path: str) -> None:
    """Neither who works with people nor who commissions; the refusal is in the log and nothing is signed."""
    before = (await service_alone.http.get(PUBLIC)).text
    for who, purpose, code in (
        (OLGA, WORK, "not-permitted-for-role"),
        (OLGA, OVERSIGHT, "purpose-not-for-role"),
        (COLIN, "service-evaluation", "not-permitted-for-role"),
    ):
        answer = await service_alone.request(method, path, *who, purpose)
        assert (answer.status_code, told(answer)["code"]) == (403, code)
        assert (await service_alone.entries())[-1]["reason"] == code
    assert (await service_alone.http.get(PUBLIC)).text == before


async def test_a_witness_brings_its_cosignature_and_everybody_sees_it(witnessed: Service) -> None:
    """It needs no token, since the signature proves itself; how far it is, oversight is told."""
    http = witnessed.http
    checkpoint, note = read(await http.get(PUBLIC))
    path = f"/v1/audit/checkpoints/{checkpoint.size}/cosignatures"
    lines = "".join(each.cosign(note.text, 1_773_144_000).line() for each in (STRANGER, WITNESS))
    _, cosigned = read(await http.post(path, content=lines))
    assert [each.name for each in cosigned.signatures] == [LOG_ORIGIN, WITNESS.name]
    assert len(cosigned.by([WITNESS.verifier])) == 1
    assert (await http.get(PUBLIC)).text == str(cosigned)
    again = WITNESS.cosign(note.text, 1_773_144_060).line()
    assert (await http.post(path, content=again)).text == str(cosigned)
    answer = await witnessed.request("GET", "/v1/audit/witnesses", *ALMA, OVERSIGHT)
    body = answer.json()
    assert body["witnesses"] == [
        {
            "name": WITNESS.name,
            "party": "health",
            "key": str(WITNESS.verifier),
            "size": checkpoint.size,
            "cosignedAt": "2026-03-10T12:00:00Z",
        }
    ]
    assert (body["checkpoint"]["size"], body["checkpoint"]["root"]) == (checkpoint.size, checkpoint.root.hex())
    ((stored,),) = (await world.execute(witnessed.url, [(text("SELECT count(*) FROM log_cosignature"), None)]))[0:1]
    assert stored == (1,)


async def test_what_is_no_cosignature_is_refused_and_not_kept(witnessed: Service) -> None:
    """Nothing of it can fill the database: it takes a key that we know, and each is kept once for each checkpoint."""
    _, note = read(await witnessed.http.get(PUBLIC))
    before = len(await witnessed.entries())
    line = WITNESS.cosign(note.text, 1).line()
    for content, size, status, code in (
        ("", 0, 422, "cosignature-invalid"),
        ("rubbish\n", 0, 422, "cosignature-invalid"),
        (line.strip(), 0, 422, "cosignature-invalid"),
        (line * 17, 0, 422, "cosignature-invalid"),
        (b"\xff\xfe\n", 0, 422, "cosignature-invalid"),
        (STRANGER.cosign(note.text, 1).line(), 0, 422, "cosignature-invalid"),
        (WITNESS.cosign(note.text + "more\n", 1).line(), 0, 422, "cosignature-invalid"),
        (line, 1000, 404, "checkpoint-unknown"),
        (line, "twelve", 404, "checkpoint-unknown"),
        (line, -1, 404, "checkpoint-unknown"),
        (line, "0?size=1", 400, "parameter-unknown"),
        (line + " " * 70_000, 0, 413, "body-too-large"),
    ):
        number, _, query = str(size).partition("?")
        path = f"/v1/audit/checkpoints/{number}/cosignatures?{query}"
        answer = await witnessed.http.post(path, content=content)
        assert (answer.status_code, told(answer)["code"]) == (status, code), content[:40]
    assert str(read(await witnessed.http.get(PUBLIC))[1]) == str(note)
    assert len(await witnessed.entries()) == before


async def test_once_the_log_is_not_what_it_was_nothing_is_answered(service_on_both: Service) -> None:
    """A head that its entries do not bear out: nothing is signed, and from then on nothing is appended either."""
    service = service_on_both
    newest = read(await service.http.get(PUBLIC))[1]
    await service.get(f"/v1/people/{FULL}", *OLGA, WORK)
    root = "x'" + "00" * 32 + "'" if service.url.startswith("sqlite") else "'\\x" + "00" * 32 + "'::bytea"
    forged = f"UPDATE log_head SET size = size + 1, root = {root}"
    await world.execute(service.url, [(text(forged.replace(":", "\\:")), None)])
    answer = await service.request("POST", "/v1/audit/checkpoints", *ALMA, OVERSIGHT)
    assert (answer.status_code, told(answer)["code"]) == (503, "unavailable")
    answer = await service.get(f"/v1/people/{FULL}", *OLGA, WORK)
    assert (answer.status_code, told(answer)["code"]) == (503, "unavailable")
    assert FULL not in answer.text
    ready = await service.http.get("/ready")
    assert (ready.status_code, ready.json()["parts"]["log"]) == (503, False)
    assert str(read(await service.http.get(PUBLIC))[1]) == str(newest)


async def test_a_last_checkpoint_is_made_when_the_service_stops(database_url: str, key_file: Path) -> None:
    """Over the last answer that it gave."""
    await world.put(database_url, cast())
    async with world.serving(database_url, key_file) as service:
        for _ in range(3):
            await service.get(f"/v1/people/{FULL}", *OLGA, WORK)
    statement = text("SELECT size, note FROM log_checkpoint ORDER BY size DESC LIMIT 1")
    ((row,),) = await world.execute(database_url, [(statement, None)])
    assert row[0] == len(await world.entries(database_url)) == 3
    assert json.dumps(row[1]).count(LOG_ORIGIN) == 2
