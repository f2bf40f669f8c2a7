"""The memory that `openmind import` takes for a folder of national tables, of one size and of five times as many rows.

Each in a process of its own, since the greatest memory of a process does not go down again.
"""

import argparse
import asyncio
import csv
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from app.audit.ddl import SERVICE_ROLE
from app.gate import open_gate
from app.sync import import_folder
from app.sync.health import Assumed
from app.sync.submission import TABLES
from bench.filling import crn_of
from bench.importing import born, people_of
from bench.places import Places
from bench.rows import Row
from bench.sizes import Sizes
from tests import world

NAME, UNIT, BAR = "import_folder_memory_postgresql", "MB", 1.0
ASKED = 300
"""Megabytes, whatever the file's size."""
TIMES = 5
Table = Iterator[dict[str, Any]]


def measure(places: Places, sizes: Sizes) -> Row:
    """The larger of two against what is asked; the smaller says whether it grows."""
    found = [_measured(places, contacts) for contacts in (sizes.foldered, sizes.foldered * TIMES)]
    few, many = found
    extra = {"few_mb": few["mb"], "rows": many["rows"], "rows_per_second": many["rate"]}
    return Row(NAME, UNIT, [many["mb"]], [ASKED], BAR, bar_is_ceiling=True, extra=extra)


def _measured(places: Places, contacts: int) -> dict[str, Any]:
    url = places.new("postgresql")
    command = [sys.executable, "-m", "bench.folder", url, str(contacts)]
    said = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603  # our own module
    places.drop(url)
    found: dict[str, Any] = json.loads(said.stdout)
    return found


def tables(contacts: int) -> dict[str, Table]:
    """A submission of so many contacts, each with an activity and a score."""
    people, header = people_of(contacts), {"DatSetVer": "2.1", "OrgIDProv": "RT5"}
    header |= {"DateTimeDatSetCreate": "2026-03-09T10:00:00"}
    header |= {"ReportingPeriodStartDate": "2026-01-01", "ReportingPeriodEndDate": "2026-01-31"}
    whose = [number % people for number in range(contacts)]
    return {
        "IDS000Header": iter([header]),
        "IDS001MPI": (
            {"LocalPatientId": f"P{number}", "PersonBirthDate": born(number).isoformat()} for number in range(people)
        ),
        "LocalPatientLink": (
            {"LocalPatientId": f"P{number}", "CRN": crn_of(number), **_TIMES} for number in range(people)
        ),
        "IDS101Referral": (
            {"ServiceRequestId": f"R{number}", "LocalPatientId": f"P{number}", "SourceOfReferralIAPT": "E3",
             "ReferralRequestReceivedDate": "2026-01-05"}
            for number in range(people)
        ),
        "IDS201CareContact": (
            {"CareContactId": f"C{number}", "ServiceRequestId": f"R{of}", "CareContDate": "2026-01-20",
             "CareContTime": f"{number // people % 9 + 9:02}:{number // people // 9 % 60:02}", "AppType": "02",
             "AttendOrDNACode": "5"}
            for number, of in enumerate(whose)
        ),
        "IDS202CareActivity": (
            {"CareActId": f"A{number}", "CareContactId": f"C{number}", "CodeProcAndProcStatus": "304891004"}
            for number in range(contacts)
        ),
        "IDS607CodedScoreAssessmentAct": (
            {"CareActId": f"A{number}", "CodedAssToolType": "720433000", "PersScore": str(number % 28)}
            for number in range(contacts)
        ),
    }  # fmt: skip


_TIMES = {"RecordedAt": "2026-01-05T09:00:00+00:00", "ModifiedAt": "2026-01-05T09:00:00+00:00"}


def write(folder: Path, contacts: int) -> int:
    """The folder of a submission; how many rows it has."""
    (folder / "health").mkdir(parents=True)
    return sum(_write(folder / "health" / f"{name}.csv", TABLES[name], rows) for name, rows in tables(contacts).items())


def _write(path: Path, columns: Iterable[str], rows: Table) -> int:
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(columns), restval="")
        table.writeheader()
        return sum(bool(table.writerow(row)) for row in rows)


async def imported(url: str, folder: Path, contacts: int) -> None:
    """As the command does it; RuntimeError if a row is rejected."""
    settings = world.settings_for(url, Path("no key is needed"), database_role=SERVICE_ROLE)
    async with open_gate(settings) as (gate, _):
        report = await import_folder(folder, gate, settings.clock, assumed=Assumed(world.SERVICE))
    accepted = sum(counts.accepted for counts in report.files.values())
    if report.exit_code or accepted < 3 * contacts:
        raise RuntimeError(f"{accepted} rows were accepted: {sorted(map(str, report.findings))[:3]}")


def main() -> None:
    """One size."""
    options = argparse.ArgumentParser()
    options.add_argument("url")
    options.add_argument("contacts", type=int)
    given = options.parse_args()
    people = (
        world.person(crn_of(number), date_of_birth=born(number), postcode=None)
        for number in range(people_of(given.contacts))
    )
    asyncio.run(world.put(given.url, [*world.clients(), *people]))
    with tempfile.TemporaryDirectory() as home:
        rows = write(Path(home) / "given", given.contacts)
        before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
        asyncio.run(imported(given.url, Path(home) / "given", given.contacts))
        took, most = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    said = {"mb": most // 1024, "before_mb": before // 1024, "rows": rows, "rate": round(rows / took, 1)}
    print(json.dumps(said))


if __name__ == "__main__":
    main()
