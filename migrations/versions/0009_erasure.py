"""Lawful erasure: a person's part of the log can go if the newest entry says so, by a role of its own; stubs stay."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import context, op

from app.audit.ddl import ERASURE_ROLE, SERVICE_ROLE, let_erase
from app.tables import Instant

revision: str = "0009"
down_revision: str | None = "0004"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

LISTS = ("access_limit_name", "consent_recipient", "requirement")
"""Replaced whole with the record that they belong to, by the import and by the service."""
RECORDS = (
    "person",
    "patient",
    "supervision",
    "requirement",
    "offence",
    "risk_assessment",
    "risk_alert",
    "licence_condition",
    "obligation",
    "referral",
    "appointment",
    "care_activity",
    "progress_summary",
    "outcome_score",
    "clinical_record",
    "session_note",
    "safety_record",
    "safety_alert",
    "three_way_meeting",
    "consent",
    "objection",
    "allocation",
    "access_limit",
    "emergency_grant",
    "subject_request",
)
PASTS = (
    "supervision",
    "requirement",
    "referral",
    "consent",
    "objection",
    "allocation",
    "access_limit",
    "emergency_grant",
    "subject_request",
)


def upgrade() -> None:
    """The stubs, the trigger that looks for the entry, and the eraser's rights."""
    op.create_table(
        "erasure_stub",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("erased_at", Instant(), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("authority", sa.String(length=60), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("records", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("event_id"),
    )
    bind = op.get_bind()
    role = context.config.attributes.get("service_role", SERVICE_ROLE)
    pasts = [f"{table}_history" for table in (*PASTS, *LISTS)]
    for statement in let_erase(bind.dialect.name, (*RECORDS, *LISTS, *pasts), LISTS, role):
        bind.exec_driver_sql(statement)
    if bind.dialect.name == "postgresql":
        bind.exec_driver_sql(
            f"DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{ERASURE_ROLE}') THEN "
            f"GRANT SELECT, INSERT ON erasure_stub TO {ERASURE_ROLE}; END IF; "
            f"IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN GRANT SELECT ON erasure_stub TO {role}; END IF; END $$"
        )


def downgrade() -> None:
    """Refused: the log would not accept what was erased by law."""
    raise RuntimeError("there is no way back from 0009: restore a backup instead")
