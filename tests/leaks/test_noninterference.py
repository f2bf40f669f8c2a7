"""1: two worlds that differ only in what a caller may not see give that caller the same bytes, by every address."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

import app.tables as t
from tests import world
from tests.leaks.telling_apart import looks
from tests.routers.cast import (
    ADAM,
    BARE,
    CARE,
    CLINICAL,
    COURT,
    ELSEWHERE,
    EMERGENCY,
    EXCLUDED,
    FULL,
    HANA,
    NOBODY,
    OLGA,
    PETRA,
    PROBATION,
    PROTECT,
    RESTRICTED,
    RORY,
    SUBJECT,
    SYNC,
    TARA,
    WORK,
    meeting,
    sentence,
    treatment,
)
from tests.world import Service, serving

PEOPLE = (FULL, COURT, BARE, RESTRICTED, EXCLUDED, ELSEWHERE)
Change = Callable[[str], list[Any]]
"""Rows to add, or SQL to run, made from a mark that no other change has."""


def _stranger(mark: str) -> list[Any]:
    """Somebody nobody in the cast but otto supervises, with everything."""
    crn = f"W{int(mark[1:]):06}"
    elsewhere = world.referral(crn, service_id="another-service")
    return [world.person(crn), world.caseload(crn, "otto"), elsewhere, *treatment(crn, mark, of_referral=elsewhere),
            *sentence(crn, mark), meeting(crn, mark)]  # fmt: skip


def _treated(crn: str, *, but: tuple[str, ...] = ()) -> Change:
    """A referral elsewhere and everything that follows from it, except some tables."""

    def change(mark: str) -> list[Any]:
        referral = world.referral(crn, id=f"R{mark}", service_id="another-service")
        rows = treatment(crn, mark, of_referral=referral)
        return [referral, *(row for row in rows if row.__tablename__ not in but)]

    return change


def _rows(crn: str, model: Any, which: str = "full") -> Change:
    """One more row like one that the cast has."""

    def change(mark: str) -> list[Any]:
        source = [*treatment(crn, mark, of_referral=world.referral(FULL, id=f"referral-{which}")), *sentence(crn, mark)]
        return [row for row in source if isinstance(row, model)]

    return change


def _agreed(crn: str, scope: str, **values: Any) -> Change:
    return lambda mark: world.consent(crn, scope, id=f"C{mark}", **values)


def _sql(statement: str) -> Change:
    return lambda mark: [text(statement.replace("?", f"'{mark}'"))]


NOTES = [_rows(FULL, model) for model in (t.SessionNote, t.SafetyRecord, t.Clinical)]
JUSTICE = [_rows(FULL, model) for model in (t.Offence, t.RiskAssessment, t.LicenceCondition)]
ITEMS = _sql("UPDATE outcome_score SET items = ?")
ADDRESS = _sql("UPDATE person SET address = ?, phone = ?, postcode = 'LE9 9ZZ'")
HIDDEN_SENTENCE: Change = lambda mark: [world.supervision(BARE)]  # noqa: E731  # a change among others
OBJECTS: Change = lambda mark: [world.objection(FULL, "scores"), world.objection(BARE, "notes")]  # noqa: E731  # a change too

CALLERS: dict[str, tuple[Any, tuple[str, ...], list[Change]]] = {
    "an offender manager": (OLGA, (WORK,), [
        _stranger, ITEMS, *NOTES, _rows(FULL, t.SafetyAlert), _treated(BARE), _treated(EXCLUDED), _treated(RESTRICTED),
        _agreed(EXCLUDED, "attendance"), _agreed(ELSEWHERE, "attendance"),
        _sql("UPDATE referral SET reason = ? WHERE id = 'draft-otto'"),
        _sql(f"UPDATE person SET family_name = ? WHERE crn IN ('{EXCLUDED}', '{RESTRICTED}', '{ELSEWHERE}')"),
    ]),
    "an offender manager in an emergency or to protect": (OLGA, (EMERGENCY, PROTECT), [
        _stranger, ITEMS, *NOTES, *JUSTICE, _treated(BARE, but=("safety_alert",)), HIDDEN_SENTENCE, OBJECTS,
        _agreed(COURT, "attendance"), _agreed(FULL, "scores", decision="refuse"),
    ]),
    "a probation lead": (PETRA, (WORK,), [
        ITEMS, *NOTES, _treated(BARE), _treated(FULL), _rows(FULL, t.Offence), ADDRESS, OBJECTS,
        _agreed(COURT, "attendance"), _agreed(FULL, "progress", decision="refuse"),
        _sql(f"UPDATE person SET family_name = ? WHERE crn = '{RESTRICTED}'"),
    ]),
    "a therapist who triages": (TARA, (CARE,), [
        _stranger, ITEMS, ADDRESS, _rows(FULL, t.SessionNote), _rows(FULL, t.SafetyAlert), *JUSTICE, HIDDEN_SENTENCE,
        _agreed(COURT, "offence"), _agreed(FULL, "offence", decision="refuse"), _treated(BARE), OBJECTS,
        _sql("UPDATE referral SET reason = ? WHERE status = 'draft'"),
    ]),
    "a service administrator": (ADAM, (CARE,), [
        _stranger, ITEMS, *NOTES, *JUSTICE, _agreed(COURT, "attendance"), _treated(BARE), OBJECTS, HIDDEN_SENTENCE,
    ]),
    "a health trainer": (HANA, (CARE,), [
        _stranger, ITEMS, *NOTES, *JUSTICE, _treated(BARE), HIDDEN_SENTENCE, _agreed(COURT, "attendance"),
        _agreed(ELSEWHERE, "health-trainer"),
    ]),
    "a records officer": (RORY, (SUBJECT,), [
        _stranger, _treated(BARE), _treated(COURT), HIDDEN_SENTENCE, _agreed(COURT, "attendance"),
        _sql("UPDATE session_note SET text = ? WHERE serious_harm OR third_party"),
    ]),
    "a probation system": (PROBATION, (SYNC,), [
        _stranger, ITEMS, *NOTES, *JUSTICE, ADDRESS, _treated(BARE), _agreed(BARE, "attendance"),
        _agreed(FULL, "scores", decision="refuse"), OBJECTS,
    ]),
    "a clinical system": (CLINICAL, (SYNC,), [
        _stranger, ITEMS, *NOTES, *JUSTICE, HIDDEN_SENTENCE, _agreed(COURT, "attendance"), _rows(FULL, t.Appointment),
        _agreed(FULL, "scores", decision="refuse"), OBJECTS,
    ]),
}  # fmt: skip


def _addresses() -> list[str]:
    about = [f"/v1/people/{crn}" for crn in (*PEOPLE, "W000001", NOBODY)]
    single = [f"/v1/people/{FULL}/{word}" for word in ("access", "scores", "notes")]
    lists = ["/v1/people", "/v1/referrals?pageSize=1", "/v1/referrals", "/v1/sync/changes?limit=1", "/v1/sync/changes"]
    return [*about, *single, f"/v1/people/{BARE}/access", *lists]


async def _told(template: Path, key: Path, who: Any, purposes: tuple[str, ...], rows: list[Any]) -> list[Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = shutil.copy(template, Path(folder) / "world.db")
        changes = [(row, None) if hasattr(row, "text") and not hasattr(row, "__table__")
                   else (row.__table__.insert(), row.model_dump()) for row in rows]  # fmt: skip
        await world.execute(f"sqlite:///{path}", changes)
        async with serving(f"sqlite:///{path}", key) as service:
            return [(path, purpose, await _look(service, path, who, purpose))
                    for purpose in purposes for path in _addresses()]  # fmt: skip


async def _look(service: Service, path: str, who: Any, purpose: str) -> Any:
    return await looks(service, "GET", path, who, purpose)


_as_it_is: dict[str, Any] = {}


def _compare(template: Path, key: Path, caller: str, places: set[int]) -> None:
    """The world with these hidden changes against the world without."""
    who, purposes, changes = CALLERS[caller]
    if caller not in _as_it_is:
        _as_it_is[caller] = world.run(_told(template, key, who, purposes, []))
        assert any(answer[0] == 200 for _, _, answer in _as_it_is[caller])
    rows = [row for place in sorted(places) for row in changes[place](f"M{place + 1}")]
    assert world.run(_told(template, key, who, purposes, rows)) == _as_it_is[caller]


@pytest.mark.parametrize("caller", CALLERS)
def test_everything_hidden_at_once_changes_no_byte(cast_template: Path, key_file: Path, caller: str) -> None:
    _compare(cast_template, key_file, caller, set(range(len(CALLERS[caller][2]))))


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.data())
def test_whatever_is_hidden_changes_no_byte(cast_template: Path, key_file: Path, data: st.DataObject) -> None:
    caller = data.draw(st.sampled_from(sorted(CALLERS)), "who asks")
    places = st.sets(st.integers(0, len(CALLERS[caller][2]) - 1), min_size=1)
    _compare(cast_template, key_file, caller, data.draw(places, "hidden changes"))
