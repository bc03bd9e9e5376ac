"""From a transfer and its legs to the facts that its postings are worked out from."""

from transfers.commands import moves
from transfers.commands.advance.lock_funds import BANK, CHAIN
from transfers.deposit_postings import unallocated_account
from transfers.models import Leg, Transfer, TransferEvent
from transfers.postings import PaymentFacts, conversion_reference, send_back_reference
from transfers.states import OWN_MOVES, SEND_BACKS, Status


def facts_of(transfer: Transfer, legs: dict[str, Leg]) -> PaymentFacts:
    chain, bank = legs.get(CHAIN), legs.get(BANK)
    goes_back = transfer.route in SEND_BACKS
    return PaymentFacts(
        transfer_id=transfer.id,
        reference=transfer.reference,
        client_id=transfer.client_id,
        source_asset=transfer.source_asset_id,
        principal=transfer.source_amount,
        fee=transfer.fee_amount,
        wallet_account=chain.account_code if chain else "",
        hold_reference=transfer.hold_reference,
        target_asset=bank.asset_id if bank else "",
        target=bank.amount if bank else 0,
        settlement_account=chain.counterparty.get("account_code", "") if chain else "",
        nostro_account=bank.account_code if bank else "",
        corridor=transfer.corridor_id or "",
        confirmation=confirmation_of(transfer),
        own_move=transfer.route if transfer.route in OWN_MOVES else "",
        suspense_account=unallocated_account(transfer.source_asset_id) if goes_back else "",
    )


def taken_reference(transfer: Transfer) -> str:
    """Of the posting that took the money which a bank then pays out: given back when the bank does not."""
    if transfer.route in SEND_BACKS:
        return send_back_reference(transfer.reference)
    return conversion_reference(transfer.reference, confirmation_of(transfer))


def reversal_reference(transfer: Transfer) -> str:
    """Of the posting that gives it back because the bank did not pay."""
    kind = "send-back" if transfer.route in SEND_BACKS else "conversion"
    return f"{kind}-reversal/{transfer.reference}"


def confirmation_of(transfer: Transfer) -> int:
    """Which confirmation of the payment is the present one, or the next: one more than reorgs took back."""
    if transfer.machine_version == 1:
        return 1
    return 1 + TransferEvent.objects.filter(transfer=transfer, type=moves.MOVED[Status.REORGED]).count()
