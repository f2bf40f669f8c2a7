"""Auditors' queries: the words of each tile of the log, entries by request, people by every identifier."""

from collections.abc import Sequence

from alembic import context, op

from app.audit.ddl import SERVICE_ROLE, let_search

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

IDENTIFIERS = (
    ("person", "pnc_number"),
    ("person", "noms_number"),
    ("person", "cro_number"),
    ("patient", "nhs_number"),
)


def upgrade() -> None:
    """A table and an index of the log's, and an index for each identifier that somebody can be looked up by."""
    bind = op.get_bind()
    for statement in let_search(bind.dialect.name, context.config.attributes.get("service_role", SERVICE_ROLE)):
        bind.exec_driver_sql(statement)
    for table, column in IDENTIFIERS:
        op.create_index(f"ix_{table}_{column}", table, [column], unique=False)


def downgrade() -> None:
    """Refused: the verifier would miss what belongs to the log."""
    raise RuntimeError("there is no way back from 0015: restore a backup instead")
