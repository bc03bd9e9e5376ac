"""Which events tell the rows of this floor."""

from audit import coverage

# Entries of archived months are in the files of their months, and what told of postings went with dropped ones.
_ENTRIES = """
    SELECT coalesce(posting.reference, told.resource_id) AS key, booked.entries AS versions, told.lines AS events,
           coalesce(posting.booked_at, told.since) AS since
      FROM (SELECT transaction_id, count(*) AS entries FROM ledger_entry GROUP BY transaction_id) AS booked
      FULL JOIN (SELECT resource_id, sum(jsonb_array_length(metadata->'lines')) AS lines, min(recorded_at) AS since FROM audit_trail
                  WHERE type = 'ledger.posted' GROUP BY resource_id) AS told ON told.resource_id = booked.transaction_id::text
      LEFT JOIN ledger_ledgertransaction AS posting ON posting.id::text = coalesce(booked.transaction_id::text, told.resource_id)
     WHERE posting.id IS NULL
        OR posting.booked_at >= (
           SELECT coalesce(greatest(audit_archived_until('ledger_entry'), audit_dropped_until()), '-infinity'))
"""
# Those of dropped months are held against what was sealed of them, by the proof postings_match_dropped_months.
_POSTINGS = f"""
    SELECT coalesce(posting.id::text, told.key) AS key, (posting.id IS NOT NULL)::integer AS versions, told.events,
           coalesce(posting.booked_at, told.since) AS since
      FROM ledger_ledgertransaction AS posting
      FULL JOIN ({coverage.told("ledger_transaction", ("ledger.posted",))}) AS told ON told.key = posting.id::text
     WHERE posting.id IS NULL OR posting.booked_at >= (SELECT coalesce(audit_dropped_until(), '-infinity'))
"""  # noqa: S608 - names of our own
# A month may be closed and opened again any number of times: it stands as its last event says, and its closings and reopenings take
# turns.
_PERIODS = """
    SELECT to_char(period.month, 'YYYY-MM') AS key, 2 * told.reopened + (period.status = 'closed')::integer AS versions,
           CASE WHEN told.last = period.status THEN told.closed + told.reopened END AS events, period.closed_at AS since
      FROM ledger_period AS period
     CROSS JOIN LATERAL (
           SELECT count(*) FILTER (WHERE type = 'ledger.period_closed') AS closed,
                  count(*) FILTER (WHERE type = 'ledger.period_reopened') AS reopened,
                  (array_agg(diff->'status'->>1 ORDER BY recorded_at DESC, id DESC))[1] AS last
             FROM audit_trail WHERE resource_type = 'period' AND resource_id = to_char(period.month, 'YYYY-MM')
              AND type IN ('ledger.period_closed', 'ledger.period_reopened')) AS told
"""
# So with the mode of an account: each switch leads away from the one before.
_ACCOUNTS = """
    SELECT coalesce(kept.code, told.code) AS key,
           1 + (kept.status = 'closed')::integer + CASE WHEN told.mode = kept.guarded::text THEN told.switched END AS versions,
           told.events, coalesce(kept.opened_at, told.since) AS since
      FROM ledger_account AS kept
      FULL JOIN (SELECT resource_id AS code, count(*) AS events, min(recorded_at) AS since,
                        count(*) FILTER (WHERE type = 'ledger.account_mode_switched') AS switched,
                        (array_agg(coalesce(diff->'guarded'->>1, metadata->>'guarded') ORDER BY recorded_at DESC, id DESC)
                         FILTER (WHERE type <> 'ledger.account_closed'))[1] AS mode
                   FROM audit_trail WHERE resource_type = 'account' AND outcome = 'succeeded'
                    AND type IN ('ledger.account_opened', 'ledger.account_closed', 'ledger.account_mode_switched')
                  GROUP BY resource_id) AS told ON told.code = kept.code
"""
_CARRIED = "ledger_told_time(resource_id)"


def register() -> None:
    coverage.covered(
        "ledger_asset",
        coverage.by_resource("ledger_asset", resource_type="asset", types=("ledger.asset_registered",), since="null::timestamptz"),
    )
    coverage.covered("ledger_account", _ACCOUNTS)
    coverage.covered("ledger_ledgertransaction", _POSTINGS)
    coverage.covered("ledger_entry", _ENTRIES)
    coverage.covered(
        "ledger_hold",
        coverage.by_resource(
            "ledger_hold",
            resource_type="hold",
            types=("ledger.hold_placed", "ledger.hold_settled", "ledger.hold_released", "ledger.hold_expired"),
            since="kept.placed_at",
            key="kept.reference",
            versions="1 + (kept.status <> 'placed')::integer",
        ),
    )
    coverage.covered("ledger_period", _PERIODS)
    coverage.covered(
        "ledger_proof_checkpoint",
        coverage.by_resource(
            "ledger_proof_checkpoint",
            resource_type="proof_checkpoint",
            types=("ledger.proved",),
            since="kept.taken_at",
            key="kept.number",
        ),
    )
    coverage.covered(
        "ledger_carry",
        coverage.by_fact("ledger_carry", fact=_CARRIED, types=("ledger.balances_carried",), since="kept.made_at", key="kept.until"),
    )
    coverage.covered(
        "ledger_snapshot",
        coverage.by_resource("ledger_snapshot", resource_type="snapshot", types=("ledger.snapshot_taken",), since="kept.taken_at"),
    )
    coverage.exempt(
        "it follows from the entries, and the proof projection_matches_entries holds it against them",
        "ledger_balance",
    )
    coverage.exempt(
        "it follows from the entries, and its hash is in the event of its checkpoint or carry",
        "ledger_proof_sum",
        "ledger_carry_balance",
    )
    coverage.exempt("it says how proofs went, and moves nothing", "ledger_proof_run")
