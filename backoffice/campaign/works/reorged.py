"""Withdrawals whose block is replaced by another branch after we took them for paid, and that wait again on it."""

from uuid import UUID

from backoffice.campaign import weather
from backoffice.campaign.works import Work, register
from backoffice.campaign.works.withdrawals import on_chain
from transfers.models import Transfer, TransferEvent
from transfers.states import Status

# Deep enough for what is confirmed, and less than what is final.
DEPTH = 3


def change_branch(transfer_id: UUID) -> None:
    """Once for each of them, as soon as it is confirmed."""
    is_confirmed = Transfer.objects.filter(pk=transfer_id, status=Status.CONFIRMED).exists()
    if is_confirmed and not TransferEvent.objects.filter(transfer=transfer_id, to_status=Status.REORGED).exists():
        weather.change_branch(DEPTH)


register(Work(name="reorged", begin=on_chain, then=change_branch, ends=frozenset({Status.RECONCILED.value})))
