-- An account of ours names its bank as everybody else does: by the provider's code. So far there was one bank, whatever accounts
-- called it; a stop on one of those names goes on biting.
INSERT INTO approvals_halt (id, scope, target, reason, placed_by, placed_by_person_id, placed_at, review_at, lifted_by, lift_reason)
SELECT gen_random_uuid(), halt.scope, 'bank', halt.reason, halt.placed_by, halt.placed_by_person_id, halt.placed_at,
       halt.review_at, '', ''
  FROM approvals_halt AS halt
 WHERE halt.scope = 'provider' AND halt.lifted_at IS NULL
   AND halt.target IN (SELECT provider FROM transfers_bankaccount)
   AND halt.target NOT IN (SELECT code FROM transfers_provider)
 ORDER BY halt.placed_at
 LIMIT 1
    ON CONFLICT DO NOTHING;

UPDATE transfers_bankaccount SET provider = 'bank' WHERE provider NOT IN (SELECT code FROM transfers_provider);

ALTER TABLE transfers_bankaccount
    ADD CONSTRAINT transfers_bankaccount_is_at_a_provider FOREIGN KEY (provider) REFERENCES transfers_provider (code)
    DEFERRABLE INITIALLY DEFERRED;
