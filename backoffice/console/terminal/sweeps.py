"""Deposit addresses on a page: what our books and the chain have there, what is due, and why the rest is not."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from ledger.queries import balance
from reconciliation.models import BalanceReading
from transfers.commands.sweeping.balances import OnAddress, minimum_of, most_gas, on_addresses, why_not
from transfers.commands.treasury import gas_asset, source_wallet
from transfers.errors import Unavailable

MOST = 200


@dataclass(frozen=True, slots=True)
class Row:
    """`on_chain` is what the address held at the block that was last read, in minor units; None where none was. `why` is empty for
    what is due."""

    one: OnAddress
    on_chain: int | None
    why: str

    @property
    def may_be_asked_for(self) -> bool:
        return bool(self.one.ready) and not self.one.is_under_way


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Of one asset, in minor units: what is on all addresses by our books, and by the chain at `block`. `minimum` None: it is not
    swept. `gas` is what the wallet has for it, `most_gas` what one sweep may spend of that; empty without a wallet."""

    asset_id: str
    ledger: int
    on_chain: int | None
    block: int | None
    minimum: int | None
    wallet: str = ""
    gas_asset: str = ""
    gas: int | None = None
    most_gas: int | None = None


def rows(clients: Collection[str] | None) -> tuple[list[Row], list[Summary]]:
    """Of these clients, None for all: what may be swept first, then the latest."""
    found = on_addresses(limit=MOST)
    read = {one.room: _reading(one.room) for one in found}
    shown = [Row(one, _on_chain(one, read[one.room]), why_not(one)) for one in found if clients is None or one.client_id in clients]
    return shown, _summaries(found, read)


def _reading(room: str) -> BalanceReading | None:
    return BalanceReading.objects.filter(account_code=room).order_by("-id").first()


def _on_chain(one: OnAddress, reading: BalanceReading | None) -> int | None:
    return None if reading is None else int(reading.raw.get(one.address, 0))


def _summaries(found: Sequence[OnAddress], read: dict[str, BalanceReading | None]) -> list[Summary]:
    rooms = {one.asset_id: one for one in found}
    return [_summary(one, read[one.room]) for _, one in sorted(rooms.items())]


def _summary(one: OnAddress, reading: BalanceReading | None) -> Summary:
    told: dict[str, Any] = {
        "asset_id": one.asset_id,
        "ledger": balance(one.room).posted,
        "on_chain": reading.amount if reading else None,
        "block": reading.block_number if reading else None,
        "minimum": minimum_of(one.asset_id),
    }
    try:
        wallet = source_wallet(one.asset_id)
    except Unavailable:
        return Summary(**told)
    coin = gas_asset(one.network)
    gas = balance(wallet.gas_account_code).posted if wallet.gas_account_code else 0
    return Summary(**told, wallet=wallet.name, gas_asset=coin, gas=gas, most_gas=most_gas(coin))
