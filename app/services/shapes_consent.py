"""The shapes of answers about consent, for the OpenAPI document."""

from datetime import datetime

from app.pathway.consents import State
from app.services.shapes import Pagination, Shape
from app.vocabulary import Action, Category, Party, Purpose, Role, Scope


class Stands(Shape):
    """What was written: its id, the version that it has now, and how it stands."""

    id: str
    version: str
    state: State


class ScopesWithdrawn(Shape):
    """The scopes of which nothing is open any more; whether anything was is not said."""

    scopes: list[Scope]
    state: State


class ByConsent(Shape):
    """A category, and the scopes of consent that a clause needed to open it, or lacked."""

    category: Category
    scopes: list[Scope]


class RelianceLine(Shape):
    """One answer that the consent bore on: what it opened, and what for want of consent stayed closed."""

    entry: int
    at: datetime
    staff: str | None
    client: str
    party: Party
    role: Role
    purpose: Purpose
    action: Action
    outcome: str
    released: list[Category]
    byConsent: list[ByConsent]  # noqa: N815  # as it stands in JSON
    withheld: list[ByConsent]
    clauses: list[str]


class Reliance(Shape):
    """Who relied on a consent, newest first."""

    consent: str
    data: list[RelianceLine]
    pagination: Pagination
