"""Audit types of the doors of this floor: the client API and the webhook inbox. Those of transfers are in commands.moves."""

API_ACCESS_REFUSED = "api.access_refused"
WEBHOOKS_REPROCESSED = "webhooks.reprocessed"

DOORS = (API_ACCESS_REFUSED, WEBHOOKS_REPROCESSED)
