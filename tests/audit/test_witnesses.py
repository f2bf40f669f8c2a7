"""The log's side of witnessing: it finds out where a witness is, proves itself, and believes only what fits."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from app.audit.log_keys import LogKeys, TrustedKey
from app.audit.signed_note import Algorithm, Note, Signature, Signer
from app.audit.witness import Witness
from app.audit.witnesses import (
    ATTEMPTS,
    MOST_BYTES,
    Held,
    WitnessClient,
    WitnessDisagrees,
    WitnessRefused,
    WitnessUnreachable,
)
from app.cli.witness import application_of
from tests.audit.growing import LOG, NOON, ORIGIN, WITNESS, Grown, kept_size, witness_in

TRUE, REWRITTEN = Grown(), Grown("other", same=6)
KEYS = LogKeys(ORIGIN, (LOG,), {ORIGIN: (TrustedKey(LOG.verifier),)}, (WITNESS.verifier,))
URL = "https://witness.example/leicester/"


class Slept(list[float]):
    """How long it would have waited."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)


@asynccontextmanager
async def client(transport: httpx.AsyncBaseTransport, slept: Slept | None = None) -> AsyncIterator[WitnessClient]:
    async with httpx.AsyncClient(transport=transport) as http:
        yield WitnessClient(WITNESS.verifier, URL, http, Slept() if slept is None else slept)


def over(witness: Witness) -> httpx.AsyncBaseTransport:
    """The real program, below a path as a proxy would put it."""
    mounted = application_of(witness)

    async def stripped(scope: dict, receive: Callable, send: Callable) -> None:
        await mounted({**scope, "path": scope["path"].removeprefix("/leicester")}, receive, send)

    return httpx.ASGITransport(stripped)


def answering(*answers: httpx.Response | Exception, asked: list[httpx.Request] | None = None) -> httpx.MockTransport:
    """A witness that answers so, one after the other, and then always as at last."""
    left = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        if asked is not None:
            asked.append(request)
        one = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(one, Exception):
            raise one
        return httpx.Response(one.status_code, headers=one.headers, content=one.content)

    return httpx.MockTransport(answer)


def sized(size: int) -> httpx.Response:
    return httpx.Response(409, headers={"Content-Type": "text/x.tlog.size"}, content=f"{size}\n".encode())


async def cosign(witness: WitnessClient, size: int, old: int = 0, log: Grown = TRUE) -> Sequence[Signature]:
    async def prove(smaller: int, larger: int) -> list[bytes]:
        return log.proof(smaller, larger)

    return await witness.cosign(log.checkpoint(size), log.note(size), old, prove)


# --- with the program ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("old", [0, 3, 9, 12])
async def test_it_is_told_where_the_witness_is_and_goes_on_from_there(tmp_path: Path, old: int) -> None:
    """Whatever it believes: nothing, less than there is, the right size, or all of it."""
    witness_in(tmp_path).add_checkpoint(TRUE.request(0, 9))
    async with client(over(witness_in(tmp_path))) as witness:
        (line,) = await cosign(witness, 12, old)
    assert (line.time, kept_size(tmp_path)) == (NOON, 12)
    WITNESS.verifier.check(TRUE.note(12).text, line)


async def test_the_same_checkpoint_is_cosigned_again(tmp_path: Path) -> None:
    """Where another process of ours was first."""
    async with client(over(witness_in(tmp_path))) as witness:
        assert len(await cosign(witness, 9)) == len(await cosign(witness, 9)) == 1


async def test_a_witness_of_another_log_disagrees(tmp_path: Path) -> None:
    """With the same number of entries, with fewer and with more than there are."""
    witness_in(tmp_path).add_checkpoint(REWRITTEN.request(0, 9))
    async with client(over(witness_in(tmp_path))) as witness:
        for size, message in ((9, "9 entries of another log"), (12, "9 entries of another"), (7, "9 entries, and")):
            with pytest.raises(WitnessDisagrees, match=message):
                await cosign(witness, size)
    assert kept_size(tmp_path) == 9


async def test_two_views_of_a_log_show_when_their_witnesses_are_compared(tmp_path: Path) -> None:
    """Each witness was shown a log that only grew; their checkpoints cannot both be of one log."""
    held = []
    for name, log in (("one", TRUE), ("two", REWRITTEN)):
        (tmp_path / name).mkdir()
        async with client(over(witness_in(tmp_path / name))) as witness:
            await cosign(witness, 5, log=log)
            await cosign(witness, 9, log=log)
            held.append((await witness.latest(KEYS)).checkpoint)
    first, second = held
    assert (first.origin, first.size) == (second.origin, second.size)
    assert first.root != second.root


async def test_what_a_witness_holds_is_read_with_the_logs_own_key(tmp_path: Path) -> None:
    async with client(over(witness_in(tmp_path))) as witness:
        assert await witness.latest(KEYS) == Held("witness 'health.example/witness'")
        await cosign(witness, 9)
        held = await witness.latest(KEYS)
        assert (held.checkpoint, held.fault) == (TRUE.checkpoint(9), None)
        assert held.note is not None
        assert len(held.note.by([WITNESS.verifier])) == 1
        strange = LogKeys("another.example/log", (), {}, ())
        assert (await witness.latest(strange)).fault == "it answers 404"


