"""The closed vocabularies of what clients are told: which events they may subscribe to, and what the audit trail says of their
addresses."""

from transfers.states import Status

# A cardholder takes a payment back, and loses it again: no change of state, and yet the client's balance changes.
CHARGED_BACK, CHARGEBACK_WON = "transfer.charged_back", "transfer.chargeback_won"
# What a deposit that was not credited has become since: back where it came from, or with us again after all.
SENT_BACK, NOT_SENT_BACK = "transfer.deposit_sent_back", "transfer.deposit_not_sent_back"
# Clients hear of changes of state and of their money, and of nothing else that is noted: who looks at a transfer and why is ours.
# Told to whoever is paid by another client; everything else is told to the client whose transfer it is.
RECEIVED = "incoming_transfer.received"
CLIENT_EVENTS: tuple[str, ...] = (
    *(f"transfer.{status.value.lower()}" for status in Status),
    "transfer.requoting",
    CHARGED_BACK,
    CHARGEBACK_WON,
    SENT_BACK,
    NOT_SENT_BACK,
    RECEIVED,
)
EVERYTHING = "*"

ADDED = "webhook.added"
REMOVED = "webhook.removed"
ENABLED = "webhook.enabled"
DISABLED = "webhook.disabled"
SECRET_ROTATED = "webhook.secret_rotated"  # noqa: S105 - a name, not a secret
REPLAYED = "webhook.replayed"

AUDIT_TYPES = (ADDED, REMOVED, ENABLED, DISABLED, SECRET_ROTATED, REPLAYED)
