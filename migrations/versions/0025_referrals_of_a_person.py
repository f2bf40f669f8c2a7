"""Whether a person has a referral to a service is looked up by both: by the service alone it is one of everybody's."""

from collections.abc import Sequence

from alembic import op

revision: str = "0025"
down_revision: str | None = "0024"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """The index."""
    op.create_index("ix_referral_person_service", "referral", ["person_id", "service_id"])


def downgrade() -> None:
    """Without it."""
    op.drop_index("ix_referral_person_service", "referral")
