"""On PostgreSQL the bodies of entries are compressed with LZ4, where the server has it: what is there stays as it is."""

from collections.abc import Sequence

from alembic import op

from app.audit.ddl_months import compress_bodies

revision: str = "0037"
down_revision: str | None = "0036"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """A setting of the column; months that are made later are made like it."""
    if op.get_bind().dialect.name == "postgresql":
        op.get_bind().exec_driver_sql(compress_bodies("lz4"))


def downgrade() -> None:
    """With PostgreSQL's own."""
    if op.get_bind().dialect.name == "postgresql":
        op.get_bind().exec_driver_sql(compress_bodies("pglz"))
