"""Which events tell the rows of this floor."""

from audit import coverage
from transfers.commands.bulk.events import PART_DONE, PART_GIVEN_BACK
from transfers.vocabulary import CALENDAR_SET, LEVELS_SET

# Every version of a transfer is one event of its own and one of the trail.
_TRANSFERS = "SELECT id::text AS key, version AS versions, created_at AS since FROM transfers_transfer"
_TRANSFERS_TOLD = """
    SELECT resource_id AS key, count(*) AS events, min(recorded_at) AS since FROM audit_event
     WHERE resource_type = 'transfer' AND diff ? 'version' GROUP BY resource_id
"""
# Their own events have months of their own that are archived.
_EVENTS = """
    SELECT format('%s %s %s', coalesce(kept.transfer_id::text, told.resource_id), coalesce(kept.seq, told.version),
                  coalesce(kept.type, told.type)) AS key, kept.versions, told.events, coalesce(kept.since, told.since) AS since
      FROM (SELECT transfer_id, seq, type, count(*) AS versions, min(recorded_at) AS since FROM transfers_event
             GROUP BY transfer_id, seq, type) AS kept
      FULL JOIN (SELECT resource_id, (diff->'version'->>1)::integer AS version, type, count(*) AS events, min(recorded_at) AS since
                   FROM audit_event WHERE resource_type = 'transfer' AND diff ? 'version'
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
                WHEN kept.money_state = 'reversed' THEN ARRAY['transfer.failed']
                ELSE ARRAY['transfer.failed', 'transfer.cancelled', 'transfer.expired'] END)), false))::integer AS events
      FROM transfers_leg AS kept
      LEFT JOIN audit_event AS event ON event.resource_type = 'transfer' AND event.resource_id = kept.transfer_id::text
       AND event.diff ? 'version'
     WHERE kept.direction = 'out'
     GROUP BY kept.id
    UNION ALL
    SELECT kept.reference, 1, kept.created_at, count(event.id)::integer
      FROM transfers_leg AS kept
      LEFT JOIN audit_event AS event ON event.resource_type = 'transfer' AND event.resource_id = kept.transfer_id::text
       AND event.type = 'transfer.created' AND event.metadata->>'leg' = kept.reference
     WHERE kept.direction = 'in'
     GROUP BY kept.id
"""
_ARRIVALS = "SELECT id::text AS key, version AS versions, seen_at AS since FROM transfers_arrival"
_ARRIVALS_TOLD = """
    SELECT resource_id AS key, count(*) AS events, min(recorded_at) AS since FROM audit_event
     WHERE resource_type = 'arrival' AND diff ? 'version' GROUP BY resource_id
"""
_CARDS_TOLD = """
    SELECT resource_id AS key, count(*) AS events, min(recorded_at) AS since FROM audit_event
     WHERE resource_type = '{kind}' AND diff ? 'version' GROUP BY resource_id
"""
_RESERVATIONS = """
    SELECT kept.leg_id::text AS key, 1 + (kept.ended_at IS NOT NULL)::integer AS versions, kept.created_at AS since,
           count(*) FILTER (WHERE event.type = 'transfer.funds_locked')
           + (kept.ended_at IS NOT NULL AND coalesce(bool_or(event.type IN (
                'transfer.confirmed', 'transfer.failed', 'transfer.cancelled', 'transfer.expired')), false))::integer AS events
      FROM transfers_walletreservation AS kept
      JOIN transfers_leg AS leg ON leg.id = kept.leg_id
      LEFT JOIN audit_event AS event ON event.resource_type = 'transfer' AND event.resource_id = leg.transfer_id::text
       AND event.diff ? 'version'
     GROUP BY kept.id
"""
# What is signed was announced: the intent to sign is an event before there are any bytes.
_SIGNED = """
    SELECT kept.hash AS key, 1 AS versions, kept.signed_at AS since,
           (SELECT count(*) FROM audit_event WHERE type IN ('transfer.sending', 'transfer.fee_raised', 'transfer.recalling')
               AND resource_type = 'transfer'
               AND resource_id = leg.transfer_id::text AND metadata->>'leg' = leg.reference
               AND metadata->>'attempt' = kept.attempt::text) AS events
      FROM transfers_chaintransaction AS kept JOIN transfers_leg AS leg ON leg.id = kept.leg_id
"""
# As many as versions, and one more for a row that is not as its last version says.
_LEVEL_VERSIONS = """(SELECT count(*) FROM transfers_historicalliquiditylevel AS one WHERE one.account_code = kept.account_code)
    + (SELECT (last.funding, last.minimum, last.target, last.maximum)
              IS DISTINCT FROM (kept.funding, kept.minimum, kept.target, kept.maximum)
         FROM transfers_historicalliquiditylevel AS last WHERE last.account_code = kept.account_code
        ORDER BY last.history_date DESC, last.history_id DESC LIMIT 1)::integer
"""
_LEVEL_SINCE = (
    "(SELECT min(history_date) FROM transfers_historicalliquiditylevel AS one WHERE one.account_code = kept.account_code)"
)
_SET_AT = "(SELECT min(history_date) FROM transfers_historicalbankcalendar AS version WHERE version.id = kept.id)"
_MESSAGES = ("transfers_webhookendpoint", "transfers_webhooksecret", "transfers_webhookdelivery", "transfers_webhookattempt")
# What a promotion paid is told by the event of the conversion that it was paid with.
_CASHBACK = """
    SELECT kept.transfer_id::text AS key, 1 AS versions, kept.paid_at AS since,
           (SELECT count(*) FROM audit_event WHERE type = 'transfer.confirmed' AND resource_type = 'transfer'
               AND resource_id = kept.transfer_id::text AND metadata->>'cashback' = kept.amount::text) AS events
      FROM transfers_cashback AS kept
"""

