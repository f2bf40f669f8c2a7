"""What each agreement says: log2(m / u), by Fellegi and Sunter, summed over the fields.

Source: I. P. Fellegi and A. B. Sunter, "A Theory for Record Linkage", JASA 64 (1969). The probabilities stand in
`weights.toml`, with where they come from.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import log2

from app.pathway.matching.comparing import Compared, Field, Level


@dataclass(frozen=True, slots=True)
class Weights:
    """For each field and level its weight in bits; a level without one says nothing."""

    bits: Mapping[Field, Mapping[Level, float]]
    possible: float
    """From this sum on somebody should look."""

    def total(self, compared: Compared) -> float:
        """The sum over all fields, to a tenth of a bit; fields are taken as independent of each other."""
        return round(sum(self.bits[field].get(level, 0.0) for field, level in compared.levels.items()), 1)


@cache
def weights() -> Weights:
    """Those of the file."""
    found = tomllib.loads(files("app.pathway.matching").joinpath("weights.toml").read_text("utf-8"))
    bits = {
        Field(field): {Level(level): log2(share["m"] / share["u"]) for level, share in levels.items()}
        for field, levels in found["fields"].items()
    }
    return Weights({field: bits[field] for field in Field}, float(found["possible"]))
