"""The calls: each one request, tried again where that is safe and the service asks for it, answered in typed shapes."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import IO, Any, TypeVar

import httpx
import zstandard
from pydantic import BaseModel
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from openmind_client.models import (
    Acknowledged,
    BatchResults,
    BatchState,
    ChangesPage,
    Problem,
    RecordResult,
    RemovalNotice,
    RemovalsPage,
)

Answer = TypeVar("Answer", bound=BaseModel)
PURPOSE = "records-sync"
PIECE = 1 << 20
_EARLY_SECONDS = 60
"""A token is asked for anew so long before it ends."""


class Refused(Exception):
    """The service says no: `problem` is why and, in its `remedy`, what would help."""

    def __init__(self, status: int, problem: Problem | None) -> None:
        super().__init__(f"{status}: {problem.code if problem else 'no reason given'}")
        self.status, self.problem = status, problem


class Unanswered(Exception):
    """The service could not answer for now; nothing is known to be wrong with what was asked."""

    def __init__(self, wait: float | None) -> None:
        super().__init__("the service does not answer")
        self.wait = wait


class Client:
    """One registered system. Close it, or use it in a `with`."""

    def __init__(
        self,
        url: str,
        client_id: str,
        secret: str,
        *,
        http: httpx.Client | None = None,
        attempts: int = 6,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._http = http or httpx.Client(base_url=url, timeout=httpx.Timeout(60, connect=10), trust_env=False)
        self._id, self._secret, self._sleep = client_id, secret, sleep
        self._token, self._token_ends = "", 0.0
        self._attempts = attempts

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    # --- records in -----------------------------------------------------------------------------------------------

    def push(self, batch_id: str, records: Iterable[Mapping[str, Any]]) -> BatchState:
        """Send records as one batch, compressed and as they come; the same batch may be sent again."""
        return self.push_lines(batch_id, (json.dumps(each, separators=(",", ":")).encode() + b"\n" for each in records))

    def push_file(self, batch_id: str, file: IO[bytes]) -> BatchState:
        """Send a file of JSON lines."""
        return self.push_lines(batch_id, iter(lambda: file.read(PIECE), b""))

    def push_lines(self, batch_id: str, pieces: Iterable[bytes]) -> BatchState:
        """Send pieces of JSON lines; what comes piece by piece cannot be sent twice, so that it is tried once."""
        headers = {"Content-Type": "application/x-ndjson", "Content-Encoding": "zstd"}
        answer = self._once("PUT", f"/v1/sync/batches/{batch_id}", content=_compressed(pieces), headers=headers)
        return BatchState.model_validate_json(answer.content)

    def batch(self, batch_id: str) -> BatchState:
        """How far a batch is."""
        return self._get(BatchState, f"/v1/sync/batches/{batch_id}")

    def wait(self, batch_id: str, seconds: float = 3600.0, every: float = 1.0) -> BatchState:
        """The batch once it is applied, or as it is after so many seconds."""
        until = time.monotonic() + seconds
        while (state := self.batch(batch_id)).state in ("received", "applying") and time.monotonic() < until:
            self._sleep(every)
        return state

    def results(self, batch_id: str) -> Iterator[RecordResult]:
        """What came of each record, by its line."""
        cursor: str | None = None
        while True:
            given = {"cursor": cursor} if cursor else {}
            page = self._get(BatchResults, f"/v1/sync/batches/{batch_id}/results", **given)
            yield from page.data
            cursor = page.pagination.next
            if cursor is None:
                return

    # --- changes out ----------------------------------------------------------------------------------------------

    def changes(self, cursor: str | None = None, *, limit: int = 500, wait: int = 0) -> ChangesPage:
        """Whom the system may read, as they change, after `cursor`; without one, from the beginning."""
        given: dict[str, Any] = {"limit": limit, "wait": wait} | ({"cursor": cursor} if cursor else {})
        return self._get(ChangesPage, "/v1/sync/changes", **given)

    def removals(self) -> Iterator[RemovalNotice]:
        """The notices that this system has not acknowledged."""
        cursor: str | None = None
        while True:
            page = self._get(RemovalsPage, "/v1/sync/removals", **({"cursor": cursor} if cursor else {}))
            yield from page.data
            cursor = page.pagination.next
            if cursor is None:
                return

    def acknowledge(self, removal_id: str) -> Acknowledged:
        """Say that whoever a notice names has been dropped."""
        answer = self._again("POST", f"/v1/sync/removals/{removal_id}/acknowledgement")
        return Acknowledged.model_validate_json(answer.content)

    # --- one request ----------------------------------------------------------------------------------------------

    def _get(self, shape: type[Answer], path: str, **params: Any) -> Answer:
        return shape.model_validate_json(self._again("GET", path, params=params).content)

    def _again(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Until it is answered, as often and as late as the service says, else twice as late each time."""
        grows = wait_exponential_jitter(multiplier=0.5, max=60)

        def wait(state: RetryCallState) -> float:
            fault = state.outcome.exception() if state.outcome else None
            said = fault.wait if isinstance(fault, Unanswered) else None
            return said if said is not None else grows(state)

        trying = Retrying(
            retry=retry_if_exception_type((Unanswered, httpx.TransportError)),
            stop=stop_after_attempt(self._attempts),
            wait=wait,
            sleep=self._sleep,
            reraise=True,
        )
        answer: httpx.Response = trying(self._once, method, path, **request)
        return answer

    def _once(self, method: str, path: str, **request: Any) -> httpx.Response:
        was_fresh = time.monotonic() >= self._token_ends
        headers = {"Authorization": f"Bearer {self._bearer()}", "Purpose-Of-Use": PURPOSE, **request.pop("headers", {})}
        answer = self._http.request(method, path, headers=headers, **request)
        if answer.status_code == httpx.codes.UNAUTHORIZED and not was_fresh:
            self._token_ends = 0.0
            raise Unanswered(0.0)  # with a token that the service knows no longer; a new one may do
        return _accepted(answer)

    def _bearer(self) -> str:
        if time.monotonic() >= self._token_ends:
            form = {"grant_type": "client_credentials"}
            answer = _accepted(self._http.post("/oauth2/token", data=form, auth=(self._id, self._secret)))
            said = answer.json()
            self._token = said["access_token"]
            self._token_ends = time.monotonic() + max(0, int(said["expires_in"]) - _EARLY_SECONDS)
        return self._token


def _accepted(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    if answer.status_code in (httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE):
        after = answer.headers.get("Retry-After", "")
        raise Unanswered(float(after) if after.isdecimal() else None)
    is_problem = answer.headers.get("Content-Type", "").startswith("application/problem+json")
    raise Refused(answer.status_code, Problem.model_validate_json(answer.content) if is_problem else None)


def _compressed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    made = zstandard.ZstdCompressor().compressobj()
    for piece in pieces:
        if out := made.compress(piece):
            yield out
    yield made.flush()
