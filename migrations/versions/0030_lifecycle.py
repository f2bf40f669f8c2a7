"""The life of a referral: its moves and who made them, triage, earlier referrals and duplicates that were merged.

What came with a registration that turns out to be somebody else's goes with it; a duplicate that was merged into such
a referral stands for itself again.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import context, op

from app.audit.ddl import SERVICE_ROLE, erasable, if_role
from app.records.writing import record_id
from app.tables import Instant

revision: str = "0030"
down_revision: str | None = "0029"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

STATUSES = (
    "'draft', 'received', 'triaged', 'not-suitable', 'waiting', 'offered', 'assessed', 'in-treatment', 'discharged'"
)
LINKS = ("earlier_referral_id", "merged_into")
NEW = ("move_reason", "referral_move", "triage_measure", "triage_risk", "triage")
"""What belongs to a row first."""


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


def parted(dialect: str) -> list[str]:
    """Before what 0029 sets aside with a registration goes what hangs on it here.

    What is set aside names no other referral: whose it turns out to be may be somebody else.
    """
    referrals = "SELECT id FROM referral WHERE patient_id = OLD.id"
    gone = [f"DELETE FROM {table} WHERE referral_id IN ({referrals})" for table in NEW]
    freed = "merged_into = NULL, recorded_at = NEW.recorded_at"
    gone.append(f"UPDATE referral SET {freed} WHERE merged_into IN ({referrals})")
    alone = "merged_into IS NOT NULL OR earlier_referral_id IS NOT NULL"
    gone.append(f"UPDATE referral SET earlier_referral_id = NULL, {freed} WHERE patient_id = OLD.id AND ({alone})")
    if dialect == "sqlite":
        return [
            "CREATE TRIGGER patient_parted_life BEFORE UPDATE OF person_id ON patient "
            "WHEN OLD.person_id IS NOT NULL AND NEW.person_id IS NOT OLD.person_id "
            f"BEGIN {'; '.join(gone)}; END"
        ]
    return [
        "CREATE FUNCTION patient_parted_life() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER "
        f"SET search_path FROM CURRENT AS $$ BEGIN {'; '.join(gone)}; RETURN NEW; END $$",
        "CREATE TRIGGER patient_parted_life BEFORE UPDATE OF person_id ON patient FOR EACH ROW "
        "WHEN (OLD.person_id IS NOT NULL AND NEW.person_id IS DISTINCT FROM OLD.person_id) "
        "EXECUTE FUNCTION patient_parted_life()",
    ]


def text(name: str, length: int, *, nullable: bool = True) -> sa.Column[object]:
    """A column of words."""
    return sa.Column(name, sa.String(length=length), nullable=nullable)


def make(table: str, *own: sa.Column[object] | sa.Constraint) -> None:
    """A table of records that belong to one referral."""
    op.create_table(
        table,
        text("id", 36, nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        text("source", 20, nullable=False),
        text("source_id", 40, nullable=False),
        text("source_version", 32, nullable=False),
        text("person_id", 36, nullable=False),
        text("referral_id", 36, nullable=False),
        *own,
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "source_id"),
    )
    for column in ("person_id", "referral_id"):
        op.create_index(f"ix_{table}_{column}", table, [column])


def belonging(table: str, to: str, key: str) -> list[sa.Column[object] | sa.Constraint]:
    """What ties a row to another of these."""
    return [text(key, 36, nullable=False), sa.ForeignKeyConstraint([key], [f"{to}.id"])]


def flags() -> list[sa.Column[object]]:
    """Whether it names somebody else, and whether reading it could harm."""
    return [sa.Column(name, sa.Boolean(), nullable=False) for name in ("third_party", "serious_harm")]


def make_tables() -> None:
    """Moves and their reasons; what was found at triage, by category."""
    make(
        "referral_move",
        text("from_status", 20),
        text("to_status", 20, nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.CheckConstraint(f"from_status IN ({STATUSES})", name="from_status_is_known"),
        sa.CheckConstraint(f"to_status IN ({STATUSES})", name="to_status_is_known"),
    )
    make(
        "move_reason",
        *belonging("move_reason", "referral_move", "move_id"),
        text("moved_by", 60, nullable=False),
        text("reason", 30),
        text("overruled", 20),
        text("note", 2000),
        *flags(),
    )
    make(
        "triage",
        sa.Column("triaged_on", sa.Date(), nullable=False),
        text("triaged_by", 60, nullable=False),
        text("problem_id", 36),
        text("signs", 200),
        text("fit", 10, nullable=False),
        sa.Column("step", sa.Integer(), nullable=True),
        text("onward", 20),
        text("reasons", 200),
        text("note", 2000),
        *flags(),
        sa.CheckConstraint("fit IN ('suitable', 'discuss', 'refer-on')", name="fit_is_known"),
        sa.CheckConstraint("step IS NULL OR step BETWEEN 1 AND 4", name="step_is_known"),
    )
    make(
        "triage_measure",
        *belonging("triage_measure", "triage", "triage_id"),
        text("scores", 400, nullable=False),
        text("reasons", 200, nullable=False),
    )
    make(
        "triage_risk",
        *belonging("triage_risk", "triage", "triage_id"),
        text("signs", 200, nullable=False),
        text("reasons", 200, nullable=False),
        *flags(),
    )
    op.create_index("ix_move_reason_move_id", "move_reason", ["move_id"])
    for table in ("triage_measure", "triage_risk"):
        op.create_index(f"ix_{table}_triage_id", table, ["triage_id"])


def set_reasons_apart(bind: sa.Connection) -> None:
    """Why somebody is not suitable stood behind the outcome, in the referral's own category: from now on it is clinical."""
    named = ("id", "recorded_at", "source", "source_id", "source_version", "person_id", "suitability")
    referral = sa.table("referral", *(sa.column(name) for name in named))
    said = ("id", "recorded_at", "source", "source_id", "source_version", "person_id", "referral_id")
    presentation = sa.table("presentation", *(sa.column(name) for name in (*said, "suitability_reason")))
    for row in bind.execute(sa.select(*referral.c).where(referral.c.suitability.like("%: %"))).mappings().all():
        reason = row["suitability"].partition(": ")[2]
        same = presentation.c.referral_id == row["id"]
        if not bind.execute(sa.update(presentation).where(same).values(suitability_reason=reason)).rowcount:
            keys = {name: row[name] for name in said if name not in ("id", "referral_id")}
            new = {"id": record_id("presentation", row["source"], row["source_id"]), "referral_id": row["id"], **keys}
            bind.execute(sa.insert(presentation).values(suitability_reason=reason, **new))
    for table in ("referral", "referral_history"):
        rows = sa.table(table, sa.column("suitability"))
        outcome = _before_colon(bind.dialect.name, rows.c.suitability)
        bind.execute(sa.update(rows).where(rows.c.suitability.like("%: %")).values(suitability=outcome))


