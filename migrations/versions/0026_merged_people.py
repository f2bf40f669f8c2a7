"""Which records are of one person now, as the probation service has it: made by the database from what it was told.

Of records that are one person, each has a row for each, itself included; of everybody else there is none. The past is
kept, so that a past moment is asked about as it was.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import context, op

from app.audit.ddl import ERASURE_ROLE, SERVICE_ROLE, erasable, if_role
from app.tables import Instant

revision: str = "0026"
down_revision: str | None = "0025"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

TABLE = "merged_person"
PAST = f"{TABLE}_history"


def reached(seeds: str) -> str:
    """A query of (start, crn): every CRN that the start is one person with; of everybody in reach of the seeds.

    Whoever was ever taken for one with them is looked at again, since a parting changes who is one with whom beyond it.
    """
    return (
        f"WITH RECURSIVE around (crn) AS ({seeds} UNION SELECT other_crn FROM person_alias "
        "JOIN around ON person_alias.crn = around.crn), "
        "one (start, crn) AS (SELECT around.crn, around.crn FROM around WHERE EXISTS "
        "(SELECT 1 FROM person_alias WHERE person_alias.crn = around.crn AND parted_at IS NULL) "
        "UNION SELECT one.start, other_crn FROM one JOIN person_alias ON person_alias.crn = one.crn "
        "AND parted_at IS NULL) "
    )


def settled(seeds: str, at: str) -> list[str]:
    """Statements after which the rows of everybody in reach of these CRNs are what was last said of them."""
    pairs = (
        f"{reached(seeds)} SELECT person.id AS person_id, other.id AS with_id FROM one "
        "JOIN person ON person.crn = one.start JOIN person AS other ON other.crn = one.crn"
    )
    people = f"{reached(seeds)} SELECT person.id FROM around JOIN person ON person.crn = around.crn"
    return [
        f"DELETE FROM {TABLE} WHERE person_id IN (SELECT id FROM ({people}) AS looked_at) AND NOT EXISTS "
        f"(SELECT 1 FROM ({pairs}) AS said WHERE said.person_id = {TABLE}.person_id AND said.with_id = {TABLE}.with_id)",
        f"INSERT INTO {TABLE} (person_id, with_id, recorded_at) SELECT person_id, with_id, {at} FROM ({pairs}) AS said "
        f"WHERE NOT EXISTS (SELECT 1 FROM {TABLE} AS there WHERE there.person_id = said.person_id "
        "AND there.with_id = said.with_id)",
    ]


NEW_ONE, BOTH, LEFT = (
    "SELECT NEW.crn AS crn",
    "SELECT NEW.crn AS crn UNION SELECT OLD.crn UNION SELECT OLD.other_crn",
    "SELECT OLD.crn AS crn UNION SELECT OLD.other_crn",
)
CHANGED = (
    ("person_alias", "merged", "INSERT", "", NEW_ONE, "NEW.recorded_at"),
    ("person_alias", "merged_otherwise", "UPDATE", "", BOTH, "NEW.recorded_at"),
    ("person_alias", "merged_no_more", "DELETE", "", LEFT, "OLD.recorded_at"),
    (
        "person",
        "merged_before",
        "INSERT",
        "EXISTS (SELECT 1 FROM person_alias WHERE crn = NEW.crn)",
        NEW_ONE,
        "NEW.recorded_at",
    ),
    (
        "person",
        "merged_by_another_name",
        "UPDATE OF crn",
        "coalesce(NEW.crn, '') <> coalesce(OLD.crn, '')",
        "SELECT NEW.crn AS crn UNION SELECT OLD.crn",
        "NEW.recorded_at",
    ),
)
"""Table, trigger, event, when there is anything to do, the CRNs to look at, and since when what follows is so."""


def triggers(dialect: str) -> list[str]:
    """What keeps it in step with what was said, whoever writes that.

    On PostgreSQL with the rights of the tables' owner, one merger at a time: of two at once neither would see the other.
    """
    made = []
    for table, name, event, only, seeds, at in CHANGED:
        if dialect == "sqlite":
            when = f"WHEN {only} " if only else ""
            made.append(
                f"CREATE TRIGGER {table}_{name} AFTER {event} ON {table} {when}BEGIN {'; '.join(settled(seeds, at))}; END"
            )
            continue
        body = "; ".join(["PERFORM pg_advisory_xact_lock(hashtext('merged_person'))", *settled(seeds, at)])
        body = f"IF {only} THEN {body}; END IF" if only else body
        made += [
            f"CREATE FUNCTION {table}_{name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER "
            f"SET search_path FROM CURRENT AS $$ BEGIN {body}; RETURN NULL; END $$",
            f"CREATE TRIGGER {table}_{name} AFTER {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_{name}()",
        ]
    return made


def keep_past(dialect: str) -> list[str]:
    """As every table that feeds a fact has it."""
    columns = "person_id, with_id, recorded_at"
    old = ", ".join(f"OLD.{column}" for column in columns.split(", "))
    insert = f"INSERT INTO {PAST} ({columns}, superseded_at) VALUES ({old}, "
    if dialect == "sqlite":
        deleted = "strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')"
        return [
            f"CREATE TRIGGER {TABLE}_keeps_{event.lower()} BEFORE {event} ON {TABLE} BEGIN {insert}{moment}); END"
            for event, moment in (("UPDATE", "NEW.recorded_at"), ("DELETE", deleted))
        ]
    return [
        f"CREATE FUNCTION {TABLE}_keeps_past() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'UPDATE' THEN {insert}NEW.recorded_at); RETURN NEW; END IF; "
        f"{insert}clock_timestamp()); RETURN OLD; END $$",
        f"CREATE TRIGGER {TABLE}_keeps_past BEFORE UPDATE OR DELETE ON {TABLE} "
        f"FOR EACH ROW EXECUTE FUNCTION {TABLE}_keeps_past()",
    ]


def upgrade() -> None:
    """The table, what was said of mergers before, and what keeps the two in step."""
    bind = op.get_bind()
    dialect = bind.dialect.name
    op.create_table(
        TABLE,
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("with_id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["with_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("person_id", "with_id"),
    )
    op.create_index("ix_merged_person_with_id", TABLE, ["with_id"], unique=False)
    op.create_table(
        PAST,
        sa.Column("person_id", sa.String(length=36), nullable=True),
        sa.Column("with_id", sa.String(length=36), nullable=True),
        sa.Column("recorded_at", Instant(), nullable=True),
        sa.Column("superseded_at", Instant(), nullable=False),
    )
    op.create_index(f"ix_{PAST}_superseded_at", PAST, ["superseded_at"], unique=False)
    now = "clock_timestamp()" if dialect != "sqlite" else "strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')"
    for statement in settled("SELECT crn FROM person_alias", now)[1:]:
        bind.exec_driver_sql(statement)
    for statement in (*keep_past(dialect), *triggers(dialect)):
        bind.exec_driver_sql(statement)
    if dialect == "sqlite":
        return
    role = context.config.attributes.get("service_role", SERVICE_ROLE)
    rights = if_role(role, f"GRANT SELECT ON {TABLE}, {PAST} TO {role}")
    for statement in (
        rights,
        *erasable((TABLE, PAST)),
        if_role(ERASURE_ROLE, f"GRANT SELECT ON person TO {ERASURE_ROLE}"),
    ):
        bind.exec_driver_sql(statement)


def downgrade() -> None:
    """The table goes; what it was made from stays."""
    bind = op.get_bind()
    for table, name, *_ in CHANGED:
        if bind.dialect.name == "sqlite":
            bind.exec_driver_sql(f"DROP TRIGGER {table}_{name}")
        else:
            bind.exec_driver_sql(f"DROP FUNCTION {table}_{name}() CASCADE")
    op.drop_table(PAST)
    op.drop_table(TABLE)
    if bind.dialect.name != "sqlite":
        bind.exec_driver_sql(f"DROP FUNCTION {TABLE}_keeps_past()")
