"""What a query of the log can ask of an entry: the condition on it, and the words by which its tiles are found."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import JSON, ColumnElement, String, and_, bindparam, cast, false, func, literal_column, or_, select
from sqlalchemy.dialects.postgresql import JSONB

from app.audit.canonical import canonical
from app.audit.rows import ENTRY, PART, Narrowing, Whose
from app.audit.words import CLAUSE, Group, Sought
from app.db import each_text

RELEASED, WITHHELD = "released", "withheld"
Condition = Callable[[str, str], ColumnElement[bool]]
"""From the dialect and the parameter's name."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One thing that can be asked for; `leads` names the kinds of words that say it, of which a tile has to say one."""

    condition: Condition
    leads: tuple[str, ...] = ()

    def words(self, value: str) -> Group:
        """The words for one value."""
        return tuple(f"{kind}:{value}" for kind in self.leads)


def holds(dialect: str, text: Any, member: str, parameter: str) -> ColumnElement[bool]:
    """Whether an array of a canonical JSON text holds a text; where its bytes do not stand, nothing is parsed."""
    wanted = _text(parameter)
    quoted = literal_column("'\"'") + wanted + literal_column("'\"'")
    if dialect == "sqlite":
        each = func.json_each(text, literal_column(f"'$.{member}'")).table_valued("value", name=f"each_{parameter}")
        found = select(literal_column("1")).select_from(each).where(each.c.value == wanted).exists()
        return and_(func.instr(text, quoted) > literal_column("0"), found)
    member_of = cast(text, JSONB).op("->")(literal_column(f"'{member}'"))
    return and_(func.strpos(text, quoted) > literal_column("0"), member_of.op("?")(wanted))


def _subject(member: str) -> Condition:
    """Whether an entry names a category or register among what was released, or withheld."""

    def condition(dialect: str, parameter: str) -> ColumnElement[bool]:
        wanted = _text(parameter)
        if dialect == "sqlite":
            path = literal_column(f"'$.{member}.\"'") + wanted + literal_column("'\"'")
            return func.json_type(ENTRY.body, path).is_not(None)
        of = cast(ENTRY.body, JSONB).op("->")(literal_column(f"'{member}'"))
        return of.op("?")(wanted)

    return condition


def _either(dialect: str, parameter: str) -> ColumnElement[bool]:
    return or_(*(_subject(member)(dialect, parameter) for member in (RELEASED, WITHHELD)))


def _column(name: str) -> Condition:
    return lambda _dialect, parameter: ENTRY[name] == _text(parameter)


FILTERS: Mapping[str, Filter] = {
    "staff": Filter(_column("staff")),
    "eventId": Filter(_column("event_id")),
    "requestId": Filter(_column("request_id")),
    **{
        name: Filter(_column(name), (name,))
        for name in ("party", "client", "role", "purpose", "action", "outcome", "type", "agreement")
    },
    "clause": Filter(lambda dialect, parameter: holds(dialect, ENTRY.body, "clauses", parameter), (CLAUSE,)),
    "released": Filter(_subject(RELEASED), (RELEASED,)),
    "withheld": Filter(_subject(WITHHELD), (WITHHELD,)),
    "category": Filter(_either, (RELEASED, WITHHELD)),
    "consent": Filter(lambda dialect, parameter: holds(dialect, PART.body, "consents", parameter)),
    "decidedFrom": Filter(lambda _dialect, parameter: ENTRY.occurred_at >= _text(parameter)),
    "decidedBefore": Filter(lambda _dialect, parameter: ENTRY.occurred_at < _text(parameter)),
}
"""By the name that a query gives; the last two bound the decision's own time, as a grant's hour does."""
POINTING = frozenset({"eventId", "requestId"})
"""Filters that leave so little, by an index, that nothing else has to be thought of."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """What is left out of everything that somebody asks: entries about whoever excludes them (S3).

    Their own searches for a person are left out with them. Of somebody whom nothing is known of the second search
    would show the first, of whoever excludes them it would not, and so it would tell one from the other (S5).
    """

    people: Whose
    staff: str

    def values(self) -> dict[str, str]:
        """Of the parameters."""
        return {"hidden": canonical((*self.people.people, *self.people.crns)), "hidden_searcher": self.staff}

    def conditions(self, dialect: str) -> list[ColumnElement[bool]]:
        """What is shown all the same."""
        hidden = each_text(_text("hidden"), "hidden_from")
        nobody: Any = literal_column("''")
        own = and_(ENTRY.staff == _text("hidden_searcher"), _searches_for_somebody(dialect))
        return [
            *(func.coalesce(column, nobody).not_in(select(hidden.c.value)) for column in (PART.person_id, PART.crn)),
            func.coalesce(own, false()) == false(),
        ]


def _searches_for_somebody(dialect: str) -> ColumnElement[bool]:
    """An entry about a search says by what identifiers it was made, if by any."""
    if dialect == "sqlite":
        return func.json_type(ENTRY.body, literal_column("'$.details.search.by'")).is_not(None)
    return cast(ENTRY.body, JSON).op("#>")(literal_column("'{details,search,by}'")).is_not(None)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for: entries that meet every filter, of somebody or with None of everybody and nobody."""

    filters: Mapping[str, str] = field(default_factory=dict)
    whose: Whose | None = None
    hidden: Hidden | None = None

    def narrowing(self) -> Narrowing:
        """As the reader of entries takes it."""
        names = tuple(sorted(self.filters))

        def conditions(dialect: str) -> list[ColumnElement[bool]]:
            met = [FILTERS[name].condition(dialect, name) for name in names]
            return [*met, *(self.hidden.conditions(dialect) if self.hidden else ())]

        values: dict[str, Any] = dict(self.filters)
        if self.hidden:
            values |= self.hidden.values()
        return Narrowing((names, self.hidden is None), conditions, values)

    @property
    def names_parts(self) -> bool:
        """Whether a condition is about the person's part."""
        return self.hidden is not None or self.whose is not None or "consent" in self.filters

    def sought(self) -> Sought:
        """What tiles have to say."""
        led = {name: FILTERS[name] for name in self.filters if FILTERS[name].leads}
        return Sought(tuple(each.words(self.filters[name]) for name, each in led.items()), self.filters.get("staff"))


def _text(name: str) -> Any:
    return bindparam(name, type_=String(), required=True)