ASKED = ("transfers_quoteround", "transfers_quoteanswer")
VERSIONS = tuple(f"transfers_historical{name}" for name in ("provider", "providerterms", "ratesource"))
_BULK_ORDERS = "SELECT id::text AS key, version AS versions, created_at AS since FROM transfers_bulkorder"
_BULK_ORDERS_TOLD = """
    SELECT resource_id AS key, count(*) AS events, min(recorded_at) AS since FROM audit_event
     WHERE resource_type = 'bulk_order' AND diff ? 'version' GROUP BY resource_id
"""


def register() -> None:
    coverage.covered("transfers_transfer", coverage.beside(_TRANSFERS, _TRANSFERS_TOLD))
    coverage.covered("transfers_event", _EVENTS)
    coverage.covered("transfers_leg", _LEGS)
    coverage.covered("transfers_walletreservation", _RESERVATIONS)
    coverage.covered("transfers_chaintransaction", _SIGNED)
    coverage.covered("transfers_arrival", coverage.beside(_ARRIVALS, _ARRIVALS_TOLD))
    coverage.covered(
        "transfers_depositaddress",
        coverage.by_resource(
            "transfers_depositaddress",
            resource_type="deposit_address",
            types=("deposit.address_opened",),
            since="kept.created_at",
        ),
    )
    for table, since in (("cardbatch", "reported_at"), ("carddispute", "opened_at")):
        rows = f"SELECT id::text AS key, version AS versions, {since} AS since FROM transfers_{table}"  # noqa: S608 - ours
        told = _CARDS_TOLD.format(kind={"cardbatch": "card_batch", "carddispute": "card_dispute"}[table])
        coverage.covered(f"transfers_{table}", coverage.beside(rows, told))
    coverage.exempt("it says how far blocks were read, and reading them again is harmless", "transfers_scanmark")
    coverage.covered(
        "transfers_bankcalendar",
        coverage.by_resource("transfers_bankcalendar", resource_type="bank_calendar", types=(CALENDAR_SET,), since=_SET_AT),
    )
    coverage.exempt("it gathers orders into one message, and each of them is told by its transfer", "transfers_payoutbatch")
    coverage.exempt("it keeps the versions of a table whose versions are counted", "transfers_historicalbankcalendar")
    coverage.covered("transfers_cashback", _CASHBACK)
    coverage.covered("transfers_bulkorder", coverage.beside(_BULK_ORDERS, _BULK_ORDERS_TOLD))
    # That there are parts is told with their order, each by its digest; here it is told how each ends.
    coverage.covered(
        "transfers_bulkpart",
        coverage.by_resource(
            "transfers_bulkpart",
            resource_type="bulk_part",
            types=(PART_DONE, PART_GIVEN_BACK),
            since="kept.ended_at",
            versions="(kept.status <> 'waiting')::integer",
        ),
    )
    coverage.exempt("it keeps a file as it was sent, as evidence", "transfers_bulkupload")
    coverage.covered(
        "transfers_promotion",
        coverage.by_resource(
            "transfers_promotion", resource_type="promotion", types=("promotion.created",), since="kept.created_at", key="kept.code"
        ),
    )
    coverage.exempt(
        "somebody offered a price; the one that a transfer goes by is named in its event",
        "transfers_quote",
        "transfers_conversionsplit",
    )
    coverage.exempt(
        "it says what we keep of a price, each change is told, and every price keeps its own", "transfers_conversionterms"
    )
    coverage.covered(
        "transfers_liquiditylevel",
        coverage.by_resource(
            "transfers_liquiditylevel",
            resource_type="liquidity_level",
            types=(LEVELS_SET,),
            since=_LEVEL_SINCE,
            key="kept.account_code",
            versions=_LEVEL_VERSIONS,
        ),
    )
    coverage.exempt("it keeps the versions of a table whose versions are counted", "transfers_historicalliquiditylevel")
    coverage.exempt("it keeps what was said to and by others, as evidence", "transfers_providercall", "transfers_inboundwebhook")
    coverage.exempt("it keeps the names that the outside has for something", "transfers_externalreference")
    coverage.exempt("it says between which wallets a transfer of ours goes, and the transfer is told", "transfers_treasurymove")
    coverage.exempt("it says where money is kept, and no amount", "transfers_wallet", "transfers_bankaccount")
    coverage.exempt("it says which moves there are, and is written by migrations alone", "transfers_machinerow")
    coverage.exempt("it keeps one order from becoming two transfers, and the transfer is told", "transfers_idempotencykey")
    coverage.exempt("it repeats an event, and the database writes the two together", "transfers_outboxevent")
    coverage.exempt(
        "it repeats what events and books tell, under a signature that proves itself", "transfers_receiptorder", "transfers_receipt"
    )
    coverage.exempt("it says where messages go, or how one went, and changes no money", *_MESSAGES)
    coverage.exempt("it is worth nothing after a crash", "transfers_heartbeat", "transfers_api_rate")
    coverage.exempt("it says whom we ask and what they deal in, and moves nothing", "transfers_provider", "transfers_providerterms")
    coverage.exempt("it keeps what others say a currency is worth, as evidence", "transfers_ratesource", "transfers_ratesheet")
    coverage.exempt("somebody was asked for a price; the one that a transfer goes by is named in its event", *ASKED)
    coverage.exempt("it keeps what somebody said by phone; what it moves is told by the transfer's event", "transfers_manualentry")
    coverage.exempt("it decides whether somebody is asked, and moves nothing", "transfers_providerstate")
    coverage.exempt("it is worth nothing after a crash", "transfers_provider_window")
    coverage.exempt("it keeps every version of a row that moves nothing", *VERSIONS)
