"""A report as one HTML page that loads nothing: its pictures stand in it."""

from base64 import b64encode
from xml.etree.ElementTree import Element, SubElement, tostring

from app.services.drawing import Drawn
from app.services.report_content import Block, Heading, Note, Table, content, title
from app.services.report_shapes import Report

_STYLE = """
:root { color-scheme: light; --line: #b7c1cc; --head: #12344d; --soft: #eef3f7; }
body { margin: 0; padding: 1.25rem 1.5rem; font: 15px/1.45 system-ui, "Segoe UI", Arial, sans-serif; color: #14202b; }
h1 { margin: 0 0 .25rem; font-size: 1.5rem; } h2 { font-size: 1.15rem; margin: 1.75rem 0 .5rem; }
.scroll { overflow-x: auto; } .note { color: #44515e; max-width: 60rem; }
img { display: block; max-width: 100%; width: 46rem; margin: 0 0 1rem; }
table { border-collapse: collapse; font-size: .9rem; margin: 0 0 1rem; }
caption { text-align: left; font-weight: 600; padding: .3rem 0; }
th, td { border: 1px solid var(--line); padding: .35rem .55rem; text-align: right; }
thead th { background: var(--head); color: #fff; } tbody th { background: var(--soft); text-align: left; }
"""


def in_html(report: Report) -> bytes:
    """The page; everything escaped that comes from records or a file."""
    html = Element("html", lang="en")
    head = SubElement(html, "head")
    SubElement(head, "meta", charset="utf-8")
    SubElement(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    _add(head, "title", title(report))
    _add(head, "style", _STYLE)
    main = SubElement(SubElement(html, "body"), "main")
    _add(main, "h1", title(report))
    for block in content(report):
        _block(main, block)
    return ("<!DOCTYPE html>\n" + tostring(html, encoding="unicode", method="html") + "\n").encode()


def _block(main: Element, block: Block) -> None:
    if isinstance(block, Heading):
        _add(main, "h2", block.text)
    elif isinstance(block, Note):
        _add(main, "p", block.text, **{"class": "note"})
    elif isinstance(block, Drawn):
        source = f"data:image/svg+xml;base64,{b64encode(block.svg()).decode()}"
        SubElement(main, "img", src=source, alt=f"{block.title}: the figures stand in the tables below")
    else:
        _table(main, block)


def _table(main: Element, block: Table) -> None:
    table = SubElement(SubElement(main, "div", {"class": "scroll"}), "table")
    _add(table, "caption", block.caption)
    head = SubElement(SubElement(table, "thead"), "tr")
    SubElement(head, "td")
    for column in block.columns:
        _add(head, "th", column, scope="col")
    body = SubElement(table, "tbody")
    for name, cells in block.lines.items():
        line = SubElement(body, "tr")
        _add(line, "th", name, scope="row")
        for cell in cells:
            _add(line, "td", cell)


def _add(parent: Element, tag: str, text: str, **attributes: str) -> None:
    SubElement(parent, tag, attributes).text = text
