"""Withdrawals that run by themselves, and one that people approve."""

from uuid import UUID

from backoffice.campaign.works import Work, client, register
from backoffice.campaign.works.votes import vote
from transfers.models import Transfer
from transfers.states import Status


def amount_of(number: int) -> str:
    """Different ones, so that a payment cannot pass for another."""
    return f"{11 + number % 80}.{number % 100:02}"


def on_chain(tag: str, number: int) -> None:
    client.withdraw(f"{tag}/{number}", amount_of(number))


def off_ramp(tag: str, number: int) -> None:
    client.withdraw(f"{tag}/{number}", amount_of(number), to_bank=True)


def large(tag: str, number: int) -> None:
    """Large enough to wait for one approver, small enough not to wait for two."""
    client.withdraw(f"{tag}/{number}", f"1{amount_of(number).rjust(6, '0')}")


def decide(transfer_id: UUID, decision: str) -> None:
    """The approver's vote; nothing when the request is decided already."""
    vote(Transfer.objects.select_related("approval_request").get(pk=transfer_id).approval_request, decision)


def approve(transfer_id: UUID) -> None:
    decide(transfer_id, "approve")


_PAID = frozenset({Status.RECONCILED.value})
register(Work(name="on_chain_withdrawal", begin=on_chain, ends=_PAID))
register(Work(name="off_ramp", begin=off_ramp, ends=_PAID))
register(Work(name="approved", begin=large, then=approve, ends=_PAID))
