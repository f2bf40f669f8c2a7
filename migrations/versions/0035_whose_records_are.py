"""What belongs to a referral is of the referral's person, as what came with a registration is of the registration's (0019).

Whoever writes a record has found out whose it is a moment before; a link that is made or ends in between is seen here, by
the database, in the transaction that writes.
"""

from collections.abc import Sequence

from alembic import context, op

revision: str = "0035"
down_revision: str | None = "0034"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

NAME = "of_its_referral"
_REFUSED = "the referral is not of this person"
_FUNCTION = (
    f"CREATE FUNCTION {NAME}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$ BEGIN "
    "IF EXISTS (SELECT 1 FROM written WHERE written.person_id IS DISTINCT FROM "
    "(SELECT person_id FROM referral WHERE referral.id = written.referral_id)) THEN "
    f"RAISE EXCEPTION '{_REFUSED}' USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NULL; END $$"
)
"""Looks at once at everything that a statement has written, for each by the referral's key: a join may read them all."""


def _tables() -> Sequence[str]:
    """What comes from the referral's own source."""
    tables: Sequence[str] = context.script.get_revision("0029").module.OF_REFERRAL
    return tables


def _on_sqlite(table: str) -> list[str]:
    elsewhere = "NOT EXISTS (SELECT 1 FROM referral WHERE id = NEW.referral_id AND person_id = NEW.person_id)"
    return [
        f"CREATE TRIGGER {table}_{NAME}_{event.partition(' ')[0].lower()} BEFORE {event} ON {table} WHEN {elsewhere} "
        f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
        for event in ("INSERT", "UPDATE OF person_id, referral_id")
    ]


def _on_postgresql(table: str) -> list[str]:
    return [
        f"CREATE TRIGGER {table}_{NAME}_{event.lower()} AFTER {event} ON {table} REFERENCING NEW TABLE AS written "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {NAME}()"
        for event in ("INSERT", "UPDATE")
    ]


def upgrade() -> None:
    """Two triggers a table."""
    bind = op.get_bind()
    is_sqlite = bind.dialect.name == "sqlite"
    if not is_sqlite:
        bind.exec_driver_sql(_FUNCTION)
    for table in _tables():
        for statement in (_on_sqlite if is_sqlite else _on_postgresql)(table):
            bind.exec_driver_sql(statement)


def downgrade() -> None:
    """Nobody looks any more."""
    bind = op.get_bind()
    is_sqlite = bind.dialect.name == "sqlite"
    for table in _tables():
        for event in ("insert", "update"):
            bind.exec_driver_sql(f"DROP TRIGGER {table}_{NAME}_{event}" + ("" if is_sqlite else f" ON {table}"))
    if not is_sqlite:
        bind.exec_driver_sql(f"DROP FUNCTION {NAME}()")
