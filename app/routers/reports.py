"""The pathway's figures for commissioners and leads, as JSON, CSV or a picture by the header Accept (G4, G7)."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import Field
from starlette.responses import Response

from app.pathway.reports import Breakdown
from app.routers.accepting import chosen
from app.routers.answering import Answered
from app.routers.asking import Asker, BadRequest, asker
from app.routers.audit_words import from_address, parameters_of
from app.routers.bodies import Body, word_of
from app.routers.moments import Day
from app.routers.responses import EXPORTED
from app.services.report_charts import Chart
from app.services.report_shapes import MEDIA_TYPES, PICTURES, Form
from app.services.reports import Wanted, register_for
from app.services.shapes_reports import PathwayReport
from app.vocabulary import Action

router = APIRouter(prefix="/v1/reports", tags=["reports"])


class ReportQuery(Body):
    """Which figures; everything can be left out."""

    first: Day | None = Field(None, alias="from", description="received on this day or later; the year's first day")
    last: Day | None = Field(None, alias="to", description="received on this day or earlier; the year's last day")
    by: Annotated[str, *word_of(Breakdown)] | None = Field(None, description="one table beside the whole; else all")

    chart: Annotated[str, *word_of(Chart)] | None = Field(None, description="of a picture: which; the funnel")

    def wanted(self, form: Form) -> Wanted:
        """As the service takes it; BadRequest for a chart of what is no picture."""
        if self.chart is not None and form not in PICTURES:
            raise BadRequest("parameter-invalid", "a chart is a picture: accept image/svg+xml or image/png", "chart")
        by = Breakdown(self.by) if self.by else None
        return Wanted(self.first, self.last, by, Chart(self.chart) if self.chart else Chart.FUNNEL)


AskingReport = Annotated[Asker, Depends(asker("from", "to", "by", "chart"))]
_PICTURES = {MEDIA_TYPES[form]: {"schema": {"type": "string", "format": "binary"}} for form in PICTURES}
_ANSWERED = {
    **EXPORTED,
    200: {**EXPORTED[200], "content": {"text/csv": {"schema": {"type": "string"}}, **_PICTURES}},
}


@router.get(
    "/pathway",
    response_model=PathwayReport,
    responses=_ANSWERED,
    openapi_extra={"parameters": parameters_of(ReportQuery)},
)
async def pathway(ask: AskingReport, request: Request) -> Response:
    """Who was referred, came, finished and recovered, by quarter, source, sentence type and step."""
    query, form = from_address(ReportQuery, request), chosen(request, MEDIA_TYPES)
    wanted = query.wanted(form)
    question = ask.asks(Action.READ, (register_for(ask.caller.party),))
    return Answered(await ask.services.reports.pathway(question, wanted, form), 200, MEDIA_TYPES[form])
