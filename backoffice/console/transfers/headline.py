"""What is the case, as a sentence; and the way a good day goes, with the times."""

from django.conf import settings

from audit import clock
from backoffice.console.formats import duration
from backoffice.console.parts import Milestone
from backoffice.console.transfers import incoming
from backoffice.console.transfers.story import Story
from backoffice.console.transfers.waiting import is_pending, wait_of
from transfers.machines import MILESTONES
from transfers.states import IN_OUR_BOOKS, PAID_BY_BANK, TERMINAL, EvidenceState, MoneyState, RequestState, Route, Status

_FIXED: dict[Status, str] = {
    Status.QUOTED: "Priced, waiting for wallet inventory and gas",
    Status.EXPIRED: "Expired before anything was sent",
    Status.DROPPED: "Dropped by the network, being sent again",
    Status.REORGED: "The chain was rewritten, waiting for it to settle",
}


_GONE = "but the chain took the tokens' way to the partner back: waiting for it, or for people to decide"
_BEGINS_WITH: dict[str, str] = {
    Route.INTERNAL_TRANSFER: "its posting",
    Route.TREASURY_MOVE: "tokens and gas",
    Route.DEPOSIT_SWEEP: "gas in the hot wallet",
    Route.CHAIN_SEND_BACK: "tokens and gas",
    Route.BANK_SEND_BACK: "the payment to be drawn up",
    Route.CARD_REFUND: "the card provider",
}


def sentence(story: Story) -> str:
    """The title of the page."""
    status = Status(story.transfer.status)
    if story.transfer.evidence_state == EvidenceState.DISPUTED and story.transfer.route == Route.CARD_DEPOSIT:
        return "Charged back: the cardholder has taken money back"
    if incoming.is_incoming(story.transfer) and status not in (*TERMINAL, Status.DROPPED):
        return incoming.sentence(story)
    tellers = {
        Status.CREATED: _created,
        Status.FUNDS_LOCKED: _locked,
        Status.SENT_ON_CHAIN: _sent,
        Status.CONFIRMED: _confirmed,
        Status.FIAT_SETTLED: _settled,
        Status.RECONCILED: _done,
        Status.FAILED: _failed,
        Status.CANCELLED: _cancelled,
    }
    return tellers[status](story) if status in tellers else _FIXED[status]


def _cancelled(story: Story) -> str:
    if story.transfer.failure_code == "recalled":
        return "Recalled: its nonce was used up, and nothing was paid"
    return "Cancelled before anything was sent"


def _created(story: Story) -> str:
    request = story.transfer.approval_request
    if request is not None and is_pending(story.transfer):
        return f"Waiting for approval: {story.approvals} of {request.quorum}"
    waits_for = _BEGINS_WITH.get(story.transfer.route, "its quote")
    return f"{'Approved' if request else 'Accepted'}, waiting for {waits_for}"


def _locked(story: Story) -> str:
    if story.transfer.route in IN_OUR_BOOKS:
        return "Funds locked, about to be booked"
    if story.transfer.route == Route.CARD_REFUND:
        return _refunding(story)
    if story.transfer.route == Route.BANK_SEND_BACK:
        return "Drawn up, about to be booked out of the unallocated money"
    leg = story.leg("evm")
    if leg is None or leg.request_state == RequestState.RECEIVED:
        return "Funds locked, about to be signed and sent"
    if leg.request_state == RequestState.TIMED_OUT:
        return "Funds locked; it may have been sent: the node is being asked"
    return "Funds locked, being signed and sent"


def _refunding(story: Story) -> str:
    state = story.transfer.request_state
    if state == RequestState.RECEIVED:
        return "On hold, about to be refunded by the card provider"
    if state == RequestState.TIMED_OUT:
        return "On hold; it may have been refunded: the card provider is being asked"
    return "On hold, being refunded by the card provider"


def _tokens_gone(story: Story) -> bool:
    """Whether the bank was ordered, and the tokens' way to the partner is not on the chain any more."""
    chain, bank = story.leg("evm"), story.leg("bank")
    in_doubt = story.transfer.money_state == chain.money_state == MoneyState.EXCEPTION if chain else False
    return in_doubt and bank is not None and bank.request_state != RequestState.RECEIVED


