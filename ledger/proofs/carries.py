"""Proofs of the balances carried forward, on which as-of balances, statements and archived months stand."""

from ledger.proofs.registry import Proof, asked

_CARRIED_BALANCES_ADD_UP = """
    SELECT account.code AS subject, format('carried to %%s: debits %%s, credits %%s, %%s entries; the entries say %%s, %%s, %%s',
           differs.until, carried.debits, carried.credits, carried.entries, booked.debits, booked.credits, booked.entries)
           || CASE WHEN (carried.debits, carried.credits, carried.entries) IS NOT DISTINCT FROM
                        (booked.debits, booked.credits, booked.entries) THEN '; others of them are settled, or last'
                   ELSE '' END AS message
      FROM ledger_carry_contradictions() AS differs
     CROSS JOIN jsonb_to_record(coalesce(differs.carried, '{}')) AS carried (debits numeric, credits numeric, entries bigint)
     CROSS JOIN jsonb_to_record(coalesce(differs.booked, '{}')) AS booked (debits numeric, credits numeric, entries bigint)
      LEFT JOIN ledger_account AS account ON account.id = differs.account_id
"""
_CARRIED_HASHES_FOLLOW = """
    SELECT until::text AS subject, CASE
           WHEN previous_hash <> before THEN 'it does not follow the point before it'
           WHEN hash <> ledger_carry_hash(until, previous_hash) THEN 'its lines are not those of its hash'
           WHEN (counted, summed) IS DISTINCT FROM (lines.accounts, lines.entries) THEN 'it has other lines than it counts'
           END AS message
      FROM (SELECT until, hash, previous_hash, coalesce(lag(hash) OVER (ORDER BY until), '') AS before, accounts AS counted,
                   entries AS summed FROM ledger_carry) AS point
     CROSS JOIN LATERAL (SELECT count(*) AS accounts, coalesce(sum(entries), 0) AS entries FROM ledger_carry_balance AS line
                          WHERE line.until = point.until) AS lines
"""
_CARRIES_MATCH_EVENTS = """
    SELECT coalesce(kept.until::text, told.resource_id) AS subject, CASE
           WHEN told.resource_id IS NULL THEN 'the audit trail does not tell that balances were carried to it'
           WHEN kept.until IS NULL THEN 'the audit trail tells that balances were carried to it, and it is not there'
           WHEN told.times <> 1 THEN format('the audit trail tells %%s times that balances were carried to it', told.times)
           ELSE 'the audit trail tells otherwise: ' || nullif(concat_ws(', ',
                CASE WHEN told.facts->>'sha256' IS DISTINCT FROM encode(kept.hash, 'hex') THEN 'its hash' END,
                CASE WHEN told.facts->>'accounts' IS DISTINCT FROM kept.accounts::text THEN 'how many accounts moved' END,
                CASE WHEN coalesce(told.facts->>'entries', kept.entries::text) <> kept.entries::text
                     THEN 'how many entries it counts' END,
                CASE WHEN NOT ledger_time_is_told(kept.made_at, told.facts->>'made_at', told.recorded_at)
                     THEN 'when it was made' END), '')
           END AS message
      FROM ledger_carry AS kept
      FULL JOIN (SELECT ledger_told_time(resource_id) AS until, min(resource_id) AS resource_id, count(*) AS times,
                        (array_agg(metadata))[1] AS facts, min(recorded_at) AS recorded_at
                   FROM audit_trail WHERE type = 'ledger.balances_carried' GROUP BY 1) AS told ON told.until = kept.until
"""

PROOFS = (
    Proof(
        name="carried_balances_add_up",
        says="The balances carried forward to each point are what the entries before it add up to.",
        find=asked(_CARRIED_BALANCES_ADD_UP),
        thorough=True,
    ),
    Proof(
        name="carried_hashes_follow",
        says="Every point that balances were carried forward to has its hash, and follows the one before it.",
        find=asked(_CARRIED_HASHES_FOLLOW),
        thorough=True,
    ),
    Proof(
        name="carries_match_events",
        says="Every point that balances were carried forward to is told by the audit trail, with the hash that it has.",
        find=asked(_CARRIES_MATCH_EVENTS),
    ),
)
