"""What people decided because the outside did not answer."""

from transfers.failures.base import Failure

ENTRIES: tuple[Failure, ...] = (
    Failure(
        "declared_lost",
        "Two people decided on evidence that nobody will find out where the money is.",
        "Any state before to FAILED; the client gets back what was reserved or taken, the loss is ours.",
        "Your transfer could not be completed. The amount and our fee are back in your balance.",
        "Should the outside show the payment after all, it becomes a break: the books say already that the money left.",
        ends=True,
    ),
    Failure(
        "declared_unpaid",
        "Two people decided on evidence that the bank has not paid and will not pay.",
        "CONFIRMED or FIAT_SETTLED to FAILED; what was taken, and a payout that was booked, are reversed: principal and fee are "
        "back in the client's balance.",
        "The bank could not pay your beneficiary. The amount and our fee are back in your balance.",
        "Keep the bank's written word. A payment that it shows later becomes a break.",
        ends=True,
    ),
    Failure(
        "card_declared_uncharged",
        "Two people decided on evidence that the card provider has not charged the card and will not.",
        "CREATED or FUNDS_LOCKED to FAILED; nothing was booked. An authorisation lapses by itself.",
        "The card could not be charged. Please try again.",
        "Keep the provider's written word. A charge that one of its batches shows later becomes a break, and is the client's.",
        ends=True,
    ),
    Failure(
        "refund_declared_unpaid",
        "Two people decided on evidence that the card provider has not refunded the card and will not.",
        "FUNDS_LOCKED to FAILED; what was held for the refund is released.",
        "The card could not be refunded. The amount is available in your balance again.",
        "Keep the provider's written word. A refund that one of its batches shows later becomes a break.",
        ends=True,
    ),
)
