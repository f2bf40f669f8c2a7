"""Lines of batches that wait for a registration's link to a person: released by whatever brings that about.

They are applied by `app.sync.batches` as their own sender's, from the next moment on, whichever process runs.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from app.gate import Gate
from app.records.batches import awake


class HeldService:
    """What a change has to take along by which a registration is linked."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def released(self, registrations: Sequence[str]) -> Sequence[tuple[Any, ...]]:
        """Changes for the transaction in which these registrations (by id) are linked to people who are on file."""
        if not registrations:
            return []
        return [awake(self._gate.records, [f"link:{identity}" for identity in registrations], datetime.now(UTC))]
