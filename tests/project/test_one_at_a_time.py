"""A database in which there are several already: the migration says so, and leaves everything as it is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from migrations import upgrade
from tests import world
from tests.gate.house import fetched
from tests.postgres import Server, wait_for

CRN = "X000001"


@pytest.fixture(params=["sqlite", "postgresql"])
def before(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database as it was until then."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'before.db'}"
        upgrade(url, "0010")
        yield url
    else:
        server: Server = request.getfixturevalue("postgres_server")
        name = f"openmind_before_{tmp_path.name}"
        url = server.create_database(name)
        wait_for(lambda: upgrade(url, "0010"))
        yield url
        server.drop_database(name)


def test_which_of_several_stands_is_not_for_a_migration_to_say(before: str) -> None:
    several = [world.subject_request(CRN), world.objection(CRN, "notes"), world.subject_request(CRN)]
    world.run(world.put(before, [world.person(CRN), *several]))
    with pytest.raises(RuntimeError, match="1 people have several open subject access requests"):
        wait_for(lambda: upgrade(before))
    assert world.run(fetched(before, "SELECT version_num FROM alembic_version")) == [("0010",)]
    close = "UPDATE subject_request SET closed_on = opened_on WHERE id = "
    world.run(world.execute(before, [(world.text(f"{close}'{several[0].id}'"), None)]))
    world.run(world.put(before, [world.objection(CRN, "notes")]))
    with pytest.raises(RuntimeError, match="1 people object to one category several times over"):
        wait_for(lambda: upgrade(before))
    world.run(world.execute(before, [(world.text(f"DELETE FROM objection WHERE id <> '{several[1].id}'"), None)]))
    wait_for(lambda: upgrade(before))
    kept = world.run(fetched(before, "SELECT id FROM objection UNION ALL SELECT id FROM subject_request ORDER BY id"))
    assert [row[0] for row in kept] == sorted(one.id for one in several)
