"""Oversight asks about months that stand in files by the same addresses, and is told where a file is missing."""

from datetime import timedelta
from pathlib import Path

from app.db import Address
from tests.audit.archived import ENDED, ENTRIES, FIRST, PRESENT, SECOND, archived_by, operator_in
from tests.routers.auditing import COUNTS, EXPORT, asked, numbers, searched
from tests.routers.auditing import ENTRIES as ASKED
from tests.routers.cast import ALMA, OVERSIGHT, everybody, key_file
from tests.world import put, serving, training

__all__ = ["key_file"]
PERIOD = {
    "since": (ENDED - timedelta(days=30)).isoformat().replace("+00:00", "Z"),
    "until": (ENDED + timedelta(days=60)).isoformat().replace("+00:00", "Z"),
}


async def test_archived_months_are_asked_for_like_any_other(postgres_url: str, key_file: Path, tmp_path: Path) -> None:
    """Pages, one entry, a person, counts, exports and proofs; without the file 503 with its name, and nothing else."""
    folder = tmp_path / "archive"
    folder.mkdir()
    operator = operator_in(Address(postgres_url), tmp_path)
    lasting = training("alma", "information-sharing", (ENDED + timedelta(days=99)).date())
    await put(postgres_url, [*everybody(), lasting])
    at = ENDED + timedelta(days=80)
    async with serving(postgres_url, key_file, **operator.settings(), clock_start=at) as service:
        people = numbers(await searched(service, **PERIOD, crn="X000001", pageSize=200))
        counts = (await asked(service, COUNTS, **PERIOD, by="role")).json()
        one = (await service.get(f"{ASKED}/17", *ALMA, OVERSIGHT)).json()
        proof = (await service.http.get(f"{ASKED}/17/proof", params={"size": ENTRIES})).json()
        tile = (await service.http.get("/v1/audit/tile/entries/000")).content
    assert {each in SECOND for each in people} == {True, False}
    ran = archived_by(operator, folder)
    assert ran.exit_code == 0, ran.output
    async with serving(postgres_url, key_file, **operator.settings(), clock_start=at, log_archive=folder) as service:
        page = await asked(service, **PERIOD, order="oldest", pageSize=200)
        assert numbers(page) == list(range(200))
        following = await asked(
            service, **PERIOD, order="oldest", pageSize=200, cursor=page.json()["pagination"]["next"]
        )
        assert numbers(following) == list(range(200, 400))
        assert numbers(await searched(service, **PERIOD, crn="X000001", pageSize=200)) == people
        assert (await asked(service, COUNTS, **PERIOD, by="role")).json() == counts
        assert (await service.get(f"{ASKED}/17", *ALMA, OVERSIGHT)).json() == one
        exported = await asked(service, EXPORT, **PERIOD, format="ndjson")
        assert exported.text.count("\n") == ENTRIES
        assert (await service.http.get(f"{ASKED}/17/proof", params={"size": ENTRIES})).json() == proof
        assert (await service.http.get("/v1/audit/tile/entries/000")).content == tile
    async with serving(postgres_url, key_file, **operator.settings(), clock_start=at, log_archive=tmp_path) as service:
        one_of_it = await service.get(f"{ASKED}/17", *ALMA, OVERSIGHT)
        for answer in (await asked(service, **PERIOD, order="oldest"), one_of_it):
            assert (answer.status_code, answer.json()["code"]) == (503, "archive-unavailable")
            assert answer.json()["detail"] == f"the file 'log-{PRESENT}.parquet' of the log's archive cannot be read"
        later = PERIOD | {"since": ENDED.isoformat().replace("+00:00", "Z")}
        assert numbers(await asked(service, **later, order="oldest", pageSize=9))[0] == FIRST.stop
