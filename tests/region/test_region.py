"""A week of a small region: at its end, each system knows of everybody what it may, and nothing else.

`scripts/check --full` has a year of 20,000 people on PostgreSQL.
"""

from pathlib import Path

from app.identity import write_private_key
from tests.region.run import Rates, Year

LIVELY = Rates(killed=0.5, crashed=0.5, referred=0.01, agrees=0.3, withdraws=0.3)


def test_both_sides_and_the_service_agree_at_the_end(sqlite_url: str, tmp_path: Path) -> None:
    key = tmp_path / "signing.pem"
    write_private_key(key)
    year = Year(sqlite_url, key, people=24, days=8, seed=3, every=2, rates=LIVELY)
    year.go()
    assert min(year.seen[each] for each in ("killed", "crashed", "agreed", "withdrew")) > 0
    assert min(year.seen[f"known to {each}"] for each in year.posts) > 0
