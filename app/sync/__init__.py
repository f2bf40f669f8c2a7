"""Neighbours' records in, as named callers and through the gate: there is no back door."""

from app.sync.command import print_report, run_import
from app.sync.importing import NothingToImport, import_folder
from app.sync.report import Counts, Finding, ImportReport, Outcome
from app.sync.rules import RULES, Rule, Severity

__all__ = [
    "RULES",
    "Counts",
    "Finding",
    "ImportReport",
    "NothingToImport",
    "Outcome",
    "Rule",
    "Severity",
    "import_folder",
    "print_report",
    "run_import",
]
