"""The pilot in one picture: the figures as the clinical lead sees them, beside those that the commissioner gets.

    .venv/bin/python -m examples.picture docs/leicester-2013.svg

The example is imported into a database of its own, both are asked for their report there, and what is drawn is what the
two reports show: counts as they are (G7) and as published (G4), and the rates, which are the same in both.
"""

import asyncio
import json
import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.audit.log_keys import write_key_file
from app.audit.signed_note import Signer
from app.cli.loading import load
from app.config import Environment, Settings
from app.gate import open_gate
from app.identity import write_private_key
from app.pathway.reports import beside
from app.services.drawing import Bar, Drawn, bars
from app.services.report_shapes import Form
from app.services.reports import ReportService, Wanted, register_for
from app.vocabulary import Action, Caller, Party, Purpose, Question, Role
from migrations import upgrade

FOLDER = Path(__file__).parent / "leicester-2013"
MOMENT = datetime(2013, 7, 15, 9, tzinfo=UTC)
CLIENTS = ("case-management", "clinical-records", "audit-console", "guardian-console", "commissioner-reports")
LEAD = Caller(Party.HEALTH, Role.CLINICAL_LEAD, "clinical-records", "picture-lead", "marcus.hathersage")
COMMISSIONER = Caller(
    Party.COMMISSIONER, Role.COMMISSIONER, "commissioner-reports", "picture-commissioner", "stephen.quorndon"
)
_LINES = {
    "referred": ("referred", None),
    "notSuitable": ("not suitable", "notSuitableRate"),
    "firstAppointmentMissed": ("first appointment missed", "firstAppointmentMissedRate"),
    "enteredTreatment": ("entered treatment", "enteredTreatmentRate"),
}
Said = Mapping[str, Any]


def picture(lead: Said, commissioner: Said) -> Drawn:
    """One chart of both reports, as documents."""
    title = "The Leicester pilot: what became of its referrals"
    note = (
        f"Referrals from {lead['from']} to {lead['to']}, as of {lead['asOf'][:10]}. Published counts are rounded to "
        "the nearest 5; rates come from unrounded counts."
    )
    series = {"clinical lead: as they are (G7)": lead, "commissioner: as published (G4)": commissioner}
    return bars(title, [(name, [_bar(said, count) for count in _LINES]) for name, said in series.items()], note)


def _bar(said: Said, count: str) -> Bar:
    (row,) = said["tables"][0]["rows"]
    name, rate = _LINES[count]
    shown = row["counts"][count]
    share = f", {row['rates'][rate]['text']}" if rate else ""
    return Bar(name, shown["value"], f"{shown['text']}{share}")


async def reports(url: str, key: Path) -> list[Said]:
    """What the two are answered."""
    settings = _settings(url, key)
    found = []
    async with open_gate(settings) as (gate, _):
        service = ReportService(gate, beside())
        for caller in (LEAD, COMMISSIONER):
            subjects = (register_for(caller.party),)
            question = Question(
                caller, Purpose.SERVICE_EVALUATION, Action.READ, subjects, MOMENT, "/v1/reports/pathway", "picture"
            )
            found.append(json.loads((await service.pathway(question, Wanted(), Form.JSON)).body))
    return found


def _settings(url: str, key: Path) -> Settings:
    return Settings.model_validate(
        {
            "environment": Environment.DEMO,
            "database_url": url,
            "issuer": "http://127.0.0.1",
            "signing_key_file": key,
            "log_origin": "open-mind.invalid/picture",
            "log_key_files": [key.with_name("log.key")],
            "clock_start": MOMENT,
        }
    )


def main(output: Path) -> None:
    """Import, ask, draw and write."""
    with tempfile.TemporaryDirectory() as folder:
        url, key = f"sqlite:///{folder}/open-mind.db", Path(folder) / "key.pem"
        write_private_key(key)
        write_key_file(key.with_name("log.key"), Signer.new("open-mind.invalid/picture"))
        upgrade(url)
        load(_settings(url, key), FOLDER, dict.fromkeys(CLIENTS, "a hash that fits no secret"))
        lead, commissioner = asyncio.run(reports(url, key))
    output.write_bytes(picture(lead, commissioner).svg())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
