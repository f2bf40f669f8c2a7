"""The benchmark's rows: every name that is promised, and the shape of each; never how fast."""

import json
from pathlib import Path

import pytest

from bench import linkage, splinked
from bench.__main__ import main, names
from bench.rows import Row, skipped
from tests.project.tree import ROOT

BOTH = (
    "read_vs_plain",
    "read_vs_naive_audit",
    "append_group_vs_single",
    "append_group_vs_single_delayed",
    "list_page_growth",
    "simulate_million",
    "watch_million",
    "report_million",
    "access_500",
    "access_500_own",
    "facts_one",
    "proof_growth",
    "audit_person",
    "audit_rare",
    "append_tree_cost",
    "verify_million",
    "change_feed",
    "change_feed_several",
    "slots",
    "slots_all_near",
)
ALONE = (
    "growth_append",
    "growth_person",
    "growth_proof",
    "decide_one_vs_cedarpy",
    "decide_person_vs_cedarpy",
    "proof_vs_pymerkle",
    "append_vs_pymerkle",
    "verify_hashes",
    "import_vs_orm_postgresql",
    "append_64_at_once",
    "append_256_at_once",
    "linkage_sure_precision",
    "linkage_sure_recall",
    "linkage_review_precision",
    "linkage_review_recall",
    "linkage_vs_splink",
)
KEYS = {"ours", "rival", "unit", "ratio", "bar", "ok", "spread"}


def test_every_row_has_its_name():
    expected = {f"{row}_{database}" for row in BOTH for database in ("sqlite", "postgresql")}
    expected |= {
        f"append_{load}_at_once_{processes}p_{delay}ms_{database}"
        for load in (64, 256)
        for processes in (1, 4)
        for delay in (0, 1, 4)
        for database in ("sqlite", "postgresql")
    }
    expected |= {f"growth_{what}_postgresql" for what in ("append", "person", "proof")}
    expected |= {
        "proof_vs_pymerkle_sqlite",
        "append_vs_pymerkle_sqlite",
        "verify_hashes",
        "import_vs_orm_postgresql",
    } | {f"decide_{what}_vs_cedarpy{kind}" for what in ("one", "person") for kind in ("", "_cold")}
    assert expected | {"import_vs_orm_postgresql"} <= set(names())
    assert len(names()) == len(set(names()))


def test_the_document_explains_every_row():
    said = (ROOT / "docs" / "speed.md").read_text()
    assert [name for name in (*BOTH, *ALONE) if name not in said] == []


def test_decisions_are_compared_as_json(capsys: pytest.CaptureFixture[str]):
    ended = main(["--json", "--quick", "--only", "decide"])
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {name for name in names() if name.startswith("decide")}
    assert all(set(row) >= KEYS | {"cpu_us"} for row in found.values())
    assert ended == (0 if all(row["ok"] for row in found.values()) else 1)


