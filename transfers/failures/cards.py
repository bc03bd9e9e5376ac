"""What goes wrong with deposits by card."""

from transfers.failures.base import WORKING, Failure

ENTRIES: tuple[Failure, ...] = (
    Failure(
        "card_declined",
        "The card's issuer declined; the provider's answer says why.",
        "CREATED to FAILED; nothing was booked.",
        "The card was declined. Please try another card, or ask its bank.",
        "Nothing. Many declines in a row from one client: look for card testing.",
        ends=True,
    ),
    Failure(
        "card_capture_refused",
        "The provider refuses for good to charge what it had authorised.",
        "FUNDS_LOCKED to FAILED; nothing was booked. The authorisation lapses by itself.",
        "The card could not be charged. Please try again.",
        "Read the provider's answer; authorisations lapse after about a week.",
        ends=True,
    ),
    Failure(
        "card_provider_unknown",
        "The connection broke after an order to the card provider was sent.",
        "Stays where it is, the leg's request timed out; the provider is asked under our reference before anything is sent again.",
        WORKING,
        "Nothing: the provider takes one order per reference.",
        ends=False,
    ),
    Failure(
        "card_refund_refused",
        "The provider refuses for good to refund: so much was not captured, or it was given or taken back already.",
        "FUNDS_LOCKED to FAILED; nothing was booked, and what was held for it is released.",
        "The card could not be refunded. The amount is available in your balance again.",
        "Read the provider's answer on the refund. A dispute may have been faster; agree another way with the client.",
        ends=True,
    ),
    Failure(
        "card_charged_back",
        "The provider's record of the payment shows a dispute: the cardholder took the money back.",
        "Stays where it is; the amount leaves the client's balance, below zero if it was spent, and the fee is our loss.",
        "The cardholder has taken this payment back. The amount was deducted from your balance.",
        "Collect evidence from the client and contest it with the provider in time. A client below zero has a runbook of its own.",
        ends=False,
    ),
)
