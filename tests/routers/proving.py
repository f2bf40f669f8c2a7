"""A service whose log is signed by a key of the test's own, on each database."""

import pytest

from app.services.proofs import ProofService
from tests.audit.checkpointing import KeptCheckpoints
from tests.world import Service


@pytest.fixture
async def proving(service_on_both: Service) -> tuple[Service, KeptCheckpoints]:
    """The application over the cast, and the checkpoints that its proofs stand under."""
    services = service_on_both.app.state.services
    checkpoints = KeptCheckpoints(services.gate.records.database)
    services.proofs = ProofService(services.gate, checkpoints)
    return service_on_both, checkpoints
