"""The diary: slots of a referral, its appointments booked and moved, what suits the person, and calendars of staff."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import Field, StringConstraints
from starlette.responses import Response

from app.routers.addresses import id_in
from app.routers.answering import Answered
from app.routers.asking import Asker, Asking, BadRequest, answered, asker, page_size
from app.routers.bodies import PAGED_BY, Body, Username, body, left_out, parameter, text, word_of
from app.routers.moments import Moment, moment_of
from app.routers.preconditions import IF_MATCH, changing, if_match, tagged, with_tag
from app.routers.responses import CHANGES, CREATED, LISTED, REFUSALS
from app.routers.staff import username_in
from app.services import shapes_diary as shapes
from app.services.booking import Place
from app.services.calendars import MEDIA_TYPE
from app.services.diary import Period
from app.services.preferences import Preferences
from app.vocabulary import Action, Category

router = APIRouter(tags=["diary"])
REFERRAL = "/v1/referrals/{referral_id}"
KINDS = ("01", "02", "03", "04", "05", "06", "07")
MEDIA = ("01", "02", "09", "10", "11", "12", "13", "98")
GENDERS = ("female", "male", "other")
USUAL, LONGEST, AHEAD = 50, 240, timedelta(days=28)
FURTHEST = timedelta(days=62)
_ATTENDANCE = (Category.ATTENDANCE,)
IF_MATCH_LATER = {"parameters": [{**IF_MATCH["parameters"][0], "required": False}]}
"""Nothing is named where nothing is recorded yet."""
Minutes = Annotated[int, Field(ge=5, le=LONGEST)]
Kind = Annotated[str, *word_of(KINDS)]
Medium = Annotated[str, *word_of(MEDIA)]
Gender = Annotated[str, *word_of(GENDERS)]
Site = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{5,9}$")]
RoomName = Annotated[str, text(40)]
YesNo = Annotated[str, *word_of(("Y", "N"))]


class NewAppointment(Body):
    """An appointment: with who treats the person unless another is named, in a room unless it is by telephone."""

    startsAt: Moment  # noqa: N815  # as it stands in JSON
    minutes: Minutes = USUAL
    appointmentType: Kind = "02"  # noqa: N815  # as it stands in JSON
    medium: Medium = "01"
    therapist: Username | None = None
    secondStaff: Username | None = None  # noqa: N815  # as it stands in JSON
    site: Site | None = None
    room: RoomName | None = None
    interpreter: YesNo | None = None

    def place(self) -> Place:
        """As the service takes it."""
        return Place(
            starts_at=self.startsAt,
            minutes=self.minutes,
            kind=self.appointmentType,
            medium=self.medium,
            therapist=self.therapist,
            second=self.secondStaff,
            site=self.site,
            room=self.room,
            interpreter=self.interpreter,
        )


class AppointmentMoved(Body):
    """What is to be different; what is left out stays, and so does the room where the premises do.

    Null takes away the second of staff, or the premises and the room where the person is not met face to face.
    """

    startsAt: Moment = left_out(str)  # noqa: N815  # as it stands in JSON
    minutes: Minutes = left_out(int)
    therapist: Username = left_out(str)
    secondStaff: Username | None = None  # noqa: N815  # as it stands in JSON
    site: Site | None = None
    room: RoomName | None = None
    medium: Medium = left_out(str)

    def place(self) -> Place:
        """As the service takes it; BadRequest for nothing."""
        if not self.model_fields_set:
            raise BadRequest("body-invalid", "name at least one field to change", "body")
        said = {_PLACED.get(name, name): getattr(self, name) for name in self.model_fields_set}
        return Place(**said, without=frozenset(name for name, value in said.items() if value is None))


_PLACED = {"startsAt": "starts_at", "secondStaff": "second"}
"""What a place calls otherwise than JSON does."""


@router.get(
    f"{REFERRAL}/slots",
    response_model=shapes.Slots,
    response_model_exclude_none=True,
    responses=REFUSALS,
    openapi_extra={
        "parameters": [
            parameter("from", "from this moment or day on; now", format="date-time"),
            parameter("until", "to this moment or the end of this day; four weeks on", format="date-time"),
            parameter("minutes", "how long", type="integer", minimum=5, maximum=LONGEST, default=USUAL),
            parameter("therapist", "with this therapist alone"),
            parameter("site", "at these premises alone"),
            PAGED_BY[1],
        ]
    },
)
async def slots(
    referral_id: str,
    ask: Annotated[Asker, Depends(asker("from", "until", "minutes", "therapist", "site", "pageSize"))],
    request: Request,
) -> Response:
    """Slots that clash with nothing, ranked, with the reasons that the caller may see (B1, B2, B4 with C4; C1, C3)."""
    question = ask.asks(Action.READ, _ATTENDANCE)
    return answered(await ask.services.diary.slots(question, id_in(referral_id), _period(ask, request)))


def _period(ask: Asker, request: Request) -> Period:
    """BadRequest for a period that ends before it begins, or goes on for too long."""
    given = request.query_params
    since = moment_of(request, "from") or ask.at
    until = moment_of(request, "until", ends=timedelta(days=1)) or since + AHEAD
    if not timedelta() < until - since <= FURTHEST:
        raise BadRequest("parameter-invalid", f"later than 'from', and within {FURTHEST.days} days of it", "until")
    said = given.get("minutes", str(USUAL))
    minutes = int(said) if said.isascii() and said.isdecimal() and len(said) < 4 else 0
    if not 5 <= minutes <= LONGEST:
        raise BadRequest("parameter-invalid", f"a whole number from 5 to {LONGEST}", "minutes")
    therapist, site = given.get("therapist"), given.get("site")
    return Period(
        since=since,
        until=until,
        minutes=minutes,
        size=page_size(request),
        therapist=None if therapist is None else therapist.lower(),
        site=site,
    )


class SuitsChanged(Body):
    """What the person said suits them, all of it; `reminders` is whether they agreed to be reminded."""

    suits: Annotated[str, text(500)] | None = Field(None, description="weekly hours, such as 'Tue,Thu 13:00-17:00'")
    therapistGender: Gender | None = None  # noqa: N815  # as it stands in JSON
    groundFloor: bool = False  # noqa: N815  # as it stands in JSON
    reminders: bool = False

    def said(self) -> Preferences:
        """As the service takes it."""
        return Preferences(
            suits=self.suits,
            therapist_gender=self.therapistGender,
            ground_floor=self.groundFloor,
            reminders=self.reminders,
        )


@router.get(f"{REFERRAL}/preferences", response_model=shapes.Preferences, responses=with_tag(REFUSALS))
async def preferences(referral_id: str, ask: Asking) -> Response:
    """What suits the person, for the service that treats them alone (B1, B2, B4); nothing where nobody asked them."""
    question = ask.asks(Action.READ, _ATTENDANCE)
    answer, tag = await ask.services.preferences.of(question, id_in(referral_id))
    return tagged(answered(answer), tag) if tag else answered(answer)


@router.put(
    f"{REFERRAL}/preferences",
    response_model=shapes.Preferences,
    responses=changing(CHANGES),
    openapi_extra=body(SuitsChanged) | IF_MATCH_LATER,
)
async def prefer(referral_id: str, ask: Asking, request: Request) -> Response:
    """Record what suits the person (B1, B2, B4), in place of what was recorded before; `If-Match` names that."""
    said, question = (await ask.body(SuitsChanged)).said(), ask.asks(Action.WRITE, _ATTENDANCE)
    answer, tag = await ask.services.preferences.write(question, id_in(referral_id), said, if_match(request))
    return tagged(answered(answer), tag)


@router.get(f"{REFERRAL}/appointments", response_model=shapes.appointments_answer(), responses=REFUSALS)
async def appointments(referral_id: str, ask: Asking) -> Response:
    """The appointments of a referral; for the health party also who holds each, and in which room."""
    return answered(await ask.services.appointments.of(ask.asks(Action.READ, _ATTENDANCE), id_in(referral_id)))


@router.post(
    f"{REFERRAL}/appointments",
    status_code=201,
    response_model=shapes.Booked,
    responses=with_tag(CREATED, 201),
    openapi_extra=body(NewAppointment),
)
async def book(referral_id: str, ask: Asking) -> Response:
    """Book an appointment (B1, B2, B4); 409 for what is taken or unsuitable, and why as far as C1 and C3 let."""
    place, question = (await ask.body(NewAppointment)).place(), ask.asks(Action.WRITE, _ATTENDANCE)
    answer, tag = await ask.services.diary.book(question, id_in(referral_id), place)
    return tagged(answered(answer, 201), tag)


@router.patch(
    f"{REFERRAL}/appointments/{{appointment_id}}",
    response_model=shapes.Booked,
    responses=changing(CHANGES),
    openapi_extra=body(AppointmentMoved) | IF_MATCH,
)
async def move(referral_id: str, appointment_id: str, ask: Asking, request: Request) -> Response:
    """Give an appointment another time, therapist or room; `If-Match` says which version was read."""
    place, question = (await ask.body(AppointmentMoved)).place(), ask.asks(Action.WRITE, _ATTENDANCE)
    ids = id_in(referral_id), id_in(appointment_id)
    answer, tag = await ask.services.diary.move(question, *ids, place, if_match(request))
    return tagged(answered(answer), tag)


@router.get(
    "/v1/staff/{username}/calendar",
    response_class=Response,
    responses={**LISTED, 200: {**LISTED[200], "content": {"text/calendar": {"schema": {"type": "string"}}}}},
)
async def calendar(username: str, ask: Asking) -> Response:
    """A calendar of what somebody holds: one's own; those of the service for its lead and its administrators."""
    question = ask.asks(Action.READ, _ATTENDANCE)
    return Answered(await ask.services.calendars.of(question, username_in(username)), 200, MEDIA_TYPE)
