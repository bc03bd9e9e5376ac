"""Proofs that the books and the audit trail tell the same: what was booked, and nothing that was not.

The trail is what is attached, what is archived, and what was kept of months that were dropped (`audit_trail`). Of postings whose
events were dropped, the figures are compared that were sealed when they were (ledger/proofs/dropped.py).
"""

from audit import coverage
from ledger.proofs.registry import Proof, Rows, Since, asked

# Both sides of a posting are written by one database transaction, so both lie on the same side of a checkpoint. The lines of an
# archived month went to its file.
_POSTINGS_MATCH_EVENTS = """
    SELECT coalesce(posting.reference, told.facts->>'reference', told.resource_id) AS subject, CASE
           WHEN told.resource_id IS NULL THEN 'it is booked, and the audit trail does not tell it'
           WHEN posting.id IS NULL THEN 'the audit trail tells it, and it is not booked'
           WHEN told.times <> 1 THEN format('the audit trail tells it %%s times', told.times)
           ELSE 'the audit trail tells otherwise: ' || nullif(concat_ws(', ',
                CASE WHEN told.facts->>'reference' IS DISTINCT FROM posting.reference THEN 'reference' END,
                CASE WHEN told.facts->>'kind' IS DISTINCT FROM posting.kind THEN 'kind' END,
                CASE WHEN told.facts->>'description' IS DISTINCT FROM posting.description THEN 'description' END,
                CASE WHEN told.facts->>'forced_kind' IS DISTINCT FROM posting.forced_kind THEN 'forced kind' END,
                CASE WHEN told.facts->>'reverses' IS DISTINCT FROM reversed.reference THEN 'what it reverses' END,
                CASE WHEN told.facts->>'adjusts' IS DISTINCT FROM adjusted.reference THEN 'what it adjusts' END,
                CASE WHEN told.facts->'metadata' IS DISTINCT FROM posting.metadata THEN 'metadata' END,
                CASE WHEN ledger_told_time(told.facts->>'value_at') IS DISTINCT FROM posting.value_at THEN 'value time' END,
                CASE WHEN ledger_told_time(told.facts->>'settled_at') IS DISTINCT FROM posting.settled_at
                     THEN 'settlement time' END,
                CASE WHEN NOT ledger_booking_is_told(posting.booked_at, told.facts->>'booked_at', posting.id, told.recorded_at)
                     THEN 'booking time' END,
                CASE WHEN told.transaction_id IS DISTINCT FROM posting.transaction_id THEN 'transfer' END,
                CASE WHEN told.correlation_id IS DISTINCT FROM posting.correlation_id THEN 'conversation' END,
                CASE WHEN (told.cluster_epoch, told.txid) IS DISTINCT FROM (posting.cluster_epoch, posting.created_txid)
                     THEN 'database transaction' END,
                CASE WHEN NOT ledger_hash_is_told(posting.content_hash, told.facts, told.transaction_id) THEN 'content hash' END,
                CASE WHEN booked.places <> ARRAY(SELECT generate_series(1, cardinality(booked.places))) THEN 'places of lines' END,
                CASE WHEN (booked.lines IS NOT NULL OR posting.booked_at >= away.entries)
                      AND told.facts->'lines' IS DISTINCT FROM booked.lines
                      AND ledger_told_lines(told.facts->'lines') IS DISTINCT FROM booked.lines THEN 'lines' END), '')
           END AS message
      FROM ledger_postings_after(%(epoch)s, %(txid)s) AS posting
      LEFT JOIN ledger_ledgertransaction AS reversed ON reversed.id = posting.reverses_id
      LEFT JOIN ledger_ledgertransaction AS adjusted ON adjusted.id = posting.adjusts_id
      LEFT JOIN (SELECT entry.transaction_id,
                        jsonb_agg(jsonb_build_object('account', account.code, 'debit', entry.debit::text,
                                                     'credit', entry.credit::text) ORDER BY entry.ordinal) AS lines,
                        array_agg(entry.ordinal ORDER BY entry.ordinal) AS places
                   FROM ledger_entries_after(%(epoch)s, %(txid)s) AS entry
                   LEFT JOIN ledger_account AS account ON account.id = entry.account_id
                  GROUP BY entry.transaction_id) AS booked ON booked.transaction_id = posting.id
      FULL JOIN (SELECT resource_id, count(*) AS times, (array_agg(metadata))[1] AS facts, min(cluster_epoch) AS cluster_epoch,
                        (array_agg(transaction_id))[1] AS transaction_id, min(correlation_id) AS correlation_id,
                        min(recorded_at) AS recorded_at, min(txid) AS txid
                   FROM ledger_events_after(%(epoch)s, %(txid)s) WHERE type = 'ledger.posted' GROUP BY resource_id) AS told
        ON told.resource_id = posting.id::text
     CROSS JOIN (SELECT coalesce(audit_archived_until('ledger_entry'), '-infinity') AS entries,
                        coalesce(audit_dropped_until(), '-infinity') AS events) AS away
     WHERE posting.id IS NULL OR posting.booked_at >= away.events
"""
# A hold may be placed on one side of a checkpoint and end on the other, so whoever is touched is looked up whole.
_HOLDS_MATCH_EVENTS = """
    SELECT touched.reference AS subject, CASE
           WHEN hold.id IS NULL THEN 'the audit trail tells of it, and there is no such hold'
           WHEN told.placed <> 1 THEN format('the audit trail tells %%s times that it was placed', told.placed)
           WHEN told.ended <> (hold.status <> 'placed')::integer
           THEN format('it is %%s, and the audit trail tells %%s times that it ended', hold.status, told.ended)
           WHEN (told.placing->>'account', told.placing->>'amount') IS DISTINCT FROM (account.code, hold.amount::text)
           THEN format('it is %%s on %%s; the audit trail tells %%s on %%s', hold.amount, account.code, told.placing->>'amount',
                       told.placing->>'account')
           WHEN told.ended = 1 AND (told.end_type, told.ending->>'amount')
                IS DISTINCT FROM ('ledger.hold_' || hold.status, hold.settled_amount::text)
           THEN format('it was %%s with %%s; the audit trail tells %%s with %%s', hold.status,
                       coalesce(hold.settled_amount::text, 'nothing'), told.end_type, coalesce(told.ending->>'amount', 'nothing'))
           ELSE 'the audit trail tells otherwise: ' || nullif(concat_ws(', ',
                CASE WHEN told.transaction_id IS DISTINCT FROM hold.transaction_id THEN 'transfer' END,
                CASE WHEN told.correlation_id IS DISTINCT FROM hold.correlation_id THEN 'conversation' END,
                CASE WHEN ledger_told_time(told.placing->>'expires_at') IS DISTINCT FROM hold.expires_at THEN 'when it expires' END,
                CASE WHEN NOT ledger_time_is_told(hold.placed_at, told.placing->>'placed_at', told.placing_recorded_at)
                     THEN 'when it was placed' END,
                CASE WHEN told.ended = 1
                      AND NOT ledger_time_is_told(hold.ended_at, told.ending->>'ended_at', told.ending_recorded_at)
                     THEN 'when it ended' END), '')
           END AS message
      FROM (SELECT reference FROM ledger_hold WHERE status = 'placed' OR placed_at >= %(around)s OR ended_at >= %(around)s
            UNION
            SELECT resource_id FROM ledger_events_after(%(epoch)s, %(txid)s) WHERE resource_type = 'hold') AS touched
      LEFT JOIN ledger_hold AS hold ON hold.reference = touched.reference
      LEFT JOIN ledger_account AS account ON account.id = hold.account_id
     CROSS JOIN LATERAL (
           SELECT count(*) FILTER (WHERE type = 'ledger.hold_placed') AS placed,
                  count(*) FILTER (WHERE type <> 'ledger.hold_placed') AS ended,
                  (array_agg(metadata) FILTER (WHERE type = 'ledger.hold_placed'))[1] AS placing,
                  (array_agg(metadata) FILTER (WHERE type <> 'ledger.hold_placed'))[1] AS ending,
                  min(type) FILTER (WHERE type <> 'ledger.hold_placed') AS end_type,
                  (array_agg(transaction_id) FILTER (WHERE type = 'ledger.hold_placed'))[1] AS transaction_id,
                  min(correlation_id) FILTER (WHERE type = 'ledger.hold_placed') AS correlation_id,
                  min(recorded_at) FILTER (WHERE type = 'ledger.hold_placed') AS placing_recorded_at,
                  min(recorded_at) FILTER (WHERE type <> 'ledger.hold_placed') AS ending_recorded_at
             FROM audit_trail
            WHERE resource_type = 'hold' AND resource_id = touched.reference
              AND recorded_at >= coalesce(hold.placed_at, '-infinity')
              AND type IN ('ledger.hold_placed', 'ledger.hold_settled', 'ledger.hold_released', 'ledger.hold_expired')) AS told
"""
_ACCOUNTS_MATCH_EVENTS = """
    SELECT coalesce(account.code, told.code) AS subject, CASE
           WHEN told.code IS NULL THEN 'the audit trail does not tell that it was opened'
           WHEN account.id IS NULL THEN 'the audit trail tells that it was opened, and it is not there'
           WHEN told.opened <> 1 THEN format('the audit trail tells %%s times that it was opened', told.opened)
           WHEN told.closed <> (account.status = 'closed')::integer
           THEN format('it is %%s, and the audit trail tells %%s times that it was closed', account.status, told.closed)
           WHEN (told.opening - ARRAY['guarded', 'opened_at']) <> jsonb_build_object(
                    'code', account.code, 'name', account.name, 'kind', account.kind, 'type', account.type,
                    'asset_id', account.asset_id, 'owner', account.owner)
           THEN 'it was opened as something else, the audit trail tells'
           WHEN account.floor <> 0 THEN format('its floor is %%s, and nothing ever gave it one', account.floor)
           WHEN coalesce(told.switched, told.opening->'guarded') <> to_jsonb(account.guarded)
           THEN CASE WHEN account.guarded THEN 'it is guarded, the audit trail tells that it only collects'
                     ELSE 'it only collects, the audit trail tells that it is guarded' END
           WHEN NOT ledger_time_is_told(account.opened_at, told.opening->>'opened_at', told.opened_at)
           THEN 'it was opened at another time, the audit trail tells'
           WHEN account.closed_at IS NOT NULL
            AND NOT ledger_time_is_told(account.closed_at, told.closing->>'closed_at', told.closed_at)
           THEN 'it was closed at another time, the audit trail tells'
           END AS message
      FROM ledger_account AS account
      FULL JOIN (SELECT resource_id AS code, count(*) FILTER (WHERE type = 'ledger.account_opened') AS opened,
                        count(*) FILTER (WHERE type = 'ledger.account_closed') AS closed,
                        (array_agg(metadata) FILTER (WHERE type = 'ledger.account_opened'))[1] AS opening,
                        (array_agg(metadata) FILTER (WHERE type = 'ledger.account_closed'))[1] AS closing,
                        min(recorded_at) FILTER (WHERE type = 'ledger.account_opened') AS opened_at,
                        min(recorded_at) FILTER (WHERE type = 'ledger.account_closed') AS closed_at,
                        (array_agg(diff->'guarded'->1 ORDER BY recorded_at DESC) FILTER (WHERE diff ? 'guarded'))[1] AS switched
                   FROM audit_trail
                  WHERE type IN ('ledger.account_opened', 'ledger.account_closed', 'ledger.account_mode_switched')
                  GROUP BY resource_id) AS told
        ON told.code = account.code
"""
_ASSETS_MATCH_EVENTS = """
    SELECT coalesce(asset.id, told.id) AS subject, CASE
           WHEN told.id IS NULL THEN 'the audit trail does not tell that it was registered'
           WHEN asset.id IS NULL THEN 'the audit trail tells that it was registered, and it is not there'
           WHEN told.times <> 1 THEN format('the audit trail tells %%s times that it was registered', told.times)
           WHEN told.registered <> to_jsonb(asset) THEN 'it was registered as something else, the audit trail tells'
           END AS message
      FROM ledger_asset AS asset
      FULL JOIN (SELECT resource_id AS id, count(*) AS times, (array_agg(metadata))[1] AS registered
                   FROM audit_trail WHERE type = 'ledger.asset_registered' GROUP BY resource_id) AS told ON told.id = asset.id
"""
_PERIODS_MATCH_EVENTS = """
    SELECT coalesce(to_char(period.month, 'YYYY-MM'), told.month) AS subject, CASE
           WHEN told.month IS NULL THEN format('it is %%s, and the audit trail does not tell', period.status)
           WHEN period.month IS NULL THEN 'the audit trail tells of it, and there is no such row'
           WHEN told.status <> period.status
           THEN format('it is %%s; the audit trail tells that it is %%s', period.status, told.status)
           ELSE 'the audit trail tells otherwise: ' || nullif(concat_ws(', ',
                CASE WHEN told.reason IS DISTINCT FROM period.reason THEN 'reason' END,
                CASE WHEN told.record IS DISTINCT FROM period.record THEN 'what it held' END,
                CASE WHEN told.by IS DISTINCT FROM period.closed_by THEN 'by whom' END,
                CASE WHEN period.status = 'closed'
                      AND NOT coalesce(ledger_time_is_told(period.closed_at, told.closed_at, told.recorded_at), false)
                     THEN 'when it was closed' END), '')
           END AS message
      FROM ledger_period AS period
      FULL JOIN (SELECT DISTINCT ON (resource_id) resource_id AS month, diff->'status'->>1 AS status, reason, metadata AS record,
                        CASE WHEN type = 'ledger.period_closed' THEN coalesce(diff->'closed_by'->>1, actor_id) ELSE '' END AS by,
                        diff->'closed_at'->>1 AS closed_at, recorded_at
                   FROM audit_trail WHERE type IN ('ledger.period_closed', 'ledger.period_reopened')
                  ORDER BY resource_id, recorded_at DESC, id DESC) AS told ON told.month = to_char(period.month, 'YYYY-MM')
"""
# The checkpoint that the next proofs go on from is what the event of its taking says. Whether its sums are right, only a full
# proof can say.
_CHECKPOINTS_MATCH_EVENTS = """
    SELECT format('checkpoint %%s', coalesce(kept.number::text, told.number)) AS subject, CASE
           WHEN told.number IS NULL THEN 'the audit trail does not tell that it was taken'
           WHEN kept.number IS NULL THEN 'the audit trail tells that it was taken, and it is not there'
           WHEN told.times <> 1 OR told.facts - ARRAY['since', 'assets', 'taken_at'] <> jsonb_build_object(
                    'as_of_epoch', kept.as_of_epoch, 'as_of_txid', kept.as_of_txid, 'entries', kept.entries,
                    'postings', kept.postings, 'digest', encode(kept.digest, 'hex'))
           THEN 'the audit trail tells other figures'
           WHEN NOT ledger_time_is_told(kept.taken_at, told.facts->>'taken_at', told.recorded_at)
           THEN 'the audit trail tells another time'
           WHEN kept.number = (SELECT max(number) FROM ledger_proof_checkpoint) AND kept.digest <> ledger_proved_digest(kept.number)
           THEN 'its sums are not those that were proved'
           END AS message
      FROM ledger_proof_checkpoint AS kept
      FULL JOIN (SELECT resource_id AS number, count(*) AS times, (array_agg(metadata))[1] AS facts,
                        min(recorded_at) AS recorded_at
                   FROM audit_trail WHERE type = 'ledger.proved' GROUP BY resource_id) AS told ON told.number = kept.number::text
"""
_CHECKPOINTS_MATCH_ENTRIES = """
    SELECT coalesce(account.code, book.account_id::text) AS subject,
           format('the checkpoint says debits %%s, credits %%s, %%s entries; the entries before it say %%s, %%s, %%s',
                  coalesce(proved.debits, 0), coalesce(proved.credits, 0), coalesce(proved.entries, 0), coalesce(book.debits, 0),
                  coalesce(book.credits, 0), coalesce(book.entries, 0)) AS message
      FROM (SELECT * FROM ledger_proof_checkpoint ORDER BY number DESC LIMIT 1) AS latest
     CROSS JOIN LATERAL (
           SELECT booked.account_id, sum(booked.debits) AS debits, sum(booked.credits) AS credits, sum(booked.entries) AS entries
             FROM (SELECT entry.account_id, entry.debit AS debits, entry.credit AS credits, 1 AS entries FROM ledger_entry AS entry
                    WHERE (entry.cluster_epoch, entry.txid) <= (latest.as_of_epoch, latest.as_of_txid)
                    UNION ALL SELECT * FROM ledger_archived_sums()) AS booked
            GROUP BY booked.account_id) AS book
      FULL JOIN (SELECT * FROM ledger_proved_sums((SELECT max(number) FROM ledger_proof_checkpoint))
                  WHERE EXISTS (SELECT FROM ledger_proof_checkpoint)) AS proved
        ON proved.account_id = book.account_id
      LEFT JOIN ledger_account AS account ON account.id = coalesce(proved.account_id, book.account_id)
     WHERE (proved.debits, proved.credits, proved.entries) IS DISTINCT FROM (book.debits, book.credits, book.entries)
"""
_ARCHIVE_MATCHES_EVENTS = "SELECT subject, message FROM audit_archive_contradictions()"


