"""From the outbox to deliveries: in the order of commits, and never past the horizon.

A transaction that is still open may yet commit an event with a lower transaction id than one that is visible already. So only what
lies below the horizon (`pg_snapshot_xmin`: everything older has ended) is dispatched, and deliveries get their ids in the order of
commits. Rows are taken with SKIP LOCKED and marked in the statement that makes their deliveries: N dispatchers share the work, and
one that dies has done nothing.
"""

from typing import Any

from django.db import connection

from transfers.machines import ROUTES
from transfers.outbox.vocabulary import CHARGEBACK_WON, CHARGED_BACK, CLIENT_EVENTS, EVERYTHING
from transfers.states import Status

BATCH = 500
# Also what the client API lists: no cursor may pass what could still be committed before it.
BELOW_HORIZON = "({0}.epoch < audit_current_epoch() OR {0}.txid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint)"
_DISPATCH = f"""
    WITH ready AS MATERIALIZED (
        SELECT event.id, event.client_id, event.type, event.recorded_at, event.transfer_id, event.from_status, event.to_status,
               event.epoch, event.txid
          FROM transfers_outboxevent AS event
         WHERE event.dispatched_at IS NULL AND {BELOW_HORIZON.format("event")}
         ORDER BY event.epoch, event.txid, event.id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    ), made AS (
        INSERT INTO transfers_webhookdelivery (
            id, endpoint_id, event_id, state, attempts, tries, next_try_at, fence, created_at, last_error, priority)
        SELECT audit_new_id(), endpoint.id, ready.id, CASE endpoint.status WHEN 'enabled' THEN 'pending' ELSE 'missed' END,
               0, 0, statement_timestamp(), 0, clock_timestamp(), '', transfer.priority
          FROM ready JOIN transfers_transfer AS transfer ON transfer.id = ready.transfer_id
          JOIN transfers_webhookendpoint AS endpoint
            ON endpoint.client_id = ready.client_id AND endpoint.deleted_at IS NULL AND endpoint.created_at <= ready.recorded_at
           AND endpoint.events ?| ARRAY[ready.type, %(everything)s]
         WHERE ready.type = ANY(%(told)s)
         ORDER BY ready.epoch, ready.txid, ready.id
        ON CONFLICT (endpoint_id, event_id) DO NOTHING
    ), receipts AS (
        INSERT INTO transfers_receiptorder (event_id, transfer_id, says, ordered_at, tries, next_try_at, last_error, priority)
        SELECT ready.id, ready.transfer_id,
               CASE WHEN ready.type <> %(taken_back)s AND ready.to_status IN (settles.status, %(reconciled)s)
                    THEN 'settled' ELSE 'undone' END, clock_timestamp(), 0, clock_timestamp(), '',
               transfer.priority
          FROM ready JOIN transfers_transfer AS transfer ON transfer.id = ready.transfer_id
          JOIN unnest(%(routes)s::text[], %(settled)s::text[]) AS settles (route, status) ON settles.route = transfer.route
         WHERE ready.client_id = transfer.client_id
           AND (ready.from_status <> ready.to_status
                AND (ready.to_status = settles.status
                     OR ready.from_status IN (settles.status, %(reconciled)s) AND ready.to_status <> %(reconciled)s)
                OR ready.type IN (%(taken_back)s, %(given_again)s) AND ready.to_status IN (settles.status, %(reconciled)s))
        ON CONFLICT (event_id) DO NOTHING
    )
    UPDATE transfers_outboxevent AS event SET dispatched_at = clock_timestamp() FROM ready WHERE event.id = ready.id
"""  # noqa: S608 - the horizon is ours
# A receipt is due when a transfer reaches the state in which its route counts as settled, and when it leaves that again, other than
# to be reconciled. A cardholder takes the money back, and loses it again, without a change of state.
_SETTLES: dict[str, Any] = {
    "routes": [str(route) for route in ROUTES],
    "settled": [str(machine.settled) for machine in ROUTES.values()],
    "reconciled": str(Status.RECONCILED),
    "taken_back": CHARGED_BACK,
    "given_again": CHARGEBACK_WON,
}


def dispatch(limit: int = BATCH) -> int:
    """Make deliveries, and order receipts, of what was committed since the last time. Returns how many events there were."""
    with connection.cursor() as cursor:
        cursor.execute(_DISPATCH, {"limit": limit, "told": list(CLIENT_EVENTS), "everything": EVERYTHING, **_SETTLES})
        return int(cursor.rowcount)


def dispatch_all() -> int:
    """Until nothing is left below the horizon."""
    total = 0
    while found := dispatch():
        total += found
    return total
