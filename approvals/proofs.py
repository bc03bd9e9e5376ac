"""What this floor adds to the proofs of the books: what is used of a limit is what its uses add up to."""

from ledger.proofs.registry import Proof, asked

_LIMITS_MATCH_USES = """
    SELECT bucket.id::text AS subject,
           format('used %%s, its uses add up to %%s', bucket.used, coalesce(behind.amount, 0)) AS message
      FROM approvals_limitbucket AS bucket
      LEFT JOIN (SELECT bucket_id, sum(amount - coalesce(came_back, 0)) AS amount FROM approvals_limituse
                   LEFT JOIN (SELECT use_id, sum(amount) AS came_back FROM approvals_limitreturn GROUP BY use_id) AS returned
                             ON returned.use_id = approvals_limituse.id
                  WHERE given_back_at IS NULL GROUP BY bucket_id)
           AS behind ON behind.bucket_id = bucket.id
     WHERE bucket.used <> coalesce(behind.amount, 0)
"""

PROOFS = (
    Proof(
        name="limits_match_uses",
        says="What is used of every limit is what its uses add up to.",
        find=asked(_LIMITS_MATCH_USES),
        thorough=True,
    ),
)
