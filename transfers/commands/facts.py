"""From a transfer and its legs to the facts that its postings are worked out from."""

from transfers.commands.advance.lock_funds import BANK, CHAIN
from transfers.models import Leg, Transfer
from transfers.postings import PaymentFacts


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
    )
