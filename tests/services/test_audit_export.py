"""Exports of the log: whole, as it stood, in every form; the entry that says so comes first, and nothing is kept."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from app.audit.rows import Entries, Row
from app.audit.submission import LogUnavailable
from app.cli.root import app
from app.db import DatabaseUnavailable
from app.services.audit_formats import Csv, Format, Parquet, encoder_of
from app.services.audit_lines import COLUMNS
from app.services.audit_search import Search
from tests import world
from tests.postgres import wait_for
from tests.routers.auditing import EXPORT, PERIOD, asked, busy, log_of, searched
from tests.routers.cast import (
    ALMA,
    FULL,
    OVERSIGHT,
    cast,
    cast_template,
    cast_url,
    key_file,
    service_alone,
    told,
)
from tests.services.exported import READERS, from_csv, from_lines
from tests.world import NOW, Service, subjects

__all__ = ["cast_template", "cast_url", "key_file", "service_alone"]
MEDIA = {
    "ndjson": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}


@pytest.fixture
async def used(database_url: str, key_file: Path) -> AsyncIterator[Service]:
    """A service over the cast that has been busy."""
    await world.put(database_url, cast())
    async with world.serving(database_url, key_file) as running:
        await busy(running)
        yield running


async def test_every_form_holds_exactly_the_entries_that_there_were(used: Service) -> None:
    for form, media_type in MEDIA.items():
        whole = await log_of(used)
        for answer in (
            await asked(used, EXPORT, format=form),
            await used.get(EXPORT, *ALMA, OVERSIGHT, params=PERIOD, headers={"Accept": media_type}),
        ):
            assert answer.headers["content-type"] == media_type
            assert answer.headers["content-disposition"] == f'attachment; filename="audit-log.{form}"'
            assert READERS[form](answer.content)[: len(whole)] == whole
            number = int(answer.headers["audit-receipt"].partition(":")[0])
            assert [each["number"] for each in READERS[form](answer.content)] == list(range(number))
            entry = (await used.entries())[number]
            assert (entry["outcome"], entry["resource"], entry["answerDigest"]) == ("permitted", EXPORT, None)
            assert entry["details"] == {
                "search": {"since": "2026-03-01T00:00:00.000000Z", "until": "2026-04-01T00:00:00.000000Z"},
                "format": form,
                "numbers": {"first": 0, "last": number - 1, "count": number},
            }


async def test_a_part_of_it_and_somebodys_part(used: Service) -> None:
    whole = await log_of(used)
    part = from_lines((await asked(used, EXPORT, outcome="refused", staff="olga")).content)
    assert part == [
        each
        for each in whole
        if each["entry"]["outcome"] == "refused" and (each["entry"]["caller"] or {}).get("staff") == "olga"
    ]
    assert part
    before = len(await log_of(used))
    theirs = from_lines((await searched(used, EXPORT, crn=FULL.lower())).content)
    assert theirs == [each for each in whole if (each["person"] or {}).get("crn") == FULL]
    assert (await subjects(used.url))[before]["crn"] == FULL
    assert FULL not in json.dumps((await used.entries())[before])
    none = await asked(used, EXPORT, since="2027-01-01T00:00:00Z", until="2027-02-01T00:00:00Z", format="csv")
    assert (from_csv(none.content), none.content.decode().strip().split(",")) == ([], list(COLUMNS))
    assert (await used.entries())[-1]["details"]["numbers"] == {"count": 0}


ACCEPTED = {
    "": "ndjson",
    "*/*": "ndjson",
    "text/html, text/csv;q=0.9": "csv",
    "application/*": "ndjson",
    "Application/Vnd.Apache.Parquet": "parquet",
}


async def test_a_form_is_chosen_by_what_is_accepted_and_none_is_made_up(service_alone: Service) -> None:
    used = service_alone
    for accept, form in ACCEPTED.items():
        headers = {"Accept": accept} if accept else {}
        answer = await used.get(EXPORT, *ALMA, OVERSIGHT, params=PERIOD, headers=headers)
        assert answer.headers["content-type"] == MEDIA[form], accept
    answer = await used.get(EXPORT, *ALMA, OVERSIGHT, params=PERIOD, headers={"Accept": "application/pdf"})
    assert (answer.status_code, told(answer)["code"], told(answer)["field"]) == (406, "not-acceptable", "Accept")
    assert (await used.entries())[-1]["reason"] == "not-acceptable"
    answer = await asked(used, EXPORT, format="xlsx")
    assert (answer.status_code, told(answer)["field"]) == (400, "format")


async def test_the_entry_is_durable_before_the_first_byte_and_the_bytes_come_as_they_are_read(
    service_alone: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read one at a time; while it goes on others write, of which nothing slips in."""
    used = service_alone
    await busy(used)
    monkeypatch.setattr("app.audit.searching.LogSearch.stream.__defaults__", (1,))
    reading, read = [0], Entries.read

    async def counted(*given: Any, **named: Any) -> list[Row]:
        reading[0] += 1
        return await read(*given, **named)

    monkeypatch.setattr(Entries, "read", counted)
    before, seen, body = len(await log_of(used)), [], b""
    headers = [(b"authorization", f"Bearer {used.token(*ALMA)}".encode()), (b"purpose-of-use", OVERSIGHT.encode())]
    query = "&".join(f"{name}={value}" for name, value in PERIOD.items()).encode()
    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "path": EXPORT,
             "raw_path": EXPORT.encode(), "query_string": query, "headers": headers, "scheme": "https",
             "server": ("open-mind.test", 443), "client": ("127.0.0.1", 1), "root_path": ""}  # fmt: skip
    forever = asyncio.Event()

    async def receive() -> Any:
        await forever.wait()

    async def send(message: Any) -> None:
        nonlocal body
        seen.append((message["type"], len(await log_of(used)), reading[0]))
        body += message.get("body", b"")
        if len(seen) == 3:
            await used.get("/v1/people", *ALMA, OVERSIGHT)

    await used.app(scope, receive, send)
    assert seen[0] == ("http.response.start", before + 1, 0)
    assert len(from_lines(body)) == before
    assert len({reads for _, _, reads in seen}) >= before
    assert seen[-1][1] > before + 1