def _before_colon(dialect: str, column: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    """What stands before the first colon."""
    place = sa.func.instr(column, ": ") if dialect == "sqlite" else sa.func.strpos(column, ": ")
    return sa.func.substr(column, 1, place - 1)


def upgrade() -> None:
    """The columns, to the past states as well, and the tables."""
    for name in LINKS:
        for table in ("referral", "referral_history"):
            op.add_column(table, sa.Column(name, sa.String(length=36), nullable=True))
    op.add_column("onward_referral", sa.Column("kind", sa.String(length=20), nullable=True))
    op.add_column("presentation", sa.Column("suitability_reason", sa.String(length=150), nullable=True))
    dialect = op.get_context().dialect.name
    for statement in keep_past("referral", dialect):
        op.execute(statement)
    make_tables()
    set_reasons_apart(op.get_bind())
    set_aside_whole = context.script.get_revision("0029").module.triggers(dialect)  # the columns that there are now
    for statement in (*parted(dialect), *set_aside_whole):
        op.get_bind().exec_driver_sql(statement)
    if dialect == "postgresql":
        role = context.config.attributes.get("service_role", SERVICE_ROLE)
        granted = f"GRANT SELECT, INSERT ON {', '.join(NEW)} TO {role}"
        for statement in (if_role(role, granted), *erasable(NEW)):
            op.execute(statement)


def downgrade() -> None:
    """Refused: who moved a referral and why would be lost."""
    raise RuntimeError("there is no way back from 0030: restore a backup instead")
