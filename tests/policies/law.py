"""The agreement once more, written by hand from what the parties signed and from nothing in the project.

A line for each thing that a clause grants: clause, roles, purpose, actions, subjects, needs. `write` includes
`create`. P3 stands apart in `PROHIBITED`.
"""

from dataclasses import dataclass

LAW = """
A1 | offender-manager | supervision | read write | identity contact supervision offence risk obligations | caseload
A2 | probation-lead | supervision | read | identity supervision risk obligations |
A3 | probation-lead | supervision | grant revoke | authorisation |
B1 | therapist | direct-care | read write | \
referral attendance progress scores clinical notes safety safety-alert meeting consent | treating
B1 | therapist | direct-care | read | identity contact | treating
B1 | therapist | direct-care | withdraw | consent | treating
B2 | clinical-lead | direct-care | read write | \
referral attendance progress scores clinical notes safety safety-alert meeting consent | service
B2 | clinical-lead | direct-care | read | identity contact | service
B2 | clinical-lead | direct-care | withdraw | consent | service
B2 | clinical-lead | direct-care | withdraw | consent | treating
B3 | therapist | direct-care | read | identity referral clinical | service
B4 | service-administrator | direct-care | read write | referral attendance | service
B4 | service-administrator | direct-care | read | identity contact | service
B5 | clinical-lead | direct-care | write | allocation | service
C1 | therapist clinical-lead | direct-care | read | \
supervision risk obligations | service training:criminal-justice-data authorised:criminal-justice
C2 | therapist clinical-lead | direct-care | read | \
offence | service training:criminal-justice-data authorised:criminal-justice consent:offence
C3 | service-administrator | direct-care | read | \
obligations | service training:criminal-justice-data authorised:criminal-justice
C4 | therapist clinical-lead service-administrator | direct-care | check | obligations risk supervision | service
D1 | offender-manager | supervision | read | referral attendance | caseload supervised consent:attendance
D2 | offender-manager | supervision | read | referral attendance | caseload supervised mhtr
D3 | offender-manager | supervision | read | progress | caseload supervised consent:progress
D4 | offender-manager | supervision | read | scores | caseload supervised consent:scores
D5 | offender-manager | supervision | create | referral | caseload supervised training:mental-health-awareness
D6 | offender-manager | supervision | read write | referral | caseload supervised training:mental-health-awareness
P1 | offender-manager | public-protection | read | identity safety-alert | caseload
P2 | probation-lead | public-protection | read | identity safety-alert |
P4 | offender-manager | public-protection | acknowledge | safety-alert | caseload
P4 | probation-lead | public-protection | acknowledge | safety-alert |
E1 | offender-manager | supervision | read write | meeting | caseload consent:meeting
E2 | health-trainer | direct-care | read | identity contact referral attendance | service consent:health-trainer
E3 | offender-manager | supervision | read write withdraw | consent | caseload
F1 | therapist clinical-lead | emergency | read | \
identity contact supervision risk referral attendance progress scores clinical notes safety safety-alert | break-glass
F2 | offender-manager probation-lead | emergency | read | identity contact attendance safety-alert | break-glass
F3 | therapist clinical-lead offender-manager probation-lead | emergency | create | emergency-grant |
G1 | auditor caldicott-guardian | oversight | read | audit-log |
G2 | caldicott-guardian | oversight | review | emergency-grant |
G2 | caldicott-guardian | oversight | read | consent |
G3 | records-officer | subject-access | read | * | subject-request
G4 | commissioner | service-evaluation | read | published-figures |
G5 | records-officer | subject-access | open close | subject-request |
G5 | records-officer | subject-access | read | disclosures |
G6 | auditor caldicott-guardian | oversight | review | access-alert |
G7 | clinical-lead probation-lead | service-evaluation | read | aggregate-figures |
G8 | caldicott-guardian | oversight | read link unlink | identity identity-link |
H1 | clinical-system | records-sync | write | referral attendance progress scores clinical notes safety safety-alert |
H2 | clinical-system | records-sync | read | identity contact referral | service
H3 | case-management-system | records-sync | read | identity referral attendance | supervised consent:attendance
H4 | case-management-system | records-sync | read | identity referral attendance | supervised mhtr
H5 | case-management-system | records-sync | write | identity contact supervision offence risk obligations |
H7 | clinical-system | records-sync | create | identity contact |
H8 | case-management-system | records-sync | write | limits allocation |
H9 | case-management-system | records-sync | read | limits |
I1 | probation-lead | supervision | read write | staff training |
I2 | clinical-lead | direct-care | read write | staff training |
"""

PROHIBITED = ("clinical", "notes", "safety")
DESPITE_RESTRICTION = {"P1", "P2", "P4", "F1", "F2", "F3", "G1", "G2", "G3", "G5", "H1", "H5", "H7", "H8", "H9"}
DESPITE_OBJECTION = {"D2", "H4", "F1", "F2", "G3"}
DESPITE_END = {"G1", "G2", "G3", "G5", "G6", "G8"}
OWNERS = dict.fromkeys(("supervision", "offence", "risk", "obligations"), "justice") | dict.fromkeys(
    ("referral", "attendance", "progress", "scores", "clinical", "notes", "safety", "safety-alert"), "health"
)
OF_NOBODY = {"staff", "training", "authorisation", "aggregate-figures", "published-figures"}
ROWS = {"D6": "own-draft", "G3": "all"}
FIELDS = {"D4": ("totals",), "G3": ("third-parties-withheld",)}
CATEGORIES = (
    "identity contact supervision offence risk obligations referral attendance "
    "progress scores clinical notes safety safety-alert meeting consent"
)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that a clause grants to one role."""

    clause: str
    role: str
    purpose: str
    action: str
    subject: str
    needs: frozenset[str]

    @property
    def name(self) -> str:
        return f"{self.clause}: {self.role} may {self.action} {self.subject} for {self.purpose}"

    @property
    def despite_restriction(self) -> bool:
        return self.clause in DESPITE_RESTRICTION or self.is_never_refused

    @property
    def despite_end(self) -> bool:
        return self.clause in DESPITE_END or self.is_never_refused

    @property
    def is_never_refused(self) -> bool:
        """E3: a withdrawal, to who supervises or treats the person."""
        return self.action == "withdraw" and not self.needs.isdisjoint({"caseload", "treating"})

    @property
    def objection(self) -> str | None:
        """The objection that stops it, if one can."""
        party = "justice" if self.role in ("offender-manager", "probation-lead", "case-management-system") else "health"
        owner = OWNERS.get(self.subject, party)
        if self.action != "read" or self.clause in DESPITE_OBJECTION or owner == party:
            return None
        return None if self.subject in ("risk", "safety-alert") else f"objection:{self.subject}"


def lines(family: str = "") -> list[Line]:
    """Every line of the clauses whose id begins so, `write` with the `create` that it includes."""
    found = {}
    for text in LAW.strip().splitlines():
        clause, roles, purpose, actions, subjects, needs = (part.strip() for part in text.split("|"))
        for role in roles.split():
            for action in (*actions.split(), *(["create"] if "write" in actions.split() else [])):
                for subject in (CATEGORIES if subjects == "*" else subjects).split():
                    line = Line(clause, role, purpose, action, subject, frozenset(needs.split()))
                    if clause.startswith(family):
                        found[line] = None
    return list(found)
