"""What follows from a row, said beside it: how a consent, an objection or a signature stands, what came of a visit."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.pathway.attendance import notice_hours, outcome_of
from app.pathway.consents import CONSENT_COLUMNS, WHY, Consent, State, period_state, state_of
from app.records.views import camel

_SPELLED = {column: camel(column) for column in CONSENT_COLUMNS}


def say_state(content: Mapping[str, list[dict[str, Any]]], at: datetime) -> None:
    """Add `state` and `because` to each row of the sections `consents` and `objections`."""
    among = [Consent.of(row, _SPELLED) for row in content["consents"]]
    for row, consent in zip(content["consents"], among, strict=True):
        state, because = state_of(consent, among, at)
        row |= {"state": state.value, "because": because}
    for row in content["objections"]:
        state = period_state(row["validFrom"], row["validUntil"], row["withdrawnAt"], at)
        row |= {"state": state.value, "because": "It stands." if state is State.EFFECTIVE else WHY[state]}


def say_outcome(content: Mapping[str, list[dict[str, Any]]]) -> None:
    """Add to each appointment `outcome`, what happened in words, and `noticeHours`, how long before it was cancelled.

    Nothing here says whether an absence was acceptable: that is the probation service's to judge.
    """
    for row in content["appointments"]:
        hours = notice_hours(row["cancelledAt"], row["startsAt"])
        row |= {"outcome": outcome_of(row["attendanceCode"]).value, "noticeHours": hours}


def say_version(content: Mapping[str, list[dict[str, Any]]], versions: Mapping[str, str]) -> None:
    """Add `version` to each meeting, and whether an answer to its time or a signature on its content `stands`."""
    times = {row["id"]: row["heldAt"] for row in content["meetings"]}
    for row in content["meetings"]:
        row["version"] = versions[row["id"]]
    for row in content["responses"]:
        row["stands"] = row["heldAt"] == times.get(row["meetingId"])
    for row in content["signOffs"]:
        row["stands"] = row["version"] == versions.get(row["meetingId"])
