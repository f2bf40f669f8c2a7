"""What others counted beside the figures: read or refused with its line, hidden like the report's own counts."""

import json
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from app.pathway.reports import Beside, Period, Published, as_they_are, beside, publish, published, tally
from app.pathway.reports.afterwards import AfterwardsInvalid, read_afterwards
from app.services.report_forms import in_csv, in_json
from app.services.report_shapes import Report
from app.vocabulary import Register
from tests.pathway.test_disclosure import drawn

HEAD = "outcome,group,when,people,followed,with_event,events,source\n"
OWN = "reconviction,service,after,{people},{followed},{events},,probation\n"
OTHERS = "reconviction,comparison,after,410,398,151,,statistics\n"
USED = "emergency-attendance,service,{when},48,41,,{events},hospital\n"
UNITS = drawn(3, 40)


@cache
def protected() -> Published:
    """Of people whom nothing here is about; made once."""
    return publish(UNITS)


def counted(folder: Path, *lines: str) -> Beside:
    path = folder / "afterwards.csv"
    path.write_text(HEAD + "".join(lines))
    return beside().model_copy(update={"afterwards": read_afterwards(path)})


def report(given: Beside, register: Register) -> Report:
    cells = tally(UNITS)
    shown = published(protected()) if register is Register.PUBLISHED_FIGURES else as_they_are(cells)
    period = Period(date(2025, 11, 1), date(2026, 10, 31))
    return Report(period, datetime(2026, 11, 1, tzinfo=UTC), register, None, cells, shown, given)


def said(given: Beside, register: Register = Register.AGGREGATE_FIGURES) -> Any:
    return json.loads(in_json(report(given, register)))


def test_reconvictions_beside_those_of_others(tmp_path: Path) -> None:
    """9 of 41 are 22.0 %, 151 of 398 are 37.9 %; the interval is Newcombe's, and what it is not is said with it."""
    found = said(counted(tmp_path, OWN.format(people=48, followed=41, events=9), OTHERS))["reconviction"]
    own, other = found["groups"]
    assert (own["people"]["value"], own["followed"]["value"], own["reconvicted"]["value"]) == (48, 41, 9)
    assert (own["reconvictionRate"]["tenths"], other["reconvictionRate"]["tenths"]) == (22.0, 37.9)
    assert found["difference"] == {"points": -15.9, "low": -27.1, "high": -0.5, "text": "-15.9 points (-27.1 to -0.5)"}
    assert any("no trial" in text for text in found["caveats"])
    assert any("followed" in text for text in found["caveats"])
    alone = said(counted(tmp_path, OWN.format(people=48, followed=41, events=9)))["reconviction"]
    assert (alone["difference"], len(alone["caveats"])) == (None, 1)


def test_use_of_services_before_and_after(tmp_path: Path) -> None:
    given = counted(tmp_path, USED.format(when="before", events=62), USED.format(when="after", events=39))
    (use,) = said(given)["serviceUse"]
    assert (use["before"]["per100"], use["after"]["per100"], use["changePer100"]) == (151, 95, -56)
    assert any("regression to the mean" in text for text in use["caveats"])


def test_no_hidden_count_follows_from_what_is_published_of_them(tmp_path: Path) -> None:
    """Whatever a small count is, the whole report is the same to the byte; and so it is whoever else was counted."""
    for hidden in ("reconvicted", "events", "followed"):
        answers = set()
        for number in range(1, 5):
            lines = {
                "reconvicted": [OWN.format(people=48, followed=41, events=number), OTHERS],
                "events": [USED.format(when="before", events=62), USED.format(when="after", events=number)],
                "followed": [OWN.format(people=48, followed=number, events=1), OTHERS],
            }[hidden]
            given = report(counted(tmp_path, *lines), Register.PUBLISHED_FIGURES)
            answers.add(in_json(given) + in_csv(given))
        assert len(answers) == 1, hidden
        assert b"fewer than 5" in answers.pop()


def test_published_counts_are_rounded_and_rates_are_not_of_rounded_ones(tmp_path: Path) -> None:
    given = counted(tmp_path, OWN.format(people=48, followed=41, events=9), OTHERS)
    own = said(given, Register.PUBLISHED_FIGURES)["reconviction"]["groups"][0]
    assert [own[name]["value"] for name in ("people", "followed", "reconvicted")] == [50, 40, 10]
    assert (own["reconvictionRate"]["percent"], own["reconvictionRate"]["tenths"]) == (22, None)
    assert own["reconvictionRate"]["low"] < 22 < own["reconvictionRate"]["high"]


def test_costs_are_of_the_counts_that_are_shown() -> None:
    costs = {
        "currency": "GBP",
        "items": [{"name": "therapists", "a_year": 73050, "source": "s"}],
        "reconviction": {"each": 10000, "source": "s"},
    }
    given = Beside.model_validate({"business_case": beside().business_case.model_dump(), "costs": costs})
    exact = said(given)["costs"]
    assert (exact["inPeriod"], exact["each"]["referral"]) == (73000, 1825)
    assert exact["breakEven"]["reconvictions"] == 7.3
    few = said(given, Register.PUBLISHED_FIGURES)
    shown = few["tables"][0]["rows"][0]["counts"]
    for name, count in (("referral", "referred"), ("recovered", "recovered")):
        value = shown[count]["value"]
        assert few["costs"]["each"][name] == (int(73000 / value + 0.5) if value else None)


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ([OWN.format(people=40, followed=41, events=9)], "line 2: value error, more were followed than there were"),
        ([OWN.format(people=48, followed=41, events=42)], "more were reconvicted than followed"),
        ([OTHERS], "a comparison with nobody of the service"),
        ([OWN.format(people=48, followed=41, events=9)] * 2, "says the same twice"),
        ([USED.format(when="before", events=1)], "emergency-attendance: there is nothing after"),
        ([USED.format(when="sometime", events=1)], "line 2, when"),
        ([USED.format(when="before", events="many")], "line 2, events"),
        ([OWN.format(people=48, followed=41, events="")], "counts people"),
        (["reconviction,service,after,48,41,9,,s,too much\n"], "line 2, extra"),
    ],
)
def test_a_file_that_is_no_count_of_what_came_afterwards(tmp_path: Path, lines: list[str], fault: str) -> None:
    with pytest.raises(AfterwardsInvalid, match=fault):
        counted(tmp_path, *lines)
