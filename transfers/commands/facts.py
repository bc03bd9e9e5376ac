"""From a transfer and its legs to the facts that its postings are worked out from."""

from transfers.commands import moves
from transfers.commands.advance.lock_funds import BANK, CHAIN
from transfers.models import Leg, Transfer, TransferEvent
from transfers.postings import PaymentFacts
from transfers.states import Route, Status


def facts_of(transfer: Transfer, legs: dict[str, Leg]) -> PaymentFacts:
    chain, bank = legs[CHAIN], legs.get(BANK)
    return PaymentFacts(
        transfer_id=transfer.id,
        reference=transfer.reference,
        client_id=transfer.client_id,
        source_asset=transfer.source_asset_id,
        principal=transfer.source_amount,
        fee=transfer.fee_amount,
        wallet_account=chain.account_code,
        hold_reference=transfer.hold_reference,
        target_asset=bank.asset_id if bank else "",
        target=bank.amount if bank else 0,
        settlement_account=chain.counterparty.get("account_code", ""),
        nostro_account=bank.account_code if bank else "",
        corridor=transfer.corridor_id or "",
        confirmation=confirmation_of(transfer),
        is_own_move=transfer.route == Route.TREASURY_MOVE,
    )


def confirmation_of(transfer: Transfer) -> int:
    """Which confirmation of the payment is the present one, or the next: one more than reorgs took back."""
    if transfer.machine_version == 1:
        return 1
    return 1 + TransferEvent.objects.filter(transfer=transfer, type=moves.MOVED[Status.REORGED]).count()
