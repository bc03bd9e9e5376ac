"""The transfer that an approved request to send money back becomes, in the transaction of the last vote."""

from datetime import datetime
from typing import Any
from uuid import UUID

from approvals.models import ApprovalRequest
from ledger import chart
from ledger.chart import AccountKind
from transfers.commands import moves, treasury
from transfers.commands.deposits.addresses import open_room
from transfers.commands.deposits.sent_back import follow_arrival
from transfers.commands.drawing_up import draw_up
from transfers.commands.house import house
from transfers.commands.wake import wake_after_commit
from transfers.errors import Refused, Unavailable
from transfers.models import Arrival, BankAccount, SendBack, Transfer, Wallet
from transfers.states import Route

NOBODY_PAYS = "No wallet or bank account of ours pays out this asset: it cannot be sent back from here."


def make(request: ApprovalRequest, content: dict[str, Any], arrival: Arrival) -> Transfer:
    """Raises Refused where nothing of ours could pay it, Conflict when the arrival is changed by somebody else."""
    transfer = _drawn_up(request, content)
    _open_rooms(transfer)
    transfer.save(force_insert=True)
    SendBack.objects.create(transfer=transfer, arrival=arrival, evidence=content["evidence"])
    told = {"arrival": arrival.reference, "amount": content["amount"], "fee": content["fee"], "asset": arrival.asset_id}
    moves.tell_created(transfer, data=told | {"approval_request": str(request.id)})
    follow_arrival(transfer)
    wake_after_commit(transfer.id)
    return transfer


def paying_wallet(asset_id: str) -> Wallet:
    """The hot wallet when it keeps this very token. Raises Refused."""
    try:
        wallet = treasury.source_wallet(asset_id)
    except Unavailable as error:
        raise Refused("invalid_request", NOBODY_PAYS) from error
    if wallet.token_account_code != chart.wallet_account_code(wallet.code, asset_id):
        raise Refused("invalid_request", NOBODY_PAYS)
    return wallet


def paying_account(arrival: Arrival) -> BankAccount:
    """The bank account in which it arrived. Raises Refused."""
    account = BankAccount.objects.filter(account_code=arrival.account_code).first()
    if account is None:
        raise Refused("invalid_request", NOBODY_PAYS)
    return account


def _open_rooms(transfer: Transfer) -> None:
    asset = transfer.source_asset_id
    if transfer.route == Route.BANK_SEND_BACK:
        open_room(chart.payable_account_code("payouts", asset), f"Payouts to make, {asset}", AccountKind.PAYABLE, asset)
    if transfer.fee_amount:
        open_room(chart.fee_account_code("send-back", asset), f"Fees for sending back, {asset}", AccountKind.FEE_INCOME, asset)


def _drawn_up(request: ApprovalRequest, content: dict[str, Any]) -> Transfer:
    return draw_up(
        id=UUID(content["transfer_id"]),
        reference=content["reference"],
        route=Route(content["route"]),
        client=house(),
        asset_id=content["asset"],
        amount=int(content["amount"]),
        fee_amount=int(content["fee"]),
        max_fee=int(content["fee"]),
        not_after=datetime.fromisoformat(content["not_after"]),
        destination_details=content["destination"],
        client_reference=f"Returned {content['arrival_reference']}",
        approval_request=request,
        made_by=", ".join(one["person"] for one in content["evidence"]),
        made_by_type="operator",
    )
