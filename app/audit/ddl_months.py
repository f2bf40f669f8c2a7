"""PostgreSQL's months of the log: `log_entry` in partitions by the month of recording, made ahead of time.

What migration 0017 does; a later change is a later migration. What an entry's partition has, it has of its own:
a trigger for statements does not fire on the parent when a partition is named.
"""

from app.audit.ddl import ERASURE_ROLE, SERVICE_ROLE, if_role

MAKE_MONTHS = "log_make_months"
_OLD_INDEXES = ("event_id", "staff", "request_id")
_MAKE = (
    "DECLARE month text; part text; made integer := 0; BEGIN "
    "IF wanted IS NULL OR wanted !~ '^[0-9]{4}-(0[1-9]|1[0-2])$' "
    "OR wanted > to_char(clock_timestamp() AT TIME ZONE 'UTC' + interval '5 years', 'YYYY-MM') THEN "
    "RAISE EXCEPTION 'months of the log are made for five years ahead at most' "
    "USING ERRCODE = 'invalid_parameter_value'; END IF; "
    "PERFORM pg_advisory_xact_lock(hashtext('openmind months of the log')); LOOP "
    "SELECT max(substring(pg_get_expr(c.relpartbound, c.oid) FROM $p$TO \\('([0-9]{4}-[0-9]{2})'\\)$p$)) INTO month "
    "FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'log_entry'::regclass; "
    "EXIT WHEN month IS NULL OR month > wanted; part := 'log_entry_' || replace(month, '-', '_'); "
    "EXECUTE format('CREATE TABLE %I (LIKE log_entry INCLUDING ALL)', part); "
    "EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I PRIMARY KEY (seq)', part, part || '_pkey'); "
    "EXECUTE format('CREATE UNIQUE INDEX %I ON %I (event_id)', part || '_event_id', part); "
    "EXECUTE format('CREATE INDEX %I ON %I (staff, seq)', part || '_staff', part); "
    "EXECUTE format('CREATE INDEX %I ON %I (request_id, seq)', part || '_request_id', part); "
    "EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE OR TRUNCATE ON %I "
    "FOR EACH STATEMENT EXECUTE FUNCTION log_only_grows()', part || '_only_grows', part); "
    "EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', part, part || '_only_grows'); "
    "EXECUTE format('REVOKE ALL ON %I FROM PUBLIC', part); "
    "EXECUTE format('ALTER TABLE log_entry ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', part, month, "
    "to_char(to_date(month, 'YYYY-MM') + interval '1 month', 'YYYY-MM')); "
    "EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER log_entry_from_body', part); "
    "made := made + 1; END LOOP; RETURN made; END"
)
_ERASURE = (
    "CREATE OR REPLACE FUNCTION log_subject_only_by_law() RETURNS trigger LANGUAGE plpgsql AS $$ "
    "DECLARE month text; said json; BEGIN "
    "EXECUTE format('SELECT left(recorded_at, 7) FROM %I.log_head', TG_TABLE_SCHEMA) INTO month; "
    "EXECUTE format('SELECT body::json FROM %I.log_entry WHERE recorded_at >= %L ORDER BY seq DESC LIMIT 1', "
    "TG_TABLE_SCHEMA, month) INTO said; "
    "IF current_user = 'openmind_erasure' AND said ->> 'type' = 'erase' AND EXISTS (SELECT FROM "
    "json_array_elements_text(said -> 'details' -> 'targets') AS target WHERE target = OLD.seq::text) "
    "THEN RETURN OLD; END IF; "
    "RAISE EXCEPTION 'the log only grows' USING ERRCODE = 'restrict_violation'; END $$"
)
"""As it was, but looking for the newest entry in the head's month and later, and not in every month that there is."""


def by_month(month: str, following: str, schema: str, role: str = SERVICE_ROLE) -> list[str]:
    """Statements by which the log as it is becomes the partition of all until `following` ("2026-12"), without a copy.

    `month` names it, the last one that it holds. What is to be recorded from `following` on needs further partitions.
    """
    first = f"log_entry_{month.replace('-', '_')}"
    return [
        "ALTER TABLE log_subject DROP CONSTRAINT log_subject_seq_fkey",  # a part's entry can stand in any month
        'ALTER TABLE log_entry ALTER COLUMN recorded_at TYPE text COLLATE "C"',
        "DROP TRIGGER log_entry_from_body ON log_entry",
        f"ALTER TABLE log_entry RENAME TO {first}",
        f"ALTER INDEX log_entry_pkey RENAME TO {first}_pkey",
        *(f"ALTER INDEX log_entry_{name} RENAME TO {first}_{name}" for name in _OLD_INDEXES),
        f"ALTER TRIGGER log_entry_only_grows ON {first} RENAME TO {first}_only_grows",
        f"CREATE TABLE log_entry (LIKE {first} INCLUDING ALL EXCLUDING INDEXES) PARTITION BY RANGE (recorded_at)",
        *_parent_triggers(),
        f"ALTER TABLE log_entry ATTACH PARTITION {first} FOR VALUES FROM (MINVALUE) TO ('{following}')",
        f"ALTER TABLE {first} ENABLE ALWAYS TRIGGER log_entry_from_body",
        f"CREATE FUNCTION {MAKE_MONTHS}(wanted text) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER "
        f'SET search_path = "{schema}", pg_temp AS $$ {_MAKE} $$',
        _ERASURE,
        *_rights(first, role),
    ]


def _parent_triggers() -> list[str]:
    return [
        "CREATE TRIGGER log_entry_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON log_entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION log_only_grows()",
        "ALTER TABLE log_entry ENABLE ALWAYS TRIGGER log_entry_only_grows",
        "CREATE TRIGGER log_entry_from_body BEFORE INSERT ON log_entry "
        "FOR EACH ROW EXECUTE FUNCTION log_entry_from_body()",
        "ALTER TABLE log_entry ENABLE ALWAYS TRIGGER log_entry_from_body",
    ]


def _rights(first: str, role: str) -> list[str]:
    """The service works through the parent alone, and can have further months made, which it never owns."""
    either = (role, ERASURE_ROLE)
    return [
        "REVOKE ALL ON log_entry FROM PUBLIC",
        f"REVOKE ALL ON FUNCTION {MAKE_MONTHS}(text) FROM PUBLIC",
        *(if_role(each, f"REVOKE ALL ON {first} FROM {each}") for each in either),
        *(if_role(each, f"GRANT SELECT, INSERT ON log_entry TO {each}") for each in either),
        *(if_role(each, f"GRANT EXECUTE ON FUNCTION {MAKE_MONTHS}(text) TO {each}") for each in either),
    ]


_COMPRESS = (
    "DO $$ DECLARE part regclass; BEGIN "
    "IF EXISTS (SELECT FROM pg_settings WHERE name = 'default_toast_compression' AND '{0}' = ANY (enumvals)) THEN "
    "FOR part IN SELECT 'log_entry'::regclass UNION ALL "
    "SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'log_entry'::regclass LOOP "
    "EXECUTE format('ALTER TABLE %s ALTER COLUMN body SET COMPRESSION {0}', part); END LOOP; END IF; END $$"
)


def compress_bodies(method: str) -> str:
    """The statement by which bodies are compressed by a method from now on, in every month, where the server has it.

    An entry with its query columns is just long enough to be compressed, for which PostgreSQL's own `pglz` takes as
    long as a third of all that an entry takes the server.
    """
    return _COMPRESS.format(method)
