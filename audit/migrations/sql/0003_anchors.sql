-- Where checkpoints are kept in other hands, and what the sealer would not sign. Addresses are no business of the database: they may
-- hold secrets, and only the sealer is told.

-- One row per anchor that was ever configured. `every_s` is how long a checkpoint may wait for it by design.
CREATE TABLE audit_anchor (
    name text PRIMARY KEY CONSTRAINT audit_anchor_has_a_name CHECK (name <> ''),
    kind text NOT NULL CONSTRAINT audit_anchor_kind_is_known CHECK (kind IN ('file', 'mail', 'http')),
    every_s integer NOT NULL CONSTRAINT audit_anchor_has_its_pace CHECK (every_s >= 0),
    active boolean NOT NULL,
    active_since timestamptz NOT NULL DEFAULT clock_timestamp(),
    attempts integer NOT NULL DEFAULT 0,
    next_try_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_error text NOT NULL DEFAULT ''
);

-- What an anchor took. Absence of a row says nothing: what was delivered just before a crash is delivered again.
CREATE TABLE audit_anchor_delivery (
    anchor text NOT NULL REFERENCES audit_anchor,
    sequence bigint NOT NULL REFERENCES audit_checkpoint,
    delivered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    receipt text NOT NULL DEFAULT '',
    PRIMARY KEY (anchor, sequence)
);

-- Why the sealer stands still. A refusal lasts until a later checkpoint.
CREATE TABLE audit_seal_refusal (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    reason text NOT NULL CONSTRAINT audit_seal_refusal_has_a_reason CHECK (reason <> '')
);

SELECT audit_guard_table('audit_anchor', true), audit_guard_table('audit_anchor_delivery'), audit_guard_table('audit_seal_refusal');
