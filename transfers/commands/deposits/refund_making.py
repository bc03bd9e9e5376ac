"""The transfer that an approved refund becomes, in the transaction of the last vote, with the amount on hold."""

from datetime import datetime
from typing import Any
from uuid import UUID

from approvals.models import ApprovalRequest
from ledger import chart
from ledger.commands import PlaceHold, apply_holds
from transfers import card_postings
from transfers.commands import moves
from transfers.commands.drawing_up import draw_up
from transfers.commands.wake import wake_after_commit
from transfers.models import CardRefund, Transfer
from transfers.states import MoneyState, Route


def make(request: ApprovalRequest, content: dict[str, Any], deposit: Transfer) -> Transfer:
    """Raises InsufficientFunds."""
    transfer = _drawn_up(request, content, deposit)
    transfer.save(force_insert=True)
    CardRefund.objects.create(transfer=transfer, deposit=deposit, reason=content["reason"])
    told = {"deposit": deposit.reference, "amount": content["amount"], "asset": content["asset"]}
    moves.tell_created(transfer, data=told | {"approval_request": str(request.id), "route": transfer.route})
    account = chart.client_account_code(transfer.client_id, transfer.source_asset_id)
    apply_holds(PlaceHold(transfer.hold_reference, account, transfer.source_amount), transaction_id=transfer.id)
    wake_after_commit(transfer.id)
    return transfer


def _drawn_up(request: ApprovalRequest, content: dict[str, Any], deposit: Transfer) -> Transfer:
    transfer = draw_up(
        id=UUID(content["transfer_id"]),
        reference=content["reference"],
        route=Route.CARD_REFUND,
        client_id=deposit.client_id,
        money_state=MoneyState.RESERVED,
        asset_id=content["asset"],
        amount=int(content["amount"]),
        max_total_debit=int(content["amount"]),
        not_after=datetime.fromisoformat(content["not_after"]),
        client_reference=f"Refund of {deposit.reference}",
        metadata={"refund_of": str(deposit.pk)},
        approval_request=request,
        made_by=request.makers.get().person.name,
        made_by_type="operator",
    )
    transfer.hold_reference = card_postings.refund_hold(transfer)
    return transfer
