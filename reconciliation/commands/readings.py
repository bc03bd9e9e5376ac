"""Asking the outside what it holds for us: chains after the block our own indexer has read to, banks by their last statement.

Both are places up to which every single movement is known, so that a difference to our books can be explained movement by
movement. Nothing is asked while a page is drawn.
"""

from collections import defaultdict
from collections.abc import Iterable

import structlog

from audit import clock
from ledger.models import Account, Asset
from reconciliation.commands.statement_readings import keep_closing_balance
from reconciliation.models import BalanceReading, IndexedBlock, Source
from transfers.models import Wallet
from transfers.rails.base import RailError
from transfers.rails.evm import EvmRail, Holding
from transfers.rails.evm.nodes import EvmNodes
from transfers.rails.registry import rails

log = structlog.get_logger(__name__)
Kind = BalanceReading.Kind


def read_balances() -> int:
    """Read everything once; how many figures are new. What cannot be read now is logged, grows old, and is shown as old."""
    banks = Source.objects.filter(kind=Source.Kind.BANK_STATEMENT, active=True)
    new = sum(keep_closing_balance(source) for source in banks)
    for network in Source.objects.filter(kind=Source.Kind.CHAIN, active=True).values_list("network", flat=True).distinct():
        block = IndexedBlock.objects.filter(network=network, canonical=True).order_by("-number").first()
        try:
            new += _read_chain(rails().evm, block) if block is not None else 0
        except RailError as error:
            log.warning("reconciliation.balances_not_read", network=network, error=str(error))
    return new


def _read_chain(rail: EvmRail | EvmNodes, block: IndexedBlock) -> int:
    wanted = holdings(block.network)
    known = BalanceReading.objects.filter(account_code__in=wanted, block_hash=block.hash).values_list("account_code", flat=True)
    for code in known:
        del wanted[code]
    if not wanted:
        return 0
    asked = [holding for parts in wanted.values() for holding in parts]
    amounts = iter(rail.held_at(asked, number=block.number, block_hash=block.hash))
    told = {code: [(holding, next(amounts)) for holding in parts] for code, parts in wanted.items()}
    assets = dict(Account.objects.filter(code__in=told).values_list("code", "asset_id"))
    return _keep(
        BalanceReading(
            account_code=code,
            asset_id=assets[code],
            kind=Kind.CHAIN,
            source=rail.name,
            amount=sum(amount for _, amount in parts),
            block_number=block.number,
            block_hash=block.hash,
            as_of=block.mined_at,
            read_at=clock.now(),
            raw={holding.address: str(amount) for holding, amount in parts if amount},
        )
        for code, parts in told.items()
    )


def holdings(network: str) -> dict[str, list[Holding]]:
    """By ledger account: the addresses whose tokens, or whose coin for gas, it should hold."""
    contracts = dict(Asset.objects.filter(network=network).values_list("id", "contract"))
    accounts = dict(Account.objects.filter(asset__network=network).values_list("code", "asset_id"))
    found: dict[str, dict[str, Holding]] = defaultdict(dict)
    for code, address in _addresses(network):
        if code in accounts:
            found[code][address.lower()] = Holding(address, contracts[accounts[code]])
    return {code: list(parts.values()) for code, parts in found.items()}


def _addresses(network: str) -> Iterable[tuple[str, str]]:
    """Account and address, as wallets and as whatever else is read on the chain have them; the same pair may come twice."""
    for wallet in Wallet.objects.filter(network=network):
        yield wallet.token_account_code, wallet.address
        yield wallet.gas_account_code, wallet.address
    read = Source.objects.filter(kind=Source.Kind.CHAIN, network=network, active=True)
    yield from read.values_list("account_code", "account_identification")


def _keep(readings: Iterable[BalanceReading]) -> int:
    """Store them, save what another process has read at the same place meanwhile."""
    return len(BalanceReading.objects.bulk_create(list(readings), ignore_conflicts=True))
