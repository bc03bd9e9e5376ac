"""What clients are told: webhooks and receipts."""

from audit import coverage

_MESSAGES = ("transfers_webhookendpoint", "transfers_webhooksecret", "transfers_webhookdelivery", "transfers_webhookattempt")


def register() -> None:
    coverage.exempt("it repeats an event, and the database writes the two together", "transfers_outboxevent")
    coverage.exempt(
        "it repeats what events and books tell, under a signature that proves itself", "transfers_receiptorder", "transfers_receipt"
    )
    coverage.exempt("it says where messages go, or how one went, and changes no money", *_MESSAGES)
