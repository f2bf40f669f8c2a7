"""What is wrong with an agreement file: where, in which clause, and what would put it right."""

from dataclasses import dataclass

Place = tuple[str | int, ...]
"""A place in the file, as keys and positions: `("clauses", 3, "roles", 1)`."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, at a place of the file."""

    place: Place
    fault: str
    remedy: str
    clause: str | None = None


class AgreementInvalid(Exception):
    """An agreement file that is refused; nothing of it is used."""

    def __init__(self, file: str, line: int, clause: str | None, fault: str, remedy: str) -> None:
        where = f"{file}:{line}: " + (f"clause {clause}: " if clause else "")
        super().__init__(f"{where}{fault}; {remedy}")
        self.file = file
        self.line = line
        self.clause = clause
        self.fault = fault
        self.remedy = remedy
