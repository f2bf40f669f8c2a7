"""Who writes an imported record: a registered system, or the member of staff who recorded it, through their system."""

from collections.abc import Mapping
from datetime import datetime

from app.services.registers import Member, System
from app.sync.fields import LONDON, Fields
from app.sync.records import Act
from app.vocabulary import Action, Caller, Category, Party, Purpose, Register, Role

PURPOSES: Mapping[Role, Purpose] = {
    Role.OFFENDER_MANAGER: Purpose.SUPERVISION,
    Role.PROBATION_LEAD: Purpose.SUPERVISION,
    Role.THERAPIST: Purpose.DIRECT_CARE,
    Role.CLINICAL_LEAD: Purpose.DIRECT_CARE,
    Role.SERVICE_ADMINISTRATOR: Purpose.DIRECT_CARE,
    Role.HEALTH_TRAINER: Purpose.DIRECT_CARE,
    Role.RECORDS_OFFICER: Purpose.SUBJECT_ACCESS,
    Role.AUDITOR: Purpose.OVERSIGHT,
    Role.CALDICOTT_GUARDIAN: Purpose.OVERSIGHT,
    Role.COMMISSIONER: Purpose.SERVICE_EVALUATION,
}
"""What somebody in a role records consents, meetings and requests for."""


class Callers:
    """The callers of one import, as the registers know them."""

    def __init__(self, members: Mapping[str, Member], systems: Mapping[str, System], token: str) -> None:
        self.members = members
        self._systems = systems
        self._token = token
        self._acts: dict[tuple[Role, tuple[Category | Register, ...], Action], Act | None] = {}

    def system(self, role: Role) -> Caller | None:
        """The system of a role; None if none is registered."""
        for system in sorted(self._systems.values(), key=lambda each: each.id):
            if system.role is role:
                return Caller(system.party, role, system.id, self._token, None, system.service)
        return None

    def synced(self, role: Role, *categories: Category | Register, action: Action = Action.WRITE) -> Act | None:
        """Written by the system that holds such records, on the facts of now."""
        key = (role, categories, action)
        if key not in self._acts:
            caller = self.system(role)
            self._acts[key] = Act(caller, Purpose.RECORDS_SYNC, action, categories) if caller else None
        return self._acts[key]

    def staff(self, username: str) -> Caller | None:
        """A member of staff through a system of their party that acts for staff; None if there is no such two."""
        member = self.members.get(username)
        client = self._client_of(member.party) if member else None
        if member is None or client is None:
            return None
        return Caller(member.party, member.role, client, self._token, username)

    def by(self, fields: Fields, name: str, username: str | None, action: Action, subject: Category | Register,
           at: datetime | None) -> Act | None:  # fmt: skip
        """Recorded by a member of staff, on the facts of that moment; notes in the row's fields who is not known."""
        if username is None:
            return None
        caller = self.staff(username)
        if caller is None:
            fields.fault(name, "staff-unknown" if username not in self.members else "client-unknown")
            return None
        return Act(caller, PURPOSES[caller.role], action, (subject,), at)

    def clinical_lead(self, service: str, at: datetime) -> str | None:
        """Who led a service on a day."""
        day = at.astimezone(LONDON).date()
        leads = [
            member.username
            for member in self.members.values()
            if member.role is Role.CLINICAL_LEAD
            and member.service == service
            and member.employed_from <= day
            and (member.employed_until is None or day <= member.employed_until)
        ]
        return min(leads, default=None)

    def _client_of(self, party: Party) -> str | None:
        """The system in which a party's staff do their daily work, before one that only looks at the log."""
        able = [system for system in self._systems.values() if system.party is party and system.acts_for_staff]
        return min(able, key=lambda each: (each.role is None, each.id)).id if able else None
