"""A neighbouring system's way into Open Mind: send records, read what changed, drop whom it has to."""

from openmind_client.client import Client, Refused, Unanswered
from openmind_client.following import Copy, follow
from openmind_client.models import BatchState, FedPerson, Problem, RecordResult, RemovalNotice

__all__ = [
    "BatchState",
    "Client",
    "Copy",
    "FedPerson",
    "Problem",
    "RecordResult",
    "Refused",
    "RemovalNotice",
    "Unanswered",
    "follow",
]
