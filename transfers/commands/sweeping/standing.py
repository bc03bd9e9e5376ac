"""What stands on deposit addresses, as SQL: of one from every row about it, of many from sums and from the rows not yet in them.

An arrival that our own chain index has proved, and a sweep that has ended, never change again. `settle` adds them to the sums of
their address once (migrations/sql/0059); what may still change is a few rows, however many there ever were.
"""

from django.db import connection

# `proved`: credited to a client, or sent back to where it came from, and shown by our own chain index at final depth. What is
# nobody's yet stays where it is. A sweep that was declared lost is written off, so its tokens are gone from the books as well.
_ARRIVED = """
        SELECT arrival.address_id, arrival.asset_id, sum(arrival.amount) AS booked,
               coalesce(sum(arrival.amount) FILTER (WHERE arrival.status IN ('unallocated', 'returning')), 0) AS nobodys,
               coalesce(sum(arrival.amount) FILTER (WHERE
                   arrival.status = 'credited' AND deposit.status = 'RECONCILED'
                   OR arrival.status = 'returned' AND EXISTS (
                      SELECT FROM transfers_sendback AS back JOIN transfers_transfer AS sent ON sent.id = back.transfer_id
                       WHERE back.arrival_id = arrival.id AND sent.status = 'RECONCILED')), 0) AS proved,
               max(deposit.state_entered_at) AS since
          FROM transfers_arrival AS arrival LEFT JOIN transfers_transfer AS deposit ON deposit.id = arrival.transfer_id
         WHERE arrival.rail = 'evm' AND arrival.address_id IS NOT NULL
           AND arrival.status IN ('credited', 'unallocated', 'returning', 'returned') AND {which}
         GROUP BY arrival.address_id, arrival.asset_id
"""
_SWEPT = """
        SELECT sweep.address_id, sweep.asset_id,
               coalesce(sum(move.source_amount) FILTER (WHERE
                   move.money_state = 'posted' OR move.failure_code = 'declared_lost'), 0) AS gone,
               coalesce(sum(move.source_amount) FILTER (WHERE sweep.ended_at IS NULL AND move.money_state <> 'posted'), 0) AS going
          FROM transfers_depositsweep AS sweep JOIN transfers_transfer AS move ON move.id = sweep.transfer_id
         WHERE {which}
         GROUP BY sweep.address_id, sweep.asset_id
"""
_STATES = """
    SELECT address.id AS address_id, address.client_id, client.name AS client_name, address.network, address.value AS address,
           arrived.asset_id, arrived.booked - coalesce(swept.gone, 0) AS ledger, arrived.nobodys, coalesce(swept.going, 0) AS going,
           greatest(arrived.proved - coalesce(swept.gone, 0) - coalesce(swept.going, 0), 0) AS ready, arrived.since,
           last.transfer_id AS last_id, last.reference AS last_reference, coalesce(last.status, '') AS last_status,
           coalesce(last.failure_code, '') AS last_failure, last.begun_at AS last_begun_at, last.ended_at AS last_ended_at
      FROM arrived
      JOIN transfers_depositaddress AS address ON address.id = arrived.address_id
      JOIN approvals_client AS client ON client.id = address.client_id
      LEFT JOIN swept ON swept.address_id = arrived.address_id AND swept.asset_id = arrived.asset_id
      LEFT JOIN LATERAL (
           SELECT sweep.transfer_id, sweep.begun_at, sweep.ended_at, move.reference, move.status, move.failure_code
             FROM transfers_depositsweep AS sweep JOIN transfers_transfer AS move ON move.id = sweep.transfer_id
            WHERE sweep.address_id = arrived.address_id AND sweep.asset_id = arrived.asset_id
            ORDER BY sweep.begun_at DESC LIMIT 1) AS last ON true
     ORDER BY ready DESC, last.begun_at DESC NULLS LAST, address.id
     LIMIT %(limit)s
"""
# Whoever is not among these has no more to give than those that are, and was not swept lately.
_CANDIDATES = """
        (SELECT address_id, asset_id FROM transfers_settledholding WHERE proved > gone ORDER BY proved - gone DESC LIMIT %(limit)s)
        UNION SELECT address_id, asset_id FROM moving
        UNION SELECT address_id, asset_id FROM unended
        UNION (SELECT address_id, asset_id FROM transfers_depositsweep ORDER BY begun_at DESC LIMIT %(limit)s)
"""


def _one() -> str:
    arrived, swept = (
        part.format(which=f"{table}.address_id = %(address)s AND {table}.asset_id = %(asset)s")
        for part, table in ((_ARRIVED, "arrival"), (_SWEPT, "sweep"))
    )
    return f"WITH arrived AS ({arrived}), swept AS ({swept}) {_STATES}"


def _many() -> str:
    moving, unended = _ARRIVED.format(which="NOT arrival.is_settled"), _SWEPT.format(which="NOT sweep.is_settled")
    return f"""
    WITH moving AS MATERIALIZED ({moving}), unended AS MATERIALIZED ({unended}), candidate AS MATERIALIZED ({_CANDIDATES}),
    arrived AS (
        SELECT address_id, asset_id, coalesce(settled.proved, 0) + coalesce(moving.booked, 0) AS booked,
               coalesce(moving.nobodys, 0) AS nobodys, coalesce(settled.proved, 0) + coalesce(moving.proved, 0) AS proved,
               greatest(settled.since, moving.since) AS since
          FROM candidate LEFT JOIN transfers_settledholding AS settled USING (address_id, asset_id)
          LEFT JOIN moving USING (address_id, asset_id)
         WHERE settled.proved > 0 OR moving.booked > 0),
    swept AS (
        SELECT address_id, asset_id, coalesce(settled.gone, 0) + coalesce(unended.gone, 0) AS gone,
               coalesce(unended.going, 0) AS going
          FROM candidate LEFT JOIN transfers_settledholding AS settled USING (address_id, asset_id)
          LEFT JOIN unended USING (address_id, asset_id))
    {_STATES}"""  # noqa: S608 - made of the pieces above


ONE, MANY = _one(), _many()


def settle() -> int:
    """Add what can no longer change to the sums; how many sums grew. Safe beside others: one at a time adds, the rest leave it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT transfers_settle_holdings()")
        return int(cursor.fetchone()[0])
