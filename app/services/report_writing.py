"""A report in each of its forms."""

from collections.abc import Callable, Mapping

from app.services.report_charts import Chart, drawn
from app.services.report_forms import in_csv, in_json
from app.services.report_page import in_html
from app.services.report_pdf import in_pdf
from app.services.report_shapes import Form, Report

_WRITTEN: Mapping[Form, Callable[[Report], bytes]] = {
    Form.JSON: in_json,
    Form.CSV: in_csv,
    Form.HTML: in_html,
    Form.PDF: in_pdf,
}


def written(report: Report, form: Form, chart: Chart) -> bytes:
    """The report, or of a picture the chart; slow where something is drawn."""
    if form is Form.SVG:
        return drawn(report, chart).svg()
    if form is Form.PNG:
        return drawn(report, chart).png()
    return _WRITTEN[form](report)