def _untold(_: Since) -> Rows:
    return [(f"{gap.table} {gap.key}", f"{gap.versions} versions, {gap.events} events") for gap in coverage.findings()]


PROOFS = (
    Proof(
        name="postings_match_events",
        says="Every posting is told once by the audit trail, field by field and line by line, and the trail tells no other.",
        find=asked(_POSTINGS_MATCH_EVENTS),
        incremental=True,
    ),
    Proof(
        name="holds_match_events",
        says="Every hold is told by the audit trail: that it was placed, for how much, until when, and how it ended.",
        find=asked(_HOLDS_MATCH_EVENTS),
        incremental=True,
    ),
    Proof(
        name="accounts_match_events",
        says="Every account is what the audit trail tells that it was opened as, since when, and has no other floor.",
        find=asked(_ACCOUNTS_MATCH_EVENTS),
    ),
    Proof(
        name="assets_match_events",
        says="Every asset is what the audit trail tells that it was registered as.",
        find=asked(_ASSETS_MATCH_EVENTS),
    ),
    Proof(
        name="periods_match_events",
        says="Every month is open or closed as the audit trail tells: when, by whom, why and with what in it.",
        find=asked(_PERIODS_MATCH_EVENTS),
    ),
    Proof(
        name="archive_matches_events",
        says="Months are archived as the audit trail tells, and none that is away is attached.",
        find=asked(_ARCHIVE_MATCHES_EVENTS),
    ),
    Proof(
        name="checkpoints_match_events",
        says="The checkpoint that proofs go on from is the one that the audit trail tells.",
        find=asked(_CHECKPOINTS_MATCH_EVENTS),
    ),
    Proof(
        name="checkpoints_match_entries",
        says="What the last checkpoint says was proved is what the entries before it add up to.",
        find=asked(_CHECKPOINTS_MATCH_ENTRIES),
        thorough=True,
    ),
    Proof(
        name="every_change_is_told",
        says="Every version of every row that holds money state has its event in the audit trail.",
        find=_untold,
        thorough=True,
    ),
)
