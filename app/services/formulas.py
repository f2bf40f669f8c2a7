"""Cells of CSV files that no spreadsheet takes for a formula, and the way back."""

FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
"""How a cell begins that a spreadsheet takes for more than text; and the mark itself, so that it can be taken off."""


def marked(text: str) -> str:
    """With an apostrophe in front if a spreadsheet would take it for more than text."""
    return f"'{text}" if text.startswith(FORMULA) else text


def unmarked(cell: str) -> str:
    """What `marked` was given; text that it would not have marked stays as it is."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell
