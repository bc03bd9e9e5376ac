"""Seeing deposits on a chain: the Transfer logs to addresses of clients, from where we last looked up to the head.

What is seen here is not yet believed: the driver asks again, at final depth. So every node is read, and what one of them shows is
seen; the last blocks are read more than once, and a log that a reorg moves is found again wherever it then is. What every node that
answered withheld for longer is found by reading again from further back (`rescan`).
"""

import logging
from collections.abc import Iterable
from datetime import UTC, datetime

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from audit import clock, context
from audit.context import Actor
from ledger import chart
from ledger.models import Asset
from transfers.commands.advance.credit import is_there
from transfers.commands.deposits.addresses import WALLET
from transfers.commands.deposits.arrivals import Sight, see, see_again
from transfers.database_trouble import NOT_ABOUT_IT
from transfers.models import Arrival, DepositAddress, ScanMark
from transfers.rails.base import RailError
from transfers.rails.evm.answers import IndexedTransfer
from transfers.rails.evm.nodes import NodesDisagree
from transfers.rails.registry import rails

log = logging.getLogger(__name__)
# Blocks read beyond final depth once more, and at most in one go.
MARGIN = 10
AT_ONCE = 2_000


def watch() -> int:
    """Look on every network on which clients have addresses; how many deposits are new. Raises RailError."""
    addresses = DepositAddress.objects.filter(kind=DepositAddress.Kind.CRYPTO_ADDRESS)
    with context.bind(Actor.system("deposits")):
        return sum(_watch(network) for network in addresses.values_list("network", flat=True).distinct())


def rescan(network: str, first: int) -> int:
    """Read again from block `first` up to where the watch has read; how many deposits are new. The watch's own place does not move.
    Raises RailError."""
    mark = ScanMark.objects.filter(network=network).values_list("block", flat=True).first()
    last = -1 if mark is None else mark
    with context.bind(Actor.system("deposits")):
        return sum(_read(network, start, min(start + AT_ONCE, last)) for start in range(first, last + 1, AT_ONCE + 1))


def _watch(network: str) -> int:
    heads = rails().evm.heads()
    known = DepositAddress.objects.filter(kind=DepositAddress.Kind.CRYPTO_ADDRESS, network=network)
    first = _first(network, known, rails().evm.final_depth + MARGIN)
    last = min(max(heads), first + AT_ONCE)
    if last < first:
        return 0
    made = _read(network, first, last)
    # Only as far as every node is that answers: what one is behind with is read again.
    _mark(network, min(last, *heads))
    return made


def _read(network: str, first: int, last: int) -> int:
    known = DepositAddress.objects.filter(kind=DepositAddress.Kind.CRYPTO_ADDRESS, network=network)
    by_address = {address.value.lower(): address for address in known}
    assets = {asset.contract.lower(): asset for asset in Asset.objects.filter(network=network, kind=Asset.Kind.TOKEN)}
    contracts, parties = [asset.contract for asset in assets.values()], [one.value for one in by_address.values()]
    logs = rails().evm.logs_of_any(first, last, contracts, parties=parties)
    return sum(
        _noticed(one, assets[one.transfer.contract.lower()], by_address[one.transfer.recipient.lower()])
        for one in logs
        if one.transfer.recipient.lower() in by_address and one.transfer.contract.lower() in assets
    )


def _noticed(shown: IndexedTransfer, asset: Asset, address: DepositAddress) -> bool:
    """One that cannot be kept keeps no other from being seen: it is in the log, read again while it is new, and reconciliation,
    which reads the chain by itself, opens a break about it."""
    try:
        return notice(shown, asset, address)
    except (RailError, *NOT_ABOUT_IT):
        raise
    except Exception:
        log.exception("the deposit in %s was not kept", shown.transaction_hash)
        return False


def notice(shown: IndexedTransfer, asset: Asset, address: DepositAddress) -> bool:
    """Whether it is a deposit that we had not seen, or had given up. A transfer of nothing is none: anybody can make a token emit
    one."""
    seen, identity = shown.transfer, chain_identity(asset.network, shown.transaction_hash, shown.transfer.log_index)
    known = Arrival.objects.filter(identity=identity).first()
    if not seen.amount or known is not None:
        return known is not None and known.status == Arrival.Status.GONE and _is_back(known)
    mined_at = datetime.fromtimestamp(rails().evm.block(shown.block_number).timestamp, UTC)
    see(
        Sight(
            rail="evm",
            identity=identity,
            account_code=chart.wallet_account_code(WALLET, asset.id),
            asset_id=asset.id,
            amount=seen.amount,
            # A chain's clock may run ahead of ours; nothing counts before it is booked.
            value_at=min(mined_at, clock.now()),
            address=address,
            sender={"type": "crypto_address", "network": asset.network, "address": seen.sender},
            facts={
                "network": asset.network,
                "tx_hash": shown.transaction_hash,
                "log_index": str(seen.log_index),
                "token_contract": seen.contract,
                "to": seen.recipient,
                "seen_in_block": str(shown.block_number),
            },
        )
    )
    return True


def _is_back(arrival: Arrival) -> bool:
    """Whether what we gave up is there again for those, too, on whose word it would be credited; then it is a deposit anew."""
    try:
        shown = rails().evm.find(arrival.facts["tx_hash"])
    except NodesDisagree as trouble:
        log.warning("arrival %s stays gone for now: %s", arrival.reference, trouble)
        return False
    return is_there(arrival, shown) and see_again(arrival.pk).status == Arrival.Status.SEEN


def chain_identity(network: str, tx_hash: str, log_index: int | str) -> str:
    return f"evm:{network}:{tx_hash.lower()}:{log_index}"


def _first(network: str, addresses: Iterable[DepositAddress], again: int) -> int:
    mark = ScanMark.objects.filter(network=network).values_list("block", flat=True).first()
    opened = min(address.from_block or 0 for address in addresses)
    return opened if mark is None else max(mark - again, 0)


@transaction.atomic
def _mark(network: str, block: int) -> None:
    ScanMark.objects.bulk_create([ScanMark(network=network, block=block, scanned_at=clock.now())], ignore_conflicts=True)
    ScanMark.objects.filter(network=network).update(block=Greatest(F("block"), block), scanned_at=clock.now())
