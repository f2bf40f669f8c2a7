"""A consent given orally names its witness, and an objection says who withdrew it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0006"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

ADDED = {"consent": ("witness", 200), "objection": ("withdrawn_by", 60)}


def keep_past(table: str, dialect: str) -> tuple[str, ...]:
    """The triggers of 0001 again, for the columns that there are now."""
    names = [column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)]
    listed, old = ", ".join(names), ", ".join(f"OLD.{name}" for name in names)
    insert = f"INSERT INTO {table}_history ({listed}, superseded_at) VALUES ({old}, "
    if dialect == "sqlite":
        deleted = "strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')"
        made = tuple(
            f"CREATE TRIGGER {table}_keeps_{event.lower()} BEFORE {event} ON {table} BEGIN {insert}{moment}); END"
            for event, moment in (("UPDATE", "NEW.recorded_at"), ("DELETE", deleted))
        )
        return (f"DROP TRIGGER {table}_keeps_update", f"DROP TRIGGER {table}_keeps_delete", *made)
    return (
        f"CREATE OR REPLACE FUNCTION {table}_keeps_past() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'UPDATE' THEN {insert}NEW.recorded_at); RETURN NEW; END IF; "
        f"{insert}clock_timestamp()); RETURN OLD; END $$",
    )


def upgrade() -> None:
    """Add the columns, to the past states as well."""
    for table, (column, length) in ADDED.items():
        for each in (table, f"{table}_history"):
            op.add_column(each, sa.Column(column, sa.String(length=length), nullable=True))
        for statement in keep_past(table, op.get_context().dialect.name):
            op.execute(statement)


def downgrade() -> None:
    """Refused: what was recorded would be lost."""
    raise RuntimeError("there is no way back from 0004: restore a backup instead")
