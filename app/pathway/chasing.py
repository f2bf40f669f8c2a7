"""How long a safety alert may wait for its acknowledgement, and who is told when it waits longer.

A stage is told once. What has come to a later stage meanwhile, while the service stood still for instance, is told at
the latest alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.pathway import working_days
from app.pathway.working_days import end_of_working_day
from app.vocabulary import Party, Role


class Urgency(StrEnum):
    """How soon somebody has to know."""

    ROUTINE = "routine"
    URGENT = "urgent"
    IMMEDIATE = "immediate"


class Stage(StrEnum):
    """How far an alert is chased, in their order."""

    RELEASED = "released"
    REMINDED = "reminded"
    OVERDUE = "overdue"


STAGES = tuple(Stage)


@dataclass(frozen=True, slots=True)
class Telling:
    """What is announced at a stage, to which parties, and which office is meant."""

    kind: str
    office: str
    parties: tuple[Party, ...]


TOLD: Mapping[Stage, Telling] = {
    Stage.RELEASED: Telling("safety-alert-released", Role.OFFENDER_MANAGER.value, (Party.JUSTICE,)),
    Stage.REMINDED: Telling("safety-alert-unacknowledged", Role.OFFENDER_MANAGER.value, (Party.JUSTICE,)),
    Stage.OVERDUE: Telling("safety-alert-overdue", Role.PROBATION_LEAD.value, (Party.JUSTICE, Party.HEALTH)),
}
"""An alert that is overdue goes to the probation leads, and back to the clinician who released it."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long an alert of each urgency may wait: minutes, or for a routine one whole working days after its own."""

    immediate_minutes: int = 60
    urgent_minutes: int = 240
    routine_working_days: int = 2


def due_at(urgency: Urgency, released_at: datetime, patience: Patience) -> datetime:
    """From when on an alert that nobody has acknowledged is overdue."""
    if urgency is Urgency.ROUTINE:
        return end_of_working_day(released_at, patience.routine_working_days)
    return released_at + _minutes(urgency, patience)


def overdue_if_before(now: datetime, patience: Patience) -> Mapping[Urgency, datetime]:
    """By urgency: what was released before this moment is overdue now, and what was released later is not."""
    just_later = timedelta(microseconds=1)
    return {
        Urgency.ROUTINE: working_days.overdue_if_before(now, patience.routine_working_days),
        **{each: now - _minutes(each, patience) + just_later for each in (Urgency.URGENT, Urgency.IMMEDIATE)},
    }


def _reminded_at(urgency: Urgency, released_at: datetime, patience: Patience) -> datetime:
    """At half of its time."""
    if urgency is Urgency.ROUTINE:
        return end_of_working_day(released_at, patience.routine_working_days // 2)
    return released_at + _minutes(urgency, patience) / 2


def _minutes(urgency: Urgency, patience: Patience) -> timedelta:
    immediate = urgency is Urgency.IMMEDIATE
    return timedelta(minutes=patience.immediate_minutes if immediate else patience.urgent_minutes)


def stage_at(urgency: Urgency, released_at: datetime, now: datetime, patience: Patience) -> Stage:
    """How far an alert that nobody has acknowledged has come."""
    if now >= due_at(urgency, released_at, patience):
        return Stage.OVERDUE
    return Stage.REMINDED if now >= _reminded_at(urgency, released_at, patience) else Stage.RELEASED


def skipped(stage: Stage, told: frozenset[Stage]) -> tuple[Stage, ...]:
    """The stages before this one of which nobody was told, and of which nobody is told any more."""
    return tuple(each for each in STAGES[: STAGES.index(stage)] if each not in told)
