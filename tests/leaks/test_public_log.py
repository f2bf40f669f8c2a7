"""What is public of the log: hashes, places and times; nobody learns from it who was asked about, by whom or why."""

import re
from typing import Any

import pytest

from tests.routers.cast import CARE, EXCLUDED, FULL, NOBODY, OLGA, OTTO, RESTRICTED, THEO, WORK
from tests.world import Service

pytestmark = pytest.mark.asyncio(loop_scope="session")
LEAF = re.compile(r"audit-leaf/v1\n(0|[1-9][0-9]*)\n\d{4}(-\d\d){2}T\d\d(:\d\d){2}\.\d{6}Z\n[0-9a-f]{64}\n")


async def size(service: Service) -> int:
    """As a stranger sees it."""
    found: int = (await service.http.get("/v1/audit/consistency?from=0")).json()["to"]
    return found


@pytest.mark.parametrize(
    ("who", "purpose", "crn"),
    [
        pytest.param(OLGA, WORK, EXCLUDED, id="who is excluded"),
        pytest.param(OLGA, WORK, RESTRICTED, id="whose record is restricted"),
        pytest.param(OTTO, WORK, FULL, id="who is on another caseload"),
        pytest.param(THEO, CARE, EXCLUDED, id="who is excluded from a therapist"),
    ],
)
async def test_the_log_grows_alike_by_somebody_hidden_and_by_nobody(
    service: Service, who: Any, purpose: str, crn: str
) -> None:
    """S5: the size that strangers see is no way round an answer that tells nothing."""
    grown = []
    for asked in (crn, NOBODY):
        for request in (("GET", f"/v1/people/{asked}"), ("GET", f"/v1/people/{asked}/access")):
            before = await size(service)
            await service.request(*request, *who, purpose, headers={"Prefer": "audit-proof"})
            grown.append(await size(service) - before)
        before = await size(service)
        await service.request("POST", "/v1/people/searches", *who, purpose, json={"crn": asked})
        grown.append(await size(service) - before)
    assert grown == [1, 1, 1] * 2


async def test_a_leaf_says_when_and_nothing_else(service: Service) -> None:
    """Every leaf is a number, a time and a digest; the same question twice has two digests that nobody can guess."""
    same = {"X-Request-ID": "the-same"}
    receipts = []
    for _ in range(2):
        answer = await service.get(f"/v1/people/{FULL}/attendance", *OLGA, WORK, headers=same)
        receipts.append(answer.headers["audit-receipt"].partition(":"))
    digests = set()
    for number, _, leaf_hash in receipts:
        proof = (await service.http.get(f"/v1/audit/entries/{number}/proof")).json()
        assert proof.keys() == {"number", "size", "leaf", "leafHash", "hashes", "root"}
        assert proof["leaf"].keys() == {"recordedAt", "entryDigest"}
        assert proof["leafHash"] == leaf_hash
        digests.add(proof["leaf"]["entryDigest"])
    assert len(digests) == 2
    last = int(receipts[1][0])
    path = f"/v1/audit/tile/entries/{last // 256:03}" + (f".p/{last % 256 + 1}" if last % 256 < 255 else "")
    bundle, leaves = (await service.http.get(path)).content, []
    while bundle:
        length = int.from_bytes(bundle[:2], "big")
        leaves.append(bundle[2 : 2 + length].decode())
        bundle = bundle[2 + length :]
    assert len(leaves) == last % 256 + 1
    assert [leaf for leaf in leaves if not LEAF.fullmatch(leaf)] == []
