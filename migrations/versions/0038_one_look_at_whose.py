"""On PostgreSQL a record of a referral refers to its person through the referral alone: decision 25.

It is of the referral's person (0035), and the referral's person is on file.
"""

from collections.abc import Sequence

from alembic import context, op

revision: str = "0038"
down_revision: str | None = "0037"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def _run(statement: str) -> None:
    """On each table of what belongs to a referral and comes from its source."""
    tables: Sequence[str] = context.script.get_revision("0029").module.OF_REFERRAL
    if op.get_bind().dialect.name == "postgresql":
        for table in tables:
            op.get_bind().exec_driver_sql(statement.format(table=table))


def upgrade() -> None:
    """One foreign key less a table."""
    _run("ALTER TABLE {table} DROP CONSTRAINT {table}_person_id_fkey")


def downgrade() -> None:
    """As it was: whoever adds them again has every row looked at."""
    _run("ALTER TABLE {table} ADD CONSTRAINT {table}_person_id_fkey FOREIGN KEY (person_id) REFERENCES person (id)")
