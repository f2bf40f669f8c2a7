"""Past states of what feeds a fact: a row that is changed or deleted is kept, by the database itself."""

from sqlalchemy import Column, Table
from sqlmodel import SQLModel

from app.tables.columns import Instant

SUPERSEDED = "superseded_at"


def history_of(table: Table) -> Table:
    """`<name>_history`: the same columns without keys or checks, and the moment from which the row was no longer so."""
    copies = [Column(column.name, column.type, nullable=True, info=dict(column.info)) for column in table.columns]
    key = Column(SUPERSEDED, Instant, nullable=False, index=True, info=dict(copies[0].info))
    return Table(f"{table.name}_history", SQLModel.metadata, *copies, key, info=_protection(table))


def _protection(table: Table) -> dict[str, object]:
    return {name: value for name, value in table.info.items() if name == "protected"}


def keep_past(table_name: str, columns: tuple[str, ...], dialect: str) -> tuple[str, ...]:
    """DDL of the triggers that copy a row into its history before it is changed or deleted."""
    listed = ", ".join(columns)
    old = ", ".join(f"OLD.{column}" for column in columns)
    insert = f"INSERT INTO {table_name}_history ({listed}, {SUPERSEDED}) VALUES ({old}, "  # noqa: S608  # names of tables
    if dialect == "sqlite":
        events = (("UPDATE", "NEW.recorded_at"), ("DELETE", "strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')"))
        return tuple(
            f"CREATE TRIGGER {table_name}_keeps_{event.lower()} BEFORE {event} ON {table_name} "
            f"BEGIN {insert}{moment}); END"
            for event, moment in events
        )
    return (
        f"CREATE FUNCTION {table_name}_keeps_past() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'UPDATE' THEN {insert}NEW.recorded_at); RETURN NEW; END IF; "
        f"{insert}clock_timestamp()); RETURN OLD; END $$",
        f"CREATE TRIGGER {table_name}_keeps_past BEFORE UPDATE OR DELETE ON {table_name} "
        f"FOR EACH ROW EXECUTE FUNCTION {table_name}_keeps_past()",
    )
