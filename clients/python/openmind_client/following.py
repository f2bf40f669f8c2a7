"""A copy that is kept in step: what the feed says is done before the cursor moves; what it takes away is dropped."""

from collections.abc import Callable
from typing import Protocol

from openmind_client.client import Client
from openmind_client.models import FedPerson, RemovalNotice


class Copy(Protocol):
    """What the system holds of others' records. Each call has to be durable when it returns, and may come twice."""

    def cursor(self) -> str | None:
        """Where the copy stands; None for an empty one."""

    def keep(self, person: FedPerson) -> None:
        """Replace whatever is held of the person by this."""

    def drop(self, notice: RemovalNotice) -> None:
        """Forget whoever has the notice's ids."""

    def move(self, cursor: str) -> None:
        """Everything up to here is done."""


def follow(client: Client, copy: Copy, until: Callable[[], bool] | None = None, *, wait: int = 30) -> None:
    """Bring the copy up to date and keep it so, until `until` says that it is enough; None: once, without waiting.

    Notices are acknowledged once the copy has dropped whom they name; a crash anywhere means that something is said
    again, and nothing is lost.
    """
    while True:
        page = client.changes(copy.cursor(), wait=wait if until is not None else 0)
        for item in page.data:
            if isinstance(item.root, RemovalNotice):
                copy.drop(item.root)
                client.acknowledge(item.root.id)
            else:
                copy.keep(item.root)
        copy.move(page.pagination.next)
        if until is None:
            if not page.pagination.more:
                return
        elif until():
            return
