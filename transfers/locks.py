"""Row locks of this floor, in the order everybody takes them (DECISIONS): idempotency key, transfer, (approval, halts, limit
bucket of the floor below), wallet, account at the bank, (accounts of the ledger, last). Of several transfers the one with the lower
id comes first, and a message to a bank after the legs that are in it. Each function must be called inside a
database transaction."""

from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from transfers.errors import LeaseLost, NotFound
from transfers.models import DepositAddress, IdempotencyKey, Leg, Transfer, Wallet
from transfers.states import Status


@dataclass(frozen=True, slots=True)
class Lease:
    """The right of one worker to advance one transfer. Every later claim makes the fence grow, so an old lease cannot write."""

    transfer_id: UUID
    owner: str
    fence: int


def idempotency_key(key_id: UUID) -> IdempotencyKey:
    return IdempotencyKey.objects.select_for_update().get(pk=key_id)


def transfer(transfer_id: UUID) -> Transfer:
    """Raises NotFound."""
    try:
        return Transfer.objects.select_for_update().get(pk=transfer_id)
    except Transfer.DoesNotExist:
        raise NotFound(f"There is no transfer {transfer_id}.") from None


def leased(lease: Lease, *statuses: Status) -> Transfer:
    """The locked transfer of a lease that is still ours and in one of `statuses`. Raises LeaseLost: then nothing may be written."""
    row = transfer(lease.transfer_id)
    if row.fence != lease.fence:
        raise LeaseLost(f"transfer {row.id} was claimed again (fence {row.fence}, ours was {lease.fence})")
    if statuses and row.status not in statuses:
        raise LeaseLost(f"transfer {row.id} is {row.status} by now, not {' or '.join(statuses)}")
    return row


def legs(transfer_id: UUID) -> dict[str, Leg]:
    """Legs by rail, locked in their order; the transfer must be locked already."""
    return {leg.rail: leg for leg in Leg.objects.select_for_update().filter(transfer_id=transfer_id).order_by("ordinal")}


def batch_members(batch_id: UUID) -> list[Leg]:
    """The legs in a message to the bank, locked like their transfers, by reference. Who joins or leaves meanwhile is not among
    them: lock the message next, and compare."""
    members = Transfer.objects.filter(pk__in=Leg.objects.filter(batch_id=batch_id).values("transfer_id")).order_by("id")
    locked = [row.pk for row in members.select_for_update()]
    rows = Leg.objects.select_for_update(of=("self",)).select_related("transfer").prefetch_related("external_references")
    found = rows.filter(batch_id=batch_id, transfer_id__in=locked).order_by("transfer_id")
    return sorted(found, key=lambda leg: leg.reference)


def deposit_address(address_id: UUID) -> DepositAddress:
    """The lock under which a sweep of it begins. Whoever takes it holds no other yet."""
    return DepositAddress.objects.select_for_update().get(pk=address_id)


def payout_account(account_code: str) -> None:
    """The lock under which money at a bank is promised to payouts; after the wallet, and gone with the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"transfers_payout_account/{account_code}"])


def wallet(code: str) -> Wallet:
    """The lock under which tokens and gas of a wallet are promised."""
    return Wallet.objects.select_for_update().get(pk=code)
