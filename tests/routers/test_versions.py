"""Two versions while requests come in: the later takes over at the stroke of its moment, in everything and at once."""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests import world
from tests.cli.test_review_commands import STRICTER, ran, settings_of
from tests.policies.asking import leicester
from tests.policies.drafts import draft, draft_text
from tests.routers.cast import ALMA, COURT, FULL, OLGA, OVERSIGHT, WORK
from tests.world import Service

STROKE = datetime(2026, 3, 29, 0, 0, tzinfo=UTC)
"""A day begins in London, in whose night the clock goes forward."""
BEFORE = STROKE - timedelta(seconds=30)
LATER = ('version = "2012-11"', 'version = "2026-03"'), ("in_force_from = 2012-11-01", "in_force_from = 2026-03-29")


def _set(service: Service, moment: datetime) -> None:
    service.settings.clock._shift = moment - datetime.now(UTC)


async def _asked(service: Service, cursor: str | None = None) -> dict[str, Any]:
    """Many requests at once: what each is answered, and under which version."""
    page = {"pageSize": "1"} | ({"cursor": cursor} if cursor else {})
    reads = [service.get(f"/v1/people/{FULL}/identity", *OLGA, WORK) for _ in range(8)]
    listed, why, known, *read = await asyncio.gather(
        service.get("/v1/people", *OLGA, WORK, params=page),
        service.get(f"/v1/people/{FULL}/access", *OLGA, WORK),
        service.http.get("/v1/agreement"),
        *reads,
    )
    versions = {why.json()["agreement"]["version"], known.json()["version"]}
    return {
        "reads": {answer.status_code for answer in read},
        "versions": versions,
        "listed": [row["crn"] for row in listed.json()["data"]],
        "next": listed.json()["pagination"]["next"],
    }


async def _then(service: Service, at: datetime) -> str:
    about = {"staff": "olga", "forPurpose": WORK, "at": at.isoformat()}
    answer = await service.get(f"/v1/people/{FULL}/access", *ALMA, OVERSIGHT, params=about)
    version: str = answer.json()["agreement"]["version"]
    return version


async def _served(url: str, key: Path, folder: Path) -> dict[str, Any]:
    async with world.serving(url, key, agreements_dir=folder, clock_start=BEFORE) as service:
        (folder / "later.new").write_text(draft_text(STRICTER, *LATER))
        os.replace(folder / "later.new", folder / "later.toml")
        service.app.state.services.gate.agreements._looked = 0.0  # a second has passed since it looked
        before = await _asked(service)
        _set(service, STROKE)
        after = await _asked(service, before["next"])
        told = [await _then(service, at) for at in (STROKE - timedelta(microseconds=1), STROKE)]
        return {"before": before, "after": after, "told": told, "entries": await service.entries()}


def test_the_later_version_takes_over_at_the_stroke(cast_url: str, key_file: Path, tmp_path: Path) -> None:
    """A1 for those alone whom a court has sent: read, listed by an old cursor, explained, published; then replayed."""
    folder = tmp_path / "agreements"
    folder.mkdir()
    (folder / "first.toml").write_text(draft_text())
    found = world.run(_served(cast_url, key_file, folder))
    before, after = found["before"], found["after"]
    assert (before["reads"], before["versions"], before["listed"]) == ({200}, {"2012-11"}, [FULL])
    assert (after["reads"], after["versions"], after["listed"]) == ({403}, {"2026-03"}, [COURT])
    assert found["told"] == ["2012-11", "2026-03"]
    first, later = leicester().digest, draft(STRICTER, *LATER).digest
    assert [entry["agreement"] for entry in found["entries"]] == [first] * 10 + [later] * 12
    known = settings_of(cast_url, key_file)
    both = known | {"OPENMIND_AGREEMENTS_DIR": str(folder)}
    assert ran("audit", "replay", **both).stdout == "clean: 22 decisions made again, 0 entries without one\n"
    alone = ran("audit", "replay", **known)
    assert (alone.exit_code, f"agreement {later}, first cited by entry 10" in alone.stdout) == (2, True)
    simulated = ran("agreement", "simulate", str(folder / "later.toml"), "--since", BEFORE.isoformat(), **known)
    assert "22 decisions made again, of which 10 would change" in simulated.stdout
    assert "Disclosures that would not have happened: 9 (entries 0" in simulated.stdout
