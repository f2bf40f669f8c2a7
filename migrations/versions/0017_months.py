"""On PostgreSQL the log stands in months: what is there becomes the first of them as it is, and more are made ahead."""

from collections.abc import Sequence
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import context, op

from app.audit.ddl import SERVICE_ROLE
from app.audit.ddl_months import MAKE_MONTHS, by_month

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

AHEAD = 3
"""How many months after this one there are when it is done."""


def upgrade() -> None:
    """No row is copied; SQLite's log stays one table."""
    bind = op.get_bind()
    if bind.dialect.name != "postgresql":
        return
    role = context.config.attributes.get("service_role", SERVICE_ROLE)
    now = f"{datetime.now(UTC):%Y-%m}"
    last = bind.execute(sa.text("SELECT left(recorded_at, 7) FROM log_head")).scalar_one() or now
    schema = bind.execute(sa.text("SELECT current_schema()")).scalar_one()
    for statement in by_month(last, later(last, 1), schema, role):
        bind.exec_driver_sql(statement)
    bind.execute(sa.text(f"SELECT {MAKE_MONTHS}(:wanted)"), {"wanted": later(now, AHEAD)})


def later(month: str, months: int) -> str:
    """So many months after one."""
    year, number = divmod(int(month[:4]) * 12 + int(month[5:]) - 1 + months, 12)
    return f"{year:04}-{number + 1:02}"


def downgrade() -> None:
    """Refused: the log is never rewritten."""
    raise RuntimeError("there is no way back from 0017: restore a backup instead")
