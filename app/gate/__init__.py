"""The one door: facts, decision, permit, entry. What leaves through it is in the log before it is answered."""

from app.audit.entry import ERASE
from app.audit.recovery import CONFIRM, RECOVER
from app.db import DatabaseUnavailable
from app.gate.acting import Act, Announcing, Beside
from app.gate.archiving import ARCHIVE
from app.gate.asking import Opened
from app.gate.chasing import CHASED
from app.gate.door import AUTHENTICATION, BOOTSTRAP, CHANGE, EXPLAINED, READ, Gate
from app.gate.erasing import REPORT
from app.gate.exporting import EXPORT
from app.gate.listing import (
    CALENDAR,
    CASELOADS,
    PEOPLE,
    PROMPTS,
    REFERRALS,
    SAFETY_ALERTS,
    SIGNALS,
    WAITING,
    Kind,
    Listed,
)
from app.gate.many import Made, Many, lines_at_hand
from app.gate.matching import MATCHED
from app.gate.opening import agreements_of, open_gate, open_gate_as_found
from app.gate.refusals import AccessRefused, DecisionMismatch, NotOnFile, SessionRevoked, Unacceptable
from app.gate.reminding import REMINDED
from app.gate.reporting import FIGURES
from app.gate.turns import giving_way
from app.gate.watching import RAISED
from app.records.parents import Parent

KINDS = (
    READ,
    ARCHIVE,
    AUTHENTICATION,
    BOOTSTRAP,
    CHANGE,
    CHASED,
    CONFIRM,
    ERASE,
    EXPLAINED,
    EXPORT,
    FIGURES,
    MATCHED,
    RAISED,
    RECOVER,
    REMINDED,
    REPORT,
)
"""Every type of entry that there is."""

__all__ = [
    "CALENDAR",
    "CASELOADS",
    "EXPLAINED",
    "KINDS",
    "PEOPLE",
    "PROMPTS",
    "READ",
    "REFERRALS",
    "SAFETY_ALERTS",
    "SIGNALS",
    "WAITING",
    "AccessRefused",
    "Act",
    "Announcing",
    "Beside",
    "DatabaseUnavailable",
    "DecisionMismatch",
    "Gate",
    "Kind",
    "Listed",
    "Made",
    "Many",
    "NotOnFile",
    "Opened",
    "Parent",
    "SessionRevoked",
    "Unacceptable",
    "agreements_of",
    "giving_way",
    "lines_at_hand",
    "open_gate",
    "open_gate_as_found",
]
