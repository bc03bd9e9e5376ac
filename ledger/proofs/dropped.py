"""Proofs of what the audit trail tells no more: postings of months that were dropped, held against the figures sealed with that."""

from ledger.proofs.registry import Proof, asked

_POSTINGS_MATCH_DROPPED_MONTHS = """
    SELECT to_char(coalesce(away.month, now.month), 'YYYY-MM') AS subject, CASE
           WHEN away.month IS NULL THEN format('%%s postings are booked in it, and no such month was dropped', now.rows)
           WHEN told.rows IS NULL THEN 'its events were dropped without a word about its postings: attach it and drop it again'
           WHEN told.rows <> coalesce(now.rows, 0)
           THEN format('%%s postings are booked in it; when its events were dropped, they were %%s', coalesce(now.rows, 0),
                       told.rows)
           WHEN told.sha256 IS DISTINCT FROM now.sha256
           THEN format('one or more of its %%s postings are not what they were when its events were dropped', now.rows)
           END AS message
      FROM (SELECT month FROM audit_archived_month WHERE source = 'audit_event' AND action = 'dropped') AS away
      FULL JOIN ledger_postings_digests(audit_dropped_until()) AS now ON now.month = away.month
      LEFT JOIN LATERAL (
           SELECT (sealed->>'rows')::bigint AS rows, sealed->>'sha256' AS sha256
             FROM (SELECT metadata->'vouched'->'ledger_ledgertransaction' AS sealed FROM audit_trail
                    WHERE type = 'audit.partition_dropped' AND resource_type = 'partition'
                      AND resource_id = 'audit_event' || to_char(away.month, '"_y"YYYY"m"MM')
                    ORDER BY recorded_at DESC, id DESC LIMIT 1) AS told) AS told ON true
"""

PROOFS = (
    Proof(
        name="postings_match_dropped_months",
        says="Postings whose events were dropped are, to the byte, what they were then.",
        find=asked(_POSTINGS_MATCH_DROPPED_MONTHS),
        thorough=True,
    ),
)