def _sent(story: Story) -> str:
    if _tokens_gone(story):
        return f"The bank was ordered, {_GONE}"
    if story.transfer.money_state == MoneyState.EXCEPTION:
        return "Sent, but the chain does not show what was ordered"
    needed = settings.CHAIN_CONFIRMATIONS
    seen = min(story.sent.confirmations, needed) if story.sent else 0
    return f"Sent, waiting for confirmations: {seen} of {needed}"


def _confirmed(story: Story) -> str:
    if story.transfer.route in IN_OUR_BOOKS:
        return "Booked, waiting for the books to prove it"
    if story.transfer.route == Route.CARD_REFUND:
        return "Refunded by the card provider, waiting for a batch that nets it"
    if story.transfer.route not in PAID_BY_BANK:
        return "Arrived, waiting for our own chain index to prove it"
    if _tokens_gone(story):
        return f"The bank was ordered, {_GONE}"
    leg, done = story.leg("bank"), "Converted" if story.transfer.route == Route.OFF_RAMP else "Booked out"
    if leg is None or leg.request_state == RequestState.RECEIVED:
        return f"{done}, about to order the payout"
    if leg.request_state == RequestState.TIMED_OUT:
        return f"{done}; the payout may have been ordered: the bank is being asked"
    return f"{done}, waiting for the bank to settle the payout"


def _settled(story: Story) -> str:
    if _tokens_gone(story):
        return f"Paid out, {_GONE}"
    if story.transfer.money_state == MoneyState.EXCEPTION:
        return "Paid out, and the bank disputes it: people must decide"
    if story.transfer.route == Route.CARD_REFUND:
        return "Netted in a batch, waiting for the settlement report to prove it"
    return "Paid out, waiting for the booked debit on the bank statement"


def _done(story: Story) -> str:
    if story.transfer.money_state == MoneyState.EXCEPTION:
        return "Done once, and disputed since: people must decide"
    return "Done: our books and the outside agree"


def _failed(story: Story) -> str:
    return f"Failed: {story.transfer.failure_code.replace('_', ' ')}"


def milestones(story: Story) -> list[Milestone]:
    """Each step with its time and how long it took; the present one with how long it lasts, and whether that is too long."""
    transfer, way = story.transfer, MILESTONES[Route(story.transfer.route)]
    status = Status(transfer.status)
    if status not in way:
        return _ended_early(story, way)
    here = way.index(status)
    steps = [_past(story, step, way[index - 1] if index else None) for index, step in enumerate(way[:here])]
    steps.append(_present(story, status))
    return steps + [Milestone(_title(step)) for step in way[here + 1 :]]


def _ended_early(story: Story, way: tuple[Status, ...]) -> list[Milestone]:
    """What was reached, then the end; what will never come is left out."""
    passed = [step for step in way if step in story.reached]
    steps = [_past(story, step, passed[index - 1] if index else None) for index, step in enumerate(passed)]
    status = Status(story.transfer.status)
    stage = "failed" if status is Status.FAILED else "now"
    return [*steps, Milestone(_title(status), stage, story.reached.get(status, story.transfer.state_entered_at))]


def _past(story: Story, step: Status, before: Status | None) -> Milestone:
    at = story.reached.get(step)
    start = story.reached.get(before) if before else None
    took = at - start if at and start else None
    note = duration(took) if took and took.total_seconds() >= 1 else ""
    return Milestone(_title(step), "done", at, note)


def _present(story: Story, status: Status) -> Milestone:
    transfer, wait = story.transfer, wait_of(story.transfer)
    at = story.reached.get(status, transfer.state_entered_at)
    if status in TERMINAL or wait is None:
        return Milestone(_title(status), "done" if status in TERMINAL else "now", at)
    return Milestone(_title(status), "now", None if wait.is_late else at, str(wait), late=wait.is_late)


def _title(status: Status) -> str:
    return status.words.capitalize()


def age(story: Story) -> str:
    """From its creation to its end, or to now."""
    transfer = story.transfer
    end = transfer.state_entered_at if transfer.status in TERMINAL else clock.now()
    return duration(end - transfer.created_at)
