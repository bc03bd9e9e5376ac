"""What a desk by phone paid us: one payment that a bank of ours shows and that names no client.

It is in the books since the bank showed it, as unallocated money of the account where it is. The settlement takes it from there, so
the same money is never booked twice, and nobody has to be believed about how much it was or where.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from ledger.commands import post
from transfers import postings
from transfers.commands import treasury
from transfers.commands.deposits.allocation import unowned, waiting_arrivals
from transfers.commands.deposits.arrivals import change
from transfers.deposit_postings import unallocated_account
from transfers.errors import Conflict, Refused
from transfers.models import Arrival, Transfer

EVENT = "deposit.settles_deal"


def payments(asset_id: str) -> QuerySet[Arrival]:
    """What may be a desk's payment in this asset, the newest first: nothing that was ever meant for a client."""
    found: QuerySet[Arrival] = waiting_arrivals().filter(asset_id=asset_id, transfer=None)
    return found.order_by("-seen_at", "-id")


def details(transfer: Transfer, arrival_reference: str) -> dict[str, str]:
    """What the entry says, all of it as the bank shows it; `received` in minor units. Raises Refused with the field."""
    arrival = payments(transfer.target_asset_id).filter(reference=arrival_reference).first()
    if arrival is None:
        words = "Choose a payment that has arrived in this currency and is unallocated."
        raise Refused("invalid_request", words, {"arrival": words})
    return {
        "arrival": arrival.reference,
        "received": str(arrival.amount),
        "account": arrival.account_code,
        "sender": str(arrival.sender.get("name", "")),
        "text": str(arrival.facts.get("text", "")),
    }


def book(transfer: Transfer, entered: Mapping[str, Any], *, value_at: datetime) -> None:
    """The tokens leave our settlement wallet, the unallocated money pays for them, the position closes. In the caller's
    transaction, transfer locked. Raises Conflict when the payment is something else by now."""
    arrival = Arrival.objects.filter(reference=entered.get("arrival", "")).first()
    if arrival is None:
        raise Conflict("It was entered without the payment that the bank shows. Enter it again, with that payment.")
    taken = unowned(arrival.pk, lock=True)
    change(taken, EVENT, status=Arrival.Status.SETTLEMENT, reason=f"A desk paid for transfer {transfer.reference} with it.")
    post(
        postings.desk_settlement(
            transfer_id=transfer.id,
            reference=transfer.reference,
            source_asset=transfer.source_asset_id,
            delivered=int(transfer.source_amount),
            settlement_account=treasury.settlement_wallet(transfer.source_asset_id).token_account_code,
            target_asset=transfer.target_asset_id,
            received=int(taken.amount),
            received_from=unallocated_account(taken.asset_id),
            value_at=value_at,
        )
    )
