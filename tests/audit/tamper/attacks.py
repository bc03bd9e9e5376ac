"""What was done, in SQL. Each attack is tried as application, owner and superuser; where the guards refuse it, it is tried again
by those who can take them off and put them back."""

from dataclasses import dataclass

from tests.audit.tamper.scene import THIS_MONTH

# The SQLSTATEs of a refusal: no privilege; a guard; a constraint or a check of ours.
DENIED, GUARDED, CONSTRAINED = "42501", "55000", "23"
# A session that asks for ordinary triggers not to fire.
REPLICA = "SET LOCAL session_replication_role = replica"


@dataclass(frozen=True, slots=True)
class Attack:
    """`found`: what the offline verifier says of an export made afterwards, with the anchored checkpoints at hand.

    `guards`: the SQLSTATE with which owner and superuser are refused at first; empty where nothing in a database could.
    """

    name: str
    statements: tuple[str, ...]
    found: frozenset[str]
    guards: str = GUARDED


def _attack(name: str, *statements: str, found: str, guards: str = GUARDED) -> Attack:
    return Attack(name, statements, frozenset(found.split()), guards)


def _event(index: int) -> str:
    return f"(recorded_at, id) = (SELECT recorded_at, event_id FROM audit_leaf WHERE index = {index})"


def _exchange(*columns: str) -> str:
    """Two events of different people trade what they say in these columns."""
    swapped = ", ".join(f"{column} = other.{column}" for column in columns)
    return (
        f"UPDATE audit_event SET {swapped} FROM audit_event other, audit_leaf one, audit_leaf two"
        " WHERE (one.index, two.index) IN ((6, 14), (14, 6)) AND (audit_event.recorded_at, audit_event.id)"
        " = (one.recorded_at, one.event_id) AND (other.recorded_at, other.id) = (two.recorded_at, two.event_id)"
    )


EVENTS = (
    _attack("one event deleted", f"DELETE FROM audit_event WHERE {_event(7)}", found="root"),
    _attack("the newest event deleted", f"DELETE FROM audit_event WHERE {_event(291)}", found="cut"),
    _attack("all events of a person deleted", "DELETE FROM audit_event WHERE actor_id = 'maker'", found="root cut"),
    _attack("all events deleted", "DELETE FROM audit_event", found="cut"),
    _attack(
        "the table emptied",
        "DO $$ DECLARE month regclass; BEGIN FOR month IN SELECT relid FROM pg_partition_tree('audit_event') WHERE isleaf LOOP"
        " EXECUTE format('ALTER TABLE %s DISABLE TRIGGER refuse_truncate', month); END LOOP; END $$",
        "TRUNCATE audit_event",
        found="cut",
    ),
    _attack("the month emptied", f"DO $$ BEGIN EXECUTE 'TRUNCATE ' || {THIS_MONTH}; END $$", found="cut"),
    _attack("actors of two events exchanged", _exchange("actor_id", "person_id"), found="root"),
    _attack("conversations of two events exchanged", _exchange("correlation_id"), found="root"),
    _attack("what two events tell exchanged", _exchange("resource_id", "reason", "diff", "metadata"), found="root"),
    _attack(
        "two events merged into one",
        f"UPDATE audit_event SET metadata = jsonb_build_array(metadata, metadata) WHERE {_event(6)}",
        f"DELETE FROM audit_event WHERE {_event(7)}",
        found="root cut",
    ),
    _attack(
        "moved to the next month",
        f"UPDATE audit_event SET recorded_at = recorded_at + interval '1 month' WHERE {_event(7)}",
        found="root",
    ),
    _attack("an amount with other zeros", f"UPDATE audit_event SET metadata = '{{\"n\": 1.0}}' WHERE {_event(7)}", found="root"),
    _attack(
        "a word of JSON", f"UPDATE audit_event SET diff = jsonb_set(diff, '{{limit,0}}', '\"9\"') WHERE {_event(7)}", found="root"
    ),
    _attack(
        "text moved into the next column",
        f"UPDATE audit_event SET request_id = left(resource_type, 2), resource_type = substr(resource_type, 3) WHERE {_event(7)}",
        found="root",
    ),
    _attack(
        "a tab made a backslash and a t",
        f"UPDATE audit_event SET reason = replace(reason, E'\\t', '\\t') WHERE {_event(7)}",
        found="root",
    ),
    _attack("an empty text made a null sign", f"UPDATE audit_event SET status_text = '\\N' WHERE {_event(7)}", found="root"),
    _attack(
        "letters composed otherwise",
        f"UPDATE audit_event SET metadata = normalize(metadata::text, NFD)::jsonb WHERE {_event(7)}",
        found="root",
    ),
    _attack("every reason taken away", "UPDATE audit_event SET reason = ''", found="root"),
    _attack(
        "the end cut off, seals included",
        "DELETE FROM audit_event e USING audit_leaf l WHERE (e.recorded_at, e.id) = (l.recorded_at, l.event_id) AND l.index >= 22",
        "DELETE FROM audit_leaf WHERE index >= 22",
        "DELETE FROM audit_node",
        "DELETE FROM audit_checkpoint WHERE size > 22",
        found="rollback",
    ),
    _attack(
        "everything since the beginning cut off",
        "DELETE FROM audit_event",
        "DELETE FROM audit_leaf",
        "DELETE FROM audit_node",
        "DELETE FROM audit_checkpoint WHERE size > 0",
        found="rollback",
    ),
)

