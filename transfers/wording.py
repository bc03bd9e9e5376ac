"""What the client is told in each state. One place, so that the API, the webhook, the screen and support say the same sentence; a
route has its own words in its machine.

Nothing here names an internal reason: a transfer held for a sanctions review reads exactly like one that is being processed.
"""

from transfers.failures import FAILURES
from transfers.machines import ROUTES
from transfers.states import TERMINAL, Route, Status

AWAITING_APPROVAL = "We have received your transfer. It is waiting for our approval; the funds are reserved."
_PROCESSING = "We have received your transfer and are processing it. The funds are reserved."

_COMMON: dict[Status, str] = {
    Status.CREATED: _PROCESSING,
    Status.QUOTED: "Your transfer is priced. We are reserving the funds it is paid from.",
    Status.FUNDS_LOCKED: "The funds are locked for your transfer. We are about to send it.",
    Status.SENT_ON_CHAIN: "Your transfer was sent to the blockchain and is waiting for confirmation.",
    Status.FAILED: "Your transfer could not be completed.",
    Status.CANCELLED: "Your transfer was cancelled. The reserved funds are available again.",
    Status.EXPIRED: "Your transfer was not carried out in time and has expired. The reserved funds are available again.",
    Status.DROPPED: "Your transfer has left the network's queue. We are making sure that it arrives; you need not do anything.",
    Status.REORGED: "The blockchain is settling the order of its latest blocks. We are watching your transfer until it is final.",
}
_VERBS: dict[str, str] = {
    Route.INTERNAL_TRANSFER: "pays another client",
    Route.CONVERSION: "converts",
    Route.CARD_REFUND: "refunds a card",
}


def status_text(route: Route, status: Status, *, awaiting_approval: bool = False, failure_code: str = "") -> str:
    """The sentence for the client. A failure's own words win over the state's."""
    if failure_code:
        return FAILURES[failure_code].client_text
    if awaiting_approval and status is Status.CREATED:
        return AWAITING_APPROVAL
    return ROUTES[route].texts.get(status) or _COMMON[status]


def why_over(status: str) -> str:
    """Why nothing more is done with a transfer, for operators; empty while it has not ended."""
    return f"It has ended: {Status(status).words}." if status in TERMINAL else ""


def verb(route: str) -> str:
    """What a client does on this route, between its name and the amount."""
    return _VERBS.get(route, "withdraws")