# --- with others -----------------------------------------------------------------------------------------------------


async def test_one_that_fails_is_asked_again_after_a_while_that_grows() -> None:
    """Three times in all, whatever the fault was."""
    down = httpx.Response(503)
    line = WITNESS.cosign(TRUE.note(9).text, 7).line().encode()
    slept = Slept()
    async with client(answering(down, httpx.ConnectError("no"), httpx.Response(200, content=line)), slept) as witness:
        assert [each.time for each in await cosign(witness, 9)] == [7]
    assert len(slept) == 2
    assert slept[0] < slept[1] <= 2.2
    asked: list[httpx.Request] = []
    async with client(answering(down, asked=asked)) as witness:
        with pytest.raises(WitnessUnreachable, match="answers 503"):
            await cosign(witness, 9)
    assert len(asked) == ATTEMPTS


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        pytest.param(httpx.ReadTimeout("slow"), "in time", id="no answer"),
        pytest.param(httpx.RemoteProtocolError("gone"), "no connection", id="a connection that breaks"),
        pytest.param(httpx.Response(429), "answers 429", id="one that has enough"),
        pytest.param(httpx.Response(200, content=b"x" * (MOST_BYTES + 1)), "too much", id="an endless answer"),
    ],
)
async def test_what_cannot_be_used_now(answer: httpx.Response | Exception, fault: str) -> None:
    async with client(answering(answer)) as witness:
        with pytest.raises(WitnessUnreachable, match=fault):
            await cosign(witness, 9)
        assert fault in ((await witness.latest(KEYS)).fault or "")


OTHER = Signer.new("health.example/witness", Algorithm.COSIGNATURE)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        pytest.param(httpx.Response(404), "answers 404", id="it does not know the log"),
        pytest.param(httpx.Response(403), "answers 403", id="it does not know the key"),
        pytest.param(httpx.Response(302), "answers 302", id="a redirect is not followed"),
        pytest.param(httpx.Response(409, content=b"5\n"), "answers 409", id="a conflict that is no size"),
        pytest.param(httpx.Response(200), "cannot be used", id="nothing at all"),
        pytest.param(
            httpx.Response(200, content=OTHER.cosign(TRUE.note(9).text, 7).line().encode()),
            "another key than its own",
            id="a key of the same name",
        ),
        pytest.param(
            httpx.Response(200, content=WITNESS.cosign(TRUE.note(8).text, 7).line().encode()),
            "does not fit",
            id="over another checkpoint",
        ),
    ],
)
async def test_what_is_no_cosignature_of_the_witness(answer: httpx.Response, message: str) -> None:
    async with client(answering(answer)) as witness:
        with pytest.raises(WitnessRefused, match=message):
            await cosign(witness, 9)


async def test_sizes_that_change_all_the_time_are_not_followed_for_ever() -> None:
    async with client(answering(sized(3), sized(4), sized(5), sized(6))) as witness:
        with pytest.raises(WitnessRefused, match="faster than it can be followed"):
            await cosign(witness, 9)


async def test_a_size_that_was_sent_already_is_a_disagreement() -> None:
    """It would go round for ever otherwise."""
    async with client(answering(sized(9))) as witness:
        with pytest.raises(WitnessDisagrees, match="9 entries of another log"):
            await cosign(witness, 9, old=9)


async def test_a_request_is_to_the_letter_of_the_standard() -> None:
    """`old`, the hashes, an empty line, the note."""
    asked: list[httpx.Request] = []
    line = WITNESS.cosign(TRUE.note(7).text, 7).line().encode()
    async with client(answering(httpx.Response(200, content=line), asked=asked)) as witness:
        await cosign(witness, 7, old=5)
    (request,) = asked
    assert (request.method, str(request.url)) == ("POST", f"{URL}add-checkpoint")
    assert request.content == TRUE.request(5, 7)
    assert request.content.decode().split("\n")[0] == "old 5"


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        pytest.param(httpx.Response(200, content=b"rubbish"), "cannot be used", id="no note"),
        pytest.param(
            httpx.Response(200, content=str(Grown(signers=[Signer.new(ORIGIN)]).note(9)).encode()),
            "no key that counts",
            id="a checkpoint that the log did not sign",
        ),
    ],
)
async def test_a_witness_cannot_make_up_what_the_log_was(answer: httpx.Response, fault: str) -> None:
    """Only what our own key has signed says anything about our log."""
    async with client(answering(answer)) as witness:
        held = await witness.latest(KEYS)
    assert held.checkpoint is None
    assert fault in (held.fault or "")


async def test_the_checkpoint_of_another_log_of_ours_is_not_this_ones() -> None:
    former = Signer.new("probation.example/before")
    keys = LogKeys(ORIGIN, (LOG,), {**KEYS.trust, former.name: (TrustedKey(former.verifier),)}, ())
    text = TRUE.note(9).text.replace(ORIGIN, former.name)
    note = Note(text, (former.sign(text),))
    async with client(answering(httpx.Response(200, content=str(note).encode()))) as witness:
        assert (await witness.latest(keys)).fault == "it answers with the checkpoint of another log"
