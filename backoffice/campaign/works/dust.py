"""Less than the smallest deposit at a client's address: it is nobody's, and goes back to where two people state it came from."""

from contextlib import suppress
from uuid import UUID

from approvals.errors import NotCarriedOut, RequestAlreadyPending
from approvals.models import ApprovalRequest
from audit import context
from backoffice.campaign.works import Work, client, register
from backoffice.campaign.works.deposits import found_on_chain, fund
from backoffice.campaign.works.votes import TREASURY, acting, person_of, vote
from transfers.commands.deposits.send_back_payload import ACTION
from transfers.commands.deposits.stated import state_address
from transfers.errors import Conflict
from transfers.models import Arrival, SendBack
from transfers.states import Status

_STATE = ("operator", TREASURY)
_EVIDENCE = "Their signed letter, in the file of the campaign."
_DUST = 500_000


def dust(tag: str, number: int) -> None:
    """Money in; what they state and vote comes when it has been set aside, each once."""
    fund(tag, number, _DUST + number)
    for arrival in Arrival.objects.filter(transfer__in=found_on_chain(tag), status=Arrival.Status.UNALLOCATED):
        if not arrival.send_backs.exists():
            _state(arrival)
            _approve(arrival)


def _state(arrival: Arrival) -> None:
    to = client.demo()["destinations"][client.CLIENT]["crypto_address"]["address"]
    for username in _STATE:
        with context.bind(acting(username)), suppress(RequestAlreadyPending, Conflict):
            state_address(arrival_id=arrival.pk, address=to, evidence=_EVIDENCE, fee=0, person_id=person_of(username).id)


def _approve(arrival: Arrival) -> None:
    for request in ApprovalRequest.objects.filter(action=ACTION, subject_id=str(arrival.pk), status="pending"):
        with suppress(NotCarriedOut):
            vote(request)


def found(tag: str) -> list[UUID]:
    rows = SendBack.objects.filter(arrival__transfer__in=found_on_chain(tag))
    return list(rows.order_by("transfer_id").values_list("transfer_id", flat=True))


register(Work(name="chain_send_back", begin=dust, ends=frozenset({Status.RECONCILED.value}), found=found))
