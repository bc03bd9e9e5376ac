"""Withdrawals on a chain that is having a bad day: no block takes them, every node forgets them, somebody hurries them, and in the
end they are recalled.

Block builders pass over the address they go to for as long as the campaign lasts, so nothing is left to the weather: each of them
meets all of it, and none is paid.
"""

from collections.abc import Callable
from uuid import UUID

from approvals.errors import ApprovalsError
from approvals.models import ApprovalRequest
from audit import context
from audit.context import Actor
from backoffice.campaign import weather
from backoffice.campaign.works import Work, client, register
from backoffice.campaign.works.votes import person_of, vote
from backoffice.campaign.works.withdrawals import amount_of
from transfers.commands import dear_speed_up
from transfers.commands.recall import recall
from transfers.commands.speed_up import promise_of, room_of, speed_up
from transfers.errors import Conflict, Refused, Unavailable
from transfers.models import ChainTransaction, Transfer, TransferEvent, WalletReservation
from transfers.states import Status

# Another client than that of the other works: their payments are mined.
_CLIENT = "globex"
_ASKS = "operator"


def sent_in_vain(tag: str, number: int) -> None:
    weather.overlook(client.demo()["destinations"][_CLIENT]["crypto_address"]["address"])
    client.withdraw(f"{tag}/{number}", amount_of(number), as_client=_CLIENT)


def suffer(transfer_id: UUID) -> None:
    """One thing after the other: every node forgets it, somebody hurries it, two people hurry it more, somebody calls it back."""
    if not Transfer.objects.filter(pk=transfer_id, status=Status.SENT_ON_CHAIN).exists():
        return
    if not TransferEvent.objects.filter(transfer=transfer_id, to_status=Status.DROPPED).exists():
        for sent in ChainTransaction.objects.filter(leg__transfer=transfer_id):
            weather.forget(sent.hash)
    elif (_is_hurried(transfer_id) or not _press(lambda: speed_up(transfer_id, "campaign"))) and not _press(
        lambda: _hurry_more(transfer_id)
    ):
        _press(lambda: recall(transfer_id, "campaign"))


def _is_hurried(transfer_id: UUID) -> bool:
    return WalletReservation.objects.filter(leg__transfer=transfer_id).exclude(hurried_at=None).exists()


def _hurry_more(transfer_id: UUID) -> None:
    """What is asked first is approved; what is asked then is void when the payment is called back. Raises Conflict after both."""
    requests = ApprovalRequest.objects.filter(subject_id=str(transfer_id), action=dear_speed_up.ACTION)
    pending = requests.filter(status=ApprovalRequest.Status.PENDING).first()
    if requests.count() == 2:
        raise Conflict("enough")
    if pending is not None:
        vote(pending)
        return
    room = room_of(promise_of(transfer_id))
    gas = room.most if requests.exists() else (room.alone + room.most) // 2
    dear_speed_up.ask(transfer_id=transfer_id, gas_amount=gas, reason="campaign", maker=person_of(_ASKS).id)


def _press(button: Callable[[], object]) -> bool:
    """False where an operator finds that the button is gone by now, or that the wallet has no gas for it."""
    try:
        with context.bind(Actor.system("campaign")):
            button()
    except (Conflict, Refused, Unavailable, ApprovalsError):
        return False
    return True


register(Work(name="rough", begin=sent_in_vain, then=suffer, ends=frozenset({Status.CANCELLED.value}), blocks_others=True))
