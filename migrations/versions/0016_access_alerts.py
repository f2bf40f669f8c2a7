"""Alerts about unusual access: no row of one is ever changed, and it goes by law alone.

Whom it is about can go before it, with that person; the rest once its time is over, if the newest entry of the log says
so.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import context, op

from app.audit.ddl import ERASURE_ROLE, SERVICE_ROLE, erasable
from app.tables import Instant

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

NEVER = datetime(2012, 11, 1, tzinfo=UTC)
"""Before anything was watched."""
STAY = {"access_alert": "id", "access_alert_review": "alert_id"}
"""Each table that stays without the person, and its column that names the alert."""
GO_WITH_THE_PERSON = ("access_alert_person", "access_alert_note")


def never_changed(dialect: str) -> list[str]:
    """Triggers that refuse changes of what was written."""
    tables = (*STAY, *GO_WITH_THE_PERSON)
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} "
            "BEGIN SELECT RAISE(ABORT, 'an alert stays as it is'); END"
            for table in tables
        ]
    function = (
        "CREATE FUNCTION access_alert_stays() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'an alert stays as it is' USING ERRCODE = 'restrict_violation'; END $$"
    )
    made = "CREATE TRIGGER {0}_no_update BEFORE UPDATE ON {0} FOR EACH ROW EXECUTE FUNCTION access_alert_stays()"
    emptied = "CREATE TRIGGER {0}_no_truncate BEFORE TRUNCATE ON {0} EXECUTE FUNCTION access_alert_stays()"
    return [function, *(each.format(table) for table in tables for each in (made, emptied))]


def gone_by_law(dialect: str) -> list[str]:
    """Triggers by which an alert and its closing go if the newest entry of the log names it, and in no other way."""
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} WHEN NOT EXISTS (SELECT 1 FROM "
            "(SELECT body FROM log_entry ORDER BY seq DESC LIMIT 1) AS last, "
            "json_each(last.body, '$.details.alerts') AS named "
            f"WHERE json_extract(last.body, '$.type') = 'erase' AND named.value = OLD.{key}) "
            "BEGIN SELECT RAISE(ABORT, 'an alert stays as it is'); END"
            for table, key in STAY.items()
        ]
    function = (
        "CREATE FUNCTION access_alert_only_by_law() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE said json; BEGIN "
        "EXECUTE format('SELECT body::json FROM %I.log_entry ORDER BY seq DESC LIMIT 1', TG_TABLE_SCHEMA) INTO said; "
        f"IF current_user = '{ERASURE_ROLE}' AND said ->> 'type' = 'erase' AND EXISTS (SELECT FROM "
        "json_array_elements_text(said -> 'details' -> 'alerts') AS named WHERE named = to_json(OLD) ->> TG_ARGV[0]) "
        "THEN RETURN OLD; END IF; "
        "RAISE EXCEPTION 'an alert stays as it is' USING ERRCODE = 'restrict_violation'; END $$"
    )
    made = "CREATE TRIGGER {0}_no_delete BEFORE DELETE ON {0} FOR EACH ROW EXECUTE FUNCTION access_alert_only_by_law('{1}')"
    return [function, *(made.format(table, key) for table, key in STAY.items())]


def rights(role: str) -> list[str]:
    """What the service's role may do: add alerts and reviews, and move the one row that says how far it watched."""
    added = ", ".join((*STAY, *GO_WITH_THE_PERSON))
    granted = [f"GRANT SELECT, INSERT ON {added} TO {role}", f"GRANT SELECT, UPDATE ON access_watch TO {role}"]
    exists = f"IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}')"
    return [f"DO $$ BEGIN {exists} THEN {grant}; END IF; END $$" for grant in granted]


