"""Two things that a large import waited for: a person's referral to a service, and the query columns of an entry.

Whether a person has a referral to a service is looked up by both: by the service alone it is one of everybody's.
"""

from collections.abc import Sequence

from alembic import op

from app.audit.ddl import make_entries_columns_at_once, parse_entries_once

revision: str = "0025"
down_revision: str | None = "0024"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """The index, and the function of the trigger that is there."""
    op.create_index("ix_referral_person_service", "referral", ["person_id", "service_id"])
    if op.get_bind().dialect.name == "postgresql":
        op.get_bind().exec_driver_sql(parse_entries_once())


def downgrade() -> None:
    """As it was."""
    op.drop_index("ix_referral_person_service", "referral")
    if op.get_bind().dialect.name == "postgresql":
        (before,) = (each for each in make_entries_columns_at_once() if each.startswith("CREATE FUNCTION"))
        op.get_bind().exec_driver_sql(before.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1))
