"""CREATED to CONFIRMED for a transfer between two clients: one posting, and nothing outside that could be in doubt."""

from django.db import transaction

from audit import clock
from ledger.commands import post
from transfers import locks, postings
from transfers.commands import moves
from transfers.commands.advance.begin import may_begin
from transfers.commands.advance.permit import permit
from transfers.commands.authority import use
from transfers.commands.ending import end_unsent
from transfers.commands.orders import can_take
from transfers.crashpoints import crashpoint
from transfers.locks import Lease
from transfers.models import Transfer
from transfers.states import MoneyState, RequestState, Status


def book_internal(lease: Lease) -> None:
    """Raises LeaseLost, Halted, Unproven; none of them leaves anything half-done."""
    with transaction.atomic():
        transfer = locks.leased(lease, Status.CREATED)
        if not may_begin(transfer):
            return
        use(permit(transfer))
        if can_take(str(transfer.receiver_id), transfer.target_asset_id):
            _book(transfer)
        else:
            end_unsent(transfer, Status.FAILED, failure_code="receiver_cannot_take")
        crashpoint("book.before_commit")
    crashpoint("book.after_commit")


def _book(transfer: Transfer) -> None:
    now = clock.now()
    posting = postings.internal(
        transfer_id=transfer.id,
        reference=transfer.reference,
        asset=transfer.source_asset_id,
        sender=transfer.client_id,
        receiver=str(transfer.receiver_id),
        principal=transfer.source_amount,
        fee=transfer.max_fee,
        hold_reference=transfer.hold_reference,
        corridor=transfer.corridor_id or "",
        value_at=now,
    )
    moves.move(
        transfer,
        Status.CONFIRMED,
        data={"posting": posting.reference, "receiver": transfer.receiver_id, "amount": str(transfer.source_amount)},
        target_amount=transfer.source_amount,
        fee_amount=transfer.max_fee,
        money_state=MoneyState.POSTED,
        request_state=RequestState.RESPONDED,
        due_at=None,
    )
    post(posting)
