"""The tour: ready-made questions whose answers differ by who asks and why, checked against what the agreement says."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from app.services.registers import record_id


@dataclass(frozen=True)
class Visitor:
    """Somebody on the tour: through which system they come, and how they are introduced."""

    client: str
    says: str
    username: str | None = None


CALLERS = {
    "offender-manager": Visitor("case-management", "Hannah Thorley, offender manager", "hannah.thorley"),
    "other-offender-manager": Visitor("case-management", "Joel Ashmarrow, another offender manager", "joel.ashmarrow"),
    "excluded-offender-manager": Visitor(
        "case-management", "Callum Brayfield, excluded from X320748", "callum.brayfield"
    ),
    "lapsed-offender-manager": Visitor("case-management", "Meera Solanvi, whose training has lapsed", "meera.solanvi"),
    "untrained-offender-manager": Visitor(
        "case-management", "Tariq Velmani, never trained in mental health awareness", "tariq.velmani"
    ),
    "probation-lead": Visitor("case-management", "Eleanor Stanwick, probation lead", "eleanor.stanwick"),
    "therapist": Visitor("clinical-records", "Alice Winterbourne, therapist", "alice.winterbourne"),
    "unauthorised-therapist": Visitor(
        "clinical-records", "Bridget Fenlow, therapist, not authorised", "bridget.fenlow"
    ),
    "clinical-lead": Visitor("clinical-records", "Marcus Hathersage, clinical lead", "marcus.hathersage"),
    "health-trainer": Visitor("clinical-records", "Lewis Tarrant, health trainer", "lewis.tarrant"),
    "administrator": Visitor("clinical-records", "Priya Kavadri, service administrator", "priya.kavadri"),
    "records-officer": Visitor("clinical-records", "Joan Ellerby, records officer", "joan.ellerby"),
    "case-management-system": Visitor("case-management", "the probation case-management system"),
    "clinical-system": Visitor("clinical-records", "the clinical system"),
    "auditor": Visitor("audit-console", "Grace Marchwood, auditor", "grace.marchwood"),
    "caldicott-guardian": Visitor("guardian-console", "Catherine Dellamore, Caldicott guardian", "catherine.dellamore"),
    "commissioner": Visitor("commissioner-reports", "Stephen Quorndon, commissioner", "stephen.quorndon"),
}


@dataclass(frozen=True)
class Ask:
    """One visitor's way of asking a question, and the answer that the agreement gives."""

    who: str
    purpose: str
    status: int
    says: str
    """The clause, in a few words."""
    has: tuple[str, ...] = ()
    """Keys or categories that the answer must carry."""
    lacks: tuple[str, ...] = ()
    """Categories that it must not."""


@dataclass(frozen=True)
class Stop:
    """One question, asked by several."""

    question: str
    path: str
    asks: Sequence[Ask]


