"""What an alert was chased with goes once its words are others: the service may take it away on PostgreSQL."""

from collections.abc import Sequence

from alembic import context, op

from app.audit.ddl import SERVICE_ROLE, if_role

revision: str = "0034"
down_revision: str | None = "0033"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """An alert that is another by now is told of anew, whoever was told of it as it was."""
    if op.get_bind().dialect.name == "postgresql":
        role = context.config.attributes.get("service_role", SERVICE_ROLE)
        op.execute(if_role(role, f"GRANT DELETE ON safety_alert_chase TO {role}"))


def downgrade() -> None:
    """Refused, as for every migration before it."""
    raise RuntimeError("there is no way back from 0034: restore a backup instead")
