"""Which months of PostgreSQL's log left the database for files: a table that only grows, written by the log's owner.

What migration 0018 creates; a later change is a later migration.
"""

from app.audit.ddl import ERASURE_ROLE, SERVICE_ROLE, if_role

ARCHIVES = "log_archive"


def create_archives(role: str = SERVICE_ROLE) -> list[str]:
    """Statements that make the empty table; the service and the eraser may read it, and nobody else writes it."""
    return [
        f"CREATE TABLE {ARCHIVES} (month TEXT PRIMARY KEY, ends TEXT NOT NULL, "
        "first_seq bigint NOT NULL CHECK (first_seq >= 0), stop_seq bigint NOT NULL CHECK (stop_seq >= first_seq), "
        "sha256 bytea NOT NULL CHECK (length(sha256) = 32), file TEXT NOT NULL)",
        f"CREATE TRIGGER {ARCHIVES}_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON {ARCHIVES} "
        "FOR EACH STATEMENT EXECUTE FUNCTION log_only_grows()",
        f"ALTER TABLE {ARCHIVES} ENABLE ALWAYS TRIGGER {ARCHIVES}_only_grows",
        f"REVOKE ALL ON {ARCHIVES} FROM PUBLIC",
        *(if_role(each, f"GRANT SELECT ON {ARCHIVES} TO {each}") for each in (role, ERASURE_ROLE)),
    ]
