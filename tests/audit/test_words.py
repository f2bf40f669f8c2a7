"""The words of the log's tiles: complete, made in the background, found out where they are not what the entries say."""

import asyncio
import json

import pytest

from app.audit.ddl import SERVICE_ROLE
from app.audit.indexing import Indexing
from app.audit.rows import Entries, Order
from app.audit.words import INDEXED, TILE, Sought, Words, words_of
from app.audit.writer import AuditLog
from app.db import Address, Database, UnpermittedRead
from tests.audit.logs import Owner, append_all, make_entry, verified
from tests.world import TestWarrant

PERMIT = TestWarrant()


async def three_tiles(log: AuditLog) -> None:
    """Everything ordinary but for one clause in the middle tile and one more in the last, which is not full."""
    await append_all(log, TILE)
    await append_all(log, 1, clauses=("G8",), purpose="oversight")
    await append_all(log, TILE - 1, caller=None)
    await append_all(log, 5, clauses=("H6",))


def test_an_entry_says_what_many_have_in_common_and_nothing_of_a_person() -> None:
    body = json.loads(make_entry(7, caller=None, agreement=None).body)
    assert sorted(words_of(body)) == [
        "action:read", "clause:D1", "outcome:permitted", "purpose:supervision", "released:attendance", "type:access",
        "withheld:scores",
    ]  # fmt: skip
    with_caller = set(words_of(json.loads(make_entry(7).body)))
    assert {"party:justice", "role:offender-manager", "client:case-management"} <= with_caller
    assert f"agreement:{'a' * 64}" in with_caller
    assert not any(secret in word for word in with_caller for secret in ("X000007", "person-7", "consent-1"))


async def test_full_tiles_get_all_their_words_and_no_other_has_any(
    log: AuditLog, indexing: Indexing, owner: Owner
) -> None:
    await three_tiles(log)
    assert await indexing.catch_up() == 2
    assert await indexing.catch_up() == 0
    rows = owner.rows("SELECT tile, word FROM log_word")
    for tile in (0, 1):
        bodies = owner.rows(f"SELECT body FROM log_entry WHERE seq >= {tile * TILE} AND seq < {(tile + 1) * TILE}")
        said = {word for (body,) in bodies for word in words_of(json.loads(body))}
        assert {word for of, word in rows if of == tile} == {*said, INDEXED}
    assert {tile for tile, _ in rows} == {0, 1}
    assert verified(owner.address).exit_code == 0


async def test_two_that_index_at_once_do_no_harm(
    log: AuditLog, indexing: Indexing, address: Address, database: Database, owner: Owner
) -> None:
    await append_all(log, 3 * TILE)
    other = Indexing(database, address, SERVICE_ROLE)
    await asyncio.gather(indexing.catch_up(), other.catch_up())
    await other.close()
    assert owner.rows(f"SELECT tile FROM log_word WHERE word = '{INDEXED}' ORDER BY tile") == [(0,), (1,), (2,)]
    assert verified(owner.address).exit_code == 0


async def test_a_word_leads_to_its_tiles_and_to_no_other(log: AuditLog, indexing: Indexing, database: Database) -> None:
    await three_tiles(log)
    await indexing.catch_up()
    words = Words(Entries(database))
    assert await words.indexed() == 2

    async def tiles(*groups: tuple[str, ...], order: Order = Order.OLDEST, staff: str | None = None) -> list[int]:
        return await words.tiles(PERMIT, Sought(groups, staff), range(2), order)

    assert await tiles() == [0, 1]
    assert await tiles(order=Order.NEWEST) == [1, 0]
    assert await tiles(("clause:G8",)) == [1]
    assert await tiles(("clause:H6",)) == []
    assert await tiles(("clause:D1",), ("purpose:oversight",)) == [1]
    assert await tiles(("clause:G8", "clause:D1"), ("outcome:permitted",)) == [0, 1]
    assert await tiles(("withheld:scores",), ("role:therapist",)) == []
    assert await tiles(staff="o.manager") == [0, 1]
    assert await tiles(staff="nobody") == []
    assert await words.tiles(PERMIT, Sought((("clause:D1",),)), range(1), Order.OLDEST) == [0]
    with pytest.raises(UnpermittedRead):
        await words.tiles(
            type("Closed", (), {"covers": lambda self, tables: False})(), Sought(), range(2), Order.OLDEST
        )


SPOILED = {
    "a word left out": "DELETE FROM log_word WHERE word = 'clause:G8'",
    "a word too many": "INSERT INTO log_word VALUES ('clause:Z9', 1)",
    "an edited word": "UPDATE log_word SET word = 'clause:G9' WHERE word = 'clause:G8'",
    "a moved word": "UPDATE log_word SET tile = 0 WHERE word = 'clause:G8'",
    "a tile left out": "DELETE FROM log_word WHERE tile = 0",
    "words of a tile that is not full": "INSERT INTO log_word VALUES ('clause:H6', 2)",
    "words of a tile before the first": "INSERT INTO log_word VALUES ('clause:D1', -1)",
}


async def test_whatever_is_wrong_with_them_is_found(log: AuditLog, indexing: Indexing, owner: Owner) -> None:
    """Each is put back before the next: what is wrong is that and nothing else."""
    await three_tiles(log)
    await indexing.catch_up()
    owner.run("CREATE TABLE kept AS SELECT word, tile FROM log_word")
    for name, sql in SPOILED.items():
        owner.tamper(sql)
        report = verified(owner.address)
        codes = {finding.code for finding in report.findings}
        assert (report.exit_code, codes <= {"word", "word-extra"}) == (1, True), (name, report)
        owner.tamper("DELETE FROM log_word", "INSERT INTO log_word SELECT word, tile FROM kept")
        assert verified(owner.address).exit_code == 0, name


REWRITES = [
    "UPDATE log_word SET tile = 7",
    "DELETE FROM log_word WHERE tile = 0",
]


@pytest.mark.parametrize("sql", REWRITES)
async def test_nobody_takes_a_word_away(log: AuditLog, indexing: Indexing, owner: Owner, sql: str) -> None:
    await append_all(log, TILE)
    await indexing.catch_up()
    with pytest.raises(Exception, match="the log only grows"):
        owner.run(sql)


async def test_it_runs_beside_the_service_and_stops_with_it(
    log: AuditLog, indexing: Indexing, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.audit.indexing.EVERY_SECONDS", 0.001)
    await append_all(log, TILE)
    async with indexing.running():
        for _ in range(500):
            if owner.rows("SELECT count(*) FROM log_word")[0][0]:
                break
            await asyncio.sleep(0.01)
    assert owner.rows(f"SELECT tile FROM log_word WHERE word = '{INDEXED}'") == [(0,)]
