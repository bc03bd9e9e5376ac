"""Off-ramps to euro, which the demo company's bank takes gathered into one message; the block of every second one is replaced by
another branch while it sits there."""

from uuid import UUID

from backoffice.campaign import weather
from backoffice.campaign.works import Work, client, register
from backoffice.campaign.works.reorged import DEPTH
from backoffice.campaign.works.withdrawals import amount_of
from transfers.models import Leg, Transfer, TransferEvent
from transfers.states import RequestState, Status

_CLIENT = "globex"
_EVERY = 2


def gathered(tag: str, number: int) -> None:
    name = f"{tag}/{number}"
    order = {"source_currency": "USDC", "target_currency": "EUR", "amount": amount_of(number), "reference": name}
    destination = client.demo()["destinations"][_CLIENT]["bank_account"]
    client.post("/v1/transfers", order | {"destination": destination}, key=name, as_client=_CLIENT)


def change_branch(transfer_id: UUID) -> None:
    """Once for each of those that meet it. The message stays open until somebody has seen it: what has gone to the bank by then is
    paid for tokens that are on their way, and that is another story."""
    leg = Leg.objects.filter(transfer=transfer_id, rail="bank", request_state=RequestState.RECEIVED).exclude(batch=None).first()
    name = Transfer.objects.values_list("client_reference", flat=True).get(pk=transfer_id)
    if leg is None or leg.batch_id is None or int(name.rpartition("/")[2]) % _EVERY:
        return
    if not TransferEvent.objects.filter(transfer=transfer_id, to_status=Status.REORGED).exists():
        weather.keep_open(leg.batch_id)
        weather.change_branch(DEPTH)


register(Work(name="gathered", begin=gathered, befalls=change_branch, ends=frozenset({Status.RECONCILED.value})))