TOUR = (
    Stop(
        "Does X320741 come to therapy? They agreed that their offender manager may know.",
        "/v1/people/X320741/attendance",
        (
            Ask("offender-manager", "supervision", 200, "D1: consent to attendance", ("appointments",)),
            Ask("other-offender-manager", "supervision", 404, "not on their caseload: nobody on file (S5)"),
            Ask("therapist", "direct-care", 200, "B1: treating", ("appointments",)),
            Ask("administrator", "direct-care", 200, "B4: their service", ("appointments",)),
            Ask("case-management-system", "records-sync", 200, "H3: consent to attendance", ("appointments",)),
            Ask("clinical-system", "records-sync", 403, "no clause lets it read back attendance"),
            Ask("auditor", "oversight", 404, "G1: the log, never the record"),
        ),
    ),
    Stop(
        "And X320742, who agreed to nothing?",
        "/v1/people/X320742/attendance",
        (
            Ask("offender-manager", "supervision", 403, "D1 needs consent; the answer says what is missing"),
            Ask("therapist", "direct-care", 200, "B1: treating", ("appointments",)),
            Ask("case-management-system", "records-sync", 404, "H3 needs consent: nobody on file (S5)"),
        ),
    ),
    Stop(
        "X320743 has a mental health treatment requirement, and agreed to nothing.",
        "/v1/people/X320743/attendance",
        (
            Ask("offender-manager", "supervision", 200, "D2: the court ordered it", ("appointments",)),
            Ask("case-management-system", "records-sync", 200, "H4: the court ordered it", ("appointments",)),
        ),
    ),
    Stop(
        "Consent that ended yesterday, was withdrawn, is outweighed by a refusal, or met by an objection.",
        "/v1/people/{crn}/attendance",
        (
            Ask("offender-manager X320744", "supervision", 403, "ended with 14 July"),
            Ask("offender-manager X320745", "supervision", 403, "withdrawn on 1 July"),
            Ask("offender-manager X320746", "supervision", 403, "a refusal beats a permission"),
            Ask("offender-manager X320749", "supervision", 403, "S4: an objection"),
            Ask("offender-manager X320770", "supervision", 200, "D2 holds beside an objection", ("appointments",)),
        ),
    ),
    Stop(
        "May an offender manager read the therapist's notes? In an emergency?",
        "/v1/people/X320741/notes",
        (
            Ask("offender-manager", "supervision", 403, "P3: never, by nothing lifted"),
            Ask("offender-manager", "emergency", 404, "P3, and no emergency grant: nobody on file"),
            Ask("therapist", "direct-care", 200, "B1: treating", ("notes",)),
        ),
    ),
    Stop(
        "How is X320751 doing? They agreed to share scores: totals and bands, never single answers.",
        "/v1/people/X320751/scores",
        (
            Ask("offender-manager", "supervision", 200, "D4: totals alone", ("measures", "caveat"), ("items",)),
            Ask("therapist", "direct-care", 200, "B1: item by item", ("measures", "items")),
        ),
    ),
    Stop(
        "What are the risks with X320741? Health staff need training and a probation lead's authorisation.",
        "/v1/people/X320741/risk",
        (
            Ask("offender-manager", "supervision", 200, "A1: their own caseload", ("assessments",)),
            Ask("therapist", "direct-care", 200, "C1: trained and authorised", ("assessments",)),
            Ask("unauthorised-therapist", "direct-care", 403, "C1: authorisation is missing; says whom to ask"),
            Ask("administrator", "direct-care", 403, "C3 gives obligations alone"),
        ),
    ),
    Stop(
        "Somebody is in danger: the alert that a clinician released about X320750.",
        "/v1/people/X320750/safety-alerts",
        (
            Ask("offender-manager", "public-protection", 200, "P1: no consent is needed", ("alerts",)),
            Ask("probation-lead", "public-protection", 200, "P2", ("alerts",)),
            Ask("other-offender-manager", "public-protection", 404, "not on their caseload (S5)"),
        ),
    ),
    Stop(
        "A restricted record, and an exclusion.",
        "/v1/people/{crn}",
        (
            Ask("offender-manager X320747", "supervision", 200, "listed by name", ("supervision",)),
            Ask("administrator X320747", "direct-care", 404, "S3: not listed"),
            Ask("excluded-offender-manager X320748", "supervision", 404, "S3: excluded from a record of their own"),
            Ask("lapsed-offender-manager X320769", "supervision", 404, "S1: training has lapsed"),
            Ask("records-officer X320753", "subject-access", 200, "G3: an open subject access request", ("notes",)),
            Ask("records-officer X320741", "subject-access", 404, "G3: none is open"),
        ),
    ),
    Stop(
        "When could X320765 be seen? C4 tells that times and places are unsuitable, and that two staff are needed.",
        f"/v1/referrals/{record_id('referral', 'RT5', 'OM0076')}/slots",
        (
            Ask("therapist", "direct-care", 200, "C4, and C1 opens the reasons", ("twoStaffNeeded", "kind")),
            Ask("administrator", "direct-care", 200, "C4, and C3 what is to be attended", ("alsoFree", "kind")),
            Ask("unauthorised-therapist", "direct-care", 404, "not treating them: nobody on file (S5)"),
            Ask("offender-manager", "supervision", 404, "the diary is the service's"),
        ),
    ),
    Stop(
        "What became of the pilot: referred, not suitable, missed the first appointment, entered treatment?",
        "/v1/reports/pathway",
        (
            Ask("clinical-lead", "service-evaluation", 200, "G7: as they are", ("tables",)),
            Ask("commissioner", "service-evaluation", 200, "G4: small counts hidden, the rest to the nearest 5"),
            Ask("therapist", "service-evaluation", 403, "no clause is about figures for a therapist"),
        ),
    ),
    Stop(
        "Whom can each of them list?",
        "/v1/people",
        (
            Ask("offender-manager", "supervision", 200, "A1: their caseload", ("data",)),
            Ask("probation-lead", "supervision", 200, "A2: everybody", ("data",)),
            Ask("lapsed-offender-manager", "supervision", 403, "S1: says that standing has lapsed"),
            Ask("auditor", "oversight", 403, "no clause lists people for oversight"),
        ),
    ),
)


