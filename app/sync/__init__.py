"""Neighbours' records in, as named callers and through the gate: there is no back door."""

from app.sync.bundle import Bundle, BundleRefused
from app.sync.command import print_report, run_import
from app.sync.health import Assumed
from app.sync.importing import NothingToImport, import_bundle, import_folder
from app.sync.opening import open_bundle
from app.sync.report import Counts, Finding, ImportReport, Outcome
from app.sync.rules import RULES, Rule, Severity

__all__ = [
    "RULES",
    "Assumed",
    "Bundle",
    "BundleRefused",
    "Counts",
    "Finding",
    "ImportReport",
    "NothingToImport",
    "Outcome",
    "Rule",
    "Severity",
    "import_bundle",
    "import_folder",
    "open_bundle",
    "print_report",
    "run_import",
]
