"""What stands in the place of votes where nobody votes: a sweep goes from a client's deposit address to the hot wallet, and takes
no more than is proved to lie there. Taken again inside the transaction of every step that commits something."""

from transfers.commands.sweeping.balances import on_address
from transfers.commands.treasury import source_wallet
from transfers.commands.votes import Unproven
from transfers.errors import Unavailable
from transfers.models import DepositAddress, DepositSweep, Leg, Transfer


def prove_sweep(transfer: Transfer) -> None:
    """Raises Unproven."""
    sweep = DepositSweep.objects.select_related("address", "wallet").filter(transfer=transfer).first()
    if sweep is None or sweep.ended_at is not None:
        raise Unproven("No sweep is on record for it.")
    if sweep.address.kind != DepositAddress.Kind.CRYPTO_ADDRESS or sweep.address.network != sweep.wallet.network:
        raise Unproven("What is swept is no address of the wallet's network.")
    if sweep.asset_id != transfer.source_asset_id or transfer.target_asset_id != transfer.source_asset_id:
        raise Unproven("The sweep on record is about another asset.")
    _prove_home(transfer, sweep)
    _prove_amount(transfer, sweep)


def _prove_home(transfer: Transfer, sweep: DepositSweep) -> None:
    try:
        home = source_wallet(transfer.source_asset_id)
    except Unavailable as nowhere:
        raise Unproven(str(nowhere)) from nowhere
    leg = Leg.objects.filter(transfer=transfer).first()
    goes_to = {sweep.wallet.address, str(transfer.destination_details.get("address"))}
    comes_from = {sweep.address.value}
    if leg is not None:
        goes_to.add(str(leg.counterparty.get("address")))
        comes_from.add(str(leg.counterparty.get("payer")))
    if home.pk != sweep.wallet_id or goes_to != {home.address}:
        raise Unproven("It would go to another address than the hot wallet's.")
    if comes_from != {sweep.address.value}:
        raise Unproven("It would come from another address than the one on record.")


def _prove_amount(transfer: Transfer, sweep: DepositSweep) -> None:
    """Its own amount is among what is going. Once it is posted it is gone, and nothing is left to prove."""
    there = on_address(sweep.address_id, transfer.source_asset_id)
    legs = set(Leg.objects.filter(transfer=transfer).values_list("amount", flat=True))
    if there is None or legs - {transfer.source_amount} or there.ledger < there.going or there.going < transfer.source_amount:
        raise Unproven("It would take more than our books have on that address.")
