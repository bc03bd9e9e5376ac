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
        "card_provider_unavailable",
        "The card provider cannot be reached or turns us away, and surely has not received the order.",
        "Stays where it is; asked again with a growing pause.",
        WORKING,
        "Look at the provider's standing and its status page. Nothing was charged or refunded by this attempt.",
        ends=False,
    ),
    Failure(
        "card_order_refused",
        "The card provider refuses the order itself: it cannot be read, or it knows our reference for another one.",
        "CREATED to FAILED; nothing was booked, and nothing is charged.",
        "The card could not be charged. Please try again.",
        "Read the provider's words on the transfer and involve engineering: an order of ours should never be refused as such.",
        ends=True,
    ),
    Failure(
        "card_provider_unknown",
        "The connection broke after an order to the card provider was sent.",
        "Stays where it is, the leg's request timed out; the provider is asked under our reference before anything is sent again.",
        WORKING,
        "Nothing while the provider answers: it takes one order per reference. Else ask its support for our reference; two people "
        "can decide by that.",
        ends=False,
    ),
    Failure(
        "card_provider_contradicts",
        "What the card provider's record shows is not what it told us, or not what was ordered: another amount, currency or "
        "reference, or an order that it had taken and will not take any more.",
        "Stays where it is: nothing is credited on such a word, and nothing that is booked is taken back; asked again with a "
        "growing pause.",
        WORKING,
        "Compare the call log with the provider's own page for our reference, and ask its support which of the two is true.",
        ends=False,
    ),
    Failure(
        "card_refund_refused",
        "It can be refunded no more: so much was not captured, or it was given or taken back already. The provider says so, or we "
        "know before it is asked.",
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
