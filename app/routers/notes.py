"""Notes: what a clinician writes down of a session, and how they understand what troubles the person."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from app.routers.addresses import id_in
from app.routers.asking import Asking, answered
from app.routers.bodies import Body, body, text, word_of
from app.routers.moments import Moment
from app.routers.responses import CREATED
from app.services import shapes_attendance as shapes
from app.services.notes import KINDS, Note
from app.vocabulary import Action, Category

router = APIRouter(tags=["notes"])
KindWord = Annotated[str, *word_of(KINDS)]
Text = Annotated[str, text(20_000)]


class NoteWritten(Body):
    """A note; both marks are said each time, since the person's own access depends on them (G3)."""

    kind: KindWord
    text: Text
    thirdParty: bool  # noqa: N815  # as it stands in JSON
    seriousHarm: bool  # noqa: N815  # as it stands in JSON
    writtenAt: Moment | None = None  # noqa: N815  # as it stands in JSON


@router.post(
    "/v1/referrals/{referral_id}/notes",
    status_code=201,
    response_model=shapes.Written,
    responses=CREATED,
    openapi_extra=body(NoteWritten),
)
async def write(referral_id: str, ask: Asking) -> Response:
    """Keep a note under a referral of the caller's service (B1, B2); it is read with the others of the person."""
    wanted = await ask.body(NoteWritten)
    note = Note(wanted.kind, wanted.text, wanted.thirdParty, wanted.seriousHarm, wanted.writtenAt)
    question = ask.asks(Action.CREATE, (Category.NOTES,))
    return answered(await ask.services.notes.write(question, id_in(referral_id), note), 201)
