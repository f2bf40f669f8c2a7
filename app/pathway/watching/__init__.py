"""Rules over the log that say whom somebody should ask: pure, from looks at people to alerts."""

from app.pathway.watching.following import CASELOAD, MEANT, Period, is_due, judged
from app.pathway.watching.looks import Alert, Look, moment_of
from app.pathway.watching.names import Likeness, Named, surnames
from app.pathway.watching.stream import Memory, Watching

__all__ = [
    "CASELOAD",
    "MEANT",
    "Alert",
    "Likeness",
    "Look",
    "Memory",
    "Named",
    "Period",
    "Watching",
    "is_due",
    "judged",
    "moment_of",
    "surnames",
]
