"""The rows as a table for people."""

from collections.abc import Sequence

from rich.table import Table

from bench.rows import Row


def table(rows: Sequence[Row]) -> Table:
    """A line for each row; `spread` is the range of the ratios of neighbouring runs."""
    made = Table(title="Open Mind beside its rivals")
    made.add_column("row", no_wrap=True)
    for name in ("ours", "rival", "unit", "CPU us", "ratio", "spread", "bar", ""):
        made.add_column(name, justify="left" if name == "unit" else "right", no_wrap=True)
    for row in rows:
        made.add_row(*_cells(row))
    return made


def _cells(row: Row) -> list[str]:
    data = row.as_data()
    bar = "" if row.bar is None else f"{'at most' if row.bar_is_ceiling else 'at least'} {row.bar:g}"
    if row.skipped:
        return [row.name, "", "", row.unit, "", "", "", bar, "skipped"]
    cpu = data.get("cpu_us")
    low, high = data["spread"]
    return [
        row.name,
        f"{data['ours']:,g}",
        f"{data['rival']:,g}",
        row.unit,
        f"{cpu['ours']:g} / {cpu['rival']:g}" if cpu else "",
        f"{data['ratio']:g}",
        f"{low:g} to {high:g}",
        bar,
        "" if row.bar is None else "ok" if row.ok else "MISSED",
    ]
