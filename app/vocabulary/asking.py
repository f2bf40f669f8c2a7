"""Who asks, and what: the two values that everything below HTTP is told instead of a request."""

from dataclasses import dataclass
from datetime import datetime

from app.vocabulary.words import SYSTEM_ROLES, Action, Party, Purpose, Role, Subject


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller: one role at one party, through one client system.

    `staff` is the username in lower case, None for a system speaking for itself; `client` is the OAuth client id;
    `token` is the token's id (`jti`), by which it can be revoked; `service` is what a system is registered for.
    """

    party: Party
    role: Role
    client: str
    token: str
    staff: str | None = None
    service: str | None = None

    @property
    def is_system(self) -> bool:
        """Whether no member of staff stands behind the question."""
        return self.role in SYSTEM_ROLES


@dataclass(frozen=True, slots=True)
class Question:
    """One request as the gate sees it: who asks, why, to do what, with which subjects, of whom, and when."""

    caller: Caller
    purpose: Purpose
    action: Action
    subjects: tuple[Subject, ...]
    at: datetime
    resource: str
    """The route template asked for, such as `/v1/people/{crn}/attendance`; never a filled-in path."""
    request_id: str
    crn: str | None = None
