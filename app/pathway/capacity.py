"""How many people therapists can see, by the sessions that they hold: the assumptions stand in a file."""

from pydantic import BaseModel, ConfigDict, Field


class Capacity(BaseModel):
    """How many appointments a session has room for, and how often somebody in treatment is seen."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    places_a_session: int = Field(gt=0, le=20)
    weeks_between_appointments: int = Field(gt=0, le=8)
    source: str = Field(min_length=1)

    def caseload(self, sessions_a_week: float) -> int:
        """The people whom so many sessions a week can carry at once."""
        return int(sessions_a_week * self.places_a_session * self.weeks_between_appointments)