FUNNEL = ("referred", "notSuitable", "firstAppointmentMissed", "enteredTreatment")


def run_tour(base: str, tokens: dict[str, str], console: Console) -> int:
    """Ask everything; 0 if each answer is what the agreement says, else 1."""
    wrong = 0
    with httpx.Client(base_url=base, timeout=10) as http:
        for number, stop in enumerate(TOUR, 1):
            table = Table(title=f"{number}. {stop.question}", title_justify="left", title_style="bold", expand=True)
            for column, ratio in (("who asks", 4), ("why", 2), ("answer", 4), ("the agreement says", 5)):
                table.add_column(column, ratio=ratio)
            for ask in stop.asks:
                good, answer = _asked(http, stop, ask, tokens)
                wrong += not good
                who = CALLERS[ask.who.split()[0]].says
                table.add_row(
                    _about(who, ask), ask.purpose, answer, ask.says if good else f"[red]MISMATCH[/] {ask.says}"
                )
            console.print(table)
    console.print(f"{wrong} answers differ from the agreement" if wrong else "every answer is what the agreement says")
    return 1 if wrong else 0


def _about(who: str, ask: Ask) -> str:
    _, _, crn = ask.who.partition(" ")
    return f"{who}, of {crn}" if crn else who


def _asked(http: httpx.Client, stop: Stop, ask: Ask, tokens: dict[str, str]) -> tuple[bool, str]:
    name, _, crn = ask.who.partition(" ")
    headers = {"Authorization": f"Bearer {tokens[name]}", "Purpose-Of-Use": ask.purpose}
    answer = http.get(stop.path.format(crn=crn), headers=headers)
    document = answer.json()
    keys = _keys(document)
    good = (
        answer.status_code == ask.status
        and all(key in keys for key in ask.has)
        and not any(key in keys for key in ask.lacks)
        and (answer.status_code != 200 or "audit-receipt" in answer.headers)
    )
    return good, _said(answer.status_code, document)


def _keys(document: Any) -> set[str]:
    if isinstance(document, dict):
        return set(document) | {key for value in document.values() for key in _keys(value)}
    if isinstance(document, list):
        return {key for value in document for key in _keys(value)}
    return set()


def _said(status: int, document: dict[str, Any]) -> str:
    """An answer in a line."""
    if status != 200:
        facts = [fact["fact"] for each in document.get("withheld", []) for fact in each.get("missing", [])]
        missing = f": missing {', '.join(dict.fromkeys(facts))}" if facts else ""
        return f"{status} {document['code']}{missing}"
    if "categories" in document:
        return f"200 {', '.join(document['categories'])}"
    if "tables" in document:
        counts = document["tables"][0]["rows"][0]["counts"]
        return "200 " + ", ".join(counts[name]["text"] for name in FUNNEL)
    if "twoStaffNeeded" in document:
        many = f"{len(document['data'])} slots{' and more' if document['more'] else ''}"
        return f"200 {many}{', two staff needed' if document['twoStaffNeeded'] else ''}"
    if isinstance(document.get("data"), list):
        return f"200 {len(document['data'])} people{' and more' if document['pagination']['next'] else ''}"
    return "200 " + ", ".join(f"{len(rows)} {name}" for name, rows in document["data"].items())
