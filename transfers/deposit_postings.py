"""What is booked when money arrives, is set aside, finds its client, or is taken back by the chain. References are deterministic:
posting the same step again is a no-op in the ledger."""

from datetime import datetime

from audit import clock
from ledger import chart
from ledger.chart import AccountKind
from ledger.commands import Line, Posting
from ledger.queries.periods import is_closed
from transfers.models import Arrival, Transfer
from transfers.postings import dimensions

UNALLOCATED_KIND = AccountKind.QUARANTINE


def unallocated_account(asset_id: str) -> str:
    return f"quarantine:arrivals:{asset_id}"


def credit_reference(arrival: Arrival, number: int) -> str:
    """Of the posting that credited it for the `number`th time: again after a reorg took it back."""
    return f"deposit/{arrival.reference}/{number}"


def credit(arrival: Arrival, transfer: Transfer) -> Posting:
    """Dr where the money is (or the unallocated money, once it was set aside), Cr the client's money."""
    was_set_aside = arrival.status == Arrival.Status.UNALLOCATED
    held_in = unallocated_account(arrival.asset_id) if was_set_aside else arrival.account_code
    return Posting(
        reference=credit_reference(arrival, arrival.credits + 1),
        kind="allocation" if was_set_aside else "deposit",
        value_at=_value_time(arrival),
        lines=(
            Line.debit(held_in, arrival.amount),
            Line.credit(chart.client_account_code(transfer.client_id, arrival.asset_id), arrival.amount),
        ),
        description=f"Deposit {transfer.reference}",
        transaction_id=transfer.id,
        dimensions=dimensions(transfer.client_id, ""),
    )


def set_aside_reference(arrival: Arrival) -> str:
    return f"unallocated/{arrival.reference}"


def set_aside(arrival: Arrival) -> Posting:
    """Dr where the money is, Cr the unallocated money: a debt to whoever turns out to own it."""
    return Posting(
        reference=set_aside_reference(arrival),
        kind="unallocated",
        value_at=_value_time(arrival),
        lines=(
            Line.debit(arrival.account_code, arrival.amount),
            Line.credit(unallocated_account(arrival.asset_id), arrival.amount),
        ),
        description=f"Arrival {arrival.reference}, set aside",
        transaction_id=arrival.transfer_id,
    )


def _value_time(arrival: Arrival) -> datetime:
    """When it came, or now where that month is closed: nothing is backdated into one."""
    return clock.now() if is_closed(arrival.value_at) else arrival.value_at
