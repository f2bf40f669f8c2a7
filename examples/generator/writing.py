"""Files that are the same bytes for the same rows, on any machine."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]
Files = dict[str, Sequence[Row]]
"""Rows by the file's name inside the example's folder."""


def write(files: Mapping[str, Sequence[Row]], folder: Path) -> None:
    """CSV for `.csv`, one JSON object a line for `.jsonl`; UTF-8, line feeds alone."""
    for name, rows in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            if path.suffix == ".csv":
                writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows)
            else:
                file.writelines(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows)
