-- The signer's own schema: nonces, payments and every signature ever made. Applied by `python -m transfers.signer init-db` with the
-- owner's URL, as often as one likes. The role countersign_signer works in it; no other role of ours is let in.

CREATE SCHEMA IF NOT EXISTS signer;
REVOKE ALL ON SCHEMA signer FROM PUBLIC;

-- The row of a wallet is the lock under which nonces are given out.
CREATE TABLE IF NOT EXISTS signer.wallet_nonce (
    chain_id   bigint NOT NULL,
    wallet     text   NOT NULL,
    next_nonce bigint NOT NULL,
    CONSTRAINT signer_wallet_once_per_chain PRIMARY KEY (chain_id, wallet),
    CONSTRAINT signer_wallet_is_an_address CHECK (wallet ~ '^0x[0-9a-fA-F]{40}$'),
    CONSTRAINT signer_nonce_is_not_negative CHECK (next_nonce >= 0)
);

-- A payment has one nonce for good. All its attempts share it, so the chain can carry out one of them at the most.
CREATE TABLE IF NOT EXISTS signer.payment (
    key          text        NOT NULL,
    chain_id     bigint      NOT NULL,
    wallet       text        NOT NULL,
    nonce        bigint      NOT NULL,
    terms        jsonb       NOT NULL,
    terms_digest bytea       NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT signer_payment_key_is_unique PRIMARY KEY (key),
    CONSTRAINT signer_nonce_pays_once UNIQUE (chain_id, wallet, nonce),
    CONSTRAINT signer_payment_has_a_wallet FOREIGN KEY (chain_id, wallet) REFERENCES signer.wallet_nonce (chain_id, wallet),
    CONSTRAINT signer_terms_digest_is_sha256 CHECK (octet_length(terms_digest) = 32)
);

CREATE TABLE IF NOT EXISTS signer.signature (
    key                      text           NOT NULL,
    attempt                  smallint       NOT NULL,
    content_digest           bytea          NOT NULL,
    max_fee_per_gas          numeric(78, 0) NOT NULL,
    max_priority_fee_per_gas numeric(78, 0) NOT NULL,
    gas_limit                bigint         NOT NULL,
    raw                      bytea          NOT NULL,
    tx_hash                  text           NOT NULL,
    signed_at                timestamptz    NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT signer_attempt_signed_once PRIMARY KEY (key, attempt),
    CONSTRAINT signer_signature_has_a_payment FOREIGN KEY (key) REFERENCES signer.payment (key),
    CONSTRAINT signer_transaction_hash_is_unique UNIQUE (tx_hash),
    CONSTRAINT signer_attempt_is_not_negative CHECK (attempt >= 0),
    CONSTRAINT signer_content_digest_is_sha256 CHECK (octet_length(content_digest) = 32),
    CONSTRAINT signer_raw_is_not_empty CHECK (octet_length(raw) > 0)
);

-- What a signature is for: the payment itself, or nothing at all under the payment's nonce, which ends it.
ALTER TABLE signer.signature ADD COLUMN IF NOT EXISTS kind text NOT NULL DEFAULT 'payment'
    CONSTRAINT signer_signature_kind_is_known CHECK (kind IN ('payment', 'cancel'));

CREATE OR REPLACE FUNCTION signer.refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'signer.% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'integrity_constraint_violation';
END $$;

-- A nonce that went back would be given out twice; a wallet renamed would lose its count.
CREATE OR REPLACE FUNCTION signer.nonce_only_grows() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.next_nonce < OLD.next_nonce OR NEW.chain_id <> OLD.chain_id OR NEW.wallet <> OLD.wallet THEN
        RAISE EXCEPTION 'the nonce of % on chain % may only grow (% to %)', OLD.wallet, OLD.chain_id, OLD.next_nonce, NEW.next_nonce
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

-- A payment may only use a nonce that has been taken from its wallet's row.
CREATE OR REPLACE FUNCTION signer.nonce_was_taken() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    next bigint;
BEGIN
    SELECT next_nonce INTO next FROM signer.wallet_nonce WHERE chain_id = NEW.chain_id AND wallet = NEW.wallet FOR UPDATE;
    IF next IS NULL OR NEW.nonce < 0 OR NEW.nonce >= next THEN
        RAISE EXCEPTION 'nonce % of % was never given out', NEW.nonce, NEW.wallet USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

-- A payment that was cancelled is never signed for again. Signatures of one payment queue for its wallet's row.
CREATE OR REPLACE FUNCTION signer.cancelled_stays_cancelled() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.kind = 'payment' AND EXISTS (SELECT FROM signer.signature WHERE key = NEW.key AND kind = 'cancel') THEN
        RAISE EXCEPTION 'payment % was cancelled', NEW.key USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER nonce_only_grows BEFORE UPDATE ON signer.wallet_nonce
    FOR EACH ROW EXECUTE FUNCTION signer.nonce_only_grows();
CREATE OR REPLACE TRIGGER nonce_is_never_removed BEFORE DELETE ON signer.wallet_nonce
    FOR EACH ROW EXECUTE FUNCTION signer.refuse_change();
CREATE OR REPLACE TRIGGER nonce_is_never_truncated BEFORE TRUNCATE ON signer.wallet_nonce
    FOR EACH STATEMENT EXECUTE FUNCTION signer.refuse_change();

CREATE OR REPLACE TRIGGER payment_nonce_was_taken BEFORE INSERT ON signer.payment
    FOR EACH ROW EXECUTE FUNCTION signer.nonce_was_taken();
CREATE OR REPLACE TRIGGER payment_is_append_only BEFORE UPDATE OR DELETE ON signer.payment
    FOR EACH ROW EXECUTE FUNCTION signer.refuse_change();
CREATE OR REPLACE TRIGGER payment_is_never_truncated BEFORE TRUNCATE ON signer.payment
    FOR EACH STATEMENT EXECUTE FUNCTION signer.refuse_change();

CREATE OR REPLACE TRIGGER cancelled_stays_cancelled BEFORE INSERT ON signer.signature
    FOR EACH ROW EXECUTE FUNCTION signer.cancelled_stays_cancelled();
CREATE OR REPLACE TRIGGER signature_is_append_only BEFORE UPDATE OR DELETE ON signer.signature
    FOR EACH ROW EXECUTE FUNCTION signer.refuse_change();
CREATE OR REPLACE TRIGGER signature_is_never_truncated BEFORE TRUNCATE ON signer.signature
    FOR EACH STATEMENT EXECUTE FUNCTION signer.refuse_change();

GRANT USAGE ON SCHEMA signer TO countersign_signer;
GRANT SELECT, INSERT, UPDATE (next_nonce) ON signer.wallet_nonce TO countersign_signer;
GRANT SELECT, INSERT ON signer.payment, signer.signature TO countersign_signer;
