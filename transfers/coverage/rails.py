"""What is signed for the chain, and handed to the bank."""

from audit import coverage
from transfers.commands.recall_states import EVENTS
from transfers.vocabulary import CALENDAR_SET

_RESERVATIONS = """
    SELECT kept.leg_id::text AS key, 1 + (kept.ended_at IS NOT NULL)::integer AS versions, kept.created_at AS since,
           count(*) FILTER (WHERE event.type = 'transfer.funds_locked')
           + (kept.ended_at IS NOT NULL AND coalesce(bool_or(event.type IN (
                'transfer.confirmed', 'transfer.failed', 'transfer.cancelled', 'transfer.expired')), false))::integer AS events
      FROM transfers_walletreservation AS kept
      JOIN transfers_leg AS leg ON leg.id = kept.leg_id
      LEFT JOIN audit_trail AS event ON event.resource_type = 'transfer' AND event.resource_id = leg.transfer_id::text
       AND event.diff ? 'version'
     GROUP BY kept.id
"""
# What is signed was announced: the intent to sign is an event before there are any bytes.
_SIGNED = """
    SELECT kept.hash AS key, 1 AS versions, kept.signed_at AS since,
           (SELECT count(*) FROM audit_trail WHERE type IN ('transfer.sending', 'transfer.fee_raised', 'transfer.recalling')
               AND resource_type = 'transfer'
               AND resource_id = leg.transfer_id::text AND metadata->>'leg' = leg.reference
               AND metadata->>'attempt' = kept.attempt::text) AS events
      FROM transfers_chaintransaction AS kept JOIN transfers_leg AS leg ON leg.id = kept.leg_id
"""
_SET_AT = "(SELECT min(history_date) FROM transfers_historicalbankcalendar AS version WHERE version.id = kept.id)"


def register() -> None:
    coverage.covered("transfers_walletreservation", _RESERVATIONS)
    coverage.covered("transfers_chaintransaction", _SIGNED)
    coverage.covered(
        "transfers_bankcalendar",
        coverage.by_resource("transfers_bankcalendar", resource_type="bank_calendar", types=(CALENDAR_SET,), since=_SET_AT),
    )
    coverage.covered(
        "transfers_payoutrecall",
        coverage.by_fact(
            "transfers_payoutrecall",
            fact="metadata->>'recall'",
            types=EVENTS,
            since="kept.ordered_at",
            versions="kept.version",
        ),
    )
    coverage.exempt("it keeps the versions of a table whose versions are counted", "transfers_historicalbankcalendar")
    coverage.exempt("it gathers orders into one message, and each of them is told by its transfer", "transfers_payoutbatch")
    coverage.exempt("it says where money is kept, and no amount", "transfers_wallet", "transfers_bankaccount")
    coverage.exempt(
        "it keeps the versions of a row, beside the event of its change",
        *(f"transfers_historical{name}" for name in ("wallet", "bankaccount", "promotion", "webhookendpoint")),
    )
    coverage.exempt("it says how far blocks were read, and reading them again is harmless", "transfers_scanmark")
