"""The same town through Splink (Fellegi and Sunter with weights learnt from the records themselves, on DuckDB).

It is no dependency of ours: whoever wants this row installs `splink` (5.x) into .venv; without it the row is skipped.
"""

import contextlib
import io
import logging
from typing import Any

import pyarrow as pa

from app.pathway.matching import Side
from bench.linkage import conclude, quality
from bench.places import Places
from bench.population import Town, town
from bench.rows import Row, skipped
from bench.sizes import Sizes

NAME = "linkage_vs_splink"
BARELY, ALMOST_SURE = 0.001, 0.99


def measure(_: Places, sizes: Sizes) -> Row:
    """Right pairs that are found before the first wrong one: ours by the rule, Splink's from the most probable down."""
    where = town(sizes.registered)
    try:
        ranked = _ranked(where)
    except ImportError:
        return skipped(NAME, "share", 1, "splink is not installed")
    sure, review = conclude(where)
    certain = 0
    while certain < len(ranked) and ranked[certain][1] in where.truth:
        certain += 1
    pairs = [pair for probability, pair in ranked if probability >= ALMOST_SURE]
    precision, recall = quality(pairs, where)
    extra = {
        "wrong": len(sure - where.truth),
        "splink_at_99_percent": {"wrong": len(set(pairs) - where.truth), "precision": precision, "recall": recall},
        "splink_with_review_recall": quality([pair for _, pair in ranked], where)[1],
        "ours_with_review_recall": quality(sure | review, where)[1],
    }
    return Row(NAME, "share", [quality(sure, where)[1]], [certain / len(where.truth)], None, extra=extra)


def _ranked(where: Town) -> list[tuple[float, tuple[str, str]]]:
    import splink.comparison_library as fields  # where it is not installed, everything else runs
    from splink import Linker, SettingsCreator, block_on
    from splink.backends.duckdb import DuckDBAPI

    together = ("nhs_number", "crn", "date_of_birth", ("postcode", "family_name"), ("family_name", "given_names"))
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=[
            fields.ExactMatch("nhs_number"),
            fields.ExactMatch("crn"),
            fields.DateOfBirthComparison("date_of_birth", input_is_string=True),
            fields.NameComparison("family_name"),
            fields.NameComparison("given_names"),
            fields.ExactMatch("postcode"),
            fields.ExactMatch("sex"),
        ],
        blocking_rules_to_generate_predictions=[
            block_on(*(names if isinstance(names, tuple) else (names,))) for names in together
        ],
    )
    logging.getLogger("splink").setLevel(logging.ERROR)
    database = DuckDBAPI()
    with contextlib.redirect_stdout(io.StringIO()):
        sides = (where.registrations, where.people)
        tables = [database.register(pa.Table.from_pylist([_row(side) for side in one])) for one in sides]
        linker = Linker(tables, settings, log_level=logging.ERROR)
        certain = [block_on("nhs_number"), block_on("crn")]
        linker.training.estimate_probability_two_random_records_match(certain, recall=0.7)
        linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
        for name in ("date_of_birth", "postcode"):
            linker.training.estimate_parameters_using_expectation_maximisation(block_on(name))
        found = linker.inference.predict(threshold_match_probability=BARELY).as_record_list()
    ids = {side.id for side in where.people}
    ranked = [(row["match_probability"], (row["unique_id_l"], row["unique_id_r"])) for row in found]
    return sorted(((score, (b, a) if a in ids else (a, b)) for score, (a, b) in ranked), reverse=True)


def _row(side: Side) -> dict[str, Any]:
    names = ("nhs_number", "crn", "family_name", "given_names", "postcode", "sex")
    born = side.date_of_birth and side.date_of_birth.isoformat()
    return {"unique_id": side.id, "date_of_birth": born, **{name: getattr(side, name) for name in names}}
