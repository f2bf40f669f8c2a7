"""The log's side of witnessing (C2SP tlog-witness): submits checkpoints, and checks what comes back."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import httpx
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from app.audit.checkpoint import Checkpoint
from app.audit.log_keys import LogKeys
from app.audit.signed_note import Note, NoteInvalid, Signature, Verifier, encoded
from app.audit.witness import SIZE, hash_of
from app.config import Settings, Witness

ATTEMPTS, LOOKS = 3, 2
"""Of one submission, where a witness does not answer, and of one look at what it holds: a start waits for that."""
ANSWER_SECONDS = 5.0
MOST_BYTES = 65_536
_ROUNDS = 4
"""How often a witness may say that another size was the last: others submit too."""
_NUMBER = re.compile(r"(0|[1-9][0-9]{0,18})\n")
Sleep = Callable[[float], Awaitable[None]]
Prove = Callable[[int, int], Awaitable[Sequence[bytes]]]
"""The consistency proof from a size to a larger one."""


class WitnessUnreachable(Exception):
    """A witness did not answer, or that it cannot now; a word for why."""


class WitnessRefused(Exception):
    """A witness does not cosign; the message says what it answered."""


class WitnessDisagrees(WitnessRefused):
    """A witness says that it has cosigned another log under our name, or more of it than there is."""


@dataclass(frozen=True, slots=True)
class Held:
    """What somebody outside of the database holds of this log: a checkpoint, none yet (no fault), or why not known."""

    where: str
    checkpoint: Checkpoint | None = None
    note: Note | None = None
    fault: str | None = None


class WitnessClient:
    """One witness, asked over HTTP; every answer is bounded in time and in bytes."""

    def __init__(self, verifier: Verifier, url: str, http: httpx.AsyncClient, sleep: Sleep = asyncio.sleep) -> None:
        self.verifier = verifier
        self._url, self._http, self._sleep = url.rstrip("/"), http, sleep

    @property
    def name(self) -> str:
        """As its key has it."""
        return self.verifier.name

    async def latest(self, keys: LogKeys) -> Held:
        """What it has cosigned last of our log; never raises."""
        where = f"witness '{self.name}'"
        try:
            status, _, body = await self._ask("GET", f"{hash_of(keys.origin)}/checkpoint", attempts=LOOKS)
            if status == 204:
                return Held(where)
            if status != 200:
                return Held(where, fault=f"it answers {status}")
            checkpoint, note = keys.read(body)
        except WitnessUnreachable as fault:
            return Held(where, fault=str(fault))
        except NoteInvalid as fault:
            return Held(where, fault=f"what it answers cannot be used: {fault}")
        if checkpoint.origin != keys.origin:
            return Held(where, fault="it answers with the checkpoint of another log")
        return Held(where, checkpoint, note)

    async def cosign(self, checkpoint: Checkpoint, note: Note, old: int, prove: Prove) -> tuple[Signature, ...]:
        """Its cosignatures of a checkpoint, checked; `old` is the size that it is thought to have cosigned last.

        WitnessUnreachable, WitnessRefused or WitnessDisagrees if there are none.
        """
        for _ in range(_ROUNDS):
            proof = await prove(old, checkpoint.size) if old else ()
            lines = "".join(f"{encoded(each)}\n" for each in proof)
            status, kind, body = await self._ask("POST", "add-checkpoint", f"old {old}\n{lines}\n{note}".encode())
            if status == 200:
                return self._checked(note.text, body)
            size = _NUMBER.fullmatch(body.decode("ascii", "replace")) if kind == SIZE else None
            if status == 422 or (status == 409 and size and int(size[1]) == old):
                raise WitnessDisagrees(
                    f"it has cosigned {old} entries of another log than this one of {checkpoint.size}"
                )
            if status != 409 or size is None:
                raise WitnessRefused(f"it answers {status}")
            old = int(size[1])
            if old > checkpoint.size:
                raise WitnessDisagrees(f"it has cosigned {old} entries, and this checkpoint has {checkpoint.size}")
        raise WitnessRefused("its size changes faster than it can be followed")

    def _checked(self, text: str, body: bytes) -> tuple[Signature, ...]:
        try:
            found = Note.of(f"{text}\n".encode() + body).by([self.verifier])
        except NoteInvalid as fault:
            raise WitnessRefused(f"its cosignature cannot be used: {fault}") from fault
        if not found:
            raise WitnessRefused("its cosignature is by another key than its own")
        return found

    async def _ask(
        self, method: str, path: str, content: bytes | None = None, attempts: int = ATTEMPTS
    ) -> tuple[int, str, bytes]:
        """Status, content type and body, tried again where nothing usable came."""
        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type(WitnessUnreachable),
            stop=stop_after_attempt(attempts),
            wait=wait_exponential_jitter(multiplier=0.2, max=2, jitter=0.2),
            sleep=self._sleep,
            reraise=True,
        ):
            with attempt:
                return await self._once(method, path, content)
        raise WitnessUnreachable("it was not asked")

    async def _once(self, method: str, path: str, content: bytes | None) -> tuple[int, str, bytes]:
        try:
            async with (
                asyncio.timeout(ANSWER_SECONDS),
                self._http.stream(method, f"{self._url}/{path}", content=content) as answer,
            ):
                body = bytearray()
                async for chunk in answer.aiter_bytes():
                    body += chunk
                    if len(body) > MOST_BYTES:
                        raise WitnessUnreachable("it answers too much")
        except (TimeoutError, httpx.TimeoutException):
            raise WitnessUnreachable("it does not answer in time") from None
        except httpx.HTTPError:
            raise WitnessUnreachable("no connection") from None
        if answer.status_code >= 500 or answer.status_code == 429:
            raise WitnessUnreachable(f"it answers {answer.status_code}")
        return answer.status_code, answer.headers.get("content-type", ""), bytes(body)


@asynccontextmanager
async def open_witnesses(settings: Settings) -> AsyncIterator[list[WitnessClient]]:
    """A client for each witness that the settings name."""
    async with AsyncExitStack() as opened:
        yield [
            WitnessClient(Verifier.of(each.key), str(each.url), await opened.enter_async_context(_client(each)))
            for each in settings.witnesses
        ]


def _client(witness: Witness) -> httpx.AsyncClient:
    verify = ssl.create_default_context(cafile=witness.ca_file) if witness.ca_file else True
    timeout = httpx.Timeout(ANSWER_SECONDS, connect=3.0)
    return httpx.AsyncClient(verify=verify, timeout=timeout, follow_redirects=False, trust_env=False)
