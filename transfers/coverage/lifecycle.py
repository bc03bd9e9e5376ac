"""Transfers, what happened to them, and the legs of their money."""

from audit import coverage

# Every version of a transfer is one event of its own and one of the trail.
_TRANSFERS = "SELECT id::text AS key, version AS versions, created_at AS since FROM transfers_transfer"
_TRANSFERS_TOLD = """
    SELECT resource_id AS key, count(*) AS events, min(recorded_at) AS since FROM audit_trail
     WHERE resource_type = 'transfer' AND diff ? 'version' GROUP BY resource_id
"""
# Their own events have months of their own that are archived.
_EVENTS = """
    SELECT format('%s %s %s', coalesce(kept.transfer_id::text, told.resource_id), coalesce(kept.seq, told.version),
                  coalesce(kept.type, told.type)) AS key, kept.versions, told.events, coalesce(kept.since, told.since) AS since
      FROM (SELECT transfer_id, seq, type, count(*) AS versions, min(recorded_at) AS since FROM transfers_event
             GROUP BY transfer_id, seq, type) AS kept
      FULL JOIN (SELECT resource_id, (diff->'version'->>1)::integer AS version, type, count(*) AS events, min(recorded_at) AS since
                   FROM audit_trail WHERE resource_type = 'transfer' AND diff ? 'version'
                  GROUP BY resource_id, (diff->'version'->>1)::integer, type) AS told
        ON told.resource_id = kept.transfer_id::text AND told.version = kept.seq AND told.type = kept.type
     WHERE coalesce(kept.since, told.since) >= (
           SELECT coalesce(audit_archived_until('transfers_event') + interval '1 hour', '-infinity'))
"""
# A leg is drawn up when the funds are locked; what becomes of its money is told by the event that moves its transfer.
_LEGS = """
    SELECT kept.reference AS key, 1 + (kept.money_state <> 'reserved')::integer AS versions, kept.created_at AS since,
           count(*) FILTER (WHERE event.type = 'transfer.funds_locked')
           + (kept.money_state <> 'reserved' AND coalesce(bool_or(event.type = ANY(CASE
                WHEN kept.money_state = 'posted' AND kept.rail = 'bank' THEN ARRAY['transfer.fiat_settled']
                WHEN kept.money_state = 'posted' THEN ARRAY['transfer.confirmed']
                WHEN kept.money_state = 'exception' THEN ARRAY['transfer.payment_in_doubt']
                WHEN kept.money_state = 'reversed' THEN ARRAY['transfer.failed', 'transfer.doubt_ended']
                ELSE ARRAY['transfer.failed', 'transfer.cancelled', 'transfer.expired'] END)), false))::integer AS events
      FROM transfers_leg AS kept
      LEFT JOIN audit_trail AS event ON event.resource_type = 'transfer' AND event.resource_id = kept.transfer_id::text
       AND event.diff ? 'version'
     WHERE kept.direction = 'out'
     GROUP BY kept.id
    UNION ALL
    SELECT kept.reference, 1, kept.created_at, count(event.id)::integer
      FROM transfers_leg AS kept
      LEFT JOIN audit_trail AS event ON event.resource_type = 'transfer' AND event.resource_id = kept.transfer_id::text
       AND event.type = 'transfer.created' AND event.metadata->>'leg' = kept.reference
     WHERE kept.direction = 'in'
     GROUP BY kept.id
"""


def register() -> None:
    coverage.covered("transfers_transfer", coverage.beside(_TRANSFERS, _TRANSFERS_TOLD))
    coverage.covered("transfers_event", _EVENTS)
    coverage.covered("transfers_leg", _LEGS)
    coverage.exempt(
        "somebody offered a price; the one that a transfer goes by is named in its event",
        "transfers_quote",
        "transfers_conversionsplit",
    )
    said = ("transfers_providercall", "transfers_providerexchange", "transfers_inboundwebhook")
    coverage.exempt("it keeps what was said to and by others, as evidence", *said)
    coverage.exempt("it keeps the names that the outside has for something", "transfers_externalreference")
    coverage.exempt("it says which moves there are, and is written by migrations alone", "transfers_machinerow")
    coverage.exempt("it keeps one order from becoming two transfers, and the transfer is told", "transfers_idempotencykey")
    coverage.exempt("it counts events, which tell themselves", "transfers_transitioncount", "transfers_transitionmark")
    coverage.exempt("it is worth nothing after a crash", "transfers_heartbeat", "transfers_api_rate")
