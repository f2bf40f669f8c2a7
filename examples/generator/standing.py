"""Who works where, what they were trained in, who may see criminal-justice data, and which systems may ask."""

from datetime import date, datetime

from examples.generator import cast
from examples.generator.justice import times
from examples.generator.local import SERVICE
from examples.generator.moments import at, stamp
from examples.generator.national import CARE_STAFF, PROVIDER
from examples.generator.national import COMMISSIONER as COMMISSIONED_BY
from examples.generator.sessions import SITES
from examples.generator.writing import Files, Row

EAST, WEST, OPEN_MIND = "Leicester East", "Leicester West", "Open Mind"
OM, THERAPIST = "offender-manager", "therapist"
AUDITOR_JUSTICE, AUDITOR_HEALTH = "grace.marchwood", "victor.osmaston"
GUARDIAN, COMMISSIONER = "catherine.dellamore", "stephen.quorndon"
STAFF = (
    # username, party, role, team, manager, whole-time equivalent, employed from, employed to
    (cast.STANWICK, "justice", "probation-lead", "Leicester", None, 1.0, "2006-04-03", None),
    (cast.THORLEY, "justice", OM, EAST, cast.STANWICK, 1.0, "2008-09-01", None),
    (cast.BRAYFIELD, "justice", OM, EAST, cast.STANWICK, 1.0, "2010-02-15", None),
    (cast.SOLANVI, "justice", OM, EAST, cast.STANWICK, 1.0, "2009-06-22", None),
    (cast.PENHALLAM, "justice", OM, EAST, cast.STANWICK, 0.8, "2004-01-12", None),
    (cast.ASHMARROW, "justice", OM, WEST, cast.STANWICK, 1.0, "2011-10-03", None),
    (cast.CORRIGWELL, "justice", OM, WEST, cast.STANWICK, 1.0, "2007-03-19", None),
    (cast.VELMANI, "justice", OM, WEST, cast.STANWICK, 1.0, "2012-01-09", None),
    (cast.OKONWEI, "justice", OM, WEST, cast.STANWICK, 0.6, "2010-11-01", None),
    (cast.LINDQVALE, "justice", OM, WEST, cast.STANWICK, 1.0, "2005-05-09", "2013-03-28"),
    (cast.MOSSVALE, "justice", OM, EAST, cast.STANWICK, 1.0, "2011-01-10", None),
    (AUDITOR_JUSTICE, "justice", "auditor", "Audit", None, 1.0, "2009-04-01", None),
    (cast.HATHERSAGE, "health", "clinical-lead", OPEN_MIND, None, 0.4, "2003-10-06", None),
    (cast.WINTERBOURNE, "health", THERAPIST, OPEN_MIND, cast.HATHERSAGE, 1.0, "2012-10-15", None),
    (cast.DHALVANI, "health", THERAPIST, OPEN_MIND, cast.HATHERSAGE, 0.2, "2012-10-22", None),
    (cast.FENLOW, "health", THERAPIST, OPEN_MIND, cast.HATHERSAGE, 0.1, "2012-10-22", None),
    (cast.KAVADRI, "health", "service-administrator", OPEN_MIND, cast.HATHERSAGE, 1.0, "2012-10-15", None),
    (cast.TARRANT, "health", "health-trainer", OPEN_MIND, cast.HATHERSAGE, 0.5, "2012-12-03", None),
    (cast.ELLERBY, "health", "records-officer", "Health records", None, 1.0, "1999-08-02", None),
    (AUDITOR_HEALTH, "health", "auditor", "Audit", None, 1.0, "2008-05-12", None),
    (GUARDIAN, "health", "caldicott-guardian", "Medical directorate", None, 0.2, "2001-02-05", None),
    (COMMISSIONER, "commissioner", "commissioner", "Commissioning", None, 1.0, "2013-04-01", None),
)
REVOKED = {cast.MOSSVALE: at(date(2013, 5, 20), "17:30")}
SHARING, JUSTICE_DATA, AWARENESS = "information-sharing", "criminal-justice-data", "mental-health-awareness"
SHARED_FROM = "2012-10-29"
"""The course before the pilot began; who came later took it on their first day."""
SHARING_ON = {cast.SOLANVI: "2012-06-20", cast.OKONWEI: "2012-07-30", COMMISSIONER: "2013-04-15"}
JUSTICE_DATA_ON = {
    cast.WINTERBOURNE: "2012-11-12",
    cast.DHALVANI: "2012-11-12",
    cast.FENLOW: "2012-11-26",
    cast.HATHERSAGE: "2012-05-14",
    cast.KAVADRI: "2013-01-21",
}
UNAWARE = (cast.VELMANI,)
AUTHORISED = (
    # username, from, until, revoked
    (cast.WINTERBOURNE, "2012-11-19", "2013-11-19", None),
    (cast.HATHERSAGE, "2012-11-05", "2013-11-05", None),
    (cast.KAVADRI, "2013-02-04", "2013-08-05", None),
    (cast.DHALVANI, "2012-11-19", "2013-11-19", at(date(2013, 6, 14), "12:00")),
)