_SWAP = (
    "CREATE TEMP TABLE swapped AS SELECT * FROM audit_leaf WHERE index IN (6, 8)",
    "DELETE FROM audit_leaf WHERE index IN (6, 8)",
    "INSERT INTO audit_leaf SELECT 14 - index, recorded_at, event_id, hash FROM swapped",
    "DROP TABLE swapped",
)

SEALS = (
    _attack("two leaves exchanged", *_SWAP, found="order root"),
    _attack("a leaf deleted", "DELETE FROM audit_leaf WHERE index = 7", found="root cut"),
    _attack("the last leaf deleted", "DELETE FROM audit_leaf WHERE index = 291", found="cut"),
    _attack("all leaves deleted", "DELETE FROM audit_leaf", found="cut"),
    _attack("the leaves emptied", "TRUNCATE audit_leaf", found="cut"),
    _attack("a leaf numbered otherwise", "UPDATE audit_leaf SET index = 1000 WHERE index = 7", found="root cut"),
    _attack(
        "a leaf that names another event",
        "UPDATE audit_leaf SET (recorded_at, event_id) = (recorded_at, gen_random_uuid()) WHERE index = 7",
        found="root cut",
    ),
    _attack("a checkpoint deleted", "DELETE FROM audit_checkpoint WHERE sequence = 15", found="removed"),
    _attack("an hour of checkpoints deleted", "DELETE FROM audit_checkpoint WHERE sequence BETWEEN 7 AND 18", found="removed"),
    _attack("the checkpoints of an event deleted", "DELETE FROM audit_checkpoint WHERE size = 22", found="removed"),
    _attack("all checkpoints deleted", "DELETE FROM audit_checkpoint", found="nothing to export"),
    _attack(
        "the root of a checkpoint edited",
        "UPDATE audit_checkpoint SET root = sha256('x'), note = origin || E'\\n' || size || E'\\n' || encode(sha256('x'), 'base64')"
        " || substr(note, strpos(note, E'\\n\\n')) WHERE size = 22",
        found="note removed",
    ),
    _attack(
        "the size of a checkpoint edited",
        "UPDATE audit_checkpoint SET size = 21, note = replace(note, E'\\n22\\n', E'\\n21\\n') WHERE size = 22",
        found="note removed",
    ),
    _attack(
        "the name of the log edited",
        "UPDATE audit_checkpoint SET origin = 'x', note = 'x' || substr(note, strpos(note, E'\\n')) WHERE sequence = 15",
        found="removed",
    ),
    _attack(
        "the signed time of a checkpoint moved",
        "UPDATE audit_checkpoint SET note = overlay(note PLACING 'AAAA' FROM length(note) - 90) WHERE sequence = 15",
        found="note removed",
    ),
    _attack(
        "a checkpoint shown again as a later one",
        "UPDATE audit_checkpoint c SET size = o.size, root = o.root, note = o.note FROM audit_checkpoint o"
        " WHERE c.sequence = 15 AND o.sequence = 5",
        found="backward removed",
    ),
    _attack(
        "a checkpoint without signatures",
        "UPDATE audit_checkpoint SET note = substr(note, 1, strpos(note, E'\\n\\n') + 1) WHERE sequence = 15",
        found="note removed",
    ),
    _attack(
        "a second checkpoint of one size, not signed",
        "INSERT INTO audit_checkpoint SELECT sequence + 1, origin, size, sha256('x'), signed_at, origin || E'\\n' || size || E'\\n'"
        " || encode(sha256('x'), 'base64') || substr(note, strpos(note, E'\\n\\n')), horizon_epoch, horizon_txid, cut_recorded_at,"
        " cut_event_id, recorded_at FROM audit_checkpoint ORDER BY sequence DESC LIMIT 1",
        found="note",
        guards=CONSTRAINED,
    ),
)

