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

_DEAR = 3 * 10**9
_SPIKE = {"kind": "fee_spike", "factor": "3", "blocks": "12"}
# The payment may be mined before its recall.
_ENDS = frozenset({Status.CANCELLED.value, Status.RECONCILED.value})


def dearly(tag: str, number: int) -> None:
    """While fees are high already they are left as they are: each order multiplies what it finds."""
    if int(weather.rpc("eth_gasPrice"), 16) < _DEAR:
        weather.rpc("sandbox_order", _SPIKE)
    on_chain(tag, number)


def suffer(transfer_id: UUID) -> None:
    """One thing after the other: every node forgets it, somebody hurries it, somebody calls it back."""
    if not _is(transfer_id, Status.SENT_ON_CHAIN):
        return
    if not _was(transfer_id, Status.DROPPED):
        weather.rpc("sandbox_order", {"kind": "drop"})
    elif ChainTransaction.objects.filter(leg__transfer=transfer_id).count() == 1:
        _press(lambda: speed_up(transfer_id, "campaign"))
    else:
        _press(lambda: recall(transfer_id, "campaign"))


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


register(Work(name="rough", begin=dearly, then=suffer, ends=_ENDS))
