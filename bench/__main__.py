"""`python -m bench`: every comparison of docs/speed.md, as a table for people or as JSON."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from functools import partial

from rich.console import Console

from bench import (
    access,
    append,
    change_feed,
    decide,
    folder,
    grid,
    growth,
    importing,
    linkage,
    list_page,
    proofs,
    queries,
    read,
    report,
    simulate,
    splinked,
    verify,
    watch,
)
from bench.places import Places, places
from bench.rows import Row
from bench.sizes import FULL, QUICK, Sizes
from bench.table import table

DATABASES = ("sqlite", "postgresql")
WIDTH = 170
"""Columns of a table that goes into a file."""
Measure = Callable[[Places, Sizes], Sequence[Row]]


def groups() -> list[tuple[tuple[str, ...], Measure]]:
    """The names of the rows that are measured together, and how, in their order."""
    decided = tuple(f"decide_{what}_vs_cedarpy{kind}" for what in ("one", "person") for kind in ("", "_cold"))
    found: list[tuple[tuple[str, ...], Measure]] = [(decided, lambda _, sizes: decide.measure(sizes))]
    for name in DATABASES:
        reads = (f"read_vs_plain_{name}", f"read_vs_naive_audit_{name}")
        found.append((reads, partial(_on, read.measure, name)))
    for kind, one in (("", append.measure), ("_delayed", append.measure_delayed)):
        found += [((f"append_group_vs_single{kind}_{name}",), partial(_one_on, one, name)) for name in DATABASES]
    for name in DATABASES:
        for delay in grid.DELAYS:
            found.append((grid.names(name, delay), partial(_grid, name, delay)))
    found += [((f"append_tree_cost_{name}",), partial(_one_on, grid.measure_cost, name)) for name in DATABASES]
    found.append((("append_vs_pymerkle_sqlite",), lambda here, sizes: [grid.measure_pymerkle(here, sizes)]))
    found.append((("verify_hashes",), lambda _, sizes: [verify.measure_hashes(sizes)]))
    found += [((f"verify_million_{name}",), partial(_one_on, verify.measure, name)) for name in DATABASES]
    for name in DATABASES:
        pages = (f"list_page_growth_{name}", f"list_page_growth_lead_{name}")
        found.append((pages, partial(_on, list_page.measure, name)))
    for name in DATABASES:
        many = tuple(f"{row}_{name}" for row in ("access_500", "access_500_own", "facts_one"))
        found.append((many, partial(_on, access.measure, name)))
    for name in DATABASES:
        asked = (f"audit_person_{name}", f"audit_rare_{name}")
        found.append((asked, partial(_on, queries.measure, name)))
    found += [((f"simulate_million_{name}",), partial(_one_on, simulate.measure, name)) for name in DATABASES]
    found += [((f"proof_growth_{name}",), partial(_one_on, proofs.measure, name)) for name in DATABASES]
    grown = tuple(f"growth_{what}_postgresql" for what in ("append", "person", "proof"))
    found.append((grown, lambda here, sizes: growth.measure(here, sizes)))
    found.append((("proof_vs_pymerkle_sqlite",), lambda here, sizes: [proofs.measure_pymerkle(here, sizes)]))
    found.append((linkage.NAMES, linkage.measure))
    found.append(((splinked.NAME,), lambda here, sizes: [splinked.measure(here, sizes)]))
    found.append(((importing.NAME,), lambda here, sizes: [importing.measure(here, sizes)]))
    found.append(((folder.NAME,), lambda here, sizes: [folder.measure(here, sizes)]))
    found += [((f"watch_million_{name}",), partial(_one_on, watch.measure, name)) for name in DATABASES]
    for name in DATABASES:
        fed = (f"change_feed_{name}", f"change_feed_several_{name}")
        found.append((fed, partial(_on, change_feed.measure, name)))
    found += [((f"report_million_{name}",), partial(_one_on, report.measure, name)) for name in DATABASES]
    return found


def _on(
    measure: Callable[[Places, str, Sizes], Sequence[Row]], dialect: str, here: Places, sizes: Sizes
) -> Sequence[Row]:
    return measure(here, dialect, sizes)


def _grid(dialect: str, delay: int, here: Places, sizes: Sizes) -> Sequence[Row]:
    return grid.measure(here, dialect, delay, sizes)


def _one_on(measure: Callable[[Places, str, Sizes], Row], dialect: str, here: Places, sizes: Sizes) -> Sequence[Row]:
    return [measure(here, dialect, sizes)]


def names() -> list[str]:
    """Every row there is."""
    return [name for each, _ in groups() for name in each]


def run(wanted: Sequence[str], sizes: Sizes, say: Console) -> list[Row]:
    """The rows whose names begin with one of these words, or all."""
    found: list[Row] = []
    with places() as here:
        for group, measure in groups():
            chosen = [name for name in group if not wanted or name.startswith(tuple(wanted))]
            if not chosen:
                continue
            with say.status(f"measuring {', '.join(chosen)}"):
                rows = measure(here, sizes)
            for row in rows:
                if row.skipped:
                    say.print(f"skipped {row.name}: {row.skipped}")
            found += [row for row in rows if row.name in chosen]
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if every bar is passed, 1 if one is missed, 2 for a row that there is not."""
    options = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    options.add_argument("--json", action="store_true", help="one JSON object, a key for each row")
    options.add_argument("--only", action="append", default=[], metavar="NAME", help="rows that begin so; repeatable")
    options.add_argument("--quick", action="store_true", help="small sizes: to see that it runs, not how fast")
    given = options.parse_args(arguments)
    unknown = [word for word in given.only if not any(name.startswith(word) for name in names())]
    if unknown:
        print(f"no row begins with {', '.join(unknown)}; there are:", *names(), sep="\n  ", file=sys.stderr)
        return 2
    rows = run(given.only, QUICK if given.quick else FULL, Console(stderr=True))
    if given.json:
        print(json.dumps({row.name: row.as_data() for row in rows}, indent=2))
    else:
        Console(width=None if sys.stdout.isatty() else WIDTH).print(table(rows))
    return 1 if any(row.ok is False for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
