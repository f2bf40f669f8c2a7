"""What staff have time for: their share of a full week, the sessions they hold and the days they are away."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import context, op

from app.audit.ddl import SERVICE_ROLE, grants
from app.tables import Instant

revision: str = "0023"
down_revision: str | None = "0022"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

NEW = ("staff_session", "staff_leave")


def keep_past(dialect: str) -> tuple[str, ...]:
    """The triggers of 0001 on the staff again, for the columns that there are now."""
    names = [column["name"] for column in sa.inspect(op.get_bind()).get_columns("staff")]
    listed, old = ", ".join(names), ", ".join(f"OLD.{name}" for name in names)
    insert = f"INSERT INTO staff_history ({listed}, superseded_at) VALUES ({old}, "
    if dialect == "sqlite":
        deleted = "strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')"
        made = tuple(
            f"CREATE TRIGGER staff_keeps_{event.lower()} BEFORE {event} ON staff BEGIN {insert}{moment}); END"
            for event, moment in (("UPDATE", "NEW.recorded_at"), ("DELETE", deleted))
        )
        return ("DROP TRIGGER staff_keeps_update", "DROP TRIGGER staff_keeps_delete", *made)
    return (
        "CREATE OR REPLACE FUNCTION staff_keeps_past() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'UPDATE' THEN {insert}NEW.recorded_at); RETURN NEW; END IF; "
        f"{insert}clock_timestamp()); RETURN OLD; END $$",
    )


def upgrade() -> None:
    """The share, to past states as well, and a table each for sessions and days away."""
    share = sa.CheckConstraint("wte IS NULL OR (wte > 0 AND wte <= 1)", name="wte_is_a_share")
    dialect = op.get_context().dialect.name
    if dialect == "sqlite":  # which takes a check with its column alone; to copy the table would drop its triggers
        op.execute(f"ALTER TABLE staff ADD COLUMN wte FLOAT CONSTRAINT {share.name} CHECK ({share.sqltext})")
    else:
        op.add_column("staff", sa.Column("wte", sa.Float(), nullable=True))
        op.create_check_constraint("wte_is_a_share", "staff", str(share.sqltext))
    op.add_column("staff_history", sa.Column("wte", sa.Float(), nullable=True))
    for statement in keep_past(dialect):
        op.execute(statement)
    op.create_table(
        "staff_session",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("service_id", sa.String(length=40), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("starts", sa.Time(), nullable=False),
        sa.Column("ends", sa.Time(), nullable=False),
        sa.Column("site", sa.String(length=9), nullable=True),
        sa.Column("room", sa.String(length=40), nullable=True),
        sa.Column("therapy_kind", sa.String(length=100), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday_is_known"),
        sa.CheckConstraint("ends > starts", name="ends_after_starts"),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_until >= valid_from", name="valid_until_not_before_valid_from"
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"]),
        sa.ForeignKeyConstraint(["service_id"], ["therapy_service.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "staff_leave",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="ends_on_not_before_starts_on"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    for table, column in (("staff_session", "staff_id"), ("staff_session", "service_id"), ("staff_leave", "staff_id")):
        op.create_index(f"ix_{table}_{column}", table, [column])
    if dialect == "postgresql":
        for statement in grants(NEW, context.config.attributes.get("service_role", SERVICE_ROLE)):
            op.execute(statement)


def downgrade() -> None:
    """Refused: what was planned would be lost."""
    raise RuntimeError("there is no way back from 0023: restore a backup instead")
