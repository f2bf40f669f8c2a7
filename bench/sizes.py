"""How much is measured: enough for a spread, or little to see that everything runs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sizes:
    """The sizes of one run."""

    questions: int
    decide_rounds: int
    people: int
    requests: int
    request_seconds: float
    read_rounds: int
    append_seconds: float
    append_rounds: int
    few: int
    many: int
    pages: int
    past: int
    past_rounds: int
    log_few: int
    log_many: int
    proofs: int
    months: int
    registered: int
    imported: int
    foldered: int
    feed: int
    feed_rounds: int


FULL = Sizes(
    questions=2_000,
    decide_rounds=7,
    people=1_000,
    requests=8_000,
    request_seconds=4,
    read_rounds=5,
    append_seconds=1.5,
    append_rounds=5,
    few=1_000,
    many=1_000_000,
    pages=60,
    past=1_000_000,
    past_rounds=3,
    log_few=10_000,
    log_many=1_000_000,
    proofs=100,
    months=60,
    registered=20_000,
    imported=500_000,
    foldered=10_000,
    feed=20_000,
    feed_rounds=3,
)
QUICK = Sizes(
    questions=200,
    decide_rounds=3,
    people=200,
    requests=500,
    request_seconds=1,
    read_rounds=2,
    append_seconds=0.3,
    append_rounds=2,
    few=1_000,
    many=10_000,
    pages=10,
    past=5_000,
    past_rounds=2,
    log_few=300,
    log_many=2_000,
    proofs=10,
    months=3,
    registered=600,
    imported=100,
    foldered=50,
    feed=500,
    feed_rounds=2,
)
