"""Deposit addresses and what is on them: by our books, by our own chain index, and how much of it may be swept now.

All addresses of a network share one room in the ledger. What one of them holds of it is what was booked as arrived there, less what
sweeps have taken from it: the sum over all of them is the room's balance. Many are looked through by sums that are kept; of one,
every arrival and sweep is read, and what moves money goes by that.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from approvals.commands.halts import touched
from approvals.queries.halts import halt_covering, sentence_of
from audit import clock
from ledger import chart
from ledger.money import Money
from ledger.queries import unit
from transfers.commands.deposits.addresses import WALLET
from transfers.commands.sweeping.standing import MANY, ONE
from transfers.commands.treasury import source_wallet
from transfers.errors import Unavailable
from transfers.states import Status

# What failed by itself is tried again when somebody had time to look; what people cancelled, a day later.
AGAIN_AFTER = {Status.FAILED: timedelta(hours=1), Status.EXPIRED: timedelta(hours=1), Status.CANCELLED: timedelta(days=1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class OnAddress:
    """One asset on one address, in minor units. `ledger` is what our books have there, `nobodys` the unallocated part of it,
    `going` what a sweep is about to take, `ready` what one may take now. `since` is when the newest deposit last moved on."""

    address_id: UUID
    client_id: str
    client_name: str
    network: str
    address: str
    asset_id: str
    ledger: int
    nobodys: int
    going: int
    ready: int
    since: datetime | None
    last_id: UUID | None
    last_reference: str | None
    last_status: str
    last_failure: str
    last_begun_at: datetime | None
    last_ended_at: datetime | None

    @property
    def is_under_way(self) -> bool:
        return self.last_id is not None and self.last_ended_at is None

    @property
    def room(self) -> str:
        """The ledger account that it is a part of."""
        return chart.wallet_account_code(WALLET, self.asset_id)

    @property
    def rests_until(self) -> datetime | None:
        """After a sweep that came to nothing; None when that is no obstacle."""
        if self.last_ended_at is None or self.last_status not in AGAIN_AFTER:
            return None
        again = self.last_ended_at + AGAIN_AFTER[Status(self.last_status)]
        return again if again > clock.now() else None


def on_addresses(*, limit: int) -> list[OnAddress]:
    """What holds most that may be swept first; addresses at which nothing ever arrived are left out."""
    return _read(MANY, {"limit": limit})


def on_address(address_id: UUID, asset_id: str) -> OnAddress | None:
    """None for one at which nothing of the asset ever arrived."""
    found = _read(ONE, {"address": address_id, "asset": asset_id, "limit": 1})
    return found[0] if found else None


def minimum_of(asset_id: str) -> int | None:
    """The least that is swept by itself, in minor units; None for an asset that DEPOSIT_SWEEPS does not name: it is not swept."""
    return _configured(asset_id)


def most_gas(gas_asset_id: str) -> int | None:
    """What one sweep may spend on gas, in minor units of the chain's coin; None without a bound of its own."""
    return _configured(gas_asset_id)


def why_not(one: OnAddress) -> str:
    """Why it is not swept by itself now, as a sentence; empty when it is due."""
    minimum = minimum_of(one.asset_id)
    if one.is_under_way:
        return f"Transfer {one.last_reference} is moving it."
    if minimum is None:
        return f"{one.asset_id} is not swept: no minimum is set for it."
    if not one.ledger:
        return "Nothing lies there."
    if one.ready < minimum:
        return _too_little(one, minimum)
    if one.rests_until is not None:
        again = f"{one.rests_until:%H:%M} UTC on {one.rests_until.day} {one.rests_until:%B}"
        return f"The last sweep ended as {one.last_status.lower()}; it is tried again at {again}."
    return stopped(one)


def stopped(one: OnAddress) -> str:
    """The halt that keeps it where it is, or that there is nowhere to bring it, as a sentence."""
    try:
        wallet = source_wallet(one.asset_id)
    except Unavailable as nowhere:
        return f"It cannot be swept: {nowhere}."
    clients = [chart.client_account_code(one.client_id, one.asset_id)]
    targets = touched(
        client_ids=(one.client_id,),
        account_codes=(one.room, wallet.token_account_code, *clients),
        asset_ids=(one.asset_id,),
        provider="signer",
    )
    halt = halt_covering(targets)
    return sentence_of(halt) if halt is not None else ""


def is_due(one: OnAddress) -> bool:
    return not why_not(one)


def _too_little(one: OnAddress, minimum: int) -> str:
    least = f"{_words(minimum, one.asset_id)} is the least that is worth sweeping."
    unproved = one.ledger - one.nobodys - one.going - one.ready
    if one.ready + unproved >= minimum:
        return f"{_words(unproved, one.asset_id)} of it waits for our own chain index to prove it."
    if one.nobodys:
        return f"{_words(one.nobodys, one.asset_id)} of it is unallocated and stays. {least}"
    return least


def _words(minor: int, asset_id: str) -> str:
    asset = unit(asset_id)
    return f"{Money(minor, asset).format()} {asset.code}"


def _configured(asset_id: str) -> int | None:
    asset = unit(asset_id)
    said: str | None = settings.DEPOSIT_SWEEPS.get(asset.code)
    return None if said is None else int(Money.parse(said, asset).minor)


def _read(statement: str, wanted: dict[str, Any]) -> list[OnAddress]:
    with connection.cursor() as cursor:
        cursor.execute(statement, wanted)
        return [_row(found) for found in cursor.fetchall()]


def _row(found: Sequence[Any]) -> OnAddress:
    names = (field.name for field in fields(OnAddress))
    values: list[Any] = [int(value) if isinstance(value, Decimal) else value for value in found]
    return OnAddress(**dict(zip(names, values, strict=True)))
