"""What a feed keeps of a person is found by person and receiver in one index, and a removal among the few that there are.

Whoever is sent has their row moved to the feed's end, which writes an entry of every index of it.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0036"
down_revision: str | None = "0035"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

TABLE, REMOVAL, PERSON = "feed_person", "ix_feed_person_removal", "ix_feed_person_person_id"
DROPPED = sa.text("removal IS NOT NULL")


def upgrade() -> None:
    """The same rows in fewer places."""
    op.drop_index(PERSON, table_name=TABLE)
    op.drop_index(REMOVAL, table_name=TABLE)
    _keyed_by("person_id", "receiver")
    op.create_index(
        REMOVAL, TABLE, ["receiver", "removal"], unique=False, sqlite_where=DROPPED, postgresql_where=DROPPED
    )


def downgrade() -> None:
    """By receiver and person, with an index of everybody by either."""
    op.drop_index(REMOVAL, table_name=TABLE)
    _keyed_by("receiver", "person_id")
    op.create_index(REMOVAL, TABLE, ["receiver", "removal"], unique=False)
    op.create_index(PERSON, TABLE, ["person_id"], unique=False)


def _keyed_by(*columns: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        key = ", ".join(columns)
        op.execute(f"ALTER TABLE {TABLE} DROP CONSTRAINT {TABLE}_pkey, ADD PRIMARY KEY ({key})")
        return
    with op.batch_alter_table(TABLE) as batch:
        batch.create_primary_key(f"{TABLE}_pkey", list(columns))
