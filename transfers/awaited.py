"""What is open without being in doubt about our own order: two answers are possible, one of them comes, and nobody decides it by
vote. docs/transfers.md lists these beside the states of `transfers.uncertain`, each with how it ends."""

from transfers.states import Status
from transfers.uncertain import BANK, CHAIN, Uncertainty

REPLACEMENT = Uncertainty(
    "replacement",
    Status.SENT_ON_CHAIN,
    CHAIN,
    "The payment was outbid: several transactions with one nonce are about, and any one of them may be mined, the first one too.",
    "The node is asked for every hash that was ever signed. Whichever is in a block is taken; a higher bid is a new attempt.",
    "When one of them is final: CONFIRMED or FAILED by that one; the others are closed with it.",
)
RECALL = Uncertainty(
    "recall",
    Status.SENT_ON_CHAIN,
    CHAIN,
    "Somebody recalled it: a transaction that pays nobody competes for its nonce, and the payment may still win.",
    "The node is asked for both. Nothing is given back before one is final.",
    "The recall is final: CANCELLED, the hold is released. The payment is final: CONFIRMED, the recall came too late.",
    also=(Status.FUNDS_LOCKED, Status.DROPPED),
)
DROPPED = Uncertainty(
    "dropped",
    Status.DROPPED,
    CHAIN,
    "Every node has forgotten the payment. Its signed bytes stay valid, so it may still be mined.",
    "The same bytes are sent again, and the node is asked for their hash.",
    "As soon as a node knows it: SENT_ON_CHAIN; or people recall it.",
)
REORGED = Uncertainty(
    "reorged",
    Status.REORGED,
    CHAIN,
    "Every node shows another block where it was confirmed: it is reversed, and held anew, but its bytes may be mined again.",
    "The same bytes are sent again. Of a deposit only its log is asked for.",
    "In a block again: SENT_ON_CHAIN, then CONFIRMED under new postings. A deposit is credited again, or FAILED after a day.",
)
UNPROVED = Uncertainty(
    "reorg unproved",
    Status.CONFIRMED,
    CHAIN,
    "One node does not show it in its block any more, and another is silent, behind, or still shows it.",
    "Every node is asked again. Nothing is taken back on the word of one; an alert opens after ten minutes.",
    "Every node shows another block: REORGED, or tokens as above. All show the old one: nothing was. Or people set a node aside.",
    also=(Status.FIAT_SETTLED,),
)
CALLED_BACK = Uncertainty(
    "called back",
    Status.CONFIRMED,
    BANK,
    "We have asked the bank to send the payout back, and it has not answered, or has agreed and the money is not here yet.",
    "The bank is asked by the recall's reference, with growing pauses, for two weeks; it is sent again only when it never arrived.",
    "RJCT, or the whole of it booked back: FAILED as called back. A refusal, or silence for two weeks: the payout stands.",
    also=(Status.FIAT_SETTLED, Status.RECONCILED),
)
AWAITED = (REPLACEMENT, RECALL, DROPPED, REORGED, UNPROVED, CALLED_BACK)