async def test_without_its_entry_nothing_leaves(service_alone: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    async def unavailable(_submission: Any) -> Any:
        raise LogUnavailable("the log cannot be written")

    monkeypatch.setattr(service_alone.app.state.services.gate.log, "append", unavailable)
    answer = await asked(service_alone, EXPORT)
    assert (answer.status_code, told(answer)["code"]) == (503, "unavailable")


# --- the forms themselves --------------------------------------------------------------------------------------------


def row(number: int, **said: Any) -> Row:
    """An entry that says something strange in every text."""
    entry = {
        "caller": {"staff": "=cmd|' /C calc'!A0", "party": "+justice", "role": "-role", "client": "@client"},
        "occurredAt": "2026-03-10T09:30:00.000001Z", "eventId": "\tevent", "type": "\rtype", "purpose": "'quoted",
        "action": 'a "quoted", word', "resource": "two\r\nlines", "outcome": "ünïcode 🙂", "reason": None,
        "agreement": "a" * 64, "clauses": ["=D1", "D2"], "released": {"notes": ["*"]}, "withheld": {},
        "requestId": "=1+1", "subject": "0" * 64,
    } | said  # fmt: skip
    text = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    part = json.dumps({"consents": ["-1"], "crn": "X100001", "personId": "=person"}, separators=(",", ":"))
    return Row(number, "2026-03-10T09:30:00.000002Z", text, b"\1" * 32, "0" * 64, part)


@pytest.mark.parametrize("form", list(Format))
def test_whatever_a_text_holds_comes_back_as_it_was(form: Format) -> None:
    rows = [row(number) for number in range(5)]
    encoder = encoder_of(form)
    content = encoder.begin() + encoder.add(rows[:2]) + encoder.add([]) + encoder.add(rows[2:]) + encoder.end()
    found = READERS[form.value](content)
    assert [each["number"] for each in found] == [0, 1, 2, 3, 4]
    for each in found:
        assert each["entry"] == json.loads(rows[0].body)
        assert each["person"] == {"consents": ["-1"], "crn": "X100001", "personId": "=person"}
        assert each["recordedAt"] == "2026-03-10T09:30:00.000002Z"
        assert each["leafHash"] == "01" * 32


def test_no_cell_of_a_table_is_a_formula() -> None:
    """Each that begins as one is marked as text; one that begins with the mark is marked too, so that it comes off."""
    content = Csv().add([row(1)]).decode()
    assert "'=cmd|' /C calc'!A0" in content
    assert all(f"'{start}" in content for start in ("+justice", "-role", "@client", "\tevent", "\rtype", "'quoted"))


def test_parquet_is_written_a_part_at_a_time() -> None:
    """What was written is given away with each part, and the footer alone waits for the end."""
    encoder = Parquet()
    parts = [encoder.add([row(number)]) for number in range(3)]
    assert all(len(part) > 500 for part in parts)
    assert parts[0].startswith(b"PAR1")
    assert encoder.end().endswith(b"PAR1")
    assert encoder._sink._parts == []


# --- the operator's command -------------------------------------------------------------------------------------------


def ran(*arguments: str) -> Result:
    given = ["--since", PERIOD["since"], "--until", PERIOD["until"]]
    return CliRunner().invoke(app, ["audit", "export", *given, *arguments])


def configure(used: Service, key_file: Path, monkeypatch: pytest.MonkeyPatch) -> Service:
    """The settings of the command are those of the service."""
    values = {"DATABASE_URL": used.url, "ISSUER": used.settings.issuer, "SIGNING_KEY_FILE": str(key_file),
              "ENVIRONMENT": "demo", "CLOCK_START": NOW.isoformat()}  # fmt: skip
    for name, value in values.items():
        monkeypatch.setenv(f"OPENMIND_{name}", value)
    for name, value in world.log_environment().items():
        monkeypatch.setenv(name, value)
    return used


@pytest.fixture
def environment(used: Service, key_file: Path, monkeypatch: pytest.MonkeyPatch) -> Service:
    """On both databases."""
    return configure(used, key_file, monkeypatch)


@pytest.fixture
async def environment_alone(service_alone: Service, key_file: Path, monkeypatch: pytest.MonkeyPatch) -> Service:
    """On SQLite."""
    await busy(service_alone)
    return configure(service_alone, key_file, monkeypatch)


async def test_the_operator_exports_to_a_file_and_leaves_an_entry_of_its_own_kind(
    environment: Service, tmp_path: Path
) -> None:
    for name in ("log.ndjson", "log.csv", "log.parquet"):
        whole, path = await log_of(environment), tmp_path / name
        result = wait_for(lambda path=path: ran("--output", str(path)))
        assert result.exit_code == 0, result.output
        assert READERS[path.suffix[1:]](path.read_bytes()) == whole
        entry = (await environment.entries())[-1]
        assert (entry["type"], entry["caller"], entry["outcome"]) == ("export", None, "permitted")
        assert (entry["resource"], entry["reason"]) == ("openmind audit export", "operator-export")
        assert entry["details"]["numbers"] == {"first": 0, "last": len(whole) - 1, "count": len(whole)}
        assert entry["details"]["format"] == path.suffix[1:]
        assert f"{len(whole)} numbers covered" in result.stderr
        assert f"receipt {len(whole)}:" in result.stderr
    assert sorted(name for name in os.listdir(tmp_path) if name.startswith("log.")) == [
        "log.csv",
        "log.ndjson",
        "log.parquet",
    ]


async def test_the_operator_exports_somebodys_part_to_standard_output(environment_alone: Service) -> None:
    whole = await log_of(environment_alone)
    conditions = ["--where", f"crn={FULL.lower()}", "--where", "outcome=refused"]
    result = wait_for(lambda: ran(*conditions))
    assert result.exit_code == 0, result.output
    assert from_lines(result.stdout_bytes) == [
        each for each in whole if (each["person"] or {}).get("crn") == FULL and each["entry"]["outcome"] == "refused"
    ]
    assert (await subjects(environment_alone.url))[len(whole)]["crn"] == FULL
    assert FULL not in json.dumps((await environment_alone.entries())[-1])


WRONG: list[Any] = [
    pytest.param(["--where", "crn=FULL"], "--where crn", id="no CRN"),
    pytest.param(["--where", "clause=Z9"], "--where clause", id="a clause of no version"),
    pytest.param(["--where", "outcome=maybe"], "--where outcome", id="no outcome"),
    pytest.param(["--where", "colour=red"], "'colour'", id="an unknown name"),
    pytest.param(["--where", "staff"], "'staff'", id="a name without a value"),
    pytest.param(["--where", "staff=a", "--where", "staff=b"], "'staff'", id="a name twice"),
    pytest.param(["--until", "2026-02-01T00:00:00Z"], "--until", id="it ends before it begins"),
    pytest.param(["--since", "2026-03-01"], "--since", id="a day is no moment"),
    pytest.param(["--output", "nowhere/at/all/log.csv"], "No such file", id="no such folder"),
]


async def test_what_cannot_be_exported_is_said_and_leaves_nothing(
    environment_alone: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = await log_of(environment_alone)
    for parameter in WRONG:
        arguments, said = parameter.values
        result = wait_for(lambda arguments=arguments: ran(*arguments))
        assert (result.exit_code, said in result.stderr) == (2, True), result.output
        assert result.stdout == ""
    assert await log_of(environment_alone) == before
    assert not [name for name in os.listdir(tmp_path) if name.startswith("log.")]


async def test_an_export_that_breaks_off_says_so_and_is_not_taken_for_a_whole_one(
    environment_alone: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_given: Any, **_named: Any) -> Any:
        raise DatabaseUnavailable("the database does not answer")

    monkeypatch.setattr(Entries, "read", gone)
    result = wait_for(lambda: ran("--output", str(tmp_path / "log.csv")))
    assert (result.exit_code, "it broke off: the database does not answer" in result.stderr) == (1, True)
    assert [name for name in os.listdir(tmp_path) if name.startswith("log.")] == ["log.csv.part"]
    assert (await environment_alone.entries())[-1]["type"] == "export"


async def test_of_several_people_each_is_named(environment_alone: Service) -> None:
    await world.put(environment_alone.url, [world.person("X200001", pnc_number="1981/0000034U")])
    before = len(await log_of(environment_alone))
    assert wait_for(lambda: ran("--where", "pncNumber=81/34U")).exit_code == 0
    parts = await subjects(environment_alone.url)
    assert {parts[before]["crn"], parts[before + 1]["crn"]} == {FULL, "X200001"}
    search = Search.of(NOW, NOW, {}, {"pncNumber": "1981/0000034U"})
    assert search.told()["by"] == ["pncNumber"]
