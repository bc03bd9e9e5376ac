"""What a block says about our wallets, as external items: each end of a token transfer, and the gas of what they sent."""

import hashlib
from collections.abc import Iterable
from typing import Any

from audit import clock
from ledger.models import Asset
from reconciliation.models import ExternalItem, IndexedBlock, Source
from transfers.rails.evm.answers import IndexedTransfer, Receipt


def token_items(
    log: IndexedTransfer, asset: Asset, by_address: dict[str, Source], blocks: dict[int, IndexedBlock]
) -> Iterable[ExternalItem]:
    """One item for each end that is a wallet of ours: the same transfer between two of them is two."""
    seen = log.transfer
    ends = (
        (seen.sender, ExternalItem.Direction.DEBIT, seen.recipient),
        (seen.recipient, ExternalItem.Direction.CREDIT, seen.sender),
    )
    for address, direction, other in ends:
        source = by_address.get(address.lower())
        if source is None:
            continue
        yield _item(
            source,
            blocks[log.block_number],
            kind=ExternalItem.Kind.TOKEN_TRANSFER,
            direction=direction,
            currency=asset.id,
            amount=seen.amount,
            counterparty=other,
            references={"tx_hash": log.transaction_hash, "log_index": str(seen.log_index)},
        )


def gas_item(receipt: Receipt, gas_asset: Asset, by_address: dict[str, Source], blocks: dict[int, IndexedBlock]) -> ExternalItem:
    """What the sender paid for a transaction, be it successful or reverted."""
    return _item(
        by_address[receipt.sender.lower()],
        blocks[receipt.block_number],
        kind=ExternalItem.Kind.GAS,
        direction=ExternalItem.Direction.DEBIT,
        currency=gas_asset.id,
        amount=receipt.gas_cost,
        counterparty="",
        references={"tx_hash": receipt.transaction_hash},
    )


def _item(source: Source, block: IndexedBlock, *, references: dict[str, str], **facts: Any) -> ExternalItem:
    name = "|".join([source.code, block.hash, str(facts["kind"]), str(facts["direction"]), *references.values()])
    return ExternalItem(
        source=source,
        block=block,
        fingerprint=hashlib.sha256(name.encode()).hexdigest(),
        value_date=block.mined_at.date(),
        booked_at=block.mined_at,
        references=references,
        imported_at=clock.now(),
        **facts,
    )
