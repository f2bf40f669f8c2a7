"""Tasks: what there is to see to, and what each side says of it."""

from typing import Annotated

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.routers.addresses import id_in
from app.routers.asking import Asking, AskingPage, answered, page_size
from app.routers.bodies import PAGED_BY, Body, body, text, word_of
from app.routers.responses import CHANGES, LISTED
from app.services import shapes_tasks as shapes
from app.services.tasks import KINDS, MARKS, Mark
from app.vocabulary import Action, Category

router = APIRouter(tags=["tasks"])
KindWord = Annotated[str, *word_of(KINDS)]
MarkWord = Annotated[str, *word_of(MARKS)]
Id = Annotated[str, text(36)]


class TaskMark(Body):
    """Which task, as the list gives it, and that it is seen (`acknowledged`) or seen to (`done`)."""

    kind: KindWord
    about: Id
    mark: MarkWord


@router.get("/v1/tasks", response_model=shapes.TasksPage, responses=LISTED, openapi_extra={"parameters": [*PAGED_BY]})
async def tasks(ask: AskingPage, request: Request) -> Response:
    """The caller's tasks: safety prompts for who treats, signs that somebody is being lost for both sides."""
    question, cursor = ask.asks(Action.READ, (Category.ATTENDANCE,)), request.query_params.get("cursor")
    return answered(await ask.services.tasks.page(question, cursor, page_size(request)))


@router.post(
    "/v1/referrals/{referral_id}/tasks",
    response_model=shapes.TaskMarked,
    responses=CHANGES,
    openapi_extra=body(TaskMark),
)
async def mark(referral_id: str, ask: Asking) -> Response:
    """Say for the caller's side that a task is seen or done; the other side is not told."""
    wanted = await ask.body(TaskMark)
    question = ask.asks(Action.READ, (Category.ATTENDANCE,))
    said = Mark(wanted.kind, id_in(wanted.about), wanted.mark)
    return answered(await ask.services.tasks.mark(question, id_in(referral_id), said))
