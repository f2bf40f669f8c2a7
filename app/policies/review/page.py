"""The matrix as one HTML page that loads nothing: a table with headers that stay in sight, a legend, every clause."""

from xml.etree.ElementTree import Element, SubElement, tostring

from app.policies.agreement import CompiledAgreement
from app.policies.review.matrix import Cell, Line, Matrix, Place, matrix
from app.policies.review.tables import LEGEND, sentences
from app.policies.review.words import listed

_STYLE = """
:root { color-scheme: light; --line: #b7c1cc; --head: #12344d; --soft: #eef3f7; --no: #6a737c; }
* { box-sizing: border-box; }
body { margin: 0; padding: 1.25rem 1.5rem; font: 15px/1.45 system-ui, "Segoe UI", Arial, sans-serif; color: #14202b; }
h1 { margin: 0 0 .25rem; font-size: 1.5rem; } h2 { font-size: 1.15rem; margin: 1.75rem 0 .5rem; }
.digest { color: #44515e; overflow-wrap: anywhere; }
.scroll { max-height: 86vh; overflow: auto; border: 1px solid var(--line); }
.scroll:focus-visible { outline: 3px solid #b35c00; outline-offset: 2px; }
table { border-collapse: separate; border-spacing: 0; font-size: .84rem; }
caption { text-align: left; padding: .5rem .6rem; font-weight: 600; }
th, td { border-right: 1px solid var(--line); border-bottom: 1px solid var(--line); padding: .45rem .55rem; }
td { vertical-align: top; text-align: left; background: #fff; }
td.closed { color: var(--no); background: #fafbfc; }
thead th { position: sticky; top: 0; z-index: 2; background: var(--head); color: #fff; text-align: left; }
tbody th { position: sticky; left: 0; z-index: 1; min-width: 11rem; background: var(--soft); text-align: left;
  vertical-align: top; }
thead th:first-child { left: 0; z-index: 3; }
tbody th span { position: sticky; top: 2.8rem; display: block; }
th small { display: block; font-weight: 400; }
td p { width: max-content; max-width: 25rem; margin: 0 0 .5rem; } td p:last-child { margin: 0; }
td a { font-weight: 700; color: #0b4f7d; }
td .how-far { display: block; color: #7a3b00; }
td .flag { display: block; color: #4d2b73; }
td .never { color: #9b1c1c; font-weight: 600; }
dt { font-weight: 700; float: left; clear: left; width: 3rem; } dd { margin: 0 0 .4rem 3rem; max-width: 60rem; }
dt:target + dd { background: #fff3d1; }
@media print { .scroll { max-height: none; overflow: visible; } thead th, tbody th { position: static; } }
"""


def in_html(agreement: CompiledAgreement) -> str:
    """The page; well-formed, and with everything escaped that comes from the file."""
    shown = matrix(agreement)
    html = Element("html", lang="en")
    head = SubElement(html, "head")
    SubElement(head, "meta", charset="utf-8")
    SubElement(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    _add(head, "title", f"{agreement.title}, version {agreement.version}: who may see what")
    _add(head, "style", _STYLE)
    main = SubElement(SubElement(html, "body"), "main")
    _add(main, "h1", agreement.title)
    _add(main, "p", f"Version {agreement.version}, digest {agreement.digest}", **{"class": "digest"})
    _legend(main)
    _table(main, shown)
    _clauses(main, agreement)
    return "<!DOCTYPE html>\n" + tostring(html, encoding="unicode", method="html") + "\n"


def _add(parent: Element, tag: str, text: str, **attributes: str) -> Element:
    element = SubElement(parent, tag, attributes)
    element.text = text
    return element


def _legend(main: Element) -> None:
    _add(main, "h2", "How to read it")
    points = SubElement(main, "ul")
    for text in LEGEND:
        _add(points, "li", text)


def _table(main: Element, shown: Matrix) -> None:
    _add(main, "h2", "Who may do what, for which purpose", id="matrix")
    scroll = SubElement(
        main, "div", {"class": "scroll", "tabindex": "0", "role": "region", "aria-labelledby": "matrix"}
    )
    table = SubElement(scroll, "table")
    _add(table, "caption", "A row for each role and purpose, a column for each category and register")
    headers = SubElement(SubElement(table, "thead"), "tr")
    _add(headers, "th", "role and purpose", scope="col")
    for subject in shown.columns:
        _add(headers, "th", subject.value, scope="col")
    body = SubElement(table, "tbody")
    for place in shown.rows:
        _row(SubElement(body, "tr"), shown, place)


def _row(row: Element, shown: Matrix, place: Place) -> None:
    role, party, purpose = place
    header = _add(SubElement(row, "th", scope="row"), "span", role.value)
    _add(header, "small", f"{party}, for {purpose}")
    for subject in shown.columns:
        _cell(row, shown.cell(place, subject))


def _cell(row: Element, cell: Cell) -> None:
    if not cell.lines and not cell.prohibited:
        _add(row, "td", "closed", **{"class": "closed"})
        return
    data = SubElement(row, "td")
    for line in cell.lines:
        _line(SubElement(data, "p"), line)
    for clause, actions in cell.prohibited:
        never = SubElement(data, "p", {"class": "never"})
        _add(never, "a", clause, href=f"#{clause}").tail = f" never {listed([each.value for each in actions], 'or')}"


def _line(said: Element, line: Line) -> None:
    where = f" where {listed(line.conditions)}" if line.conditions else " (S1 and S3 alone)"
    link = _add(said, "a", line.clause, href=f"#{line.clause}")
    link.tail = f" {listed([each.value for each in line.actions])}{where}"
    if line.how_far:
        _add(said, "span", line.how_far, **{"class": "how-far"})
    for flag in line.flags:
        _add(said, "span", flag, **{"class": "flag"})


def _clauses(main: Element, agreement: CompiledAgreement) -> None:
    _add(main, "h2", "The clauses")
    terms = SubElement(main, "dl")
    for clause, text in sentences(agreement):
        _add(terms, "dt", clause, id=clause)
        _add(terms, "dd", text)
