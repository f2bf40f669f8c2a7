"""Who supervised and who treated a person at a moment: what was recorded then, they recorded."""

from collections.abc import Sequence
from datetime import datetime

from examples.generator.sessions import Pathway
from examples.generator.writing import Row

JUSTICE, HEALTH = "justice", "health"


class Responsible:
    """Both sides' staff by person and moment, from the caseloads and the referrals."""

    def __init__(self, caseloads: Sequence[Row], pathways: Sequence[Pathway]) -> None:
        self._caseloads: dict[str, list[tuple[datetime, str]]] = {}
        for row in caseloads:
            begins = datetime.fromisoformat(row["startDateTime"])
            self._caseloads.setdefault(row["crn"], []).append((begins, row["username"]))
        self._pathways: dict[str, list[Pathway]] = {}
        for pathway in pathways:
            self._pathways.setdefault(pathway.case.crn, []).append(pathway)

    def manager(self, crn: str, moment: datetime) -> str:
        """On whose caseload the person was."""
        return [username for begins, username in self._caseloads[crn] if begins <= moment][-1]

    def therapist(self, crn: str, moment: datetime) -> str:
        """Who treated the person under the newest referral of that day."""
        received = [pathway for pathway in self._pathways[crn] if pathway.received <= moment.date()]
        return received[-1].treated_by(moment)

    def of(self, party: str, crn: str, moment: datetime) -> str:
        """Whoever answers for the person on one side."""
        return self.manager(crn, moment) if party == JUSTICE else self.therapist(crn, moment)
