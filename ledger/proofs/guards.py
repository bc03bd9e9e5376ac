"""Proofs that the database still refuses what it must refuse, asked of its catalogue."""

from ledger.proofs.registry import Proof, asked

_GUARDS_ARE_IN_PLACE = """
    SELECT missing.relation AS subject, format('guard %%s is missing, weakened or disabled', missing.guard) AS message
      FROM (VALUES ('ledger_entry', false), ('ledger_ledgertransaction', false), ('ledger_asset', false), ('ledger_hold', true),
                   ('ledger_account', true), ('ledger_balance', true), ('ledger_period', true), ('ledger_proof_checkpoint', false),
                   ('ledger_proof_sum', false), ('ledger_proof_run', false), ('ledger_carry', false),
                   ('ledger_carry_balance', false), ('ledger_snapshot', false)) AS guarded (name, keep_updates)
     CROSS JOIN LATERAL audit_missing_guards(guarded.name::regclass, guarded.keep_updates) AS missing
    UNION ALL
    SELECT wanted.relation::text, format('trigger %%s is missing or disabled', wanted.name)
      FROM (SELECT relid AS relation, 'check_new_entries' AS name, 'ledger_check_new_entries' AS function
              FROM pg_partition_tree('ledger_entry')
            UNION ALL VALUES
            ('ledger_ledgertransaction'::regclass, 'check_new_postings', 'ledger_check_new_postings'),
            ('ledger_hold', 'keep_hold', 'ledger_keep_hold'),
            ('ledger_period', 'keep_period', 'ledger_keep_period'),
            ('ledger_account', 'keep_account_identity', 'ledger_keep_account_identity')) AS wanted
     WHERE NOT EXISTS (SELECT FROM pg_trigger AS found
                        WHERE found.tgrelid = wanted.relation AND found.tgname = wanted.name AND found.tgenabled = 'A'
                          AND found.tgfoid = to_regproc(wanted.function) AND found.tgqual IS NULL)
    UNION ALL
    SELECT 'ledger_ledgertransaction', 'trigger check_correction is missing, weakened or disabled'
     WHERE NOT EXISTS (SELECT FROM pg_trigger AS found
                        WHERE found.tgrelid = 'ledger_ledgertransaction'::regclass AND found.tgname = 'check_correction'
                          AND found.tgenabled = 'A' AND found.tgfoid = to_regproc('ledger_check_correction')
                          AND strpos(pg_get_triggerdef(found.oid),
                                     'WHEN (((new.reverses_id IS NOT NULL) OR (new.adjusts_id IS NOT NULL)))') > 0)
"""
_THE_DEFAULT_PARTITION_IS_EMPTY = """
    SELECT 'ledger_entry_default' AS subject, format('%%s entries fell into it: run ensure_partitions', stranded) AS message
      FROM ledger_stranded_entries() AS stranded WHERE stranded > 0
"""

PROOFS = (
    Proof(
        name="guards_are_in_place",
        says="The triggers that keep the books from being rewritten are there and switched on.",
        find=asked(_GUARDS_ARE_IN_PLACE),
    ),
    Proof(
        name="the_default_partition_is_empty",
        says="Every entry is in the partition of its month.",
        find=asked(_THE_DEFAULT_PARTITION_IS_EMPTY),
    ),
)
