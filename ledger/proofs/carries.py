"""Proofs of the balances carried forward, on which as-of balances, statements and archived months stand."""

from ledger.proofs.registry import Proof, asked

_CARRIED_BALANCES_ADD_UP = """
    SELECT account.code AS subject, format('carried to %%s: debits %%s, credits %%s; the entries say %%s, %%s', point.until,
           differs.carried_debits, differs.carried_credits, differs.debits, differs.credits) AS message
      FROM (SELECT max(until) AS until FROM ledger_carry) AS point
     CROSS JOIN LATERAL ledger_carry_differences(point.until) AS differs
      LEFT JOIN ledger_account AS account ON account.id = differs.account_id
     WHERE point.until IS NOT NULL
"""
_CARRIED_HASHES_FOLLOW = """
    SELECT until::text AS subject, CASE WHEN previous_hash <> before THEN 'it does not follow the point before it'
                                        ELSE 'its lines are not those of its hash' END AS message
      FROM (SELECT until, hash, previous_hash, coalesce(lag(hash) OVER (ORDER BY until), '') AS before FROM ledger_carry) AS point
     WHERE previous_hash <> before OR hash <> ledger_carry_hash(until, previous_hash)
"""

PROOFS = (
    Proof(
        name="carried_balances_add_up",
        says="The balances carried forward last are what the entries before them add up to.",
        find=asked(_CARRIED_BALANCES_ADD_UP),
        thorough=True,
    ),
    Proof(
        name="carried_hashes_follow",
        says="Every point that balances were carried forward to has its hash, and follows the one before it.",
        find=asked(_CARRIED_HASHES_FOLLOW),
        thorough=True,
    ),
)
