"""A report as a PDF: the same headings, notes, pictures and tables as the page, on paper of A4.

fpdf2 writes it in Python alone. The letters are those that matplotlib brings, so that names can be shown as they are.
"""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from app.services.drawing import Drawn
from app.services.report_content import Block, Heading, Note, Table, content, title
from app.services.report_shapes import Report

if TYPE_CHECKING:
    from fpdf import FPDF

_FONT, _ABREAST = "DejaVu", 4
"""How many columns a table has beside the names of its lines; wider ones go on below."""
_ROW = 5.6
"""Millimetres; a table that fits on a page stands on one."""
_HEAD, _SOFT = (18, 52, 77), (238, 243, 247)


def in_pdf(report: Report) -> bytes:
    """The document; the same figures as of the same moment are the same bytes."""
    pdf = _empty(report)
    for block in content(report):
        _block(pdf, block)
    return bytes(pdf.output())


def _empty(report: Report) -> "FPDF":
    import matplotlib  # read when the first document is written, as is fpdf2
    from fpdf import FPDF  # as above

    pdf = FPDF(format="A4")
    fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    pdf.add_font(_FONT, "", fonts / "DejaVuSans.ttf")
    pdf.add_font(_FONT, "B", fonts / "DejaVuSans-Bold.ttf")
    pdf.set_title(title(report))
    pdf.set_lang("en-GB")
    pdf.set_creation_date(report.at)
    pdf.set_margin(15)
    pdf.set_auto_page_break(auto=True, margin=15)
    pdf.add_page()
    pdf.set_font(_FONT, "B", 16)
    pdf.multi_cell(0, 8, title(report), new_x="LMARGIN", new_y="NEXT")
    return pdf


def _block(pdf: "FPDF", block: Block) -> None:
    if isinstance(block, Heading):
        pdf.ln(3)
        pdf.set_font(_FONT, "B", 12)
        pdf.start_section(block.text)
        pdf.multi_cell(0, 7, block.text, new_x="LMARGIN", new_y="NEXT")
    elif isinstance(block, Note):
        pdf.set_font(_FONT, "", 8)
        pdf.multi_cell(0, 4.2, block.text, new_x="LMARGIN", new_y="NEXT")
        pdf.ln(1.5)
    elif isinstance(block, Drawn):
        alt = f"{block.title}: the figures stand in the tables below"
        pdf.image(io.BytesIO(block.png()), w=min(pdf.epw, 150), alt_text=alt, keep_aspect_ratio=True)
        pdf.ln(2)
    else:
        for part in _abreast(block):
            _table(pdf, part)


def _abreast(block: Table) -> Iterator[Table]:
    for start in range(0, len(block.columns), _ABREAST):
        wanted = slice(start, start + _ABREAST)
        caption = block.caption if start == 0 else f"{block.caption}, continued"
        yield Table(caption, block.columns[wanted], {name: cells[wanted] for name, cells in block.lines.items()})


def _table(pdf: "FPDF", block: Table) -> None:
    if pdf.will_page_break(min(_ROW * (len(block.lines) + 3), pdf.eph)):
        pdf.add_page()
    from fpdf.fonts import FontFace  # as above

    pdf.set_font(_FONT, "B", 8)
    pdf.multi_cell(0, 5, block.caption, new_x="LMARGIN", new_y="NEXT")
    pdf.set_font(_FONT, "", 7)
    widths = (38, *(142 / _ABREAST for _ in block.columns))
    head = FontFace(emphasis="BOLD", color=(255, 255, 255), fill_color=_HEAD)
    with pdf.table(
        width=min(pdf.epw, sum(widths)),
        col_widths=widths,
        align="LEFT",
        text_align=("LEFT", *["RIGHT"] * len(block.columns)),
        headings_style=head,
        line_height=4,
        padding=0.8,
    ) as table:
        row = table.row()
        for cell in ("", *block.columns):
            row.cell(cell)
        for name, cells in block.lines.items():
            row = table.row()
            row.cell(name, style=FontFace(fill_color=_SOFT))
            for cell in cells:
                row.cell(cell)
    pdf.ln(3)
