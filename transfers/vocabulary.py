"""Audit types of the doors of this floor: the client API and the webhook inbox. Those of transfers are in commands.moves."""

API_ACCESS_REFUSED = "api.access_refused"
API_REFUSED = "api.refused"
WEBHOOKS_REPROCESSED = "webhooks.reprocessed"
ANSWERS_DROPPED = "idempotency.answers_dropped"
# Shared with commands.create, which records what it refuses itself.
TRANSFER_REFUSED = "transfer.refused"

CALENDAR_SET = "bank_calendar.set"
LEVELS_SET = "liquidity_level.set"
NOSTRO_OPENED = "bank_account.opened"

DEPOSITS = (
    "deposit.address_opened",
    "deposit.seen",
    "deposit.set_aside",
    "deposit.credited",
    "deposit.settles_deal",
    "deposit.taken_back",
    "deposit.gone",
    "deposit.seen_again",
    "deposit.allocated",
    "deposit.return_address_stated",
    "deposit.sending_back",
    "deposit.sent_back",
    "deposit.not_sent_back",
    "card.batch_reported",
    "card.batch_paid",
    "card.charged_back",
    "card.chargeback_won",
)

DOORS = (API_ACCESS_REFUSED, API_REFUSED, ANSWERS_DROPPED, WEBHOOKS_REPROCESSED, CALENDAR_SET, LEVELS_SET, NOSTRO_OPENED)
