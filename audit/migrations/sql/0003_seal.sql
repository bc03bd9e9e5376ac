-- The seal: one Merkle tree (RFC 9162) over the audit trail, grown by the sealer alone, and what it signed about it.
-- What a guard cannot see is wrong with these rows (a hash that is not the hash of its event), verify_audit and the offline verifier do.

-- One leaf per sealed event, numbered without a gap. It names its event but does not refer to it: a leaf outlives an archived event.
CREATE TABLE audit_leaf (
    index bigint PRIMARY KEY CONSTRAINT audit_leaf_counts_from_zero CHECK (index >= 0),
    recorded_at timestamptz NOT NULL,
    event_id uuid NOT NULL,
    hash bytea NOT NULL CONSTRAINT audit_leaf_is_a_sha256 CHECK (octet_length(hash) = 32),
    CONSTRAINT audit_leaf_seals_an_event_once UNIQUE (recorded_at, event_id)
);

-- Roots of complete subtrees: level 8 stands above 256 leaves, level 16 above 65,536.
CREATE TABLE audit_node (
    level smallint NOT NULL CONSTRAINT audit_node_level_is_kept CHECK (level > 0 AND level % 8 = 0),
    index bigint NOT NULL CONSTRAINT audit_node_counts_from_zero CHECK (index >= 0),
    hash bytea NOT NULL CONSTRAINT audit_node_is_a_sha256 CHECK (octet_length(hash) = 32),
    PRIMARY KEY (level, index)
);

-- What was signed. Every event whose (cluster epoch, transaction id) lies below the horizon is in the tree; where a batch ended in
-- the middle of a transaction, `cut_*` names its last event: those of the horizon's own transaction up to there are in, too.
CREATE TABLE audit_checkpoint (
    sequence bigint PRIMARY KEY CONSTRAINT audit_checkpoint_counts_from_one CHECK (sequence > 0),
    origin text NOT NULL,
    size bigint NOT NULL CONSTRAINT audit_checkpoint_size_is_a_count CHECK (size >= 0),
    root bytea NOT NULL CONSTRAINT audit_checkpoint_root_is_a_sha256 CHECK (octet_length(root) = 32),
    signed_at timestamptz NOT NULL,
    note text NOT NULL,
    horizon_epoch integer NOT NULL,
    horizon_txid bigint NOT NULL,
    cut_recorded_at timestamptz,
    cut_event_id uuid,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT audit_checkpoint_says_what_its_note_says CHECK (
        starts_with(note, origin || E'\n' || size || E'\n' || encode(root, 'base64') || E'\n\n')),
    CONSTRAINT audit_checkpoint_cut_is_whole CHECK ((cut_recorded_at IS NULL) = (cut_event_id IS NULL))
);
CREATE INDEX audit_checkpoint_by_size ON audit_checkpoint (size, sequence);

CREATE FUNCTION audit_check_new_leaves() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    lowest bigint;
    highest bigint;
    many bigint;
BEGIN
    SELECT min(index), max(index), count(*) INTO lowest, highest, many FROM new_rows;
    IF many = 0 THEN
        RETURN NULL;
    END IF;
    -- The primary key keeps them apart, so a span as wide as their number has no gap.
    IF highest - lowest + 1 <> many
       OR (lowest > 0 AND NOT EXISTS (SELECT FROM audit_leaf WHERE index = lowest - 1))
       OR EXISTS (SELECT FROM audit_leaf WHERE index > highest) THEN
        RAISE EXCEPTION 'leaves % to % do not follow the last one', lowest, highest USING ERRCODE = '23514';
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION audit_check_new_nodes() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    wrong record;
BEGIN
    SELECT fresh.level INTO wrong
      FROM (SELECT level, min(index) AS lowest, max(index) AS highest, count(*) AS many FROM new_rows GROUP BY level) AS fresh
     WHERE highest - lowest + 1 <> many
        OR (lowest > 0 AND NOT EXISTS (SELECT FROM audit_node n WHERE n.level = fresh.level AND n.index = lowest - 1))
        OR EXISTS (SELECT FROM audit_node n WHERE n.level = fresh.level AND n.index > highest)
        OR NOT EXISTS (SELECT FROM audit_leaf WHERE index = ((highest + 1) << fresh.level::integer) - 1)
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'nodes of level % do not follow the last one', wrong.level USING ERRCODE = '23514';
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION audit_check_new_checkpoint() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    newest audit_checkpoint;
BEGIN
    SELECT * INTO newest FROM audit_checkpoint ORDER BY sequence DESC LIMIT 1;
    NEW.recorded_at := clock_timestamp();
    IF NEW.sequence <> coalesce(newest.sequence, 0) + 1
       OR NEW.size <> (SELECT coalesce(max(index), -1) + 1 FROM audit_leaf)
       OR NEW.size < newest.size
       OR (NEW.size = newest.size AND NEW.root <> newest.root)
       OR NEW.signed_at < newest.signed_at
       OR (NEW.horizon_epoch, NEW.horizon_txid) < (newest.horizon_epoch, newest.horizon_txid) THEN
        RAISE EXCEPTION 'checkpoint % of size % does not follow checkpoint % of size %',
            NEW.sequence, NEW.size, newest.sequence, newest.size USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER check_new_leaves AFTER INSERT ON audit_leaf
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_check_new_leaves();
CREATE TRIGGER check_new_nodes AFTER INSERT ON audit_node
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_check_new_nodes();
CREATE TRIGGER check_new_checkpoint BEFORE INSERT ON audit_checkpoint FOR EACH ROW EXECUTE FUNCTION audit_check_new_checkpoint();
ALTER TABLE audit_leaf ENABLE ALWAYS TRIGGER check_new_leaves;
ALTER TABLE audit_node ENABLE ALWAYS TRIGGER check_new_nodes;
ALTER TABLE audit_checkpoint ENABLE ALWAYS TRIGGER check_new_checkpoint;
SELECT audit_guard_table('audit_leaf'), audit_guard_table('audit_node'), audit_guard_table('audit_checkpoint');

REVOKE EXECUTE ON FUNCTION audit_check_new_leaves(), audit_check_new_nodes(), audit_check_new_checkpoint() FROM PUBLIC;
