"""What came with a registration is set aside when its link to a person ends, and is that person's whose it turns out to be.

Its sender is answered by it as before (H7). The database moves it in the statement by which the link ends or is made.
"""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from alembic import context, op

from app.audit.ddl import SERVICE_ROLE, erasable, if_role
from app.tables import Instant

revision: str = "0029"
down_revision: str | None = "0028"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

TABLE = "parted_record"
OF_REFERRAL = (
    "presentation",
    "onward_referral",
    "waiting_pause",
    "care_activity",
    "appointment",
    "progress_summary",
    "outcome_score",
    "clinical_record",
    "session_note",
    "safety_record",
    "safety_alert",
)
"""What belongs to a referral and comes from its source, in the order in which it can go."""
CAME_WITH = ("three_way_meeting", "referral")
"""What says which registration it came with."""
SET_ASIDE = (*OF_REFERRAL, *CAME_WITH)
KNOWN: Mapping[str, Mapping[str, str]] = {
    "referral": {"patient": "OLD.id", "received": "it.received_on", "service": "it.service_id"},
    "appointment": {"patient": "OLD.id", "referral": "it.referral_id", "starts_at": "it.starts_at"},
    "care_activity": {
        "patient": "OLD.id",
        "referral": "it.referral_id",
        "appointment": "it.appointment_id",
        "starts_at": "(SELECT starts_at FROM appointment WHERE appointment.id = it.appointment_id)",
    },
}
"""What records that belong to it have to know of it, as for a line that waits."""


class Words:
    """How a database says it."""

    def __init__(self, dialect: str, columns: Mapping[str, Sequence[str]]) -> None:
        self._is_sqlite, self._columns = dialect == "sqlite", columns
        self.now = "strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')" if self._is_sqlite else "clock_timestamp()"

    def object(self, values: Mapping[str, str]) -> str:
        """JSON of these expressions."""
        inside = ", ".join(f"'{name}', {value}" for name, value in values.items())
        return f"json_object({inside})" if self._is_sqlite else f"jsonb_build_object({inside})::text"

    def whole(self, table: str) -> str:
        """JSON of a row of the table, as `it`."""
        if not self._is_sqlite:
            return "to_jsonb(it)::text"
        return self.object({name: f"it.{name}" for name in self._columns[table]})

    def back(self, table: str) -> tuple[str, str]:
        """The columns of a row that was set aside, and their values, for whoever it is of now."""
        names = self._columns[table]
        changed = {"person_id": "NEW.person_id", "recorded_at": self.now}
        if self._is_sqlite:
            given = [changed.get(name, f"json_extract(aside.body, '$.{name}')") for name in names]
        else:
            given = [changed.get(name, f"it.{name}") for name in names]
        return ", ".join(names), ", ".join(given)

    def field(self, name: str) -> str:
        """A text of the row that was set aside."""
        return f"json_extract(aside.body, '$.{name}')" if self._is_sqlite else f"aside.body::jsonb ->> '{name}'"

    def rows(self, table: str) -> str:
        """What to select them from."""
        if self._is_sqlite:
            return f"{TABLE} AS aside"
        return f"{TABLE} AS aside CROSS JOIN LATERAL jsonb_populate_record(NULL::{table}, aside.body::jsonb) AS it"


def set_aside(words: Words, table: str) -> str:
    """A statement that keeps what of a table came with the registration from its own source."""
    columns = "record_id, record_table, source_version, patient_id, known, body, recorded_at"
    known = words.object(KNOWN[table]) if table in KNOWN else "NULL"
    theirs = "it.patient_id = OLD.id"
    if table in OF_REFERRAL:
        theirs = "it.referral_id IN (SELECT id FROM referral WHERE patient_id = OLD.id)"
    changed = ", ".join(f"{name} = excluded.{name}" for name in columns.split(", ")[1:])
    return (
        f"INSERT INTO {TABLE} ({columns}) SELECT it.id, '{table}', it.source_version, OLD.id, {known}, "
        f"{words.whole(table)}, {words.now} FROM {table} AS it WHERE it.source = OLD.source AND {theirs} "
        f"ON CONFLICT (record_id) DO UPDATE SET {changed}"
    )


def gone() -> list[str]:
    """Statements that take away what came with the registration, as before; allocations were never its source's."""
    referrals = "SELECT id FROM referral WHERE patient_id = OLD.id"
    return [
        *(f"DELETE FROM {table} WHERE referral_id IN ({referrals})" for table in (*OF_REFERRAL, "allocation")),
        *(f"DELETE FROM {table} WHERE patient_id = OLD.id" for table in CAME_WITH),
    ]


