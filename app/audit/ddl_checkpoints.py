"""The tables of checkpoints, cosignatures and recoveries in both databases' own words: they only grow, as the log does.

What migration 0014 creates; a later change is a later migration.
"""

from app.audit.ddl import ERASURE_ROLE, SERVICE_ROLE, if_role, refuse

CHECKPOINT_TABLES = ("log_checkpoint", "log_cosignature", "log_recovery")
_KEYS = {
    "log_checkpoint": ("origin", "size"),
    "log_cosignature": ("origin", "size", "witness", "key_id"),
    "log_recovery": ("from_size",),
}


def create_checkpoints(dialect: str, role: str = SERVICE_ROLE) -> list[str]:
    """Statements, one each, that make the empty tables; on PostgreSQL also the rights of the service and the eraser."""
    tables = _tables(dialect)
    if dialect == "sqlite":
        return [*tables, *_sqlite_triggers()]
    everything = ", ".join(CHECKPOINT_TABLES)
    return [
        *tables,
        *_postgres_triggers(),
        f"REVOKE ALL ON {everything} FROM PUBLIC",
        if_role(role, f"GRANT SELECT, INSERT ON {everything} TO {role}"),
        if_role(ERASURE_ROLE, f"GRANT SELECT ON {everything} TO {ERASURE_ROLE}"),
    ]


def _tables(dialect: str) -> list[str]:
    sqlite = dialect == "sqlite"
    blob, number, end = ("BLOB", "INTEGER", " STRICT") if sqlite else ("bytea", "bigint", "")
    key = {table: f"PRIMARY KEY ({', '.join(columns)})" for table, columns in _KEYS.items()}
    return [
        f"CREATE TABLE log_checkpoint (origin TEXT NOT NULL, size {number} NOT NULL CHECK (size >= 0), "
        f"root {blob} NOT NULL CHECK (length(root) = 32), made_at TEXT NOT NULL, note TEXT NOT NULL, "
        f"{key['log_checkpoint']}){end}",
        f"CREATE TABLE log_cosignature (origin TEXT NOT NULL, size {number} NOT NULL, witness TEXT NOT NULL, "
        f"key_id TEXT NOT NULL CHECK (length(key_id) = 8), line TEXT NOT NULL, cosigned_at {number} NOT NULL, "
        f"{key['log_cosignature']}, FOREIGN KEY (origin, size) REFERENCES log_checkpoint (origin, size)){end}",
        f"CREATE TABLE log_recovery (from_size {number} NOT NULL CHECK (from_size > 0), origin TEXT NOT NULL UNIQUE, "
        f"old_origin TEXT NOT NULL, old_size {number} NOT NULL, event_id TEXT NOT NULL, {key['log_recovery']}){end}",
        "CREATE INDEX log_cosignature_witness ON log_cosignature (origin, witness, key_id, size)",
    ]


def _sqlite_triggers() -> list[str]:
    statements = []
    for table, columns in _KEYS.items():
        same = " AND ".join(f"{column} = NEW.{column}" for column in columns)
        same += " OR origin = NEW.origin" if table == "log_recovery" else ""
        there = f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) "  # noqa: S608  # constants of this module
        statements += [
            refuse(f"{table}_no_update", "UPDATE", table),
            refuse(f"{table}_no_delete", "DELETE", table),
            refuse(f"{table}_no_replace", "INSERT", table, there),
        ]
    return statements


def _postgres_triggers() -> list[str]:
    statements = []
    for table in CHECKPOINT_TABLES:
        statements += [
            f"CREATE TRIGGER {table}_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION log_only_grows()",
            f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_only_grows",
        ]
    return statements
