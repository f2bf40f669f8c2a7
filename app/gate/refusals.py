"""The ways to be refused; whichever is raised, its entry is durable already."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.policies.explain import Explanation
from app.vocabulary import Fact


class AccessRefused(Exception):
    """Refused under a stable code; `withheld` gives reasons where something else is open to the caller."""

    def __init__(self, code: str, withheld: Sequence[Explanation] = (), renew_at: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.withheld = tuple(withheld)
        self.renew_at = renew_at
        """Where a training is renewed whose lapse was the reason."""

    def lacks(self, fact: Fact) -> bool:
        """Whether a reason that was given is the want of this fact."""
        return any(fact is reason.fact for each in self.withheld for reason in each.missing)


class NotOnFile(AccessRefused):
    """Nothing at all is permitted, which looks the same as nobody being there (S5)."""

    def __init__(self) -> None:
        super().__init__("not-found")


class SessionRevoked(AccessRefused):
    """The token, the client or the member of staff was revoked since the token was made."""

    def __init__(self) -> None:
        super().__init__("session-revoked")


class DecisionMismatch(Exception):
    """The database and the decision disagree about a row: a fault of ours, and nothing is released."""


class Unacceptable(Exception):
    """The caller may do it, and what they sent cannot be done: a code of `app.routers.problems`, the field, and why.

    Raised within `Gate.act` it leaves an entry. `detail` never repeats a value; `truly` is what the log says, where the
    caller is told less; `possible` is what could be done instead, `told` what else the answer says, and an entry too.
    """

    def __init__(
        self,
        code: str,
        detail: str | None = None,
        field: str | None = None,
        *,
        truly: str | None = None,
        possible: Sequence[str] | None = None,
        told: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(code)
        self.code, self.detail, self.field, self.possible, self.told = code, detail, field, possible, told or {}
        self.reason = truly or code
