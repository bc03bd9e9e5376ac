"""The leg of a transfer that moves our own tokens from one address of ours to a wallet of ours."""

from audit import clock
from audit.identity import new_reference
from ledger.models import Asset
from transfers.commands.advance.lock_funds import CHAIN
from transfers.models import Leg, Transfer, Wallet
from transfers.states import MoneyState


def leg_to(target: Wallet, transfer: Transfer, *, account_code: str, sent_by: str, **more: str) -> Leg:
    """All of the transfer's amount, out of the ledger account `account_code`, in a transaction that the wallet `sent_by` sends;
    `more` is kept beside what every such leg says of the other side."""
    asset = Asset.objects.get(pk=transfer.source_asset_id)
    return Leg.objects.create(
        transfer=transfer,
        ordinal=1,
        reference=new_reference(),
        rail=CHAIN,
        direction=Leg.Direction.OUT,
        asset=asset,
        amount=transfer.source_amount,
        account_code=account_code,
        counterparty={
            "network": asset.network,
            "token_contract": asset.contract,
            "address": target.address,
            "account_code": target.token_account_code,
            "wallet": sent_by,
            **more,
        },
        money_state=MoneyState.RESERVED,
        created_at=clock.now(),
    )
