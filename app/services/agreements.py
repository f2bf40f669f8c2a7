"""The agreement as anybody may read it: parties, words, clauses with their own sentences, and its digest."""

from collections.abc import Callable
from datetime import datetime

from app.policies import AgreementVersions
from app.policies.review.forms import FORMS, Form
from app.services.answers import Answer, document


class AgreementService:
    """Shows the agreement that is in force; it names nobody, so that no entry is owed."""

    def __init__(self, versions: AgreementVersions, clock: Callable[[], datetime]) -> None:
        self._versions, self._clock = versions, clock
        self._written: dict[tuple[str, Form], bytes] = {}

    def current(self) -> Answer:
        """The version in force now."""
        return Answer(document(self._versions.at(self._clock()).as_data()))

    def matrix(self, form: Form) -> bytes:
        """Who may see what by the version in force now; written once for each version and form."""
        agreement = self._versions.at(self._clock())
        key = agreement.digest, form
        if key not in self._written:
            self._written[key] = FORMS[form](agreement).encode()
        return self._written[key]
