"""Which records a provider's national submission brings, for whoever is above the gate."""

from app.records.submitted import DATED, Sought, Submitted

__all__ = ["DATED", "Sought", "Submitted"]
