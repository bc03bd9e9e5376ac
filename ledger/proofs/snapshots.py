"""Proofs of the snapshots: their bytes are what the audit trail tells that was kept."""

from ledger.proofs.registry import Proof, asked

_TOLD = """
    SELECT resource_id, count(*) AS times, (array_agg(metadata))[1] AS facts, min(recorded_at) AS recorded_at
      FROM audit_trail WHERE type = 'ledger.snapshot_taken' GROUP BY resource_id
"""
_SNAPSHOTS_MATCH_EVENTS = f"""
    SELECT coalesce(kept.id::text, told.resource_id) AS subject, CASE
           WHEN told.resource_id IS NULL THEN 'the audit trail does not tell that it was taken'
           WHEN kept.id IS NULL THEN 'the audit trail tells that it was taken, and it is not there'
           WHEN told.times <> 1 THEN format('the audit trail tells %%s times that it was taken', told.times)
           ELSE 'the audit trail tells otherwise: ' || nullif(concat_ws(', ',
                CASE WHEN (told.facts->>'kind', told.facts->>'basis', ledger_told_time(told.facts->>'at'),
                           ledger_told_time(told.facts->>'known_at'), told.facts->'parameters')
                          IS DISTINCT FROM (kept.kind, kept.basis, kept.at, kept.known_at, kept.parameters)
                     THEN 'what was asked' END,
                CASE WHEN told.facts->>'sha256' IS DISTINCT FROM encode(kept.sha256, 'hex') THEN 'its hash' END,
                CASE WHEN coalesce(told.facts->>'taken_by', kept.taken_by) <> kept.taken_by THEN 'by whom' END,
                CASE WHEN NOT ledger_time_is_told(kept.taken_at, told.facts->>'taken_at', told.recorded_at) THEN 'when' END), '')
           END AS message
      FROM ledger_snapshot AS kept FULL JOIN ({_TOLD}) AS told ON told.resource_id = kept.id::text
"""  # noqa: S608 - a constant of this file
_SNAPSHOTS_HAVE_THEIR_BYTES = """
    SELECT id::text AS subject, 'its bytes are not those of its hash' AS message
      FROM ledger_snapshot WHERE sha256 <> sha256(content)
"""

PROOFS = (
    Proof(
        name="snapshots_match_events",
        says="Every snapshot is told by the audit trail: what was asked, by whom, and the hash of what it answered.",
        find=asked(_SNAPSHOTS_MATCH_EVENTS),
    ),
    Proof(
        name="snapshots_have_their_bytes",
        says="The bytes of every snapshot are those of its hash.",
        find=asked(_SNAPSHOTS_HAVE_THEIR_BYTES),
        thorough=True,
    ),
)