def brought_back(words: Words, table: str) -> str:
    """A statement by which what was set aside is of the person whose registration it is now.

    Not what has been written meanwhile, with another registration, nor what belonged to that.
    """
    columns, values = words.back(table)
    belongs = ""
    if table in OF_REFERRAL:
        belongs = (
            f" AND EXISTS (SELECT 1 FROM referral WHERE referral.id = {words.field('referral_id')} "
            "AND referral.patient_id = NEW.id)"
        )
    if table == "care_activity":
        belongs += f" AND EXISTS (SELECT 1 FROM appointment WHERE appointment.id = {words.field('appointment_id')})"
    return (
        f"INSERT INTO {table} ({columns}) SELECT {values} FROM {words.rows(table)} WHERE aside.patient_id = NEW.id "
        f"AND aside.record_table = '{table}' AND NEW.person_id IS NOT NULL "
        f"AND NOT EXISTS (SELECT 1 FROM {table} AS there WHERE there.id = aside.record_id){belongs}"
    )


def parted(words: Words) -> list[str]:
    """What happens as the registration is no longer the person's."""
    return [*(set_aside(words, table) for table in SET_ASIDE), *gone()]


def linked(words: Words) -> list[str]:
    """What happens as it becomes somebody's while something of it is set aside."""
    return [
        *(brought_back(words, table) for table in reversed(SET_ASIDE)),
        f"DELETE FROM {TABLE} WHERE patient_id = NEW.id AND NEW.person_id IS NOT NULL",
    ]


def triggers(dialect: str) -> list[str]:
    """In place of that of 0022; a first link, of which nothing is set aside, costs a look."""
    inspector = sa.inspect(op.get_bind())
    columns = {table: [column["name"] for column in inspector.get_columns(table)] for table in SET_ASIDE}
    words = Words(dialect, columns)
    going, coming = "; ".join(parted(words)), "; ".join(linked(words))
    is_there = f"EXISTS (SELECT 1 FROM {TABLE} WHERE patient_id = NEW.id)"
    if dialect == "sqlite":
        on = "AFTER UPDATE OF person_id ON patient WHEN"
        return [
            "DROP TRIGGER patient_parted",
            "DROP TRIGGER IF EXISTS patient_linked",
            f"CREATE TRIGGER patient_parted {on} OLD.person_id IS NOT NULL AND NEW.person_id IS NOT OLD.person_id "
            f"BEGIN {going}; {coming}; END",
            f"CREATE TRIGGER patient_linked {on} OLD.person_id IS NULL AND NEW.person_id IS NOT NULL AND {is_there} "
            f"BEGIN {coming}; END",
        ]
    return [
        "CREATE OR REPLACE FUNCTION patient_parted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER "
        f"SET search_path FROM CURRENT AS $$ BEGIN IF OLD.person_id IS NOT NULL THEN {going}; END IF; "
        f"IF NEW.person_id IS NOT NULL AND {is_there} THEN {coming}; END IF; RETURN NULL; END $$",
        "DROP TRIGGER patient_parted ON patient",
        "CREATE TRIGGER patient_parted AFTER UPDATE OF person_id ON patient FOR EACH ROW "
        "WHEN (NEW.person_id IS DISTINCT FROM OLD.person_id) EXECUTE FUNCTION patient_parted()",
    ]


def upgrade() -> None:
    """The table, and what fills and empties it."""
    bind = op.get_bind()
    op.create_table(
        TABLE,
        sa.Column("record_id", sa.String(length=36), nullable=False),
        sa.Column("record_table", sa.String(length=40), nullable=False),
        sa.Column("source_version", sa.String(length=32), nullable=False),
        sa.Column("patient_id", sa.String(length=36), nullable=False),
        sa.Column("known", sa.String(), nullable=True),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("record_id"),
    )
    op.create_index("ix_parted_record_patient_id", TABLE, ["patient_id"], unique=False)
    for statement in triggers(bind.dialect.name):
        bind.exec_driver_sql(statement)
    if bind.dialect.name != "sqlite":
        role = context.config.attributes.get("service_role", SERVICE_ROLE)
        for statement in (if_role(role, f"GRANT SELECT ON {TABLE} TO {role}"), *erasable((TABLE,))):
            bind.exec_driver_sql(statement)


def downgrade() -> None:
    """Refused: what was set aside would be lost."""
    raise RuntimeError("there is no way back from 0029: restore a backup instead")
