"""Which registration is of whom, by which identifiers each person was ever known, and which CRNs were one person.

What came with a registration stands under the person whose registration it is, and under nobody else: the database
takes it away with the link, whoever undoes it, and lets nothing in beside the link.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import context, op

from app.audit.ddl import ERASURE_ROLE, SERVICE_ROLE, erasable, grants, if_role
from app.records.writing import record_id
from app.tables import Instant

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

NEW = ("identity_match", "person_identifier", "person_alias")
OF_REFERRAL = (
    "care_activity",
    "appointment",
    "progress_summary",
    "outcome_score",
    "clinical_record",
    "session_note",
    "safety_record",
    "safety_alert",
    "allocation",
)
"""What belongs to a referral, in the order in which it can go."""
CAME_WITH = ("referral", "three_way_meeting")
"""What says which registration it came with."""
PERSONS = {
    "crn": "crn",
    "nhs-number": "nhs_number",
    "pnc-number": "pnc_number",
    "cro-number": "cro_number",
    "noms-number": "noms_number",
}
REGISTRATIONS = {"nhs-number": "nhs_number", "pnc-number": "pnc_number"}
COLUMNS = (("crn", 7), ("pnc_number", 13), ("family_name", 100), ("given_names", 200))
_LINKED = sa.text("state = 'linked'")


def gone(old: str) -> list[str]:
    """Statements that take away what came with a registration."""
    referrals = f"SELECT id FROM referral WHERE patient_id = {old}.id"
    return [
        *(f"DELETE FROM {table} WHERE referral_id IN ({referrals})" for table in OF_REFERRAL),
        *(f"DELETE FROM {table} WHERE patient_id = {old}.id" for table in CAME_WITH),
    ]


def known_by(identifiers: dict[str, str], whose: str) -> str:
    """A statement that keeps each identifier of the new row which the person was not known by yet."""
    given = " UNION ALL ".join(
        f"SELECT '{kind}' AS kind, NEW.{column} AS value" for kind, column in identifiers.items()
    )
    return (
        "INSERT INTO person_identifier (kind, value, person_id, recorded_at) "
        f"SELECT kind, value, {whose}, NEW.recorded_at FROM ({given}) AS given WHERE value IS NOT NULL AND NOT EXISTS "
        "(SELECT 1 FROM person_identifier AS known WHERE known.kind = given.kind AND known.value = given.value "
        f"AND known.person_id = {whose})"
    )


def triggers_on_sqlite() -> list[str]:
    """What the database sees to by itself."""
    elsewhere = (
        "NEW.patient_id IS NOT NULL AND NOT EXISTS "
        "(SELECT 1 FROM patient WHERE id = NEW.patient_id AND person_id = NEW.person_id)"
    )
    return [
        "CREATE TRIGGER patient_parted AFTER UPDATE OF person_id ON patient "
        "WHEN OLD.person_id IS NOT NULL AND NEW.person_id IS NOT OLD.person_id "
        f"BEGIN {'; '.join(gone('OLD'))}; END",
        *(
            f"CREATE TRIGGER {table}_of_its_registration_{event.lower()} BEFORE {event} ON {table} WHEN {elsewhere} "
            "BEGIN SELECT RAISE(ABORT, 'the registration is not of this person'); END"
            for table in CAME_WITH
            for event in ("INSERT", "UPDATE")
        ),
        *(
            f"CREATE TRIGGER {table}_known_by_{event.lower()} AFTER {event} ON {table} {only} BEGIN {said}; END"
            for table, only, said in (
                ("person", "", known_by(PERSONS, "NEW.id")),
                ("patient", "WHEN NEW.person_id IS NOT NULL", known_by(REGISTRATIONS, "NEW.person_id")),
            )
            for event in ("INSERT", "UPDATE")
        ),
    ]


def triggers_on_postgresql() -> list[str]:
    """The same; what takes records away does so with the rights of the tables' owner, since nobody else deletes any."""
    body = "RETURNS trigger LANGUAGE plpgsql"
    made = [
        f"CREATE FUNCTION patient_parted() {body} SECURITY DEFINER SET search_path FROM CURRENT AS $$ BEGIN {'; '.join(gone('OLD'))}; RETURN NULL; END $$",
        "CREATE TRIGGER patient_parted AFTER UPDATE OF person_id ON patient FOR EACH ROW "
        "WHEN (OLD.person_id IS NOT NULL AND NEW.person_id IS DISTINCT FROM OLD.person_id) EXECUTE FUNCTION patient_parted()",
        f"CREATE FUNCTION of_its_registration() {body} AS $$ BEGIN IF NEW.patient_id IS NOT NULL AND NOT EXISTS "
        "(SELECT FROM patient WHERE id = NEW.patient_id AND person_id = NEW.person_id) THEN "
        "RAISE EXCEPTION 'the registration is not of this person' USING ERRCODE = 'integrity_constraint_violation'; "
        "END IF; RETURN NEW; END $$",
        f"CREATE FUNCTION person_known_by() {body} AS $$ BEGIN {known_by(PERSONS, 'NEW.id')}; RETURN NULL; END $$",
        f"CREATE FUNCTION patient_known_by() {body} AS $$ BEGIN {known_by(REGISTRATIONS, 'NEW.person_id')}; RETURN NULL; END $$",
        "CREATE TRIGGER person_known_by AFTER INSERT OR UPDATE ON person FOR EACH ROW EXECUTE FUNCTION person_known_by()",
        "CREATE TRIGGER patient_known_by AFTER INSERT OR UPDATE ON patient FOR EACH ROW "
        "WHEN (NEW.person_id IS NOT NULL) EXECUTE FUNCTION patient_known_by()",
    ]
    return made + [
        f"CREATE TRIGGER {table}_of_its_registration BEFORE INSERT OR UPDATE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION of_its_registration()"
        for table in CAME_WITH
    ]