def upgrade() -> None:
    """The tables, with nothing watched yet, and an announcement's alert."""
    op.create_table(
        "access_alert",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("rule", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("staff", sa.String(length=60), nullable=False),
        sa.Column("party", sa.String(length=12), nullable=False),
        sa.Column("role", sa.String(length=30), nullable=False),
        sa.Column("tripped_at", Instant(), nullable=False),
        sa.Column("entries", sa.String(), nullable=False),
        sa.Column("figures", sa.String(), nullable=False),
        sa.Column("explanation", sa.String(length=1000), nullable=False),
        sa.Column("ask", sa.String(length=300), nullable=False),
        sa.CheckConstraint(
            "rule IN ('many-people', 'colleague', 'namesake', 'out-of-hours', 'after-refusal', 'never-followed')",
            name="rule_is_known",
        ),
        sa.CheckConstraint("party IN ('health', 'justice', 'commissioner')", name="party_is_known"),
        sa.CheckConstraint(
            "role IN ('offender-manager', 'probation-lead', 'case-management-system', 'therapist', 'clinical-lead', 'service-administrator', 'health-trainer', 'records-officer', 'clinical-system', 'auditor', 'caldicott-guardian', 'commissioner')",
            name="role_is_known",
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("event_id"),
        sa.UniqueConstraint("rule", "key"),
    )
    op.create_index("ix_access_alert_recorded_at", "access_alert", ["recorded_at", "id"], unique=False)
    op.create_index("ix_access_alert_staff", "access_alert", ["staff", "recorded_at"], unique=False)
    op.create_table(
        "access_alert_person",
        sa.Column("alert_id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("crn", sa.String(length=7), nullable=False),
        sa.Column("once", sa.String(length=200), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["access_alert.id"]),
        sa.PrimaryKeyConstraint("alert_id"),
        sa.UniqueConstraint("once"),
    )
    op.create_index("ix_access_alert_person_person_id", "access_alert_person", ["person_id"], unique=False)
    op.create_index("ix_access_alert_person_crn", "access_alert_person", ["crn"], unique=False)
    op.create_table(
        "access_alert_review",
        sa.Column("alert_id", sa.String(length=36), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("reviewed_by", sa.String(length=60), nullable=False),
        sa.Column("reviewed_at", Instant(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.CheckConstraint("outcome IN ('false-positive', 'justified', 'concern')", name="outcome_is_known"),
        sa.ForeignKeyConstraint(["alert_id"], ["access_alert.id"]),
        sa.PrimaryKeyConstraint("alert_id"),
    )
    op.create_table(
        "access_alert_note",
        sa.Column("alert_id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=True),
        sa.Column("note", sa.String(length=2000), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["access_alert_review.alert_id"]),
        sa.PrimaryKeyConstraint("alert_id"),
    )
    op.create_index("ix_access_alert_note_person_id", "access_alert_note", ["person_id"], unique=False)
    watch = op.create_table(
        "access_watch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("memory", sa.String(), nullable=False),
        sa.Column("claimed_until", Instant(), nullable=True),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.CheckConstraint("id = 1", name="one_watch"),
        sa.PrimaryKeyConstraint("id"),
    )
    nothing = {"id": 1, "position": 0, "memory": '{"at":null,"days":{},"waiting":[]}', "recorded_at": NEVER}
    op.execute(watch.insert().values(nothing))
    op.add_column("announcement", sa.Column("alert_id", sa.String(length=36), nullable=True))
    bind = op.get_bind()
    for statement in (*never_changed(bind.dialect.name), *gone_by_law(bind.dialect.name)):
        bind.exec_driver_sql(statement)
    if bind.dialect.name == "postgresql":
        role = context.config.attributes.get("service_role", SERVICE_ROLE)
        for statement in (*rights(role), *erasable((*STAY, *GO_WITH_THE_PERSON))):
            bind.exec_driver_sql(statement)


def downgrade() -> None:
    """Refused: that somebody was to be asked is not forgotten."""
    raise RuntimeError("there is no way back from 0016: restore a backup instead")
