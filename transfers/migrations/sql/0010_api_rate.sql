-- One row per thing that has a rate: when its bucket will have drained. Unlogged: a crash forgets it, which only fills the buckets again.
CREATE UNLOGGED TABLE transfers_api_rate (
    key_id uuid NOT NULL CONSTRAINT transfers_api_rate_pkey PRIMARY KEY,
    drained_at timestamptz NOT NULL
);
