"""What becomes of an arrival while a transfer sends it back: on its way, gone, or still with us.

Called wherever such a transfer moves, in the same database transaction; for any other transfer it does nothing. The client whose
deposit it once was, if it was one's, is told on that deposit.
"""

from transfers import locks
from transfers.commands import moves
from transfers.commands.deposits.arrivals import change
from transfers.failures import FAILURES
from transfers.models import Arrival, SendBack, Transfer
from transfers.outbox.vocabulary import NOT_SENT_BACK, SENT_BACK
from transfers.states import SEND_BACKS, Route, Status
from transfers.wording import status_text

_PAID = (Status.FIAT_SETTLED, Status.RECONCILED)
_OVER = (Status.FAILED, Status.CANCELLED, Status.EXPIRED)
TOLD = "We have sent this deposit back to where it came from."


def follow_arrival(transfer: Transfer) -> None:
    """The transfer is locked and has just moved. Raises Conflict when somebody else changed the arrival meanwhile."""
    if transfer.route not in SEND_BACKS:
        return
    arrival = SendBack.objects.select_related("arrival").get(transfer=transfer).arrival
    wanted, kind, why = _wanted(transfer)
    if arrival.status != wanted:
        change(arrival, kind, status=wanted, reason=why)
        _tell_client(arrival, gone=wanted == Arrival.Status.RETURNED)


def _wanted(transfer: Transfer) -> tuple[Arrival.Status, str, str]:
    status = Status(transfer.status)
    if status in _OVER:
        why = f"Transfer {transfer.reference} did not send it back: it is {status.quoted}."
        return Arrival.Status.UNALLOCATED, "deposit.not_sent_back", why
    if status in _PAID or (status is Status.CONFIRMED and transfer.route == Route.CHAIN_SEND_BACK):
        return Arrival.Status.RETURNED, "deposit.sent_back", f"Sent back by transfer {transfer.reference}."
    return Arrival.Status.RETURNING, "deposit.sending_back", f"Transfer {transfer.reference} sends it back."


def _tell_client(arrival: Arrival, *, gone: bool) -> None:
    if arrival.transfer_id is None:
        return
    deposit = locks.transfer(arrival.transfer_id)
    before = _sentence(deposit)
    text = TOLD if gone else before
    if deposit.status_text != text:
        moves.note(deposit, SENT_BACK if gone else NOT_SENT_BACK, reason=arrival.reason, status_text=text)


def _sentence(deposit: Transfer) -> str:
    if deposit.failure_code in FAILURES:
        return FAILURES[deposit.failure_code].client_text
    return status_text(Route(deposit.route), Status(deposit.status))