def files() -> Files:
    """Staff, training, authorisations and systems."""
    return {
        "standing/services.jsonl": [_service()],
        "standing/staff.jsonl": [_member(f"ST{number:03}", *row) for number, row in enumerate(STAFF, 1)],
        "standing/training.jsonl": _training(),
        "standing/authorisations.jsonl": [
            _authorisation(f"AU{number:03}", *row) for number, row in enumerate(AUTHORISED, 1)
        ],
        "standing/clients.jsonl": _clients(),
    }


def _service() -> Row:
    return {
        "serviceId": SERVICE,
        "name": "Leicester Open Mind",
        "provider": PROVIDER,
        "commissioner": COMMISSIONED_BY,
        "sites": [{"code": code, "name": name} for code, name in SITES.items()],
        **times(at(date(2012, 11, 1), "08:00")),
    }


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _member(identifier: str, username: str, party: str, role: str, team: str, manager: str | None, time: float,
            since: str, until: str | None) -> Row:  # fmt: skip
    joined = max(at(_day(since), "09:00"), at(date(2012, 11, 1), "09:00"))
    left = at(_day(until), "17:00") if until else None
    return {
        "staffId": identifier,
        "username": username,
        "name": " ".join(part.capitalize() for part in username.split(".")),
        "party": party,
        "role": role,
        "team": team,
        "service": SERVICE if team == OPEN_MIND else None,
        "manager": manager,
        "wholeTimeEquivalent": time,
        "carePersonnelLocalId": CARE_STAFF.get(username),
        "employedFrom": since,
        "employedTo": until,
        "revokedAt": stamp(REVOKED.get(username)),
        **times(joined, REVOKED.get(username, left)),
    }


def _training() -> list[Row]:
    """Everybody took the first course; those who see the other side's records the others."""
    rows: list[Row] = []
    for username, party, role, *_, since, _until in STAFF:
        taken = {SHARING: SHARING_ON.get(username, max(since, SHARED_FROM))}
        if username in JUSTICE_DATA_ON:
            taken[JUSTICE_DATA] = JUSTICE_DATA_ON[username]
        if party == "justice" and role == OM and username not in UNAWARE:
            taken[AWARENESS] = "2012-10-08"
        for course, completed in taken.items():
            rows.append(
                {
                    "trainingId": f"TR{len(rows) + 1:03}",
                    "username": username,
                    "course": course,
                    "completedOn": completed,
                    **times(max(at(_day(completed), "16:30"), at(date(2012, 11, 1), "09:00"))),
                }
            )
    return rows


def _authorisation(identifier: str, username: str, since: str, until: str, revoked: datetime | None) -> Row:
    granted = at(_day(since), "09:30")
    return {
        "authorisationId": identifier,
        "username": username,
        "kind": "criminal-justice",
        "grantedBy": cast.STANWICK,
        "validFrom": stamp(granted),
        "validUntil": stamp(at(_day(until), "09:30")),
        "revokedAt": stamp(revoked),
        "revokedBy": cast.STANWICK if revoked else None,
        **times(granted, revoked),
    }


def _clients() -> list[Row]:
    """The systems; their secrets and keys are made where they run and stand in no file."""
    health = [THERAPIST, "clinical-lead", "service-administrator", "health-trainer", "records-officer"]
    return [
        _client(
            "case-management", "Case management", "justice", "case-management-system", None, [OM, "probation-lead"]
        ),
        _client("clinical-records", "Clinical records", "health", "clinical-system", SERVICE, health),
        _client("audit-console", "Audit console of probation", "justice", None, None, ["auditor"]),
        _client(
            "guardian-console", "Audit console of the trust", "health", None, None, ["auditor", "caldicott-guardian"]
        ),
        _client("commissioner-reports", "Commissioner's reports", "commissioner", None, None, ["commissioner"]),
    ]


def _client(identifier: str, name: str, party: str, role: str | None, service: str | None, acts_for: list[str]) -> Row:
    registered = at(date(2012, 11, 1), "08:00")
    return {
        "clientId": identifier,
        "name": name,
        "party": party,
        "role": role,
        "service": service,
        "actsForStaff": True,
        "actsForRoles": acts_for,
        "registeredAt": stamp(registered),
        "suspendedAt": None,
        **times(registered),
    }
