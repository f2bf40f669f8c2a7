"""The pathway's figures for commissioners and leads, as JSON or CSV by the header Accept (G4, G7)."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import Field
from starlette.responses import Response

from app.pathway.reports import Breakdown
from app.routers.accepting import chosen
from app.routers.answering import Answered
from app.routers.asking import Asker, asker
from app.routers.audit_words import from_address, parameters_of
from app.routers.bodies import Body, word_of
from app.routers.moments import Day
from app.routers.responses import EXPORTED
from app.services.report_forms import MEDIA_TYPES
from app.services.reports import Wanted, register_for
from app.services.shapes_reports import PathwayReport
from app.vocabulary import Action

router = APIRouter(prefix="/v1/reports", tags=["reports"])


class ReportQuery(Body):
    """Which figures; everything can be left out."""

    first: Day | None = Field(None, alias="from", description="received on this day or later; the year's first day")
    last: Day | None = Field(None, alias="to", description="received on this day or earlier; the year's last day")
    by: Annotated[str, *word_of(Breakdown)] | None = Field(None, description="one table beside the whole; else all")

    def wanted(self) -> Wanted:
        """As the service takes it."""
        return Wanted(self.first, self.last, Breakdown(self.by) if self.by else None)


AskingReport = Annotated[Asker, Depends(asker("from", "to", "by"))]
_ANSWERED = {
    **EXPORTED,
    200: {**EXPORTED[200], "content": {"text/csv": {"schema": {"type": "string"}}}},
}


@router.get(
    "/pathway",
    response_model=PathwayReport,
    responses=_ANSWERED,
    openapi_extra={"parameters": parameters_of(ReportQuery)},
)
async def pathway(ask: AskingReport, request: Request) -> Response:
    """Who was referred, came, finished and recovered, by quarter, source, sentence type and step."""
    wanted, form = from_address(ReportQuery, request).wanted(), chosen(request, MEDIA_TYPES)
    question = ask.asks(Action.READ, (register_for(ask.caller.party),))
    return Answered(await ask.services.reports.pathway(question, wanted, form), 200, MEDIA_TYPES[form])
