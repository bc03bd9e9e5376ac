"""Withdrawals on a chain that is having a bad day: outbid, forgotten by every node, recalled.

Fees are raised before each order, so that it waits long enough for somebody to do something about it.
"""

from collections.abc import Callable
from uuid import UUID

from audit import context
from audit.context import Actor
from backoffice.campaign import weather
from backoffice.campaign.works import Work, register
from backoffice.campaign.works.withdrawals import on_chain
from transfers.commands.recall import recall
from transfers.commands.speed_up import speed_up
from transfers.errors import Conflict, Unavailable
from transfers.models import ChainTransaction, Transfer, TransferEvent
from transfers.states import Status

_SPIKE = {"kind": "fee_spike", "factor": "3", "blocks": "12"}
_PAID, _RECALLED = frozenset({Status.RECONCILED.value}), frozenset({Status.CANCELLED.value, Status.RECONCILED.value})


def dearly(tag: str, number: int) -> None:
    weather.rpc("sandbox_order", _SPIKE)
    on_chain(tag, number)


def hurry(transfer_id: UUID) -> None:
    if ChainTransaction.objects.filter(leg__transfer=transfer_id).count() == 1:
        _press(lambda: speed_up(transfer_id, "campaign"))


def call_back(transfer_id: UUID) -> None:
    _press(lambda: recall(transfer_id, "campaign"))


def forget(transfer_id: UUID) -> None:
    """Every node forgets it once."""
    if _is(transfer_id, Status.SENT_ON_CHAIN) and not _was(transfer_id, Status.DROPPED):
        weather.rpc("sandbox_order", {"kind": "drop"})


def _press(button: Callable[[], object]) -> None:
    """As an operator does who finds the button gone by now."""
    try:
        with context.bind(Actor.system("campaign")):
            button()
    except (Conflict, Unavailable):
        return


def _is(transfer_id: UUID, status: Status) -> bool:
    return Transfer.objects.filter(pk=transfer_id, status=status).exists()


def _was(transfer_id: UUID, status: Status) -> bool:
    return TransferEvent.objects.filter(transfer=transfer_id, to_status=status).exists()


register(Work(name="outbid", begin=dearly, then=hurry, ends=_PAID))
register(Work(name="recalled", begin=dearly, then=call_back, ends=_RECALLED))
register(Work(name="dropped", begin=dearly, then=forget, ends=_PAID))
