"""The operator's page names every setting there is, and none that there is not."""

import re

from app.config import Settings, WitnessSettings
from tests.project.tree import ROOT


def test_every_setting_is_described() -> None:
    """A setting that nobody can find is a setting that nobody uses."""
    described = set(re.findall(r"^\| `(OPENMIND_[A-Z_]+)`", (ROOT / "docs" / "operate.md").read_text(), re.MULTILINE))
    assert described == {f"OPENMIND_{name.upper()}" for name in Settings.model_fields}


def test_every_setting_of_the_witness_is_described() -> None:
    """On the page for the party that runs it."""
    page = (ROOT / "docs" / "checkpoints.md").read_text()
    described = set(re.findall(r"^\| `(OPENMIND_[A-Z_]+)`", page, re.MULTILINE))
    assert described == {f"OPENMIND_WITNESS_{name.upper()}" for name in WitnessSettings.model_fields}
