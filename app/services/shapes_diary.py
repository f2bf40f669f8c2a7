"""The shapes of answers about the diary, for the OpenAPI document."""

from datetime import datetime
from functools import cache

from pydantic import BaseModel, ConfigDict, create_model

from app.services.shapes import Shape, Withheld, list_of, row_of


class SlotReason(Shape):
    """Why a slot stands where it does; the obligation that brings the person there, for whoever may see it."""

    code: str
    kind: str | None = None
    startsAt: datetime | None = None  # noqa: N815  # as it stands in JSON
    endsAt: datetime | None = None  # noqa: N815  # as it stands in JSON
    place: str | None = None


class Slot(Shape):
    """A time with a therapist in a room; who else is in a session then and free, where two are needed."""

    startsAt: datetime  # noqa: N815  # as it stands in JSON
    endsAt: datetime  # noqa: N815  # as it stands in JSON
    localStart: str  # noqa: N815  # as it stands in JSON
    therapist: str
    site: str
    premises: str
    room: str
    alsoFree: list[str]  # noqa: N815  # as it stands in JSON
    reasons: list[SlotReason]


class Slots(Shape):
    """Slots, the best first; `withheld` says what would have to be open for more reasons."""

    referralId: str  # noqa: N815  # as it stands in JSON
    minutes: int
    twoStaffNeeded: bool  # noqa: N815  # as it stands in JSON
    data: list[Slot]
    more: bool
    withheld: list[Withheld]


class Booked(Shape):
    """An appointment, and the version that a change has to name."""

    id: str
    referralId: str  # noqa: N815  # as it stands in JSON
    version: str
    moved: str | None
    """To which status the referral went because of it."""


class Preferences(Shape):
    """What the person would rather have."""

    referralId: str  # noqa: N815  # as it stands in JSON
    suits: str | None
    therapistGender: str | None  # noqa: N815  # as it stands in JSON
    groundFloor: bool  # noqa: N815  # as it stands in JSON
    reminders: bool


@cache
def appointments_answer() -> type[BaseModel]:
    """GET /v1/referrals/{id}/appointments: for the health party also who holds each, where, and what C4 says of it."""
    held = create_model(
        "ReferralAppointment",
        __base__=row_of("appointments"),
        therapist=(str | None, None),
        secondStaff=(str | None, None),
        room=(str | None, None),
        version=(str | None, None),
        unsuitable=(list[str] | None, None),
    )
    return create_model(
        "ReferralAppointments",
        __config__=ConfigDict(extra="forbid"),
        crn=(str, ...),
        referralId=(str, ...),
        data=(list_of(held), ...),
    )
