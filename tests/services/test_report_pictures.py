"""Pictures and pages of a report: they say what the figures say, draw nothing that is hidden, and load nothing."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from app.pathway.reports import Breakdown, Measure, Rate, beside, rows_of
from app.services.drawing import BLUE, Bar, bars
from app.services.report_charts import Chart, drawn
from app.services.report_page import in_html
from app.services.report_shapes import Report
from app.vocabulary import Register
from tests.services.test_report_beside import report

SVG = "{http://www.w3.org/2000/svg}"
WHOLE = ("all", "all")
REGISTERS = [Register.AGGREGATE_FIGURES, Register.PUBLISHED_FIGURES]


def made(register: Register, by: Breakdown | None = None) -> Report:
    return replace(report(beside(), register), by=by)


def words(svg: bytes) -> list[str]:
    return ["".join(each.itertext()) for each in ElementTree.fromstring(svg).iter(f"{SVG}text")]


@pytest.mark.parametrize("register", REGISTERS)
def test_the_funnel_says_each_count_as_it_is_shown(register: Register) -> None:
    found = made(register)
    svg = drawn(found, Chart.FUNNEL).svg()
    measures = (
        Measure.REFERRED, Measure.NOT_SUITABLE, Measure.FIRST_MISSED, Measure.ASSESSED, Measure.ENTERED,
        Measure.FINISHED,
    )  # fmt: skip
    said = words(svg)
    assert [word for word in said if word in {found.shown.count(WHOLE, each).text for each in Measure}][-6:] == [
        found.shown.count(WHOLE, each).text for each in measures
    ]
    assert svg == drawn(found, Chart.FUNNEL).svg()


@pytest.mark.parametrize("register", REGISTERS)
def test_a_share_that_is_hidden_has_words_and_no_mark(register: Register) -> None:
    """By source, of which some are rare: a dot for each share that is shown, and the words for all of them."""
    found = made(register, Breakdown.SOURCE)
    svg = drawn(found, Chart.OUTCOMES).svg()
    rates = (Rate.RECOVERY, Rate.RELIABLE_RECOVERY, Rate.IMPROVEMENT, Rate.DETERIORATION)
    rows = [(Breakdown.SOURCE, value) for value in rows_of(found.cells, Breakdown.SOURCE)]
    shares = [found.shown.share(row, rate) for rate in rates for row in rows]
    dots = [each for each in ElementTree.fromstring(svg).iter(f"{SVG}use") if BLUE in each.attrib.get("style", "")]
    assert len(dots) == sum(share.percent is not None for share in shares)
    for text in {share.text for share in shares}:
        assert words(svg).count(text) == [share.text for share in shares].count(text)
    if register is Register.PUBLISHED_FIGURES:
        assert any(share.percent is None for share in shares)


def test_a_count_that_is_hidden_has_no_bar() -> None:
    svg = bars("t", [("s", [Bar("a", 10, "10"), Bar("b", None, "fewer than 5")])], "n").svg()
    filled = [each for each in ElementTree.fromstring(svg).iter(f"{SVG}path") if BLUE in each.attrib.get("style", "")]
    assert len(filled) == 1
    assert {"10", "fewer than 5"} <= set(words(svg))


def test_a_name_is_what_it_is() -> None:
    """No formula, no markup: a dollar and a sign of less stay what they are."""
    said = words(bars("$a_b$ <i>", [("s", [Bar("$x^2$ & <GP>", 5, "5")])], "n").svg())
    assert "$a_b$ <i>" in said
    assert "$x^2$ & <GP>" in said


def test_a_page_has_every_table_and_picture_and_loads_nothing() -> None:
    page = in_html(made(Register.PUBLISHED_FIGURES)).decode()
    assert page.count("<img ") == 13
    assert page.count('<img src="data:image/svg+xml;base64,') == 13
    assert page.count("<table>") == 10
    assert "http://" not in page
    assert "https://" not in page
    assert "<td>fewer than 5</td>" in page
    assert "<script" not in page
