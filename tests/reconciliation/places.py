"""What the stories about the terminal share: readings put down by hand, so that every figure stands in the test."""

import secrets
from datetime import timedelta
from typing import Any

from audit import clock
from reconciliation.commands.importing import import_statement
from reconciliation.models import BalanceReading, ExternalItem, IndexedBlock, Source, StatementFile
from reconciliation.positions import Position, overview
from tests.reconciliation.outside import BANK, NETWORK, bank_source, pesos, wallet_source
from tests.reconciliation.statement_files import document, statement
from tests.transfers.world import ETH, USDC
from transfers.models import BankAccount, ChainTransaction, Leg, Transfer, Wallet

HOT, GAS, SETTLEMENT, NOSTRO = (
    "wallet:hot-1:USDC.ethereum",
    "gas:hot-1:ETH.ethereum",
    "wallet:settlement-1:USDC.ethereum",
    "nostro:nordbank-mxn:MXN",
)


def position_of(code: str) -> Position:
    return next(one for one in overview().positions if one.place.account_code == code)


def reading(code: str, amount: int, *, block: int = 7, asset: str = USDC, age: timedelta = timedelta(seconds=10)) -> BalanceReading:
    """The chain holds `amount` after that block."""
    at = clock.now() - age
    return BalanceReading.objects.create(
        account_code=code,
        asset_id=ETH if code == GAS else asset,
        kind=BalanceReading.Kind.CHAIN,
        source="evm",
        amount=amount,
        block_number=block,
        block_hash=f"0x{block:064x}",
        as_of=at,
        read_at=at,
    )


def sources() -> None:
    """Both wallets of the house are read on the chain, and the peso account by its statements."""
    bank_source(BankAccount.objects.get(code=BANK), last_sequence=0)
    for wallet in Wallet.objects.all():
        wallet_source(f"chain-{wallet.code}", wallet.address, wallet.token_account_code, 1)


def statement_of(closing: int) -> StatementFile:
    """A statement of the peso account on which nothing moved."""
    account, amount = BankAccount.objects.get(code=BANK).iban, pesos(closing)
    told = statement(opening=amount, closing=amount, account=account, identification=secrets.token_hex(4))
    content = document(told).replace(b'"EUR"', b'"MXN"').replace(b"<Ccy>EUR<", b"<Ccy>MXN<")
    file = import_statement(source_code=BANK, name="quiet.xml", content=content, imported_by="test")
    assert file.status == StatementFile.Status.IMPORTED, file.refused_reason
    return file


def shown(leg: Leg, *, block: int, kind: str = "token_transfer", amount: int | None = None, **changes: Any) -> ExternalItem:
    """Our own indexer has read the transaction of this leg in `block`, as the hot wallet sees it."""
    row, _ = IndexedBlock.objects.get_or_create(
        network=NETWORK,
        number=block,
        defaults={"hash": f"0x{block:064x}", "parent_hash": "0x0", "mined_at": clock.now(), "indexed_at": clock.now()},
    )
    usual: dict[str, Any] = {
        "source": Source.objects.get(code="chain-hot-1"),
        "direction": "debit",
        "currency": USDC if kind == "token_transfer" else ETH,
        "counterparty": leg.counterparty["address"],
        "references": {"tx_hash": sent(leg).hash},
    }
    return ExternalItem.objects.create(
        kind=kind,
        fingerprint=f"{leg.reference}/{kind}/{usual['direction']}/{block}",
        amount=leg.amount if amount is None else amount,
        booked_at=clock.now(),
        block=row,
        imported_at=clock.now(),
        **usual | changes,
    )


def sent(leg: Leg) -> ChainTransaction:
    return ChainTransaction.objects.get(leg=leg)


def chain_leg(transfer: Transfer) -> Leg:
    return Leg.objects.get(transfer=transfer, rail="evm")
