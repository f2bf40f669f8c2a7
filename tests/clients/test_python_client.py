"""The Python client and `openmind sync` against the service as it is run: its own process, real tokens, real HTTP."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from openmind_client import Client, Refused, Unanswered, follow
from openmind_client.folder import Folder
from openmind_client.models import FedPerson, RemovalNotice
from sqlalchemy import update
from typer.testing import CliRunner

import app.tables as t
from app.cli.root import app
from app.identity import write_private_key
from app.identity.secrets import argon2
from tests import world
from tests.documented import unstarted
from tests.faults.running import Running, run
from tests.identity.making import SECRET
from tests.postgres import wait_for
from tests.routers import consenting
from tests.routers.cast import BARE, COURT, FULL, cast
from tests.sync.lines import sentence, someone, treated, written

JUSTICE, HEALTH = "probation-system", "clinical-records"


SECRET_HASH: str = argon2.using(type="ID", rounds=1, memory_cost=64, parallelism=1).hash(SECRET)


@pytest.fixture
def running(database_url: str, tmp_path: Path) -> Iterator[Running]:
    """The service over a world whose systems have a secret."""
    key = tmp_path / "signing.pem"
    write_private_key(key)
    wait_for(lambda: world.run(_filled(database_url)))
    with run(database_url, key) as (one,):
        yield one


async def _filled(url: str) -> None:
    await world.put(url, cast())
    await world.execute(url, [(update(t.Client).values(secret_hash=SECRET_HASH), None)])


def client(running: Running, name: str, secret: str = SECRET) -> Client:
    return Client(f"http://127.0.0.1:{running.port}", name, secret)


def sync(running: Running, tmp_path: Path, name: str, *arguments: str) -> Any:
    secret = tmp_path / "secret"
    secret.write_text(SECRET + "\n")
    about = ["--url", f"http://127.0.0.1:{running.port}", "--client", name, "--secret-file", str(secret)]
    return CliRunner().invoke(app, ["sync", *arguments, *about])


def test_the_shapes_are_those_of_the_api() -> None:
    """Run `python -m clients.generate` where they are not."""
    from clients.generate import MODELS, models  # here: what it stands on takes every worker a second

    assert models(unstarted().openapi()) == MODELS.read_text()


def test_records_go_in_and_what_may_be_read_comes_out(running: Running, tmp_path: Path) -> None:
    """Both systems send, each keeps a copy; a withdrawal empties it of that person, and is acknowledged."""
    with client(running, JUSTICE) as justice, client(running, HEALTH) as health:
        sent = [someone("X400001"), sentence("X400001", "S-400001"), someone("X400002", dateOfBirth="yesterday")]
        justice.push("first", sent)
        state = justice.wait("first", 60, 0.05)
        assert (state.state, state.counts.accepted, state.counts.rejected) == ("done", 2, 1)
        assert [(one.line, one.outcome) for one in justice.results("first")] == [
            (1, "accepted"), (2, "accepted"), (3, "rejected")
        ]  # fmt: skip
        assert [(one.rule, one.field) for one in [*justice.results("first")][2].findings] == [
            ("date-malformed", "people.dateOfBirth")
        ]
        health.push("first", treated("9", "X400001"))
        assert health.wait("first", 60, 0.05).counts.accepted == 5

        copy = Folder(tmp_path / "justice")
        follow(justice, copy)
        assert names(tmp_path / "justice") == [f"CRN-{FULL}", f"CRN-{COURT}"]
        whole = json.loads((tmp_path / "justice" / "people" / f"CRN-{FULL}.json").read_text())
        assert whole["categories"]["referral"]["referrals"][0]["id"] == "referral-full"
        follow(health, Folder(tmp_path / "health"))
        assert "LocalPatientId-P9" in names(tmp_path / "health")

        wait_for(lambda: world.run(_withdrawn(running)))
        follow(justice, copy)
        assert names(tmp_path / "justice") == [f"CRN-{COURT}"]
        assert [*justice.removals()] == []


def names(folder: Path) -> list[str]:
    return sorted(path.stem for path in (folder / "people").iterdir())


async def _withdrawn(running: Running) -> None:
    """By Olga, whom the person told."""
    async with running.callers() as service:
        assert (await consenting.withdraw(service, "consent-attendance")).status_code == 200


def test_the_commands_push_and_pull(running: Running, tmp_path: Path) -> None:
    file, copy = tmp_path / "people.ndjson", tmp_path / "copy"
    file.write_bytes(written([someone("X400001"), someone("X40")]))
    pushed = sync(running, tmp_path, JUSTICE, "push", str(file))
    assert pushed.exit_code == 1, pushed.output
    assert "line 2 people.crn: " in pushed.output
    again = sync(running, tmp_path, JUSTICE, "push", str(file))
    assert (again.exit_code, again.output) == (1, pushed.output)
    pulled = sync(running, tmp_path, JUSTICE, "pull", str(copy))
    assert (pulled.exit_code, names(copy)) == (0, [f"CRN-{FULL}", f"CRN-{COURT}"]), pulled.output
    other = sync(running, tmp_path, HEALTH, "pull", str(copy))
    assert other.exit_code == 2
    assert "cursor" in other.stderr, other.stderr


def test_what_is_refused_is_said(running: Running) -> None:
    with client(running, JUSTICE) as justice:
        justice.push("first", [{"kind": "people"}])
        with pytest.raises(Refused) as refused:
            justice.push("first", [{"kind": "people", "sourceId": "X400001"}])
    assert (refused.value.status, refused.value.problem and refused.value.problem.code) == (409, "batch-differs")
    with client(running, JUSTICE, "wrong") as stranger, pytest.raises(Refused) as unknown:
        stranger.changes()
    assert (unknown.value.status, unknown.value.problem) == (401, None)


class Scripted:
    """A service that answers by a list."""

    def __init__(self, *answers: httpx.Response) -> None:
        self.answers, self.asked, self.slept = [*answers], [], []

    def client(self, attempts: int = 6) -> Client:
        http = httpx.Client(transport=httpx.MockTransport(self._answer), base_url="https://open-mind.test")
        return Client("", "a-system", "a secret", http=http, attempts=attempts, sleep=self.slept.append)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append((request.url.path, request.headers.get("Authorization")))
        if request.url.path == "/oauth2/token":
            return httpx.Response(200, json={"access_token": f"t{len(self.asked)}", "expires_in": 3600})
        return self.answers.pop(0)


PAGE = httpx.Response(200, json={"data": [], "pagination": {"next": "c", "more": False, "pageSize": 500}})


def test_it_waits_as_long_as_it_is_told() -> None:
    script = Scripted(httpx.Response(503, headers={"Retry-After": "7"}), httpx.Response(429), PAGE)
    assert script.client().changes().pagination.next == "c"
    assert script.slept[0] == 7.0
    assert 0 < script.slept[1] <= 60


def test_a_token_that_is_known_no_longer_is_replaced() -> None:
    script = Scripted(PAGE, httpx.Response(401), PAGE)
    one = script.client()
    one.changes()
    one.changes()
    assert [said for path, said in script.asked if path != "/oauth2/token"] == ["Bearer t1", "Bearer t1", "Bearer t4"]


def test_it_gives_up_after_so_many_attempts() -> None:
    script = Scripted(*[httpx.Response(503)] * 3)
    with pytest.raises(Unanswered):
        script.client(attempts=3).changes()
    assert len(script.slept) == 2


class Broken(Exception):
    pass


def test_a_crash_before_the_cursor_moves_loses_nothing(tmp_path: Path) -> None:
    """A notice is acknowledged after it is done; what was not moved past comes again."""
    notice = {
        "type": "removal",
        "id": "4",
        "identifiers": [{"type": "CRN", "value": FULL}],
        "madeAt": "2026-03-10T12:00:00Z",
    }
    page = {"data": [notice], "pagination": {"next": "c", "more": False, "pageSize": 500}}
    done = {"id": "4", "madeAt": "2026-03-10T12:00:00Z", "state": "acknowledged", "at": "2026-03-10T12:00:01Z"}
    script = Scripted(httpx.Response(200, json=page), httpx.Response(200, json=page), httpx.Response(200, json=done))
    copy = Folder(tmp_path)
    copy.keep(person(FULL))

    class Crashing(Folder):
        def drop(self, notice: RemovalNotice) -> None:
            raise Broken

    with pytest.raises(Broken):
        follow(script.client(), Crashing(tmp_path))
    assert (names(tmp_path), copy.cursor()) == ([f"CRN-{FULL}"], None)
    follow(script.client(), copy)
    assert (names(tmp_path), copy.cursor()) == ([], "c")
    assert script.asked[-1][0] == "/v1/sync/removals/4/acknowledgement"


def person(*values: str) -> FedPerson:
    identifiers = [{"type": "LocalPatientId" if "/" in one else "CRN", "value": one} for one in values]
    return FedPerson.model_validate(
        {"type": "person", "id": "1", "crn": BARE, "identifiers": identifiers, "categories": {}}
    )


def test_a_folder_follows_a_persons_ids(tmp_path: Path) -> None:
    """Each id has its file; an id that is the person's no longer has none, and an odd one stays in its folder."""
    copy = Folder(tmp_path)
    copy.keep(person(FULL, "../../up"))
    assert names(tmp_path) == [f"CRN-{FULL}", "LocalPatientId-..%2F..%2Fup"]
    copy.keep(person(FULL))
    assert names(tmp_path) == [f"CRN-{FULL}"]
    copy.keep(person(FULL, "a/b"))
    copy.drop(RemovalNotice.model_validate({
        "type": "removal", "id": "1", "identifiers": [{"type": "LocalPatientId", "value": "a/b"}],
        "madeAt": "2026-03-10T12:00:00Z",
    }))  # fmt: skip
    assert names(tmp_path) == []
    assert [oct(path.stat().st_mode & 0o777) for path in (tmp_path, tmp_path / "people")] == ["0o700", "0o700"]
