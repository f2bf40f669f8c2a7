"""A subject access request has the records office's own reference, and says who closed it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0003"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

TABLE = "subject_request"


def keep_past(dialect: str) -> tuple[str, ...]:
    """The triggers of 0001 again, for the columns that there are now."""
    names = [column["name"] for column in sa.inspect(op.get_bind()).get_columns(TABLE)]
    listed, old = ", ".join(names), ", ".join(f"OLD.{name}" for name in names)
    insert = f"INSERT INTO {TABLE}_history ({listed}, superseded_at) VALUES ({old}, "
    if dialect == "sqlite":
        deleted = "strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')"
        made = tuple(
            f"CREATE TRIGGER {TABLE}_keeps_{event.lower()} BEFORE {event} ON {TABLE} BEGIN {insert}{moment}); END"
            for event, moment in (("UPDATE", "NEW.recorded_at"), ("DELETE", deleted))
        )
        return (f"DROP TRIGGER {TABLE}_keeps_update", f"DROP TRIGGER {TABLE}_keeps_delete", *made)
    return (
        f"CREATE OR REPLACE FUNCTION {TABLE}_keeps_past() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'UPDATE' THEN {insert}NEW.recorded_at); RETURN NEW; END IF; "
        f"{insert}clock_timestamp()); RETURN OLD; END $$",
    )


def upgrade() -> None:
    """Add the columns, to the past states as well."""
    for table in (TABLE, f"{TABLE}_history"):
        op.add_column(table, sa.Column("reference", sa.String(length=60), nullable=True))
        op.add_column(table, sa.Column("closed_by", sa.String(length=60), nullable=True))
    for statement in keep_past(op.get_context().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    """Refused: what was recorded would be lost."""
    raise RuntimeError("there is no way back from 0007: restore a backup instead")
