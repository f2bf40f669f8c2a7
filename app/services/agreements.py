"""The agreement as anybody may read it: parties, words, clauses with their own sentences, and its digest."""

from collections.abc import Callable
from datetime import datetime

from app.policies import AgreementVersions
from app.services.answers import Answer, document


class AgreementService:
    """Shows the agreement that is in force; it names nobody, so that no entry is owed."""

    def __init__(self, versions: AgreementVersions, clock: Callable[[], datetime]) -> None:
        self._versions, self._clock = versions, clock

    def current(self) -> Answer:
        """The version in force now."""
        return Answer(document(self._versions.at(self._clock()).as_data()))