_DOCTORED = "SELECT id, recorded_at, txid, cluster_epoch, db_user, schema_version, type, outcome, actor_type, 'nobody' AS actor_id"
_REST = (
    ", person_id, credential_id, on_behalf_of, correlation_id, causation_id, request_id, resource_type, resource_id,"
    " transaction_id, occurred_at, reason, diff, metadata, status_text FROM audit_event"
)

# What no guard can refuse to whoever owns the tables.
DEFINITIONS = (
    _attack("the month dropped", f"DO $$ BEGIN EXECUTE 'DROP TABLE ' || {THIS_MONTH}; END $$", found="cut", guards=""),
    _attack(
        "the month detached",
        f"DO $$ BEGIN EXECUTE 'ALTER TABLE audit_event DETACH PARTITION ' || {THIS_MONTH}; END $$",
        found="cut",
        guards="",
    ),
    _attack(
        "the month detached, edited and attached again",
        f"DO $$ DECLARE month text := {THIS_MONTH}; bounds text; BEGIN"
        " SELECT pg_get_expr(relpartbound, oid) INTO bounds FROM pg_class WHERE oid = month::regclass;"
        " EXECUTE 'ALTER TABLE audit_event DETACH PARTITION ' || month;"
        " EXECUTE 'DROP TRIGGER IF EXISTS refuse_change ON ' || month;"
        " EXECUTE 'UPDATE ' || month || ' SET actor_id = ''nobody''';"
        " EXECUTE 'ALTER TABLE audit_event ATTACH PARTITION ' || month || ' ' || bounds; END $$",
        found="root",
        guards="",
    ),
    _attack("the table dropped", "DROP TABLE audit_event CASCADE", found="nothing to export", guards=""),
    _attack("the leaves dropped", "DROP TABLE audit_leaf", found="nothing to export", guards=""),
    _attack(
        "a view in place of the table",
        "ALTER TABLE audit_event RENAME TO audit_event_kept",
        f"CREATE VIEW audit_event AS {_DOCTORED}{_REST}_kept",
        found="root",
        guards="",
    ),
    _attack(
        "another schema in front",
        "CREATE SCHEMA in_front",
        f"CREATE TABLE in_front.audit_event AS {_DOCTORED}{_REST}",
        "SET search_path = in_front, public",
        found="root",
        guards="",
    ),
    _attack(
        "the names of two columns exchanged",
        "ALTER TABLE audit_event RENAME actor_id TO was_actor",
        "ALTER TABLE audit_event RENAME correlation_id TO actor_id",
        "ALTER TABLE audit_event RENAME was_actor TO correlation_id",
        found="root",
        guards="",
    ),
    _attack(
        "a column of another type",
        "DROP VIEW audit_trail",
        "ALTER TABLE audit_event ALTER COLUMN reason TYPE varchar(5) USING left(reason, 5)",
        found="root",
        guards="",
    ),
    _attack(
        "a guard dropped, an event edited",
        "DROP TRIGGER refuse_change ON audit_event",
        f"UPDATE audit_event SET actor_id = 'nobody' WHERE {_event(7)}",
        found="root",
        guards="",
    ),
    _attack(
        "a guard replaced by one that lets pass",
        "CREATE OR REPLACE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        f"UPDATE audit_event SET actor_id = 'nobody' WHERE {_event(7)}",
        found="root",
        guards="",
    ),
    _attack(
        "a rule that rewrites the edit",
        "CREATE RULE quietly AS ON UPDATE TO audit_event DO INSTEAD NOTHING",
        "ALTER TABLE audit_event DISABLE TRIGGER refuse_change",
        "DROP RULE quietly ON audit_event",
        f"UPDATE audit_event SET actor_id = 'nobody' WHERE {_event(7)}",
        "ALTER TABLE audit_event ENABLE ALWAYS TRIGGER refuse_change",
        found="root",
        guards="",
    ),
)
