"""The append-only log: its tables, the triggers that refuse rewriting, and the rights of the service's role."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import context, op

from app.audit.ddl import SERVICE_ROLE, create_log, grants

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Create the log, and let the service's role work with every other table there is."""
    bind = op.get_bind()
    role = context.config.attributes.get("service_role", SERVICE_ROLE)
    statements = create_log(bind.dialect.name, role)
    if bind.dialect.name == "postgresql":
        statements += grants(set(sa.inspect(bind).get_table_names()) - {"alembic_version"}, role)
    for statement in statements:
        bind.exec_driver_sql(statement)


def downgrade() -> None:
    """Refused: the log is never taken away."""
    raise RuntimeError("there is no way back from 0002: restore a backup instead")
