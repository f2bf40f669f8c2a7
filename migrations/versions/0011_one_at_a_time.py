"""One subject access request of a person is open and one objection to a category stands for good, whoever is faster.

An allocation says when it was ended here, so that what comes from elsewhere later does not begin it again.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from app.tables import Instant

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

ENDED = "allocation"
ONE_OF = {
    "subject_request": ("ix_subject_request_one_open", ("person_id",), "closed_on IS NULL"),
    "objection": (
        "ix_objection_one_for_good",
        ("person_id", "category"),
        "withdrawn_at IS NULL AND valid_until IS NULL",
    ),
}
REMEDY = {
    "subject_request": "people have several open subject access requests: close all but one of each",
    "objection": "people object to one category several times over: withdraw all but one of each",
}


def refuse_several(table: str) -> None:
    """RuntimeError where there are several: which of them stands is for whoever recorded them to say."""
    _, columns, where = ONE_OF[table]
    several = f"SELECT person_id FROM {table} WHERE {where} GROUP BY {', '.join(columns)} HAVING count(*) > 1"
    people = op.get_bind().execute(sa.text(f"SELECT count(DISTINCT person_id) FROM ({several}) AS each_of")).scalar()
    if people:
        raise RuntimeError(f"{people} {REMEDY[table]}, with the version that you have, and then migrate again")


def keep_past(dialect: str) -> tuple[str, ...]:
    """The triggers of 0001 again, for the columns that there are now."""
    names = [column["name"] for column in sa.inspect(op.get_bind()).get_columns(ENDED)]
    listed, old = ", ".join(names), ", ".join(f"OLD.{name}" for name in names)
    insert = f"INSERT INTO {ENDED}_history ({listed}, superseded_at) VALUES ({old}, "
    if dialect == "sqlite":
        deleted = "strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')"
        made = tuple(
            f"CREATE TRIGGER {ENDED}_keeps_{event.lower()} BEFORE {event} ON {ENDED} BEGIN {insert}{moment}); END"
            for event, moment in (("UPDATE", "NEW.recorded_at"), ("DELETE", deleted))
        )
        return (f"DROP TRIGGER {ENDED}_keeps_update", f"DROP TRIGGER {ENDED}_keeps_delete", *made)
    return (
        f"CREATE OR REPLACE FUNCTION {ENDED}_keeps_past() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'UPDATE' THEN {insert}NEW.recorded_at); RETURN NEW; END IF; "
        f"{insert}clock_timestamp()); RETURN OLD; END $$",
    )


def upgrade() -> None:
    """The two indexes and the column, in the past states as well."""
    for table, (name, columns, where) in ONE_OF.items():
        refuse_several(table)
        only = sa.text(where)
        op.create_index(name, table, list(columns), unique=True, sqlite_where=only, postgresql_where=only)
    for table in (ENDED, f"{ENDED}_history"):
        op.add_column(table, sa.Column("ended_here_at", Instant(), nullable=True))
    for statement in keep_past(op.get_context().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    """Refused: what was recorded would be lost."""
    raise RuntimeError("there is no way back from 0011: restore a backup instead")
