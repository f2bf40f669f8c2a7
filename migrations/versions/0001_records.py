"""Every record of both parties, staff standing, and the past states of what feeds a fact."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from app.tables import Instant

revision: str = "0001"
down_revision: str | None = None
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def keep_past(table: str, dialect: str) -> tuple[str, ...]:
    """Triggers that copy a row into its history before it is changed or deleted, whoever does it."""
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
        f"CREATE FUNCTION {table}_keeps_past() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'UPDATE' THEN {insert}NEW.recorded_at); RETURN NEW; END IF; "
        f"{insert}clock_timestamp()); RETURN OLD; END $$",
        f"CREATE TRIGGER {table}_keeps_past BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_keeps_past()",
    )


def upgrade() -> None:
    """Create the tables, and the triggers that keep what is changed."""
    op.create_table(
        "access_limit_history",
        sa.Column("id", sa.String(length=36), nullable=True),
        sa.Column("recorded_at", Instant(), nullable=True),
        sa.Column("source", sa.String(length=20), nullable=True),
        sa.Column("source_id", sa.String(length=40), nullable=True),
        sa.Column("source_version", sa.String(length=32), nullable=True),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("kind", sa.String(length=12), nullable=True),
        sa.Column("message", sa.String(length=500), nullable=True),
        sa.Column("valid_from", Instant(), nullable=True),
        sa.Column("valid_until", Instant(), nullable=True),
        sa.Column("superseded_at", Instant(), nullable=False),
    )
    op.create_index("ix_access_limit_history_superseded_at", "access_limit_history", ["superseded_at"], unique=False)

    op.create_table(
        "access_limit_name_history",
        sa.Column("limit_id", sa.String(length=36), nullable=True),
        sa.Column("username", sa.String(length=60), nullable=True),
        sa.Column("recorded_at", Instant(), nullable=True),
        sa.Column("superseded_at", Instant(), nullable=False),
    )
    op.create_index(
        "ix_access_limit_name_history_superseded_at", "access_limit_name_history", ["superseded_at"], unique=False
    )

    op.create_table(
        "allocation_history",
        sa.Column("id", sa.String(length=36), nullable=True),
        sa.Column("recorded_at", Instant(), nullable=True),
        sa.Column("source", sa.String(length=20), nullable=True),
        sa.Column("source_id", sa.String(length=40), nullable=True),
        sa.Column("source_version", sa.String(length=32), nullable=True),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("staff_id", sa.String(), nullable=True),
        sa.Column("kind", sa.String(length=10), nullable=True),
        sa.Column("referral_id", sa.String(), nullable=True),
        sa.Column("valid_from", Instant(), nullable=True),
        sa.Column("valid_until", Instant(), nullable=True),
        sa.Column("superseded_at", Instant(), nullable=False),
    )
    op.create_index("ix_allocation_history_superseded_at", "allocation_history", ["superseded_at"], unique=False)

    op.create_table(
        "announcement",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("party", sa.String(length=12), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("delivered_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("event_id"),
    )
    op.create_table(
        "authorisation_history",
        sa.Column("id", sa.String(length=36), nullable=True),
        sa.Column("recorded_at", Instant(), nullable=True),
        sa.Column("staff_id", sa.String(), nullable=True),
        sa.Column("kind", sa.String(length=30), nullable=True),
        sa.Column("granted_by_id", sa.String(), nullable=True),
        sa.Column("valid_from", Instant(), nullable=True),
        sa.Column("valid_until", Instant(), nullable=True),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.Column("superseded_at", Instant(), nullable=False),
    )
    op.create_index("ix_authorisation_history_superseded_at", "authorisation_history", ["superseded_at"], unique=False)

    op.create_table(
        "client_history",
        sa.Column("id", sa.String(length=60), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("party", sa.String(length=12), nullable=True),
        sa.Column("role", sa.String(length=30), nullable=True),
        sa.Column("service_id", sa.String(), nullable=True),
        sa.Column("acts_for_staff", sa.Boolean(), nullable=True),
        sa.Column("secret_hash", sa.String(length=200), nullable=True),
        sa.Column("jwks", sa.String(), nullable=True),
        sa.Column("registered_at", Instant(), nullable=True),
        sa.Column("suspended_at", Instant(), nullable=True),
        sa.Column("recorded_at", Instant(), nullable=True),
        sa.Column("superseded_at", Instant(), nullable=False),
    )
    op.create_index("ix_client_history_superseded_at", "client_history", ["superseded_at"], unique=False)

    op.create_table(
        "consent_history",
        sa.Column("id", sa.String(length=36), nullable=True),
        sa.Column("recorded_at", Instant(), nullable=True),
        sa.Column("source", sa.String(length=20), nullable=True),
        sa.Column("source_id", sa.String(length=40), nullable=True),
        sa.Column("source_version", sa.String(length=32), nullable=True),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("scope", sa.String(length=20), nullable=True),
        sa.Column("decision", sa.String(length=10), nullable=True),
        sa.Column("valid_from", Instant(), nullable=True),
        sa.Column("valid_until", Instant(), nullable=True),
        sa.Column("given_how", sa.String(length=30), nullable=True),
        sa.Column("capacity", sa.Boolean(), nullable=True),
        sa.Column("wording_version", sa.String(length=20), nullable=True),
        sa.Column("recorded_by", sa.String(length=60), nullable=True),
        sa.Column("recorded_by_party", sa.String(length=12), nullable=True),
        sa.Column("signed_form", sa.String(length=40), nullable=True),
        sa.Column("countersigned_by", sa.String(length=60), nullable=True),
        sa.Column("countersigned_at", Instant(), nullable=True),
        sa.Column("supersedes_id", sa.String(), nullable=True),
        sa.Column("withdrawn_at", Instant(), nullable=True),
        sa.Column("withdrawn_by", sa.String(length=60), nullable=True),
        sa.Column("superseded_at", Instant(), nullable=False),
    )
    op.create_index("ix_consent_history_superseded_at", "consent_history", ["superseded_at"], unique=False)

    op.create_table(
        "consent_recipient_history",
        sa.Column("consent_id", sa.String(length=36), nullable=True),
        sa.Column("party", sa.String(length=12), nullable=True),
        sa.Column("recorded_at", Instant(), nullable=True),
        sa.Column("superseded_at", Instant(), nullable=False),
    )
    op.create_index(
        "ix_consent_recipient_history_superseded_at", "consent_recipient_history", ["superseded_at"], unique=False
    )

    op.create_table(
        "emergency_grant_history",
        sa.Column("id", sa.String(length=36), nullable=True),
        sa.Column("recorded_at", Instant(), nullable=True),
        sa.Column("staff_id", sa.String(), nullable=True),
        sa.Column("crn", sa.String(length=7), nullable=True),
        sa.Column("reason", sa.String(length=2000), nullable=True),
        sa.Column("feared", sa.String(length=2000), nullable=True),
        sa.Column("granted_at", Instant(), nullable=True),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.Column("reviewed_by_id", sa.String(), nullable=True),
        sa.Column("reviewed_at", Instant(), nullable=True),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.Column("review_note", sa.String(length=2000), nullable=True),
        sa.Column("superseded_at", Instant(), nullable=False),
    )
    op.create_index(
        "ix_emergency_grant_history_superseded_at", "emergency_grant_history", ["superseded_at"], unique=False
    )

    op.create_table(
        "objection_history",
        sa.Column("id", sa.String(length=36), nullable=True),
        sa.Column("recorded_at", Instant(), nullable=True),
        sa.Column("source", sa.String(length=20), nullable=True),
        sa.Column("source_id", sa.String(length=40), nullable=True),
        sa.Column("source_version", sa.String(length=32), nullable=True),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("category", sa.String(length=20), nullable=True),
        sa.Column("valid_from", Instant(), nullable=True),
        sa.Column("valid_until", Instant(), nullable=True),
        sa.Column("reason", sa.String(length=1000), nullable=True),
        sa.Column("recorded_by", sa.String(length=60), nullable=True),
        sa.Column("withdrawn_at", Instant(), nullable=True),
        sa.Column("superseded_at", Instant(), nullable=False),
    )
    op.create_index("ix_objection_history_superseded_at", "objection_history", ["superseded_at"], unique=False)

    op.create_table(
        "person",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("crn", sa.String(length=7), nullable=False),
        sa.Column("family_name", sa.String(length=100), nullable=False),
        sa.Column("given_names", sa.String(length=200), nullable=False),
        sa.Column("date_of_birth", sa.Date(), nullable=False),
        sa.Column("sex", sa.String(length=13), nullable=False),
        sa.Column("nhs_number", sa.String(length=10), nullable=True),
        sa.Column("pnc_number", sa.String(length=13), nullable=True),
        sa.Column("cro_number", sa.String(length=12), nullable=True),
        sa.Column("noms_number", sa.String(length=7), nullable=True),
        sa.Column("address", sa.String(length=300), nullable=True),
        sa.Column("postcode", sa.String(length=8), nullable=True),
        sa.Column("phone", sa.String(length=30), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("gp_practice", sa.String(length=6), nullable=True),
        sa.Column("interpreter_language", sa.String(length=10), nullable=True),
        sa.Column("access_needs", sa.String(length=500), nullable=True),
        sa.Column("source_version", sa.String(length=32), nullable=False),
        sa.CheckConstraint("sex IN ('male', 'female', 'not-known', 'not-specified')", name="sex_is_known"),
        sa.CheckConstraint("length(crn) = 7 AND crn = upper(crn)", name="crn_is_canonical"),
        sa.CheckConstraint("nhs_number IS NULL OR length(nhs_number) = 10", name="nhs_number_has_ten_digits"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("crn"),
        sa.UniqueConstraint("nhs_number"),
    )
    op.create_table(
        "referral_history",
        sa.Column("id", sa.String(length=36), nullable=True),
        sa.Column("recorded_at", Instant(), nullable=True),
        sa.Column("source", sa.String(length=20), nullable=True),
        sa.Column("source_id", sa.String(length=40), nullable=True),
        sa.Column("source_version", sa.String(length=32), nullable=True),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("service_id", sa.String(), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=True),
        sa.Column("basis", sa.String(length=40), nullable=True),
        sa.Column("source_of_referral", sa.String(length=2), nullable=True),
        sa.Column("referred_by", sa.String(length=60), nullable=True),
        sa.Column("reason", sa.String(length=1000), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.Column("suitability", sa.String(length=200), nullable=True),
        sa.Column("end_code", sa.String(length=2), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("superseded_at", Instant(), nullable=False),
    )
    op.create_index("ix_referral_history_superseded_at", "referral_history", ["superseded_at"], unique=False)

    op.create_table(
        "requirement_history",
        sa.Column("id", sa.String(length=36), nullable=True),
        sa.Column("recorded_at", Instant(), nullable=True),
        sa.Column("source", sa.String(length=20), nullable=True),
        sa.Column("source_id", sa.String(length=40), nullable=True),
        sa.Column("source_version", sa.String(length=32), nullable=True),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("supervision_id", sa.String(), nullable=True),
        sa.Column("requirement_type", sa.String(length=30), nullable=True),
        sa.Column("source_code", sa.String(length=20), nullable=True),
        sa.Column("start_date", sa.Date(), nullable=True),
        sa.Column("end_date", sa.Date(), nullable=True),
        sa.Column("terminated_on", sa.Date(), nullable=True),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("practitioner", sa.String(length=200), nullable=True),
        sa.Column("superseded_at", Instant(), nullable=False),
    )
    op.create_index("ix_requirement_history_superseded_at", "requirement_history", ["superseded_at"], unique=False)

    op.create_table(
        "revoked_token",
        sa.Column("token", sa.String(length=60), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("revoked_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("token"),
    )
    op.create_table(
        "staff_history",
        sa.Column("id", sa.String(length=36), nullable=True),
        sa.Column("recorded_at", Instant(), nullable=True),
        sa.Column("username", sa.String(length=60), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("party", sa.String(length=12), nullable=True),
        sa.Column("role", sa.String(length=30), nullable=True),
        sa.Column("service_id", sa.String(), nullable=True),
        sa.Column("team", sa.String(length=100), nullable=True),
        sa.Column("manager", sa.String(length=60), nullable=True),
        sa.Column("employed_from", sa.Date(), nullable=True),
        sa.Column("employed_until", sa.Date(), nullable=True),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.Column("superseded_at", Instant(), nullable=False),
    )
    op.create_index("ix_staff_history_superseded_at", "staff_history", ["superseded_at"], unique=False)

    op.create_table(
        "subject_request_history",
        sa.Column("id", sa.String(length=36), nullable=True),
        sa.Column("recorded_at", Instant(), nullable=True),
        sa.Column("source", sa.String(length=20), nullable=True),
        sa.Column("source_id", sa.String(length=40), nullable=True),
        sa.Column("source_version", sa.String(length=32), nullable=True),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("opened_on", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("opened_by", sa.String(length=60), nullable=True),
        sa.Column("superseded_at", Instant(), nullable=False),
    )
    op.create_index(
        "ix_subject_request_history_superseded_at", "subject_request_history", ["superseded_at"], unique=False
    )

    op.create_table(
        "supervision_history",
        sa.Column("id", sa.String(length=36), nullable=True),
        sa.Column("recorded_at", Instant(), nullable=True),
        sa.Column("source", sa.String(length=20), nullable=True),
        sa.Column("source_id", sa.String(length=40), nullable=True),
        sa.Column("source_version", sa.String(length=32), nullable=True),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("sentence_type", sa.String(length=30), nullable=True),
        sa.Column("sentence_code", sa.String(length=20), nullable=True),
        sa.Column("start_date", sa.Date(), nullable=True),
        sa.Column("end_date", sa.Date(), nullable=True),
        sa.Column("terminated_on", sa.Date(), nullable=True),
        sa.Column("superseded_at", Instant(), nullable=False),
    )
    op.create_index("ix_supervision_history_superseded_at", "supervision_history", ["superseded_at"], unique=False)

    op.create_table(
        "therapy_service",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("provider", sa.String(length=6), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "training_history",
        sa.Column("id", sa.String(length=36), nullable=True),
        sa.Column("recorded_at", Instant(), nullable=True),
        sa.Column("staff_id", sa.String(), nullable=True),
        sa.Column("course", sa.String(length=30), nullable=True),
        sa.Column("completed_on", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("superseded_at", Instant(), nullable=False),
    )
    op.create_index("ix_training_history_superseded_at", "training_history", ["superseded_at"], unique=False)

    op.create_table(
        "used_assertion",
        sa.Column("client_id", sa.String(length=60), nullable=False),
        sa.Column("assertion", sa.String(length=100), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("client_id", "assertion"),
    )
    op.create_table(
        "access_limit",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.String(length=40), nullable=False),
        sa.Column("source_version", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("message", sa.String(length=500), nullable=False),
        sa.Column("valid_from", Instant(), nullable=False),
        sa.Column("valid_until", Instant(), nullable=True),
        sa.CheckConstraint("kind IN ('exclusion', 'restriction')", name="kind_is_known"),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_until >= valid_from", name="valid_until_not_before_valid_from"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "source_id"),
    )
    op.create_index("ix_access_limit_person_id", "access_limit", ["person_id"], unique=False)

    op.create_table(
        "client",
        sa.Column("id", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("party", sa.String(length=12), nullable=False),
        sa.Column("role", sa.String(length=30), nullable=True),
        sa.Column("service_id", sa.String(), nullable=True),
        sa.Column("acts_for_staff", sa.Boolean(), nullable=False),
        sa.Column("secret_hash", sa.String(length=200), nullable=True),
        sa.Column("jwks", sa.String(), nullable=True),
        sa.Column("registered_at", Instant(), nullable=False),
        sa.Column("suspended_at", Instant(), nullable=True),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.CheckConstraint("party IN ('health', 'justice', 'commissioner')", name="party_is_known"),
        sa.CheckConstraint(
            "role IN ('offender-manager', 'probation-lead', 'case-management-system', 'therapist', 'clinical-lead', 'service-administrator', 'health-trainer', 'records-officer', 'clinical-system', 'auditor', 'caldicott-guardian', 'commissioner')",
            name="role_is_known",
        ),
        sa.CheckConstraint("secret_hash IS NOT NULL OR jwks IS NOT NULL", name="can_authenticate"),
        sa.ForeignKeyConstraint(
            ["service_id"],
            ["therapy_service.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "consent",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.String(length=40), nullable=False),
        sa.Column("source_version", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("scope", sa.String(length=20), nullable=False),
        sa.Column("decision", sa.String(length=10), nullable=False),
        sa.Column("valid_from", Instant(), nullable=False),
        sa.Column("valid_until", Instant(), nullable=True),
        sa.Column("given_how", sa.String(length=30), nullable=False),
        sa.Column("capacity", sa.Boolean(), nullable=False),
        sa.Column("wording_version", sa.String(length=20), nullable=False),
        sa.Column("recorded_by", sa.String(length=60), nullable=False),
        sa.Column("recorded_by_party", sa.String(length=12), nullable=False),
        sa.Column("signed_form", sa.String(length=40), nullable=True),
        sa.Column("countersigned_by", sa.String(length=60), nullable=True),
        sa.Column("countersigned_at", Instant(), nullable=True),
        sa.Column("supersedes_id", sa.String(), nullable=True),
        sa.Column("withdrawn_at", Instant(), nullable=True),
        sa.Column("withdrawn_by", sa.String(length=60), nullable=True),
        sa.CheckConstraint("decision IN ('permit', 'refuse')", name="decision_is_known"),
        sa.CheckConstraint(
            "given_how IN ('three-way-meeting', 'in-writing', 'orally-with-witness')", name="given_how_is_known"
        ),
        sa.CheckConstraint(
            "recorded_by_party IN ('health', 'justice', 'commissioner')", name="recorded_by_party_is_known"
        ),
        sa.CheckConstraint(
            "scope IN ('attendance', 'progress', 'scores', 'offence', 'meeting', 'health-trainer')",
            name="scope_is_known",
        ),
        sa.CheckConstraint("supersedes_id IS NULL OR supersedes_id <> id", name="supersedes_another"),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_until >= valid_from", name="valid_until_not_before_valid_from"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["supersedes_id"],
            ["consent.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "source_id"),
    )
    op.create_index("ix_consent_person_id", "consent", ["person_id"], unique=False)
    op.create_index("ix_consent_person_scope", "consent", ["person_id", "scope"], unique=False)
    op.create_index("ix_consent_supersedes_id", "consent", ["supersedes_id"], unique=False)

    op.create_table(
        "licence_condition",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.String(length=40), nullable=False),
        sa.Column("source_version", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("description", sa.String(length=500), nullable=False),
        sa.Column("area", sa.String(length=300), nullable=True),
        sa.Column("start_date", sa.Date(), nullable=False),
        sa.Column("end_date", sa.Date(), nullable=True),
        sa.CheckConstraint("kind IN ('licence-condition', 'exclusion-zone', 'curfew')", name="kind_is_known"),
        sa.CheckConstraint("end_date IS NULL OR end_date >= start_date", name="end_date_not_before_start_date"),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "source_id"),
    )
    op.create_index("ix_licence_condition_person_id", "licence_condition", ["person_id"], unique=False)

    op.create_table(
        "objection",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.String(length=40), nullable=False),
        sa.Column("source_version", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("category", sa.String(length=20), nullable=False),
        sa.Column("valid_from", Instant(), nullable=False),
        sa.Column("valid_until", Instant(), nullable=True),
        sa.Column("reason", sa.String(length=1000), nullable=True),
        sa.Column("recorded_by", sa.String(length=60), nullable=False),
        sa.Column("withdrawn_at", Instant(), nullable=True),
        sa.CheckConstraint(
            "category IN ('identity', 'contact', 'supervision', 'offence', 'obligations', 'referral', 'attendance', 'progress', 'scores', 'clinical', 'notes', 'safety', 'meeting', 'consent')",
            name="category_is_known",
        ),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_until >= valid_from", name="valid_until_not_before_valid_from"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "source_id"),
    )
    op.create_index("ix_objection_person_id", "objection", ["person_id"], unique=False)

    op.create_table(
        "obligation",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.String(length=40), nullable=False),
        sa.Column("source_version", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("description", sa.String(length=300), nullable=False),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=True),
        sa.Column("outcome_code", sa.String(length=10), nullable=True),
        sa.CheckConstraint(
            "kind IN ('reporting', 'unpaid-work', 'programme', 'housing', 'benefits', 'curfew', 'other')",
            name="kind_is_known",
        ),
        sa.CheckConstraint("ends_at IS NULL OR ends_at >= starts_at", name="ends_at_not_before_starts_at"),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "source_id"),
    )
    op.create_index("ix_obligation_person_id", "obligation", ["person_id"], unique=False)

    op.create_table(
        "offence",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.String(length=40), nullable=False),
        sa.Column("source_version", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("description", sa.String(length=300), nullable=False),
        sa.Column("offence_date", sa.Date(), nullable=True),
        sa.Column("conviction_date", sa.Date(), nullable=True),
        sa.Column("court", sa.String(length=100), nullable=True),
        sa.CheckConstraint("kind IN ('index', 'previous')", name="kind_is_known"),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "source_id"),
    )
    op.create_index("ix_offence_person_id", "offence", ["person_id"], unique=False)

    op.create_table(
        "patient",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.String(length=40), nullable=False),
        sa.Column("source_version", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("nhs_number", sa.String(length=10), nullable=True),
        sa.Column("date_of_birth", sa.Date(), nullable=True),
        sa.Column("gender", sa.String(length=2), nullable=True),
        sa.Column("postcode", sa.String(length=8), nullable=True),
        sa.Column("gp_practice", sa.String(length=6), nullable=True),
        sa.Column("interpreter_language", sa.String(length=10), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "source_id"),
    )
    op.create_index("ix_patient_person_id", "patient", ["person_id"], unique=False)

    op.create_table(
        "referral",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.String(length=40), nullable=False),
        sa.Column("source_version", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("service_id", sa.String(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("basis", sa.String(length=40), nullable=False),
        sa.Column("source_of_referral", sa.String(length=2), nullable=False),
        sa.Column("referred_by", sa.String(length=60), nullable=True),
        sa.Column("reason", sa.String(length=1000), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.Column("suitability", sa.String(length=200), nullable=True),
        sa.Column("end_code", sa.String(length=2), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.CheckConstraint("(status = 'draft') = (received_on IS NULL)", name="a_draft_is_not_received"),
        sa.CheckConstraint(
            "basis IN ('voluntary', 'mental-health-treatment-requirement', 'rehabilitation-activity-requirement', 'licence-condition')",
            name="basis_is_known",
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'received', 'triaged', 'not-suitable', 'waiting', 'offered', 'assessed', 'in-treatment', 'discharged')",
            name="status_is_known",
        ),
        sa.CheckConstraint("closed_on IS NULL OR closed_on >= received_on", name="closed_on_not_before_received_on"),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["service_id"],
            ["therapy_service.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "source_id"),
    )
    op.create_index("ix_referral_person_id", "referral", ["person_id"], unique=False)
    op.create_index("ix_referral_service_id", "referral", ["service_id"], unique=False)

    op.create_table(
        "risk_alert",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.String(length=40), nullable=False),
        sa.Column("source_version", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("code", sa.String(length=10), nullable=False),
        sa.Column("description", sa.String(length=300), nullable=False),
        sa.Column("start_date", sa.Date(), nullable=False),
        sa.Column("next_review_date", sa.Date(), nullable=True),
        sa.Column("deregistered_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "deregistered_on IS NULL OR deregistered_on >= start_date", name="deregistered_on_not_before_start_date"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "source_id"),
    )
    op.create_index("ix_risk_alert_person_id", "risk_alert", ["person_id"], unique=False)

    op.create_table(
        "risk_assessment",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.String(length=40), nullable=False),
        sa.Column("source_version", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("rosh_level", sa.String(length=10), nullable=False),
        sa.Column("mappa_category", sa.Integer(), nullable=True),
        sa.Column("mappa_level", sa.Integer(), nullable=True),
        sa.Column("assessed_on", sa.Date(), nullable=False),
        sa.CheckConstraint("rosh_level IN ('LOW', 'MEDIUM', 'HIGH', 'VERY_HIGH')", name="rosh_level_is_known"),
        sa.CheckConstraint("mappa_category IS NULL OR mappa_category BETWEEN 1 AND 4", name="mappa_category_is_known"),
        sa.CheckConstraint("mappa_level IS NULL OR mappa_level BETWEEN 1 AND 3", name="mappa_level_is_known"),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "source_id"),
    )
    op.create_index("ix_risk_assessment_person_id", "risk_assessment", ["person_id"], unique=False)

    op.create_table(
        "staff",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("username", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("party", sa.String(length=12), nullable=False),
        sa.Column("role", sa.String(length=30), nullable=False),
        sa.Column("service_id", sa.String(), nullable=True),
        sa.Column("team", sa.String(length=100), nullable=True),
        sa.Column("manager", sa.String(length=60), nullable=True),
        sa.Column("employed_from", sa.Date(), nullable=False),
        sa.Column("employed_until", sa.Date(), nullable=True),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.CheckConstraint("party IN ('health', 'justice', 'commissioner')", name="party_is_known"),
        sa.CheckConstraint(
            "role IN ('offender-manager', 'probation-lead', 'case-management-system', 'therapist', 'clinical-lead', 'service-administrator', 'health-trainer', 'records-officer', 'clinical-system', 'auditor', 'caldicott-guardian', 'commissioner')",
            name="role_is_known",
        ),
        sa.CheckConstraint(
            "employed_until IS NULL OR employed_until >= employed_from", name="employed_until_not_before_employed_from"
        ),
        sa.CheckConstraint("username = lower(username)", name="username_is_lower_case"),
        sa.ForeignKeyConstraint(
            ["service_id"],
            ["therapy_service.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("username"),
    )
    op.create_table(
        "subject_request",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.String(length=40), nullable=False),
        sa.Column("source_version", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("opened_by", sa.String(length=60), nullable=False),
        sa.CheckConstraint("closed_on IS NULL OR closed_on >= opened_on", name="closed_on_not_before_opened_on"),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "source_id"),
    )
    op.create_index("ix_subject_request_person_id", "subject_request", ["person_id"], unique=False)

    op.create_table(
        "supervision",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.String(length=40), nullable=False),
        sa.Column("source_version", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("sentence_type", sa.String(length=30), nullable=False),
        sa.Column("sentence_code", sa.String(length=20), nullable=True),
        sa.Column("start_date", sa.Date(), nullable=False),
        sa.Column("end_date", sa.Date(), nullable=True),
        sa.Column("terminated_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "sentence_type IN ('community-order', 'suspended-sentence-order', 'post-custody-licence', 'post-sentence-supervision')",
            name="sentence_type_is_known",
        ),
        sa.CheckConstraint("end_date IS NULL OR end_date >= start_date", name="end_date_not_before_start_date"),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "source_id"),
    )
    op.create_index("ix_supervision_person_id", "supervision", ["person_id"], unique=False)

    op.create_table(
        "three_way_meeting",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.String(length=40), nullable=False),
        sa.Column("source_version", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("held_at", Instant(), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=True),
        sa.Column("offender_manager", sa.String(length=60), nullable=False),
        sa.Column("therapist", sa.String(length=60), nullable=False),
        sa.Column("agreed", sa.String(length=2000), nullable=False),
        sa.Column("next_date", sa.Date(), nullable=True),
        sa.Column("third_party", sa.Boolean(), nullable=False),
        sa.Column("serious_harm", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "source_id"),
    )
    op.create_index("ix_three_way_meeting_person_id", "three_way_meeting", ["person_id"], unique=False)

    op.create_table(
        "access_limit_name",
        sa.Column("limit_id", sa.String(length=36), nullable=False),
        sa.Column("username", sa.String(length=60), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.CheckConstraint("username = lower(username)", name="username_is_lower_case"),
        sa.ForeignKeyConstraint(
            ["limit_id"],
            ["access_limit.id"],
        ),
        sa.PrimaryKeyConstraint("limit_id", "username"),
    )
    op.create_table(
        "allocation",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.String(length=40), nullable=False),
        sa.Column("source_version", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("staff_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("referral_id", sa.String(), nullable=True),
        sa.Column("valid_from", Instant(), nullable=False),
        sa.Column("valid_until", Instant(), nullable=True),
        sa.CheckConstraint("(kind = 'treating') = (referral_id IS NOT NULL)", name="treating_names_the_referral"),
        sa.CheckConstraint("kind IN ('caseload', 'treating')", name="kind_is_known"),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_until >= valid_from", name="valid_until_not_before_valid_from"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["referral_id"],
            ["referral.id"],
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "source_id"),
    )
    op.create_index("ix_allocation_person_id", "allocation", ["person_id"], unique=False)
    op.create_index("ix_allocation_staff", "allocation", ["staff_id", "kind"], unique=False)

    op.create_table(
        "appointment",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.String(length=40), nullable=False),
        sa.Column("source_version", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("referral_id", sa.String(), nullable=False),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("appointment_type", sa.String(length=2), nullable=False),
        sa.Column("attendance_code", sa.String(length=1), nullable=True),
        sa.Column("short_notice", sa.String(length=1), nullable=True),
        sa.Column("medium", sa.String(length=2), nullable=True),
        sa.Column("location_code", sa.String(length=3), nullable=True),
        sa.Column("site", sa.String(length=9), nullable=True),
        sa.CheckConstraint(
            "appointment_type IN ('01', '02', '03', '04', '05', '06', '07')", name="appointment_type_is_known"
        ),
        sa.CheckConstraint("attendance_code IN ('2', '3', '4', '5', '6', '7')", name="attendance_code_is_known"),
        sa.CheckConstraint("minutes IS NULL OR minutes BETWEEN 0 AND 1440", name="minutes_fit_a_day"),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["referral_id"],
            ["referral.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "source_id"),
    )
    op.create_index("ix_appointment_person_id", "appointment", ["person_id"], unique=False)
    op.create_index("ix_appointment_referral_id", "appointment", ["referral_id"], unique=False)

    op.create_table(
        "authorisation",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("staff_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("granted_by_id", sa.String(), nullable=False),
        sa.Column("valid_from", Instant(), nullable=False),
        sa.Column("valid_until", Instant(), nullable=False),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.CheckConstraint("kind IN ('criminal-justice')", name="kind_is_known"),
        sa.CheckConstraint("granted_by_id <> staff_id", name="never_to_oneself"),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_until >= valid_from", name="valid_until_not_before_valid_from"
        ),
        sa.ForeignKeyConstraint(
            ["granted_by_id"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_authorisation_staff_id", "authorisation", ["staff_id"], unique=False)

    op.create_table(
        "clinical_record",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.String(length=40), nullable=False),
        sa.Column("source_version", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("referral_id", sa.String(), nullable=False),
        sa.Column("problem_scheme", sa.String(length=2), nullable=True),
        sa.Column("problem_code", sa.String(length=20), nullable=True),
        sa.Column("problem", sa.String(length=300), nullable=True),
        sa.Column("step", sa.Integer(), nullable=True),
        sa.Column("medication", sa.String(length=300), nullable=True),
        sa.Column("therapy_type", sa.String(length=100), nullable=True),
        sa.Column("written_on", sa.Date(), nullable=True),
        sa.CheckConstraint("step IS NULL OR step BETWEEN 1 AND 4", name="step_is_known"),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["referral_id"],
            ["referral.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "source_id"),
    )
    op.create_index("ix_clinical_record_person_id", "clinical_record", ["person_id"], unique=False)
    op.create_index("ix_clinical_record_referral_id", "clinical_record", ["referral_id"], unique=False)

    op.create_table(
        "consent_recipient",
        sa.Column("consent_id", sa.String(length=36), nullable=False),
        sa.Column("party", sa.String(length=12), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.CheckConstraint("party IN ('health', 'justice', 'commissioner')", name="party_is_known"),
        sa.ForeignKeyConstraint(
            ["consent_id"],
            ["consent.id"],
        ),
        sa.PrimaryKeyConstraint("consent_id", "party"),
    )
    op.create_table(
        "emergency_grant",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("staff_id", sa.String(), nullable=False),
        sa.Column("crn", sa.String(length=7), nullable=False),
        sa.Column("reason", sa.String(length=2000), nullable=False),
        sa.Column("feared", sa.String(length=2000), nullable=False),
        sa.Column("granted_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.Column("reviewed_by_id", sa.String(), nullable=True),
        sa.Column("reviewed_at", Instant(), nullable=True),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.Column("review_note", sa.String(length=2000), nullable=True),
        sa.CheckConstraint("expires_at IS NULL OR expires_at >= granted_at", name="expires_at_not_before_granted_at"),
        sa.CheckConstraint("length(reason) >= 20", name="reason_is_given"),
        sa.ForeignKeyConstraint(
            ["reviewed_by_id"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_emergency_grant_crn", "emergency_grant", ["crn"], unique=False)
    op.create_index("ix_emergency_grant_staff", "emergency_grant", ["staff_id", "crn"], unique=False)

    op.create_table(
        "outcome_score",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.String(length=40), nullable=False),
        sa.Column("source_version", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("referral_id", sa.String(), nullable=False),
        sa.Column("tool", sa.String(length=20), nullable=False),
        sa.Column("tool_code", sa.String(length=20), nullable=False),
        sa.Column("total", sa.Float(), nullable=False),
        sa.Column("band", sa.String(length=30), nullable=True),
        sa.Column("completed_at", Instant(), nullable=False),
        sa.Column("items", sa.String(length=1000), nullable=True),
        sa.CheckConstraint("total >= 0", name="total_is_not_negative"),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["referral_id"],
            ["referral.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "source_id"),
    )
    op.create_index("ix_outcome_score_person_id", "outcome_score", ["person_id"], unique=False)
    op.create_index("ix_outcome_score_referral_id", "outcome_score", ["referral_id"], unique=False)

    op.create_table(
        "progress_summary",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.String(length=40), nullable=False),
        sa.Column("source_version", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("referral_id", sa.String(), nullable=False),
        sa.Column("written_on", sa.Date(), nullable=False),
        sa.Column("engagement", sa.String(length=2000), nullable=False),
        sa.Column("goals", sa.String(length=2000), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["referral_id"],
            ["referral.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "source_id"),
    )
    op.create_index("ix_progress_summary_person_id", "progress_summary", ["person_id"], unique=False)
    op.create_index("ix_progress_summary_referral_id", "progress_summary", ["referral_id"], unique=False)

    op.create_table(
        "requirement",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.String(length=40), nullable=False),
        sa.Column("source_version", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("supervision_id", sa.String(), nullable=False),
        sa.Column("requirement_type", sa.String(length=30), nullable=False),
        sa.Column("source_code", sa.String(length=20), nullable=True),
        sa.Column("start_date", sa.Date(), nullable=False),
        sa.Column("end_date", sa.Date(), nullable=True),
        sa.Column("terminated_on", sa.Date(), nullable=True),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("practitioner", sa.String(length=200), nullable=True),
        sa.CheckConstraint(
            "requirement_type IN ('mental-health-treatment', 'alcohol-treatment', 'drug-rehabilitation', 'rehabilitation-activity', 'unpaid-work', 'accredited-programme', 'curfew', 'exclusion', 'residence')",
            name="requirement_type_is_known",
        ),
        sa.CheckConstraint("days IS NULL OR days > 0", name="days_are_positive"),
        sa.CheckConstraint("end_date IS NULL OR end_date >= start_date", name="end_date_not_before_start_date"),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["supervision_id"],
            ["supervision.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "source_id"),
    )
    op.create_index("ix_requirement_person_id", "requirement", ["person_id"], unique=False)
    op.create_index("ix_requirement_supervision_id", "requirement", ["supervision_id"], unique=False)

    op.create_table(
        "safety_alert",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.String(length=40), nullable=False),
        sa.Column("source_version", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("referral_id", sa.String(), nullable=False),
        sa.Column("summary", sa.String(length=2000), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("urgency", sa.String(length=10), nullable=False),
        sa.Column("recipient", sa.String(length=60), nullable=False),
        sa.Column("released_by", sa.String(length=60), nullable=False),
        sa.Column("released_at", Instant(), nullable=False),
        sa.Column("acknowledged_by", sa.String(length=60), nullable=True),
        sa.Column("acknowledged_at", Instant(), nullable=True),
        sa.CheckConstraint("urgency IN ('routine', 'urgent', 'immediate')", name="urgency_is_known"),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["referral_id"],
            ["referral.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "source_id"),
    )
    op.create_index("ix_safety_alert_person_id", "safety_alert", ["person_id"], unique=False)
    op.create_index("ix_safety_alert_referral_id", "safety_alert", ["referral_id"], unique=False)

    op.create_table(
        "safety_record",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.String(length=40), nullable=False),
        sa.Column("source_version", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("referral_id", sa.String(), nullable=False),
        sa.Column("author", sa.String(length=60), nullable=False),
        sa.Column("written_at", Instant(), nullable=False),
        sa.Column("risk_to_self", sa.String(), nullable=True),
        sa.Column("risk_to_others", sa.String(), nullable=True),
        sa.Column("plan", sa.String(), nullable=True),
        sa.Column("third_party", sa.Boolean(), nullable=False),
        sa.Column("serious_harm", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["referral_id"],
            ["referral.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "source_id"),
    )
    op.create_index("ix_safety_record_person_id", "safety_record", ["person_id"], unique=False)
    op.create_index("ix_safety_record_referral_id", "safety_record", ["referral_id"], unique=False)

    op.create_table(
        "session_note",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.String(length=40), nullable=False),
        sa.Column("source_version", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("referral_id", sa.String(), nullable=False),
        sa.Column("author", sa.String(length=60), nullable=False),
        sa.Column("written_at", Instant(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("third_party", sa.Boolean(), nullable=False),
        sa.Column("serious_harm", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["referral_id"],
            ["referral.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "source_id"),
    )
    op.create_index("ix_session_note_person_id", "session_note", ["person_id"], unique=False)
    op.create_index("ix_session_note_referral_id", "session_note", ["referral_id"], unique=False)

    op.create_table(
        "training",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("staff_id", sa.String(), nullable=False),
        sa.Column("course", sa.String(length=30), nullable=False),
        sa.Column("completed_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.CheckConstraint(
            "course IN ('information-sharing', 'criminal-justice-data', 'mental-health-awareness')",
            name="course_is_known",
        ),
        sa.CheckConstraint(
            "expires_on IS NULL OR expires_on >= completed_on", name="expires_on_not_before_completed_on"
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_training_staff_id", "training", ["staff_id"], unique=False)

    op.create_table(
        "care_activity",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.String(length=40), nullable=False),
        sa.Column("source_version", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("referral_id", sa.String(), nullable=False),
        sa.Column("appointment_id", sa.String(), nullable=False),
        sa.Column("procedure_code", sa.String(length=20), nullable=True),
        sa.Column("practitioner", sa.String(length=60), nullable=True),
        sa.Column("psychotropic_medication", sa.String(length=2), nullable=True),
        sa.ForeignKeyConstraint(
            ["appointment_id"],
            ["appointment.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["referral_id"],
            ["referral.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "source_id"),
    )
    op.create_index("ix_care_activity_appointment_id", "care_activity", ["appointment_id"], unique=False)
    op.create_index("ix_care_activity_person_id", "care_activity", ["person_id"], unique=False)
    op.create_index("ix_care_activity_referral_id", "care_activity", ["referral_id"], unique=False)
    op.create_index("ix_person_family_name", "person", [sa.text("lower(family_name)")])
    for table in (
        "access_limit",
        "access_limit_name",
        "allocation",
        "authorisation",
        "client",
        "consent",
        "consent_recipient",
        "emergency_grant",
        "objection",
        "referral",
        "requirement",
        "staff",
        "subject_request",
        "supervision",
        "training",
    ):
        for statement in keep_past(table, op.get_context().dialect.name):
            op.execute(statement)


def downgrade() -> None:
    """Refused: a downgrade would destroy records and their past."""
    raise RuntimeError("there is no way back from 0001: restore a backup instead")
