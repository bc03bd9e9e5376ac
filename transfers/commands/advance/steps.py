"""Which step the driver takes, per route and status. Each route has its own table here; what is not in it is nobody's to drive."""

from collections.abc import Callable, Mapping

from transfers.commands.advance import card, card_refund
from transfers.commands.advance.abandon import use_up_nonce
from transfers.commands.advance.book_internal import book_internal
from transfers.commands.advance.confirm import confirm
from transfers.commands.advance.convert import execute_conversion, lock_conversion
from transfers.commands.advance.credit import credit_booked, credit_on_chain, watch_credited
from transfers.commands.advance.lock_funds import BANK, lock_funds
from transfers.commands.advance.lock_move import lock_move
from transfers.commands.advance.lock_send_back import book_out, lock_at_bank, lock_on_chain
from transfers.commands.advance.lock_sweep import lock_sweep
from transfers.commands.advance.pay_out import pay_out
from transfers.commands.advance.quote import quote
from transfers.commands.advance.recheck import recheck
from transfers.commands.advance.resend import resend
from transfers.commands.advance.send_on_chain import send_on_chain
from transfers.commands.advance.settle import settle
from transfers.locks import Lease
from transfers.models import Arrival, Leg, Transfer
from transfers.states import RequestState, Route, Status

Step = Callable[[Lease], None]
# A step, or the choice between several where the status alone does not tell.
Choice = Callable[[Transfer], Step]


def next_step(transfer: Transfer) -> Step | None:
    """What the driver does with a transfer in this state; None where nothing is the driver's to do."""
    choice = STEPS[Route(transfer.route)].get(Status(transfer.status))
    return None if choice is None else choice(transfer)


def is_driven(transfer: Transfer) -> bool:
    """Whether there is anything for the driver in this state."""
    return Status(transfer.status) in STEPS[Route(transfer.route)]


def always(step: Step) -> Choice:
    return lambda _: step


def _at_the_bank(transfer: Transfer) -> Step:
    """Pay out, until the bank has answered; then ask whether it has settled."""
    leg = Leg.objects.get(transfer=transfer, rail=BANK)
    return settle if leg.request_state == RequestState.RESPONDED else pay_out


def _credit_deposit(transfer: Transfer) -> Step:
    """What people have allocated is in our books already; what was only seen is asked for."""
    is_booked = Arrival.objects.filter(transfer=transfer, status=Arrival.Status.UNALLOCATED).exists()
    return credit_booked if is_booked else credit_on_chain


_TO_CHAIN: Mapping[Status, Choice] = {
    Status.CREATED: always(quote),
    Status.QUOTED: always(lock_funds),
    Status.FUNDS_LOCKED: always(send_on_chain),
    Status.SENT_ON_CHAIN: always(confirm),
    Status.DROPPED: always(resend),
    Status.REORGED: always(resend),
    # Only of what was declared lost: nothing else is due when it has failed.
    Status.FAILED: always(use_up_nonce),
}
STEPS: Mapping[Route, Mapping[Status, Choice]] = {
    Route.ON_CHAIN_WITHDRAWAL: _TO_CHAIN,
    Route.CHAIN_DEPOSIT: {
        Status.CREATED: _credit_deposit,
        Status.CONFIRMED: always(watch_credited),
        Status.REORGED: always(credit_on_chain),
    },
    Route.CARD_DEPOSIT: {
        Status.CREATED: always(card.authorise),
        Status.FUNDS_LOCKED: always(card.capture),
        **dict.fromkeys((Status.CONFIRMED, Status.FIAT_SETTLED, Status.RECONCILED), always(card.follow)),
    },
    Route.CARD_REFUND: {
        Status.CREATED: always(card_refund.lock),
        Status.FUNDS_LOCKED: always(card_refund.refund),
        Status.CONFIRMED: always(card_refund.follow),
    },
    Route.BANK_DEPOSIT: {Status.CREATED: always(credit_booked)},
    Route.OFF_RAMP: {**_TO_CHAIN, Status.CONFIRMED: _at_the_bank, Status.FIAT_SETTLED: always(recheck)},
    Route.TREASURY_MOVE: {**_TO_CHAIN, Status.CREATED: always(lock_move)},
    Route.DEPOSIT_SWEEP: {**_TO_CHAIN, Status.CREATED: always(lock_sweep)},
    Route.CHAIN_SEND_BACK: {**_TO_CHAIN, Status.CREATED: always(lock_on_chain)},
    Route.BANK_SEND_BACK: {
        Status.CREATED: always(lock_at_bank),
        Status.FUNDS_LOCKED: always(book_out),
        Status.CONFIRMED: _at_the_bank,
        Status.FIAT_SETTLED: always(recheck),
    },
    Route.INTERNAL_TRANSFER: {Status.CREATED: always(book_internal)},
    Route.CONVERSION: {
        Status.CREATED: always(quote),
        Status.QUOTED: always(lock_conversion),
        Status.FUNDS_LOCKED: always(execute_conversion),
    },
}