def test_links_are_right_and_what_they_miss_is_for_somebody_to_look_at(capsys: pytest.CaptureFixture[str]):
    assert main(["--json", "--quick", "--only", "linkage_"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {*linkage.NAMES, splinked.NAME}
    assert found["linkage_sure_precision"]["ours"] == 1
    assert found["linkage_sure_precision"]["wrong"] == 0
    assert found["linkage_review_recall"]["ours"] > found["linkage_sure_recall"]["ours"] > 0.5


def test_a_page_is_one_statement_on_sqlite(capsys: pytest.CaptureFixture[str]):
    main(["--json", "--quick", "--only", "list_page_growth_sqlite"])
    (row,) = json.loads(capsys.readouterr().out).values()
    assert set(row) >= KEYS
    assert row["statements"] == 1


def test_past_decisions_are_made_again_both_ways_with_the_same_result(capsys: pytest.CaptureFixture[str]):
    main(["--json", "--quick", "--only", "simulate_million_sqlite"])
    (row,) = json.loads(capsys.readouterr().out).values()
    assert set(row) >= KEYS
    assert row["decisions"] == 5_000
    assert 0 < row["changed"] < 5_000


def test_proofs_lead_to_the_root_that_pymerkle_has(capsys: pytest.CaptureFixture[str]):
    main(["--json", "--quick", "--only", "proof_growth_sqlite", "--only", "proof_vs_pymerkle"])
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"proof_growth_sqlite", "proof_vs_pymerkle_sqlite"}
    assert all(set(row) >= KEYS for row in found.values())
    assert found["proof_growth_sqlite"]["entries"] == {"ours": 2_000, "rival": 300}


def test_a_log_of_many_months_is_measured_at_two_lengths(capsys: pytest.CaptureFixture[str]):
    main(["--json", "--quick", "--only", "growth"])
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {f"growth_{what}_postgresql" for what in ("append", "person", "proof")}
    assert all(set(row) >= KEYS and row["months"] == 3 for row in found.values())


def test_an_auditors_page_is_measured_where_the_log_stands_in_months(capsys: pytest.CaptureFixture[str]):
    main(["--json", "--quick", "--only", "audit_person_postgresql"])
    (row,) = json.loads(capsys.readouterr().out).values()
    assert set(row) >= KEYS
    assert (row["entries"], row["indexed_tiles"]) == (2_000, 7)


def test_what_is_normal_is_watched_without_an_alert(capsys: pytest.CaptureFixture[str]):
    main(["--json", "--quick", "--only", "watch_million_sqlite"])
    (row,) = json.loads(capsys.readouterr().out).values()
    assert set(row) >= KEYS | {"next_100_ms", "next_100_anew_ms"}
    assert row["entries"] == 5_000


def test_a_report_counts_everybody_who_was_referred(capsys: pytest.CaptureFixture[str]):
    main(["--json", "--quick", "--only", "report_million_sqlite"])
    (row,) = json.loads(capsys.readouterr().out).values()
    assert set(row) >= KEYS | {"seconds", "published_seconds"}
    assert row["contacts"] == 5_000


def test_a_log_is_verified_and_appended_to_beside_its_rivals(capsys: pytest.CaptureFixture[str]):
    main(["--json", "--quick", "--only", "verify_hashes", "--only", "verify_million_sqlite"])
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"verify_hashes", "verify_million_sqlite"}
    assert all(set(row) >= KEYS and row["ours"] > 0 for row in found.values())
    assert found["verify_million_sqlite"]["entries"] == 2_000


def test_every_record_of_a_batch_is_accepted_beside_the_rivals(capsys: pytest.CaptureFixture[str]):
    main(["--json", "--quick", "--only", "import_vs_orm"])
    (row,) = json.loads(capsys.readouterr().out).values()
    assert set(row) >= KEYS | {"most_mb", "of_asked"}
    assert (row["records"], row["entries"]) == (308, 313)  # the batch, each record, and whose four registrations are


def test_a_row_that_there_is_not_is_an_error(capsys: pytest.CaptureFixture[str]):
    assert main(["--only", "nothing"]) == 2
    assert "decide_one_vs_cedarpy" in capsys.readouterr().err


def test_ratios_are_of_medians_and_the_spread_of_neighbours():
    row = Row("row", "entries/s", [10.0, 30.0, 20.0], [1.0, 2.0, 4.0], 5)
    assert (row.ratio, row.spread, row.ok) == (10, (5, 15), True)


@pytest.mark.parametrize(
    ("bar", "is_ceiling", "ok"),
    [
        pytest.param(2, False, True, id="a floor that is reached"),
        pytest.param(3, False, False, id="a floor that is missed"),
        pytest.param(2, True, True, id="a ceiling that is kept"),
        pytest.param(1, True, False, id="a ceiling that is passed"),
        pytest.param(None, False, True, id="for information"),
    ],
)
def test_a_bar_is_a_floor_or_a_ceiling(bar: float | None, is_ceiling: bool, ok: bool):
    assert Row("row", "ms", [2.0], [1.0], bar, bar_is_ceiling=is_ceiling).ok is ok


def test_a_skipped_row_says_why_and_misses_nothing():
    data = skipped("row", "entries/s", 10, "no C compiler").as_data()
    assert data["skipped"] == "no C compiler"
    assert (data["ok"], data["ratio"]) == (None, None)


def test_the_command_is_a_script():
    assert "python -m bench" in Path(ROOT / "scripts" / "bench").read_text()