def keep_past(table: str, dialect: str) -> tuple[str, ...]:
    """The triggers of 0001 again, for the columns that there are now."""
    names = [column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)]
    listed, old = ", ".join(names), ", ".join(f"OLD.{name}" for name in names)
    insert = f"INSERT INTO {table}_history ({listed}, superseded_at) VALUES ({old}, "
    if dialect == "sqlite":
        deleted = "strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')"
        return tuple(
            f"CREATE TRIGGER {table}_keeps_{event.lower()} BEFORE {event} ON {table} BEGIN {insert}{moment}); END"
            for event, moment in (("UPDATE", "NEW.recorded_at"), ("DELETE", deleted))
        )
    return (
        f"CREATE OR REPLACE FUNCTION {table}_keeps_past() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'UPDATE' THEN {insert}NEW.recorded_at); RETURN NEW; END IF; "
        f"{insert}clock_timestamp()); RETURN OLD; END $$",
    )


def create_tables() -> None:
    """The three of them."""
    op.create_table(
        "identity_match",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("patient_id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("basis", sa.String(length=30), nullable=False),
        sa.Column("decided_by", sa.String(length=60), nullable=True),
        sa.Column("decided_at", Instant(), nullable=True),
        sa.Column("note", sa.String(length=2000), nullable=True),
        sa.CheckConstraint("state IN ('linked', 'possible', 'dismissed', 'lapsed')", name="state_is_known"),
        sa.CheckConstraint(
            "basis IN ('nhs-number-and-birth-date', 'crn-and-birth-date', 'claimed-by-several', 'identifier-contradicted', 'weight', 'nothing', 'decided')",
            name="basis_is_known",
        ),
        sa.CheckConstraint("(basis = 'decided') = (decided_by IS NOT NULL)", name="somebody_decided"),
        sa.CheckConstraint("decided_by IS NULL OR state <> 'possible'", name="what_is_decided_is_settled"),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_identity_match_patient", "identity_match", ["patient_id", "person_id"], unique=True)
    op.create_index("ix_identity_match_person_id", "identity_match", ["person_id"], unique=False)
    op.create_index(
        "ix_identity_match_one_link",
        "identity_match",
        ["patient_id"],
        unique=True,
        sqlite_where=_LINKED,
        postgresql_where=_LINKED,
    )
    op.create_index("ix_identity_match_basis", "identity_match", ["basis"], unique=False)
    op.create_index("ix_identity_match_state", "identity_match", ["state", "recorded_at", "id"], unique=False)
    op.create_table(
        "person_identifier",
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("value", sa.String(length=13), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('crn', 'nhs-number', 'pnc-number', 'cro-number', 'noms-number')", name="kind_is_known"
        ),
        sa.PrimaryKeyConstraint("kind", "value", "person_id"),
    )
    op.create_index("ix_person_identifier_person_id", "person_identifier", ["person_id"], unique=False)
    op.create_table(
        "person_alias",
        sa.Column("said_by", sa.String(length=36), nullable=False),
        sa.Column("crn", sa.String(length=7), nullable=False),
        sa.Column("other_crn", sa.String(length=7), nullable=False),
        sa.Column("parted_at", Instant(), nullable=True),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["said_by"], ["person.id"]),
        sa.PrimaryKeyConstraint("said_by", "crn", "other_crn"),
    )
    op.create_index("ix_person_alias_crn", "person_alias", ["crn"], unique=False)
    op.create_index("ix_person_alias_other_crn", "person_alias", ["other_crn"], unique=False)


def add_columns(dialect: str) -> None:
    """What a registration says of itself, and what says with which registration it came."""
    for name, length in COLUMNS:
        op.add_column("patient", sa.Column(name, sa.String(length=length), nullable=True))
    for table, names in (
        ("patient", ("crn", "pnc_number", "date_of_birth", "postcode")),
        ("person", ("date_of_birth", "postcode")),
    ):
        for name in names:
            op.create_index(f"ix_{table}_{name}", table, [name], unique=False)
    for table in ("referral", "referral_history", "three_way_meeting"):
        op.add_column(table, sa.Column("patient_id", sa.String(length=36), nullable=True))
    for table in CAME_WITH:
        op.create_index(f"ix_{table}_patient_id", table, ["patient_id"], unique=False)
    if dialect == "sqlite":
        for event in ("update", "delete"):
            op.execute(f"DROP TRIGGER referral_keeps_{event}")
    else:
        op.execute("ALTER TABLE referral DISABLE TRIGGER referral_keeps_past")
    take_over()
    for statement in keep_past("referral", dialect):
        op.execute(statement)
    if dialect != "sqlite":
        op.execute("ALTER TABLE referral ENABLE TRIGGER referral_keeps_past")


def take_over() -> None:
    """Links of before, which rested on the CRN that the sender named, and what came with them.

    The first import afterwards looks at each again, and puts those whose dates of birth differ on the review list.
    """
    bind = op.get_bind()
    bind.exec_driver_sql(
        "UPDATE patient SET crn = (SELECT crn FROM person WHERE person.id = patient.person_id) WHERE person_id IS NOT NULL"
    )
    match = sa.table(
        "identity_match",
        *(sa.column(name) for name in ("id", "patient_id", "person_id", "state", "basis")),
        sa.column("recorded_at", Instant()),
    )
    linked = (
        sa.select(sa.column("id"), sa.column("person_id"), sa.column("recorded_at", Instant()))
        .select_from(sa.table("patient"))
        .where(sa.column("person_id").is_not(None))
    )
    rows = [
        {
            "id": record_id("identity_match", patient, person),
            "recorded_at": recorded_at,
            "patient_id": patient,
            "person_id": person,
            "state": "linked",
            "basis": "crn-and-birth-date",
        }
        for patient, person, recorded_at in bind.execute(linked)
    ]
    if rows:
        bind.execute(match.insert(), rows)
    for table in CAME_WITH:
        same = f"patient.person_id = {table}.person_id AND patient.source = {table}.source"
        bind.exec_driver_sql(
            f"UPDATE {table} SET patient_id = (SELECT id FROM patient WHERE {same}) "
            f"WHERE (SELECT count(*) FROM patient WHERE {same}) = 1"
        )
    for table, identifiers, whose in (("person", PERSONS, "id"), ("patient", REGISTRATIONS, "person_id")):
        for kind, column in identifiers.items():
            bind.exec_driver_sql(
                "INSERT INTO person_identifier (kind, value, person_id, recorded_at) "
                f"SELECT DISTINCT '{kind}', {column}, {whose}, min(recorded_at) FROM {table} "
                f"WHERE {column} IS NOT NULL AND {whose} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM person_identifier "
                f"AS known WHERE known.kind = '{kind}' AND known.value = {table}.{column} "
                f"AND known.person_id = {table}.{whose}) GROUP BY {column}, {whose}"
            )


def upgrade() -> None:
    """Tables, columns, what was linked before, and what the database sees to by itself."""
    bind = op.get_bind()
    create_tables()
    add_columns(bind.dialect.name)
    if bind.dialect.name == "sqlite":
        for statement in triggers_on_sqlite():
            bind.exec_driver_sql(statement)
        return
    role = context.config.attributes.get("service_role", SERVICE_ROLE)
    added = [if_role(role, f"REVOKE DELETE ON {', '.join(NEW)} FROM {role}")]
    for statement in (*triggers_on_postgresql(), *grants(NEW, role), *added, *erasable(NEW)):
        bind.exec_driver_sql(statement)
    bind.exec_driver_sql(if_role(ERASURE_ROLE, f"GRANT SELECT ON patient TO {ERASURE_ROLE}"))


def downgrade() -> None:
    """Refused: who was taken for whom would be lost."""
    raise RuntimeError("there is no way back from 0019: restore a backup instead")
