-- Outcomes of calls, counted per provider and ten seconds. Unlogged: a crash forgets it, which only fills the breakers' windows again.
CREATE UNLOGGED TABLE transfers_provider_window (
    provider text NOT NULL,
    began_at timestamptz NOT NULL,
    good integer NOT NULL,
    refused integer NOT NULL,
    failed integer NOT NULL,
    unknown integer NOT NULL,
    elapsed_ms bigint NOT NULL,
    last_at timestamptz NOT NULL,
    CONSTRAINT transfers_provider_window_pkey PRIMARY KEY (provider, began_at)
);
