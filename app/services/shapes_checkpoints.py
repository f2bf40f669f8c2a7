"""The shapes of answers about the log's checkpoints, for the OpenAPI document."""

from datetime import datetime

from pydantic import Field

from app.services.shapes import Shape
from app.vocabulary import Party


class CheckpointSaid(Shape):
    """What a checkpoint says."""

    origin: str = Field(description="the log's name")
    size: int = Field(description="entries that it covers")
    root: str = Field(description="the RFC 6962 root over them, in hex")


class CheckpointMade(CheckpointSaid):
    """A checkpoint as a signed note."""

    note: str = Field(description="C2SP tlog-checkpoint, with every cosignature that is known")


class CheckpointStored(CheckpointSaid):
    """The newest checkpoint."""

    madeAt: datetime  # noqa: N815  # as it stands in JSON


class WitnessState(Shape):
    """How far a witness is."""

    name: str
    party: Party
    key: str = Field(description="its verifier key")
    size: int | None = Field(description="entries of the largest checkpoint that it has cosigned, if any")
    cosignedAt: datetime | None = Field(description="when it says that it did")  # noqa: N815  # as it stands in JSON


class WitnessStates(Shape):
    """Every witness beside the newest checkpoint."""

    checkpoint: CheckpointStored | None
    witnesses: list[WitnessState]
