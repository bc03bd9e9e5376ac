"""Nonces that keep others waiting. A network takes a wallet's transactions in the order of their nonces, so one that is missing or
stuck stops everything behind it.

The driver resends what is forgotten and outbids what is stuck, transfer by transfer; here the wallet as a whole is compared with
the node, and whoever holds the missing nonce is woken. What is only an intent yet counts too: the signer may have given it a
nonce before anybody stored the bytes.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from audit import clock
from transfers.models import ChainTransaction, ProviderCall, Transfer, Wallet
from transfers.rails.base import RailError
from transfers.rails.registry import rails
from transfers.states import Status

log = logging.getLogger(__name__)
_OPEN = (ChainTransaction.Status.SIGNED, ChainTransaction.Status.BROADCAST)
_UNDER_WAY = (Status.FUNDS_LOCKED, Status.SENT_ON_CHAIN, Status.DROPPED, Status.REORGED)


@dataclass(frozen=True, slots=True)
class Earliest:
    """The first open nonce of a wallet, since when it waits, and how many later ones wait for it."""

    wallet: str
    nonce: int
    transfer_id: UUID
    reference: str
    client_id: str
    status: str
    since: datetime
    behind: int
    stopped_by: str


def open_transactions(wallet_code: str) -> "QuerySet[ChainTransaction]":
    """Attempts that no block holds yet, of transfers that go on, by nonce and attempt; of lost ones while their nonce is open."""
    goes_on = Q(leg__transfer__status__in=_UNDER_WAY) | Q(leg__transfer__status=Status.FAILED, leg__transfer__due_at__isnull=False)
    found = ChainTransaction.objects.filter(goes_on, wallet_id=wallet_code, status__in=_OPEN)
    return found.select_related("leg__transfer").order_by("nonce", "attempt")


def earliest(wallet_code: str) -> Earliest | None:
    """What the wallet waits for; None when nothing is open."""
    waiting = list(open_transactions(wallet_code))
    if not waiting:
        return None
    first, transfer = waiting[0], waiting[0].leg.transfer
    return Earliest(
        wallet=wallet_code,
        nonce=first.nonce,
        transfer_id=transfer.id,
        reference=transfer.reference,
        client_id=transfer.client_id,
        status=transfer.status,
        since=first.broadcast_at or first.signed_at,
        behind=len({sent.nonce for sent in waiting}) - 1,
        stopped_by=transfer.stopped_by,
    )


def mend_gaps() -> int:
    """Wake whoever holds a nonce that the node lacks while later ones wait; how many were woken. Safe beside others of its kind."""
    hot = Wallet.objects.filter(purpose=Wallet.Purpose.HOT).values_list("code", "address")
    return sum(_mend(code, address) for code, address in hot)


def _mend(code: str, address: str) -> int:
    waiting = list(open_transactions(code))
    if len({sent.nonce for sent in waiting}) == 0:
        return 0
    try:
        known = rails().evm.nonces(address).known
    except RailError as trouble:
        log.warning("the nonces of wallet %s cannot be compared: %s", code, trouble)
        return 0
    if known > waiting[-1].nonce:
        return 0
    holders = {sent.leg.transfer_id for sent in waiting if sent.nonce == known} or _unsigned(code)
    woken = Transfer.objects.filter(pk__in=holders, due_at__gt=clock.now(), stopped_by="").update(due_at=clock.now())
    if woken:
        log.info("wallet %s: nonce %s is missing at the node, woke %s transfers", code, known, woken)
    return woken


def _unsigned(code: str) -> set[UUID]:
    """Transfers whose intent to sign has no answer on record: their nonce may be the one that is missing."""
    asked = ProviderCall.objects.filter(
        operation__in=("sign", "sign_cancel"),
        outcome__in=(ProviderCall.Outcome.INTENT, ProviderCall.Outcome.UNKNOWN),
        leg__counterparty__wallet=code,
        transfer__status__in=_UNDER_WAY,
    )
    return {transfer_id for transfer_id in asked.values_list("transfer_id", flat=True) if transfer_id is not None}
